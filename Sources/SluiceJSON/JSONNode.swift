// A JSON text as a tree (RFC 8259). Every node knows where it stands in the text, so that whoever reads a document or
// a request can say which line is at fault.

/// One JSON value and its place in the text that it came from.
package struct JSONNode: Sendable {
    package enum Value: Sendable {
        case null
        case bool(Bool)
        /// A number written without fraction and exponent that fits `Int`, exactly.
        case integer(Int)
        /// Every other number, to the nearest finite double; also whole numbers too large for `Int`.
        case number(Double)
        case string(String)
        case array([JSONNode])
        /// In the order of the text. No two members have the same name (names are compared as Swift strings are, by
        /// canonical equivalence).
        case object([JSONMember])
    }

    package let value: Value
    /// Bytes of the text before this value.
    package let offset: Int

    package init(value: Value, offset: Int) {
        self.value = value
        self.offset = offset
    }
}

/// One name and value of an object.
package struct JSONMember: Sendable {
    package let name: String
    /// Bytes of the text before the name's opening quote.
    package let nameOffset: Int
    package let node: JSONNode

    package init(name: String, nameOffset: Int, node: JSONNode) {
        self.name = name
        self.nameOffset = nameOffset
        self.node = node
    }
}

extension JSONNode {
    /// Reads one complete JSON text; white space may surround it, nothing else. Linear in the number of bytes.
    ///
    /// - Parameter depthLimit: the deepest nesting of arrays and objects that is accepted.
    package init(parsing bytes: [UInt8], depthLimit: Int = 64) throws(JSONSyntaxError) {
        self = try Self.parse(bytes.span, depthLimit: depthLimit)
    }

    /// As `init(parsing:depthLimit:)` on an array, which costs no copy.
    package init(parsing bytes: some Collection<UInt8>, depthLimit: Int = 64) throws(JSONSyntaxError) {
        self = try Self.parse(Array(bytes).span, depthLimit: depthLimit)
    }

    private static func parse(_ text: Span<UInt8>, depthLimit: Int) throws(JSONSyntaxError) -> JSONNode {
        var parser = JSONParser(depthLimit: depthLimit)
        return try parser.document(in: text)
    }
}

extension JSONNode {
    /// The value of the member `name`; nil where there is none or this is no object. Linear in the number of members.
    package subscript(name: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        return members.first { $0.name == name }?.node
    }

    package var isNull: Bool {
        if case .null = value { true } else { false }
    }

    package var bool: Bool? {
        if case .bool(let bool) = value { bool } else { nil }
    }

    /// The number where it is whole, was written so, and fits `Int`.
    package var integer: Int? {
        if case .integer(let integer) = value { integer } else { nil }
    }

    /// Any number, to the nearest double.
    package var number: Double? {
        switch value {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        case .null, .bool, .string, .array, .object: nil
        }
    }

    package var string: String? {
        if case .string(let string) = value { string } else { nil }
    }

    package var array: [JSONNode]? {
        if case .array(let elements) = value { elements } else { nil }
    }

    package var object: [JSONMember]? {
        if case .object(let members) = value { members } else { nil }
    }

    /// What the value is, for messages: "an object", "a string".
    package var kind: String {
        switch value {
        case .null: "null"
        case .bool: "a Boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
