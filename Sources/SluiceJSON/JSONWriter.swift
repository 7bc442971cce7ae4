// Writes JSON straight into bytes: commas, escapes and indentation are its business, the order of calls the caller's.

package struct JSONWriter: Sendable {
    /// The text so far; a complete JSON text once every begun array and object has ended.
    package private(set) var bytes: [UInt8] = []
    private let isPretty: Bool
    private var depth = 0
    /// Bit d: the array or object at depth d + 1 is an object.
    private var objectBits: UInt64 = 0
    /// The next value or name is not the first of its array or object.
    private var needsComma = false
    /// A name was written whose value is still to come.
    private var hasName = false

    /// - Parameter pretty: one member or element a line, indented by two spaces.
    package init(pretty: Bool = false, reservingCapacity capacity: Int = 0) {
        isPretty = pretty
        bytes.reserveCapacity(capacity)
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// - Precondition: fewer than 64 arrays and objects are open.
    package mutating func beginObject() {
        beforeValue()
        open(UInt8(ascii: "{"), isObject: true)
    }

    package mutating func endObject() {
        precondition(depth > 0 && isInObject && !hasName, "no object is open, or a name lacks its value")
        close(UInt8(ascii: "}"))
    }

    /// - Precondition: fewer than 64 arrays and objects are open.
    package mutating func beginArray() {
        beforeValue()
        open(UInt8(ascii: "["), isObject: false)
    }

    package mutating func endArray() {
        precondition(depth > 0 && !isInObject, "no array is open")
        close(UInt8(ascii: "]"))
    }

    /// - Precondition: an object is open, `name` is new in it, and the value of the name before it has been written.
    ///   That the name is new is not checked.
    package mutating func name(_ name: String) {
        precondition(depth > 0 && isInObject && !hasName, "a name has no place here")
        separate()
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        if isPretty { bytes.append(UInt8(ascii: " ")) }
        hasName = true
    }

    package mutating func string(_ string: String) {
        beforeValue()
        appendQuoted(string)
    }

    package mutating func integer(_ integer: Int) {
        beforeValue()
        appendDigits(integer)
    }

    /// The shortest text that reads back as the same double; `null` where the number is infinite or not a number,
    /// which JSON cannot say.
    package mutating func number(_ number: Double) {
        beforeValue()
        bytes.append(contentsOf: number.isFinite ? number.description.utf8 : "null".utf8)
    }

    package mutating func bool(_ bool: Bool) {
        beforeValue()
        bytes.append(contentsOf: bool ? "true".utf8 : "false".utf8)
    }

    package mutating func null() {
        beforeValue()
        bytes.append(contentsOf: "null".utf8)
    }

    /// A value that was read, with all that is in it.
    ///
    /// - Precondition: as `beginObject`, with its depth added.
    package mutating func node(_ node: JSONNode) {
        switch node.value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .number(let value): number(value)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.node(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                name(member.name)
                self.node(member.node)
            }
            endObject()
        }
    }
}

extension JSONWriter {
    private var isInObject: Bool { objectBits >> UInt64(depth - 1) & 1 == 1 }

    private mutating func beforeValue() {
        if hasName {
            hasName = false
        } else {
            precondition(depth == 0 ? !needsComma : !isInObject, "a value has no place here")
            separate()
        }
        needsComma = true
    }

    /// Comma and line end before a name or an element.
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        if isPretty, depth > 0 { appendLineEnd() }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8, isObject: Bool) {
        precondition(depth < 64, "more than 64 arrays and objects are open")
        bytes.append(bracket)
        let bit: UInt64 = 1 << UInt64(depth)
        objectBits = isObject ? objectBits | bit : objectBits & ~bit
        depth += 1
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        depth -= 1
        if isPretty, needsComma { appendLineEnd() }
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func appendLineEnd() {
        bytes.append(0x0a)
        for _ in 0..<depth {
            bytes.append(0x20)
            bytes.append(0x20)
        }
    }

    private mutating func appendQuoted(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { text in
            var pieceStart = 0
            for (at, byte) in text.enumerated()
            where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(contentsOf: text[pieceStart..<at])
                appendEscape(of: byte)
                pieceStart = at + 1
            }
            bytes.append(contentsOf: text[pieceStart...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0c: bytes.append(UInt8(ascii: "f"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }

    private mutating func appendDigits(_ integer: Int) {
        if integer < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = integer.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
}
