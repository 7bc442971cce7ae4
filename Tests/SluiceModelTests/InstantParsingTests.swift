// Instants from RFC 3339 and back.

import SluiceModel
import Testing

@Suite struct InstantParsingTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:34:56Z", 951_827_696), ("2026-11-23T20:46:13Z", 1_795_466_773),
        ("1969-12-31T23:59:59Z", -1), ("2100-03-01T00:00:00Z", 4_107_542_400),
    ])
    func `whole seconds go both ways`(text: String, seconds: Int64) {
        let instant = Instant(nanoseconds: seconds * 1_000_000_000)
        #expect(Instant(text: text) == instant)
        #expect(instant.text == text)
    }

    @Test(arguments: [
        (1, "1970-01-01T00:00:00.000000001Z"), (1_000, "1970-01-01T00:00:00.000001Z"),
        (250_000_000, "1970-01-01T00:00:00.25Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
    ])
    func `fractions go both ways`(nanoseconds: Int64, text: String) {
        #expect(Instant(nanoseconds: nanoseconds).text == text)
        #expect(Instant(text: text) == Instant(nanoseconds: nanoseconds))
    }

    @Test func `an offset from UTC is taken off`() {
        #expect(Instant(text: "1970-01-01T01:30:00+01:30") == .epoch)
        #expect(Instant(text: "1969-12-31T16:00:00-08:00") == .epoch)
    }

    @Test(arguments: [
        "", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1970-02-29T00:00:00Z", "1970-01-01T24:00:00Z",
        "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx", "1600-01-01T00:00:00Z", "2262-01-01T00:00:00Z", "tomorrow",
    ])
    func `anything else is refused`(text: String) {
        #expect(Instant(text: text) == nil)
    }
}
