import SluiceCapture
import Testing

@Suite struct DissectorTests {
    private static let inner = Packets.ipv4(Packets.ports(5000, 53))
    private static let inner6 = Packets.ipv6(Packets.ports(5000, 53), next: 17)

    /// One way of wrapping an IP packet.
    struct Wrapping: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let linkType: LinkType
        let bytes: Bytes
        init(_ name: String, _ linkType: LinkType, _ bytes: Bytes) {
            testDescription = name
            self.linkType = linkType
            self.bytes = bytes
        }
    }

    private static let mplsLabels: Bytes = [0, 1, 0, 64, 0, 2, 1, 64]
    private static let snap: Bytes = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0]

    static let wrappings: [Wrapping] = [
        Wrapping("Ethernet", .ethernet, Packets.ethernet(0x0800, inner)),
        Wrapping("802.1Q", .ethernet, Packets.ethernet(0x8100, [0, 5, 8, 0] + inner)),
        Wrapping("QinQ", .ethernet, Packets.ethernet(0x88a8, [0, 5, 0x81, 0, 0, 6, 8, 0] + inner)),
        Wrapping("tag 0x9100", .ethernet, Packets.ethernet(0x9100, [0, 5, 8, 0] + inner)),
        Wrapping("tag 0x9200", .ethernet, Packets.ethernet(0x9200, [0, 5, 8, 0] + inner)),
        Wrapping("LLC/SNAP", .ethernet, Packets.ethernet(snap.count + inner.count, snap + inner)),
        Wrapping("LLC", .ethernet, Packets.ethernet(3 + inner.count, [6, 6, 3] + inner)),
        Wrapping("SNAP in a tag", .ethernet, Packets.ethernet(0x8100, [0, 5, 0, 44] + snap + inner)),
        Wrapping("MPLS", .ethernet, Packets.ethernet(0x8847, mplsLabels + inner)),
        Wrapping("MPLS multicast", .ethernet, Packets.ethernet(0x8848, mplsLabels + inner)),
        Wrapping("PPPoE", .ethernet, Packets.ethernet(0x8864, [0x11, 0, 0, 1, 0, 38, 0, 0x21] + inner)),
        Wrapping("PPPoE link type", .pppEthernet, [0x11, 0, 0, 1, 0, 38, 0, 0x21] + inner),
        Wrapping("PPP", .ppp, [0, 0x21] + inner),
        Wrapping("PPP with address and control", .ppp, [0xff, 3, 0, 0x21] + inner),
        Wrapping("PPP compressed protocol", .ppp, [0x21] + inner),
        Wrapping("PPP with MPLS", .ppp, [0xff, 3, 2, 0x81] + mplsLabels + inner),
        Wrapping("PPP in HDLC", .pppHDLC, [0xff, 3, 0, 0x21] + inner),
        Wrapping("Cisco HDLC in PPP's link type", .pppHDLC, [0x0f, 0, 8, 0] + inner),
        Wrapping("PPP with direction", .pppDirection, [1, 0xff, 3, 0, 0x21] + inner),
        Wrapping("Cisco HDLC", .ciscoHDLC, [0x0f, 0, 8, 0] + inner),
        Wrapping("Linux cooked", .linuxCooked, Bytes(repeating: 0, count: 14) + [8, 0] + inner),
        Wrapping("Linux cooked v2", .linuxCooked2, [8, 0] + Bytes(repeating: 0, count: 18) + inner),
        Wrapping("loopback, little-endian", .null, [2, 0, 0, 0] + inner),
        Wrapping("loopback, big-endian", .null, [0, 0, 0, 2] + inner),
        Wrapping("LOOP", .loop, [0, 0, 0, 2] + inner),
        Wrapping("raw", .raw, inner),
        Wrapping("raw by its old number", .rawDLT, inner),
        Wrapping("raw IPv4", .ipv4, inner),
        Wrapping("IPv4 options", .raw, Packets.ipv4(Packets.ports(5000, 53), options: [1, 1, 1, 1, 1, 1, 1, 0])),
        Wrapping("IPv6 over Ethernet", .ethernet, Packets.ethernet(0x86dd, inner6)),
        Wrapping("IPv6 over MPLS", .ethernet, Packets.ethernet(0x8847, mplsLabels + inner6)),
        Wrapping("IPv6 over PPP", .ppp, [0, 0x57] + inner6),
        Wrapping("IPv6 loopback of FreeBSD", .null, [28, 0, 0, 0] + inner6),
        Wrapping("IPv6 loopback of macOS", .null, [30, 0, 0, 0] + inner6),
    ]

    @Test(arguments: wrappings)
    func `every encapsulation leads to the same ports`(_ wrapping: Wrapping) throws {
        let tuple = try #require(headers(of: wrapping.bytes, linkType: wrapping.linkType).tuple)
        #expect(tuple.ipProtocol == 17)
        #expect(tuple.sourcePort == 5000)
        #expect(tuple.destinationPort == 53)
        #expect(
            [tuple.source.text, tuple.destination.text].allSatisfy {
                ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"].contains($0)
            })
        #expect(tuple.source != tuple.destination)
    }

    @Test(arguments: wrappings)
    func `no truncation of any encapsulation is misread`(_ wrapping: Wrapping) {
        let whole = headers(of: wrapping.bytes, linkType: wrapping.linkType).tuple
        for length in 0..<wrapping.bytes.count {
            guard let tuple = headers(of: Bytes(wrapping.bytes[..<length]), linkType: wrapping.linkType).tuple else {
                continue
            }
            // A cut can take the ports away, nothing else.
            #expect(tuple.source == whole?.source && tuple.destination == whole?.destination)
            #expect(tuple.sourcePort == 0 || tuple.sourcePort == 5000)
        }
    }

    @Test(arguments: [6, 17, 33, 132, 136] as [UInt8])
    func `protocols with ports have them read`(ipProtocol: UInt8) {
        let tuple = headers(of: Packets.ipv4(Packets.ports(7, 9), ipProtocol: ipProtocol), linkType: .raw).tuple
        #expect(tuple?.sourcePort == 7 && tuple?.destinationPort == 9)
    }

    @Test(arguments: [1, 2, 4, 41, 47, 50, 89] as [UInt8])
    func `other protocols have ports of zero`(ipProtocol: UInt8) {
        let tuple = headers(of: Packets.ipv4(Packets.ports(7, 9), ipProtocol: ipProtocol), linkType: .raw).tuple
        #expect(tuple?.ipProtocol == ipProtocol)
        #expect(tuple?.sourcePort == 0 && tuple?.destinationPort == 0)
    }

    @Test func `only the first fragment has ports`() {
        let first = headers(of: Packets.ipv4(Packets.ports(7, 9), fragment: 0x2000), linkType: .raw)
        #expect(first.tuple?.sourcePort == 7)
        #expect(first.traits == .fragment)
        let second = headers(of: Packets.ipv4(Packets.ports(7, 9), fragment: 1), linkType: .raw)
        #expect(second.tuple?.sourcePort == 0)
        #expect(second.traits == .fragment)
        let whole = headers(of: Packets.ipv4(Packets.ports(7, 9), fragment: 0x4000), linkType: .raw)
        #expect(whole.traits.isEmpty, "do not fragment is no fragment")
    }

    @Test func `the protocol of IPv6 is the one behind the extension headers`() {
        let hopByHop: Bytes = [43, 0, 0, 0, 0, 0, 0, 0]
        let routing: Bytes = [51, 1] + Bytes(repeating: 0, count: 14)
        let authentication: Bytes = [60, 4] + Bytes(repeating: 0, count: 22)
        let destination: Bytes = [6, 0, 0, 0, 0, 0, 0, 0]
        let payload = hopByHop + routing + authentication + destination + Packets.ports(80, 443)
        let tuple = headers(of: Packets.ipv6(payload, next: 0), linkType: .raw).tuple
        #expect(tuple?.ipProtocol == 6)
        #expect(tuple?.sourcePort == 80 && tuple?.destinationPort == 443)
    }

    @Test func `a later IPv6 fragment has its protocol and no ports`() {
        let fragment: Bytes = [17, 0, 0, 8, 0, 0, 0, 1]
        let later = headers(of: Packets.ipv6(fragment + Packets.ports(7, 9), next: 44), linkType: .raw)
        #expect(later.tuple?.ipProtocol == 17)
        #expect(later.tuple?.sourcePort == 0)
        #expect(later.traits == .fragment)
        let first = headers(
            of: Packets.ipv6([17, 0, 0, 1, 0, 0, 0, 1] + Packets.ports(7, 9), next: 44), linkType: .raw)
        #expect(first.tuple?.sourcePort == 7)
    }

    @Test func `the outermost tag, the addresses and the code point are kept`() {
        let packet = Packets.ethernet(
            0x88a8, [0xe0, 5, 0x81, 0, 0, 6, 8, 0] + Packets.ipv4(Packets.ports(1, 2), tos: 46 << 2))
        let found = headers(of: packet)
        #expect(found.vlan == 5)
        #expect(found.dscp == 46)
        #expect(found.etherDestination == 0x0200_0000_0002)
        #expect(found.etherSource == 0x0200_0000_0001)
        var inner6 = Self.inner6
        inner6[0] = 0x6b
        inner6[1] = 0x80
        #expect(headers(of: inner6, linkType: .raw).dscp == 46)
    }

    @Test(arguments: [
        Packets.ethernet(0x0806, Bytes(repeating: 0, count: 28)),
        Packets.ethernet(0x0800, Self.inner6),
        Packets.ethernet(0x86dd, Self.inner),
        Packets.ethernet(0x8847, Self.mplsLabels + [0, 0, 0, 0] + Self.inner),
        Packets.ethernet(0x8863, [0x11, 9, 0, 0, 0, 0]),
        Packets.ethernet(0x0800, [0x44] + Bytes(Self.inner[1...])),
    ])
    func `what is not IP has no flow`(packet: Bytes) {
        #expect(headers(of: packet).tuple == nil)
    }
}
