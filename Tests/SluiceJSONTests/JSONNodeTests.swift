import SluiceJSON
import Testing

@Suite struct JSONNodeTests {
    /// RFC 8259, section 13, first example.
    static let image = """
        {
          "Image": {
              "Width":  800,
              "Height": 600,
              "Title":  "View from 15th Floor",
              "Thumbnail": {
                  "Url":    "http://www.example.com/image/481989943",
                  "Height": 125,
                  "Width":  100
              },
              "Animated" : false,
              "IDs": [116, 943, 234, 38793]
            }
        }
        """
    /// RFC 8259, section 13, second example, shortened to its first element.
    static let places = """
        [
          {
             "precision": "zip",
             "Latitude":  37.7668,
             "Longitude": -122.3959,
             "Address":   "",
             "City":      "SAN FRANCISCO",
             "Zip":       "94107"
          }
        ]
        """

    @Test func `the examples of RFC 8259 are read`() throws {
        let image = try JSONNode(parsing: Array(Self.image.utf8))["Image"]
        #expect(image?["Width"]?.integer == 800)
        #expect(image?["Thumbnail"]?["Url"]?.string == "http://www.example.com/image/481989943")
        #expect(image?["Animated"]?.bool == false)
        #expect(image?["IDs"]?.array?.map(\.integer) == [116, 943, 234, 38793])
        #expect(image?["Missing"] == nil)
        let place = try JSONNode(parsing: Array(Self.places.utf8)).array?.first
        #expect(place?["Longitude"]?.number == -122.3959)
        #expect(place?["Address"]?.string == "")
        for scalar in ["\"Hello world!\"", "42", "true"] {
            #expect(throws: Never.self) { try JSONNode(parsing: Array(scalar.utf8)) }
        }
    }

    @Test func `every node and name knows its offset`() throws {
        let text = "{ \"a\" : [ 1,  null ] }"
        let members = try #require(try JSONNode(parsing: Array(text.utf8)).object)
        #expect(members[0].nameOffset == 2)
        #expect(members[0].node.offset == 8)
        #expect(members[0].node.array?.map(\.offset) == [10, 14])
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("999999999999999999", 999_999_999_999_999_999),
        ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
    ])
    func `a whole number that fits is exact`(text: String, value: Int) throws {
        #expect(try JSONNode(parsing: Array(text.utf8)).integer == value)
    }

    @Test(arguments: [
        "0.5", "-0.0", "1e3", "1E+3", "1e-3", "123.456", "9223372036854775808", "-9223372036854775809",
        "1.7976931348623157e308", "5e-324", "2.2250738585072011e-308", "1e-400", "0.1", "3.141592653589793238462643",
        "9007199254740993.0", "123456789012345e22", "123456789012345e-22", "1e23", "8.5e22", "1.0000000000000000000001",
    ])
    func `any other number is the nearest double`(text: String) throws {
        let node = try JSONNode(parsing: Array(text.utf8))
        #expect(node.integer == nil)
        #expect(node.number == Double(text))
        #expect(node.number?.sign == Double(text)?.sign)
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "A\u{e9}\u{20ac}"),
        (#""\ud834\udd1e""#, "\u{1d11e}"), (#""a\u0000b""#, "a\0b"), ("\"\u{1d11e}é\"", "\u{1d11e}é"),
        (#""x\nyé\tz""#, "x\nyé\tz"), ("\"\u{7f}\"", "\u{7f}"),
    ])
    func `strings and their escapes are read`(text: String, value: String) throws {
        #expect(try JSONNode(parsing: Array(text.utf8)).string == value)
    }

    @Test(arguments: [
        ("", JSONSyntaxError.Reason.endOfText(wanted: .value), 0), (" \n", .endOfText(wanted: .value), 2),
        ("{", .endOfText(wanted: .nameOrEnd), 1), ("{\"a\"", .endOfText(wanted: .colon), 4),
        ("{\"a\":", .endOfText(wanted: .value), 5), ("{\"a\":1", .endOfText(wanted: .commaOrBrace), 6),
        ("{\"a\":1,", .endOfText(wanted: .name), 7), ("[1", .endOfText(wanted: .commaOrBracket), 2),
        ("{\"a\":1,}", .unexpected(UInt8(ascii: "}"), wanted: .name), 7),
        ("[1,]", .unexpected(UInt8(ascii: "]"), wanted: .value), 3),
        ("{a:1}", .unexpected(UInt8(ascii: "a"), wanted: .nameOrEnd), 1),
        ("{\"a\" 1}", .unexpected(UInt8(ascii: "1"), wanted: .colon), 5),
        ("'a'", .unexpected(UInt8(ascii: "'"), wanted: .value), 0), ("1 2", .trailingContent, 2),
        ("nul", .endOfText(wanted: .value), 3), ("nulL", .unexpected(UInt8(ascii: "n"), wanted: .value), 0),
        ("01", .invalidNumber, 0), ("-", .invalidNumber, 0), ("1.", .invalidNumber, 0), ("1e", .invalidNumber, 0),
        ("-01", .invalidNumber, 0), ("1e+", .invalidNumber, 0),
        (".5", .unexpected(UInt8(ascii: "."), wanted: .value), 0),
        ("+1", .unexpected(UInt8(ascii: "+"), wanted: .value), 0), ("0x1", .trailingContent, 1),
        ("NaN", .unexpected(UInt8(ascii: "N"), wanted: .value), 0), ("1e400", .numberOutOfRange, 0),
        ("[-1e999]", .numberOutOfRange, 1), ("\"a", .endOfText(wanted: .closingQuote), 2),
        ("\"\\", .endOfText(wanted: .closingQuote), 2), ("\"\\u12", .endOfText(wanted: .closingQuote), 5),
        ("\"a\tb\"", .controlCharacter(9), 2), ("\"\\n\u{1}\"", .controlCharacter(1), 3),
        ("\"a\\x\"", .invalidEscape, 2), ("\"\\u12g4\"", .invalidEscape, 1), ("\"\\ud800\"", .loneSurrogate, 1),
        ("\"\\udc00\"", .loneSurrogate, 1), ("\"\\ud800\\u0041\"", .loneSurrogate, 1),
        ("\"\\ud800\\ud800\"", .loneSurrogate, 1), ("\u{feff}1", .byteOrderMark, 0),
        ("{\"a\":1,\"b\":2,\"a\":3}", .duplicateMember("a"), 13),
        ("{\"a\":1,\"\\u0061\":3}", .duplicateMember("a"), 7), ("// no\n1", .unexpected(47, wanted: .value), 0),
        ("\u{a0}1", .unexpected(0xc2, wanted: .value), 0),
    ])
    func `what is not JSON is refused with its place`(
        text: String, reason: JSONSyntaxError.Reason, offset: Int
    ) {
        #expect(throws: JSONSyntaxError(offset: offset, reason: reason)) { try JSONNode(parsing: Array(text.utf8)) }
        #expect(!reason.text.isEmpty)
    }

    @Test(
        arguments: [
            [0x22, 0xff, 0x22], [0x22, 0x61, 0xc3, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
            [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x5c, 0x6e, 0xc3, 0x5c, 0x6e, 0xa9, 0x22],
        ] as [[UInt8]])
    func `a string that is not UTF-8 is refused`(bytes: [UInt8]) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try JSONNode(parsing: bytes) }
        #expect(error.reason == .invalidUTF8)
        #expect(bytes[error.offset] >= 0x80)
    }

    @Test func `duplicates are found in large objects too`() throws {
        let members = (0..<100).map { "\"m\($0)\":\($0)" }
        #expect(try JSONNode(parsing: Array("{\(members.joined(separator: ","))}".utf8)).object?.count == 100)
        let twice = "{\(members.joined(separator: ",")),\"m57\":0}"
        let error = try #require(throws: JSONSyntaxError.self) { try JSONNode(parsing: Array(twice.utf8)) }
        #expect(error.reason == .duplicateMember("m57"))
    }

    @Test func `nesting is bounded`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSONNode(parsing: nested(64)) }
        #expect(throws: JSONSyntaxError(offset: 64, reason: .tooDeep(limit: 64))) {
            try JSONNode(parsing: nested(65))
        }
        #expect(throws: JSONSyntaxError(offset: 3, reason: .tooDeep(limit: 3))) {
            try JSONNode(parsing: nested(1_000_000), depthLimit: 3)
        }
        // Siblings are not depth.
        #expect(throws: Never.self) { try JSONNode(parsing: Array("[[],[],{},[[]]]".utf8), depthLimit: 3) }
    }

    @Test func `hostile sizes are read or refused in linear time`() throws {
        let digits = String(repeating: "9", count: 500_000)
        #expect(throws: JSONSyntaxError(offset: 0, reason: .numberOutOfRange)) {
            try JSONNode(parsing: Array(digits.utf8))
        }
        #expect(try JSONNode(parsing: Array("0.\(digits)".utf8)).number == 1)
        #expect(try JSONNode(parsing: Array("1e-\(digits)".utf8)).number == 0)
        let many = "{" + (0..<100_000).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        #expect(try JSONNode(parsing: Array(many.utf8)).object?.count == 100_000)
        let escapes = "\"" + String(repeating: "\\u0061", count: 200_000) + "\""
        #expect(try JSONNode(parsing: Array(escapes.utf8)).string?.utf8.count == 200_000)
    }

    static let samples = [
        image, places, #"{"a":[true,false,null,-1.5e-3,"\ud834\udd1e \u00e9 \n"],"é":{"x":12345678901234567890}}"#,
    ]

    @Test(arguments: samples)
    func `no truncation is accepted, and none crashes`(sample: String) {
        let bytes = Array(sample.utf8)
        for length in 0..<bytes.count {
            #expect(throws: JSONSyntaxError.self, "\(length) bytes") {
                try JSONNode(parsing: bytes.prefix(length))
            }
        }
    }

    @Test(arguments: samples)
    func `a flipped bit is refused, or reads as something that writes and reads back the same`(sample: String) throws {
        var bytes = Array(sample.utf8)
        for position in bytes.indices {
            for bit in 0..<8 {
                bytes[position] ^= 1 << UInt8(bit)
                defer { bytes[position] ^= 1 << UInt8(bit) }
                let node: JSONNode
                do throws(JSONSyntaxError) {
                    node = try JSONNode(parsing: bytes)
                } catch {
                    #expect(0...bytes.count ~= error.offset)
                    continue
                }
                var writer = JSONWriter()
                writer.node(node)
                var again = JSONWriter()
                again.node(try JSONNode(parsing: writer.bytes))
                #expect(again.bytes == writer.bytes)
            }
        }
    }
}
