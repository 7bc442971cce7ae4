// Why bytes are no OpenFlow message.

package enum Malformed: Error, Hashable, Sendable {
    /// A structure ends after its container does.
    case truncated
    /// A length field says less than the structure needs, or what it says is no multiple of what it must be.
    case wrongLength
    case wrongVersion(UInt8)
    case unknownType(UInt8)
    /// A field has a value that its type does not have.
    case wrongValue(UInt32)

    package var text: String {
        switch self {
        case .truncated: "a structure ends after its container"
        case .wrongLength: "a length field is wrong"
        case .wrongVersion(let version): "version \(version) instead of 4"
        case .unknownType(let type): "messages of type \(type) are unknown"
        case .wrongValue(let value): "a field has the unknown value \(value)"
        }
    }
}
