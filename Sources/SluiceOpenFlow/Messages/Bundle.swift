// Bundles: changes that a switch applies all together or not at all (ONF extension 230 to OpenFlow 1.3, experimenter
// 0x4F4E4600, the messages of OpenFlow 1.4.0, section A.3.9).

package struct BundleControl: Hashable, Sendable {
    package enum Kind: UInt16, Hashable, Sendable, CaseIterable {
        case openRequest = 0
        case openReply = 1
        case closeRequest = 2
        case closeReply = 3
        case commitRequest = 4
        case commitReply = 5
        case discardRequest = 6
        case discardReply = 7
    }

    package var bundle: UInt32
    package var kind: Kind
    package var flags: BundleFlags

    package init(_ kind: Kind, bundle: UInt32, flags: BundleFlags = .whole) {
        self.bundle = bundle
        self.kind = kind
        self.flags = flags
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        bundle = try reader.word()
        let raw = try reader.half()
        guard let kind = Kind(rawValue: raw) else { throw .wrongValue(UInt32(raw)) }
        self.kind = kind
        flags = BundleFlags(rawValue: try reader.half())
    }

    func write(to writer: inout WireWriter) {
        writer.word(bundle)
        writer.half(kind.rawValue)
        writer.half(flags.rawValue)
    }
}

package struct BundleFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let atomic = BundleFlags(rawValue: 1)
    package static let ordered = BundleFlags(rawValue: 2)
    /// All or nothing, in the order of the messages.
    package static let whole: BundleFlags = [.atomic, .ordered]
}

/// A message put into a bundle; its transaction id is that of the message it travels in.
package struct BundleAddition: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case flow(FlowMod)
        case group(GroupMod)
    }

    package var bundle: UInt32
    package var flags: BundleFlags
    package var content: Content

    package init(_ content: Content, bundle: UInt32, flags: BundleFlags = .whole) {
        self.bundle = bundle
        self.flags = flags
        self.content = content
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        bundle = try reader.word()
        try reader.skip(2)
        flags = BundleFlags(rawValue: try reader.half())
        let inner = try Message.Header(reading: &reader)
        // Properties may follow; none are defined that we understand.
        var body = try reader.part(inner.length - Message.Header.size)
        switch inner.type {
        case .flowMod: content = .flow(try FlowMod(reading: &body))
        case .groupMod: content = .group(try GroupMod(reading: &body))
        default: throw .wrongValue(UInt32(inner.type.rawValue))
        }
    }

    func write(to writer: inout WireWriter, xid: UInt32) {
        writer.word(bundle)
        writer.zeros(2)
        writer.half(flags.rawValue)
        switch content {
        case .flow(let mod): Message.flowMod(mod).write(to: &writer, xid: xid)
        case .group(let mod): Message.groupMod(mod).write(to: &writer, xid: xid)
        }
    }
}
