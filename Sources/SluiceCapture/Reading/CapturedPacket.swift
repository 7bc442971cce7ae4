// One record of a capture as the readers hand it over.

package import SluiceModel

/// A packet as captured.
package struct CapturedPacket {
    /// When it was captured; nil where the record has no time or one that does not fit.
    package let time: Instant?
    /// Length on the wire, in bytes.
    package let wireLength: Int
    package let linkType: LinkType
    /// What was captured of it. Valid until the reader is asked for the next packet.
    package let bytes: UnsafeRawBufferPointer

    /// - Parameter bytes: outlive the packet.
    package init(time: Instant?, wireLength: Int, linkType: LinkType, bytes: UnsafeRawBufferPointer) {
        self.time = time
        self.wireLength = wireLength
        self.linkType = linkType
        self.bytes = bytes
    }

    /// Whether less was captured than went over the wire.
    package var isSnapped: Bool { bytes.count < wireLength }

    package var headers: PacketHeaders { Dissector.headers(of: bytes.bytes, linkType: linkType) }
}

/// A source of packets: the two file formats have a reader each.
protocol PacketReader: AnyObject {
    /// The next packet; nil at the end and where the file is damaged.
    func next() -> CapturedPacket?
    /// Set once `next` has met damage.
    var damage: CaptureDamage? { get }
}
