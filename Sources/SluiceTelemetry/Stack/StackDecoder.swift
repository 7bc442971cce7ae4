// INT-MD: the metadata that switches pushed onto a packet on its way (INT dataplane specification v2.1, sections 5.7.2
// and 5.8; v1.0, sections 4.6.1 and 4.7). What is found here is usually a packet's first bytes inside a report.

/// Where in a packet INT headers are looked for.
package struct StackPlacement: Hashable, Sendable {
    /// DSCP of TCP and UDP packets with INT between the transport header and its payload; nil: none are.
    package var dscp: UInt8?
    /// Destination port of UDP packets whose payload begins with INT; nil: none do.
    package var udpPort: UInt16?
    /// The specification's examples use DSCP 0x17 and leave the port to configuration.
    package init(dscp: UInt8? = 0x17, udpPort: UInt16? = nil) {
        self.dscp = dscp
        self.udpPort = udpPort
    }
}

struct StackDecoder {
    enum Packet {
        case ethernet
        case ipv4
        case ipv6
    }

    let placement: StackPlacement

    /// Appends the hops of the INT-MD header in the packet that fills `cursor`, newest first; none where there is none.
    ///
    /// A packet that ends within its Ethernet, IP or transport header carries no INT; one that ends within an INT header
    /// is truncated.
    func decode(_ packet: Packet, _ cursor: inout ByteCursor, into hops: inout [HopMetadata]) throws(ReportRefusal) {
        switch packet {
        case .ethernet: try decodeEthernet(&cursor, into: &hops)
        case .ipv4: try decodeIPv4(&cursor, into: &hops)
        case .ipv6: try decodeIPv6(&cursor, into: &hops)
        }
    }

    private func decodeEthernet(_ cursor: inout ByteCursor, into hops: inout [HopMetadata]) throws(ReportRefusal) {
        guard cursor.remaining >= 14 else { return }
        try cursor.skip(12)
        var type = try cursor.half()
        // 802.1Q and 802.1ad tags.
        while type == 0x8100 || type == 0x88a8 {
            guard cursor.remaining >= 4 else { return }
            try cursor.skip(2)
            type = try cursor.half()
        }
        switch type {
        case 0x0800: try decodeIPv4(&cursor, into: &hops)
        case 0x86dd: try decodeIPv6(&cursor, into: &hops)
        default: break
        }
    }

    private func decodeIPv4(_ cursor: inout ByteCursor, into hops: inout [HopMetadata]) throws(ReportRefusal) {
        guard cursor.remaining >= 20 else { return }
        let first = try cursor.byte()
        let headerBytes = Int(first & 15) * 4
        guard first >> 4 == 4, headerBytes >= 20, cursor.remaining + 1 >= headerBytes else { return }
        let dscp = try cursor.byte() >> 2
        try cursor.skip(4)
        let fragment = try cursor.half() & 0x1fff
        try cursor.skip(1)
        let transport = try cursor.byte()
        try cursor.skip(headerBytes - 10)
        guard fragment == 0 else { return }
        try decodeTransport(transport, dscp: dscp, &cursor, into: &hops)
    }

    private func decodeIPv6(_ cursor: inout ByteCursor, into hops: inout [HopMetadata]) throws(ReportRefusal) {
        guard cursor.remaining >= 40 else { return }
        let first = try cursor.half()
        guard first >> 12 == 6 else { return }
        let dscp = UInt8(truncatingIfNeeded: first >> 6) & 0x3f
        try cursor.skip(4)
        let transport = try cursor.byte()
        try cursor.skip(33)
        try decodeTransport(transport, dscp: dscp, &cursor, into: &hops)
    }

    private func decodeTransport(
        _ transport: UInt8, dscp: UInt8, _ cursor: inout ByteCursor, into hops: inout [HopMetadata]
    ) throws(ReportRefusal) {
        switch transport {
        case 17:
            guard cursor.remaining >= 8 else { return }
            try cursor.skip(2)
            let port = try cursor.half()
            try cursor.skip(4)
            guard port == placement.udpPort || dscp == placement.dscp else { return }
        case 6:
            guard dscp == placement.dscp, cursor.remaining >= 20 else { return }
            try cursor.skip(12)
            let headerBytes = Int(try cursor.byte() >> 4) * 4
            guard headerBytes >= 20, cursor.remaining + 13 >= headerBytes else { return }
            try cursor.skip(headerBytes - 13)
        default: return
        }
        try decodeShim(&cursor, into: &hops)
    }

    /// A shim whose first byte is 1 is version 1.0 (an eight-bit type); one whose first four bits are 1 is version 2.
    func decodeShim(_ cursor: inout ByteCursor, into hops: inout [HopMetadata]) throws(ReportRefusal) {
        let first = try cursor.byte()
        if first == 1 {
            try cursor.skip(1)
            let words = Int(try cursor.byte())
            try cursor.skip(1)
            // Here the length counts the shim itself.
            guard words >= 1 else { throw .badLength }
            var part = try cursor.part(of: (words - 1) * 4)
            try decodeVersion1(&part, into: &hops)
        } else {
            let words = Int(try cursor.byte())
            try cursor.skip(2)
            var part = try cursor.part(of: words * 4)
            // Only INT-MD (1) has metadata on the packet: destination type (2) is end to end, MX (3) reports itself.
            if first >> 4 == 1 { try decodeVersion2(&part, into: &hops) }
        }
    }

    private func decodeVersion2(_ cursor: inout ByteCursor, into hops: inout [HopMetadata]) throws(ReportRefusal) {
        let word = try cursor.word()
        guard word >> 28 == 2 else { throw .unsupportedVersion }
        let hopWords = Int(word >> 8 & 31)
        let bitmap = try cursor.half()
        try cursor.skip(2)
        let domainBitmap = try cursor.half()
        try cursor.skip(2)
        try decodeStack(
            &cursor, layout: .stackVersion2, bitmap: bitmap, hopWords: hopWords, sourceMayAdd: domainBitmap != 0,
            into: &hops)
    }

    private func decodeVersion1(_ cursor: inout ByteCursor, into hops: inout [HopMetadata]) throws(ReportRefusal) {
        let word = try cursor.word()
        guard word >> 28 == 1 else { throw .unsupportedVersion }
        let hopWords = Int(word >> 8 & 31)
        let bitmap = try cursor.half()
        try cursor.skip(2)
        try decodeStack(
            &cursor, layout: .stackVersion1, bitmap: bitmap, hopWords: hopWords, sourceMayAdd: false, into: &hops)
    }

    /// - Parameter sourceMayAdd: domain-specific metadata of the source may follow the last hop.
    private func decodeStack(
        _ cursor: inout ByteCursor, layout: MetadataLayout, bitmap: UInt16, hopWords: Int, sourceMayAdd: Bool,
        into hops: inout [HopMetadata]
    ) throws(ReportRefusal) {
        guard cursor.remaining > 0 else { return }
        let baseline = layout.words(of: bitmap)
        guard hopWords > 0, baseline <= hopWords else { throw .badLength }
        let count = cursor.remaining / (hopWords * 4)
        guard cursor.remaining % (hopWords * 4) == 0 || sourceMayAdd else { throw .badLength }
        guard hops.count + count <= ReportDecoder.hopsMax else { throw .tooLong }
        for _ in 0..<count {
            var hop = HopMetadata()
            try layout.read(bitmap, from: &cursor, into: &hop)
            try cursor.skip((hopWords - baseline) * 4)
            hops.append(hop)
        }
    }
}
