// One record of a capture as the readers hand it over.

package import SluiceModel

/// A packet as captured.
package struct CapturedPacket {
    /// Nanoseconds since 1970; `noTime` where the record has no time or one that does not fit. Not an optional, since
    /// this is copied for every packet.
    let timeNanoseconds: Int64
    /// Length on the wire, in bytes.
    package let wireLength: Int
    package let linkType: LinkType
    /// What was captured of it. Valid until the reader is asked for the next packet.
    package let bytes: UnsafeRawBufferPointer

    static let noTime = Int64.min

    /// - Parameter bytes: outlive the packet.
    package init(time: Instant?, wireLength: Int, linkType: LinkType, bytes: UnsafeRawBufferPointer) {
        self.init(
            timeNanoseconds: time?.nanoseconds ?? Self.noTime, wireLength: wireLength, linkType: linkType,
            bytes: bytes)
    }

    @inline(__always)
    init(timeNanoseconds: Int64, wireLength: Int, linkType: LinkType, bytes: UnsafeRawBufferPointer) {
        self.timeNanoseconds = timeNanoseconds
        self.wireLength = wireLength
        self.linkType = linkType
        self.bytes = bytes
    }

    /// When it was captured; nil where the record has no time or one that does not fit.
    package var time: Instant? {
        timeNanoseconds == Self.noTime ? nil : Instant(nanoseconds: timeNanoseconds)
    }

    /// Whether less was captured than went over the wire.
    package var isSnapped: Bool { bytes.count < wireLength }

    package var headers: PacketHeaders { Dissector.headers(of: bytes.bytes, linkType: linkType) }
}
