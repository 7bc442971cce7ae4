// Classic pcap files, little-endian with nanoseconds, for captures that are made here.

package import SluiceModel

/// Appends records to bytes that the caller takes away when they are enough.
package struct CaptureWriter: Sendable {
    private var bytes: [UInt8] = []

    /// Begins with the file header.
    package init(linkType: LinkType = .ethernet, snapshotLength: UInt32 = 262_144) {
        append32(0xa1b2_3c4d)
        append32(2 | 4 << 16)
        append32(0)
        append32(0)
        append32(snapshotLength)
        append32(linkType.raw)
    }

    package var count: Int { bytes.count }

    /// One record: `packet` is what was captured of `wireLength` bytes.
    ///
    /// - Precondition: the time is in 1970...2106.
    package mutating func append(_ packet: [UInt8], wireLength: Int, at time: Instant) {
        append32(UInt32(time.nanoseconds / 1_000_000_000))
        append32(UInt32(time.nanoseconds % 1_000_000_000))
        append32(UInt32(packet.count))
        append32(UInt32(wireLength))
        bytes += packet
    }

    /// What has been written since the last call.
    package mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func append32(_ value: UInt32) {
        for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

extension FiveTuple {
    /// The headers of one Ethernet packet of this tuple, without payload; lengths and checksums are zero.
    package func headerBytes(dscp: UInt8) -> [UInt8] {
        func big16(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)] }
        func address(_ raw: UInt128) -> [UInt8] {
            stride(from: isIPv6 ? 120 : 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: raw >> UInt128($0)) }
        }
        // Locally administered MAC addresses that carry the last bytes of the IP addresses.
        var bytes: [UInt8] = [2, 0] + address(destinationRaw).suffix(4) + [2, 0] + address(sourceRaw).suffix(4)
        if isIPv6 {
            bytes += [0x86, 0xdd, 0x60 | dscp >> 2, dscp << 6, 0, 0, 0, 0, ipProtocol, 64]
        } else {
            bytes += [0x08, 0x00, 0x45, dscp << 2, 0, 0, 0, 0, 0, 0, 64, ipProtocol, 0, 0]
        }
        bytes += address(sourceRaw) + address(destinationRaw)
        return bytes + big16(sourcePort) + big16(destinationPort) + [0, 0, 0, 0]
    }
}
