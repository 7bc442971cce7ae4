import SluiceModel
import Testing

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("bandwidht", "bandwidth"), ("Bandwidth", "bandwidth"), ("clas", "class"), ("destinaton", "destination"),
    ])
    func `the nearest name is found`(written: String, meant: String) {
        #expect(Suggestion.nearest(to: written, among: ["source", "class", "destination", "bandwidth"]) == meant)
    }

    @Test(arguments: ["", "x", "entirely", "zzzzzzzzz"])
    func `nothing near is nothing`(written: String) {
        #expect(Suggestion.nearest(to: written, among: ["source", "class", "destination", "bandwidth"]) == nil)
    }

    @Test func `a megabyte of nonsense costs nothing`() {
        #expect(Suggestion.nearest(to: String(repeating: "x", count: 1 << 20), among: ["source"]) == nil)
    }

    @Test func `case does not count, and neighbours that change places are one slip`() {
        #expect(Suggestion.nearest(to: "Swtich", among: ["switch"]) == "switch")
        #expect(Suggestion.nearest(to: "capcity", among: ["id", "capacity", "latency"]) == "capacity")
        #expect(Suggestion.nearest(to: "colour", among: ["id", "capacity"]) == nil)
    }

    @Test func `a single letter is not taken for another`() {
        #expect(Suggestion.nearest(to: "a", among: ["b"]) == nil)
        #expect(Suggestion.nearest(to: "A", among: ["a"]) == "a")
    }

    @Test func `the sentence asks, or is empty`() {
        #expect(Suggestion.sentence(for: "clas", among: ["class"]) == " (did you mean \"class\"?)")
        #expect(Suggestion.sentence(for: "nonsense", among: ["class"]).isEmpty)
    }
}
