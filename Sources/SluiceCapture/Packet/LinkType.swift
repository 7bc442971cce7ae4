// What the first byte of a captured packet belongs to: a LINKTYPE number of https://www.tcpdump.org/linktypes.html.
// Files carry these; libpcap's DLT numbers differ from them for a few types and stay inside the reader.

package struct LinkType: Hashable, Comparable, Sendable {
    package let raw: UInt32

    package init(_ raw: UInt32) { self.raw = raw }

    package static let null = LinkType(0)
    package static let ethernet = LinkType(ethernetRaw)
    static let ethernetRaw: UInt32 = 1
    package static let ppp = LinkType(9)
    package static let pppHDLC = LinkType(50)
    package static let pppEthernet = LinkType(51)
    package static let raw = LinkType(101)
    package static let ciscoHDLC = LinkType(104)
    package static let loop = LinkType(108)
    package static let linuxCooked = LinkType(113)
    package static let pppDirection = LinkType(204)
    package static let ipv4 = LinkType(228)
    package static let ipv6 = LinkType(229)
    package static let linuxCooked2 = LinkType(276)
    /// Written by programs that put libpcap's DLT_RAW (12, on OpenBSD 14) into the file unchanged.
    package static let rawDLT = LinkType(12)
    package static let rawDLTOpenBSD = LinkType(14)

    /// Every link type the dissector opens.
    package static let readable: [LinkType] = [
        .null, .ethernet, .ppp, .rawDLT, .rawDLTOpenBSD, .pppHDLC, .pppEthernet, .raw, .ciscoHDLC, .loop, .linuxCooked,
        .pppDirection, .ipv4, .ipv6, .linuxCooked2,
    ]

    package var isReadable: Bool { Self.readable.contains(self) }

    package static func < (left: LinkType, right: LinkType) -> Bool { left.raw < right.raw }
}
