// IPv4 (RFC 791), IPv6 with its extension headers (RFC 8200) and the ports behind them.

extension Dissector {
    /// Reads the IP header at `offset`. Where the layer below names the version, another version is no IP packet.
    static func internet(_ bytes: RawSpan, at offset: Int, expecting: UInt8? = nil, _ headers: inout PacketHeaders) {
        guard bytes.byteCount > offset else { return }
        let version = bytes.byte(offset) >> 4
        if let expecting, version != expecting { return }
        switch version {
        case 4: ipv4(bytes, at: offset, &headers)
        case 6: ipv6(bytes, at: offset, &headers)
        default: break
        }
    }

    private static func ipv4(_ bytes: RawSpan, at offset: Int, _ headers: inout PacketHeaders) {
        guard bytes.byteCount >= offset + 20 else { return }
        let headerBytes = Int(bytes.byte(offset) & 0xf) * 4
        guard headerBytes >= 20 else { return }
        headers.dscp = bytes.byte(offset + 1) >> 2
        let fragment = bytes.big16(offset + 6)
        // More-fragments flag or an offset: a piece of a packet; only the first piece has the ports.
        if fragment & 0x3fff != 0 { headers.traits.insert(.fragment) }
        let ipProtocol = bytes.byte(offset + 9)
        let ports =
            fragment & 0x1fff == 0 ? Self.ports(of: ipProtocol, in: bytes, at: offset + headerBytes) : (0, 0)
        headers.tuple = FiveTuple(
            sourceRaw: UInt128(bytes.big32(offset + 12)), destinationRaw: UInt128(bytes.big32(offset + 16)),
            isIPv6: false, ipProtocol: ipProtocol, sourcePort: ports.0, destinationPort: ports.1)
    }

    private static func ipv6(_ bytes: RawSpan, at start: Int, _ headers: inout PacketHeaders) {
        guard bytes.byteCount >= start + 40 else { return }
        headers.dscp = UInt8(truncatingIfNeeded: bytes.big16(start) >> 6) & 0x3f
        var next = bytes.byte(start + 6)
        var offset = start + 40
        var hasPorts = true
        // Each turn moves at least eight bytes on; a header that was cut off ends the walk with its own number.
        walk: while bytes.byteCount >= offset + 8 {
            switch next {
            case 0, 43, 60, 135, 139, 140:
                let size = (Int(bytes.byte(offset + 1)) + 1) * 8
                next = bytes.byte(offset)
                offset += size
            case 51:
                let size = (Int(bytes.byte(offset + 1)) + 2) * 4
                next = bytes.byte(offset)
                offset += size
            case 44:
                headers.traits.insert(.fragment)
                let isFirst = bytes.big16(offset + 2) & 0xfff8 == 0
                next = bytes.byte(offset)
                offset += 8
                // What follows in a later piece is payload, not a header.
                if !isFirst {
                    hasPorts = false
                    break walk
                }
            default:
                break walk
            }
        }
        let ports = hasPorts ? Self.ports(of: next, in: bytes, at: offset) : (0, 0)
        headers.tuple = FiveTuple(
            sourceRaw: UInt128(bytes.big64(start + 8)) << 64 | UInt128(bytes.big64(start + 16)),
            destinationRaw: UInt128(bytes.big64(start + 24)) << 64 | UInt128(bytes.big64(start + 32)),
            isIPv6: true, ipProtocol: next, sourcePort: ports.0, destinationPort: ports.1)
    }

    /// TCP, UDP, DCCP, SCTP and UDP-Lite begin with source and destination port; (0, 0) for the rest and where the
    /// capture ends before them.
    private static func ports(of ipProtocol: UInt8, in bytes: RawSpan, at offset: Int) -> (UInt16, UInt16) {
        switch ipProtocol {
        case 6, 17, 33, 132, 136:
            guard bytes.byteCount >= offset + 4 else { return (0, 0) }
            return (bytes.big16(offset), bytes.big16(offset + 2))
        default:
            return (0, 0)
        }
    }
}
