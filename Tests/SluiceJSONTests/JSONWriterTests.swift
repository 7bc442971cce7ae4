import SluiceJSON
import Testing

@Suite struct JSONWriterTests {
    private func write(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return writer.text
    }

    @Test func `commas and colons come by themselves`() {
        let text = write { writer in
            writer.beginObject()
            writer.name("a")
            writer.beginArray()
            writer.integer(1)
            writer.string("x")
            writer.beginObject()
            writer.endObject()
            writer.beginArray()
            writer.endArray()
            writer.null()
            writer.endArray()
            writer.name("b")
            writer.bool(true)
            writer.name("c")
            writer.number(0.5)
            writer.endObject()
        }
        #expect(text == #"{"a":[1,"x",{},[],null],"b":true,"c":0.5}"#)
    }

    @Test func `the pretty form has one member or element a line`() {
        var writer = JSONWriter(pretty: true)
        writer.beginObject()
        writer.name("a")
        writer.beginArray()
        writer.integer(1)
        writer.integer(2)
        writer.endArray()
        writer.name("b")
        writer.beginObject()
        writer.endObject()
        writer.endObject()
        #expect(writer.text == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}")
    }

    @Test(arguments: [0, 1, -1, 10, -10, 1_234_567_890, Int.max, Int.min])
    func `integers are exact`(value: Int) {
        #expect(write { $0.integer(value) } == "\(value)")
    }

    @Test func `every byte of a string survives`() throws {
        for scalar in (0..<0x3000).compactMap({ Unicode.Scalar($0 as UInt32) }) + ["\u{1f600}", "\u{10ffff}"] {
            let string = "a\(Character(scalar))b"
            let text = write { $0.string(string) }
            let back = try JSONNode(parsing: Array(text.utf8)).string
            #expect(back.map { Array($0.unicodeScalars) } == Array(string.unicodeScalars))
        }
        #expect(write { $0.string("\"\\\n\u{1}\u{1f}/") } == #""\"\\\n\u0001\u001f/""#)
    }

    @Test func `doubles read back as they were`() throws {
        var bits: UInt64 = 0x9e37_79b9_7f4a_7c15
        for _ in 0..<20_000 {
            bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = Double(bitPattern: bits)
            guard value.isFinite else { continue }
            let text = write { $0.number(value) }
            #expect(try JSONNode(parsing: Array(text.utf8)).number == value)
        }
    }

    @Test func `doubles of everyday sizes read back as they were`() throws {
        for thousandths in stride(from: -2_000_000, through: 2_000_000, by: 37) {
            let value = Double(thousandths) / 1_000
            let text = write { $0.number(value) }
            #expect(try JSONNode(parsing: Array(text.utf8)).number == value)
        }
    }

    @Test(arguments: [Double.infinity, -.infinity, .nan])
    func `what JSON cannot say becomes null`(value: Double) {
        #expect(write { $0.number(value) } == "null")
    }

    @Test func `misuse stops the process`() async {
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.integer(1)
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.integer(1)
            writer.integer(2)
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("a")
            writer.endObject()
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginArray()
            writer.endObject()
        }
    }
}
