// Why a text is not JSON that we accept, and where.

package struct JSONSyntaxError: Error, Hashable {
    package enum Reason: Hashable, Sendable {
        /// The text ended where `wanted` was due.
        case endOfText(wanted: Wanted)
        /// Something else stands where `wanted` was due.
        case unexpected(UInt8, wanted: Wanted)
        /// A second value, or anything else, follows the first.
        case trailingContent
        /// RFC 8259, section 8.1: a text does not begin with a byte order mark.
        case byteOrderMark
        case invalidUTF8
        /// A control character inside a string; it has to be escaped.
        case controlCharacter(UInt8)
        /// A backslash with something after it that is no escape of RFC 8259, section 7.
        case invalidEscape
        /// Half of a surrogate pair, which stands for no character.
        case loneSurrogate
        case invalidNumber
        /// The number is larger than any finite double.
        case numberOutOfRange
        case duplicateMember(String)
        case tooDeep(limit: Int)
    }

    package enum Wanted: String, Hashable, Sendable {
        case value = "a value"
        case name = "a member's name in quotes"
        case nameOrEnd = "a member's name in quotes, or \"}\""
        case valueOrEnd = "a value, or \"]\""
        case colon = "\":\""
        case commaOrBrace = "\",\" or \"}\""
        case commaOrBracket = "\",\" or \"]\""
        case closingQuote = "the closing quote of a string"
    }

    /// Bytes of the text before the fault.
    package let offset: Int
    package let reason: Reason

    package init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }
}

extension JSONSyntaxError.Reason {
    /// What is wrong, without the place.
    package var text: String {
        switch self {
        case .endOfText(let wanted): "the text ends where \(wanted.rawValue) is due"
        case .unexpected(let byte, let wanted): "\(Self.name(byte)) stands where \(wanted.rawValue) is due"
        case .trailingContent: "something follows the end of the JSON text"
        case .byteOrderMark: "the text begins with a byte order mark"
        case .invalidUTF8: "these bytes are not UTF-8"
        case .controlCharacter(let byte): "\(Self.name(byte)) stands unescaped inside a string"
        case .invalidEscape: "this is no escape that JSON knows"
        case .loneSurrogate: "half a surrogate pair stands for no character"
        case .invalidNumber: "this is no number as JSON writes them"
        case .numberOutOfRange: "the number is too large"
        case .duplicateMember(let name): "the member \"\(name)\" is given twice in one object"
        case .tooDeep(let limit): "arrays and objects are nested deeper than \(limit)"
        }
    }

    private static func name(_ byte: UInt8) -> String {
        switch byte {
        case 0x0a: "a line end"
        case 0x09: "a tab"
        case 0x21...0x7e: "\"\(Unicode.Scalar(byte))\""
        default: "byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }
}
