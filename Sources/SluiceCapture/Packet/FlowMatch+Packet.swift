// Matches, which are made for switches, applied to captured packets, and made from them.

package import SluiceModel

extension FlowMatch {
    /// Whether an IP packet with these headers satisfies every field that is given.
    package func accepts(_ headers: PacketHeaders) -> Bool {
        guard let tuple = headers.tuple else { return false }
        func agrees<Value: Equatable>(_ wanted: Value?, _ found: Value) -> Bool { wanted.map { $0 == found } ?? true }
        guard agrees(etherType, tuple.isIPv6 ? Self.etherTypeIPv6 : Self.etherTypeIPv4),
            agrees(etherSource?.raw, headers.etherSource), agrees(etherDestination?.raw, headers.etherDestination),
            agrees(vlan, headers.vlan), agrees(ipProtocol, tuple.ipProtocol), agrees(dscp, headers.dscp),
            agrees(sourcePort, tuple.sourcePort), agrees(destinationPort, tuple.destinationPort)
        else { return false }
        return accepts(tuple.source, ipv4Source, ipv6Source)
            && accepts(tuple.destination, ipv4Destination, ipv6Destination)
    }

    private func accepts(_ address: IPAddress, _ prefix4: IPv4Prefix?, _ prefix6: IPv6Prefix?) -> Bool {
        switch address {
        case .ipv4(let raw): prefix6 == nil && (prefix4?.contains(IPv4Prefix(raw)) ?? true)
        case .ipv6(let raw): prefix4 == nil && (prefix6?.contains(IPv6Prefix(raw)) ?? true)
        }
    }

    /// The match of exactly the packets of `tuple`; without ports where the tuple has none.
    package init(_ tuple: FiveTuple) {
        self.init()
        ipProtocol = tuple.ipProtocol
        switch (tuple.source, tuple.destination) {
        case (.ipv4(let source), .ipv4(let destination)):
            etherType = Self.etherTypeIPv4
            ipv4Source = IPv4Prefix(source)
            ipv4Destination = IPv4Prefix(destination)
        case (.ipv6(let source), .ipv6(let destination)):
            etherType = Self.etherTypeIPv6
            ipv6Source = IPv6Prefix(source)
            ipv6Destination = IPv6Prefix(destination)
        default: preconditionFailure("both ends of a packet have one IP version")
        }
        if tuple.sourcePort != 0 { sourcePort = tuple.sourcePort }
        if tuple.destinationPort != 0 { destinationPort = tuple.destinationPort }
    }
}
