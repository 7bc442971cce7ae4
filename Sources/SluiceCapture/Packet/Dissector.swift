// From the bytes of one captured packet to the outermost IP header and its ports. Pure: bytes in, facts out; every
// read is checked against what was captured, and every loop moves forward in those bytes.
//
// Opened on the way: Ethernet II and IEEE 802.3 with LLC/SNAP, VLAN tags (802.1Q, 802.1ad, 0x9100, 0x9200), MPLS (RFC
// 3032; the payload is told by its first four bits, as RFC 4928 describes), PPPoE sessions (RFC 2516), PPP (RFC 1661,
// 1662), Cisco HDLC, Linux cooked captures, BSD loopback headers and raw IP. Tunnels (GRE, VXLAN, IP in IP) are not.

package enum Dissector {
    /// The headers of a packet of `linkType`; an unreadable link type gives headers without a flow.
    package static func headers(of bytes: RawSpan, linkType: LinkType) -> PacketHeaders {
        var headers = PacketHeaders()
        if linkType.raw == LinkType.ethernetRaw {
            ethernet(bytes, &headers)
        } else {
            other(linkType, bytes, &headers)
        }
        return headers
    }

    private static func other(_ linkType: LinkType, _ bytes: RawSpan, _ headers: inout PacketHeaders) {
        switch linkType {
        case .raw, .rawDLT, .rawDLTOpenBSD, .ipv4, .ipv6: internet(bytes, at: 0, &headers)
        case .null, .loop: loopback(bytes, &headers)
        case .linuxCooked: cooked(bytes, typeAt: 14, payloadAt: 16, &headers)
        case .linuxCooked2: cooked(bytes, typeAt: 0, payloadAt: 20, &headers)
        case .ppp: ppp(bytes, at: 0, &headers)
        case .pppDirection: ppp(bytes, at: 1, &headers)
        case .pppEthernet: pppoe(bytes, at: 0, &headers)
        case .ciscoHDLC: ciscoHDLC(bytes, &headers)
        case .pppHDLC:
            // RFC 1662 framing starts with ff 03, Cisco's with 0f or 8f and 00.
            if bytes.byteCount > 1, bytes.byte(0) == 0xff {
                ppp(bytes, at: 0, &headers)
            } else {
                ciscoHDLC(bytes, &headers)
            }
        default: break
        }
    }

    /// EtherTypes below this are lengths of an IEEE 802.3 frame.
    private static let firstEtherType: UInt16 = 0x0600

    @inline(__always)
    private static func ethernet(_ bytes: RawSpan, _ headers: inout PacketHeaders) {
        guard bytes.byteCount >= 14 else { return }
        headers.etherDestination = UInt64(bytes.big16(0)) << 32 | UInt64(bytes.big32(2))
        headers.etherSource = UInt64(bytes.big16(6)) << 32 | UInt64(bytes.big32(8))
        let type = bytes.big16(12)
        if type == 0x0800 {
            internet(bytes, at: 14, expecting: 4, &headers)
        } else {
            payload(of: type, in: bytes, at: 14, &headers)
        }
    }

    /// Follows an EtherType through any tags to what it carries.
    private static func payload(
        of firstType: UInt16, in bytes: RawSpan, at firstOffset: Int, _ headers: inout PacketHeaders
    ) {
        var type = firstType
        var offset = firstOffset
        while true {
            switch type {
            case 0x0800, 0x86dd:
                internet(bytes, at: offset, expecting: type == 0x0800 ? 4 : 6, &headers)
                return
            case 0x8100, 0x88a8, 0x9100, 0x9200:
                guard bytes.byteCount >= offset + 4 else { return }
                if !headers.traits.contains(.vlan) {
                    headers.traits.insert(.vlan)
                    headers.vlan = bytes.big16(offset) & 0xfff
                }
                type = bytes.big16(offset + 2)
                offset += 4
            case 0x8847, 0x8848:
                mpls(bytes, at: offset, &headers)
                return
            case 0x8864:
                pppoe(bytes, at: offset, &headers)
                return
            case 0x880b:
                ppp(bytes, at: offset, &headers)
                return
            case ..<firstEtherType:
                // IEEE 802.2: SNAP carries an EtherType when its organisation is 0 (RFC 1042) or 0000f8 (802.1H).
                guard bytes.byteCount >= offset + 3, bytes.byte(offset + 2) == 0x03 else { return }
                let access = bytes.big16(offset)
                if access == 0x0606 {
                    internet(bytes, at: offset + 3, expecting: 4, &headers)
                    return
                }
                guard access == 0xaaaa, bytes.byteCount >= offset + 8 else { return }
                let organisation = bytes.big32(offset + 2) & 0xffffff
                guard organisation == 0 || organisation == 0x0000f8 else { return }
                type = bytes.big16(offset + 6)
                offset += 8
                // A length here would be a second 802.2 header, which no standard knows.
                guard type >= firstEtherType else { return }
            default:
                return
            }
        }
    }

    private static func mpls(_ bytes: RawSpan, at start: Int, _ headers: inout PacketHeaders) {
        headers.traits.insert(.mpls)
        var offset = start
        var isBottom = false
        while !isBottom {
            guard bytes.byteCount >= offset + 4 else { return }
            isBottom = bytes.byte(offset + 2) & 1 == 1
            offset += 4
        }
        internet(bytes, at: offset, &headers)
    }

    private static func pppoe(_ bytes: RawSpan, at offset: Int, _ headers: inout PacketHeaders) {
        // Version 1, type 1, code 0 for session data (RFC 2516, section 4).
        guard bytes.byteCount >= offset + 6, bytes.big16(offset) == 0x1100 else { return }
        headers.traits.insert(.pppoe)
        ppp(bytes, at: offset + 6, &headers)
    }

    private static func ppp(_ bytes: RawSpan, at start: Int, _ headers: inout PacketHeaders) {
        var offset = start
        if bytes.byteCount >= offset + 2, bytes.big16(offset) == 0xff03 { offset += 2 }
        guard bytes.byteCount > offset else { return }
        // An odd first byte is a protocol field compressed to one byte (RFC 1661, section 6.5).
        let isCompressed = bytes.byte(offset) & 1 == 1
        guard isCompressed || bytes.byteCount >= offset + 2 else { return }
        let number = isCompressed ? UInt16(bytes.byte(offset)) : bytes.big16(offset)
        offset += isCompressed ? 1 : 2
        switch number {
        case 0x0021: internet(bytes, at: offset, expecting: 4, &headers)
        case 0x0057: internet(bytes, at: offset, expecting: 6, &headers)
        case 0x0281, 0x0283: mpls(bytes, at: offset, &headers)
        default: break
        }
    }

    private static func ciscoHDLC(_ bytes: RawSpan, _ headers: inout PacketHeaders) {
        guard bytes.byteCount >= 4 else { return }
        payload(of: bytes.big16(2), in: bytes, at: 4, &headers)
    }

    private static func cooked(
        _ bytes: RawSpan, typeAt: Int, payloadAt: Int, _ headers: inout PacketHeaders
    ) {
        guard bytes.byteCount >= payloadAt else { return }
        let type = bytes.big16(typeAt)
        // Small numbers are Linux's own: 4 is an 802.2 header; the others carry no IP.
        guard type >= firstEtherType || type == 4 else { return }
        payload(of: type, in: bytes, at: payloadAt, &headers)
    }

    private static func loopback(_ bytes: RawSpan, _ headers: inout PacketHeaders) {
        guard bytes.byteCount >= 4 else { return }
        // The address family in the byte order of the machine that captured (LOOP: big-endian). IPv6 has another
        // number on every system.
        let number = bytes.big32(0)
        switch number > 0xffff ? number.byteSwapped : number {
        case 2: internet(bytes, at: 4, expecting: 4, &headers)
        case 10, 24, 28, 30: internet(bytes, at: 4, expecting: 6, &headers)
        default: break
        }
    }
}

extension RawSpan {
    /// The byte at `offset`, which the caller has checked; out of bounds stops the process, never reads beyond.
    @inline(__always) func byte(_ offset: Int) -> UInt8 {
        unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    }
    @inline(__always) func big16(_ offset: Int) -> UInt16 {
        UInt16(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }
    @inline(__always) func big32(_ offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    @inline(__always) func big64(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
