// A capture file or stream, of either format, as packets in file order.
//
// Classic pcap goes through libpcap. pcapng goes through our own block reader: libpcap ends a pcapng with interfaces
// of different link types in the middle, when packets before the second interface have already been handed out, and a
// stream cannot be wound back to start again.

/// Reads one capture from front to back in constant memory.
package final class CaptureReader {
    /// One class for each file format; not behind a protocol, since the call is made for every packet.
    private enum Format {
        case classic(LibpcapReader)
        case blocks(BlockReader)
    }

    private let format: Format
    private let source: ByteSource

    /// Opens `file`, or standard input where it is nil.
    package init(file: String?) throws(CaptureFailure) {
        let source = try ByteSource.open(file)
        let magic = source.peek(4)
        if magic.isEmpty {
            if let error = source.readError { throw .cannotOpen(reason: systemText(error)) }
            throw .empty
        }
        guard magic.count == 4 else { throw .notACapture }
        switch magic.bytes.big32(0) {
        case 0x0a0d_0d0a: format = .blocks(try BlockReader(source: source))
        case 0xa1b2_c3d4, 0xd4c3_b2a1, 0xa1b2_3c4d, 0x4d3c_b2a1, 0xa1b2_cd34, 0x34cd_b2a1:
            format = .classic(try LibpcapReader(source: source))
        default: throw .notACapture
        }
        self.source = source
    }

    /// The next packet; nil at the end, and from where the file is damaged. Its bytes are valid until the next call.
    @inline(__always)
    package func next() -> CapturedPacket? {
        switch format {
        case .classic(let reader): reader.next()
        case .blocks(let reader): reader.next()
        }
    }

    /// Where the file broke off; known once `next` has answered nil.
    package var damage: CaptureDamage? {
        switch format {
        case .classic(let reader): reader.damage
        case .blocks(let reader): reader.damage
        }
    }

    /// Bytes taken from the file so far, and how many it has; nil for a stream.
    package var progress: (bytesRead: Int, bytes: Int?) { (source.position, source.length) }
}
