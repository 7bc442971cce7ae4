// What makes packets one flow: the five-tuple, or something coarser where single connections are too fine for the
// question at hand.

package import SluiceModel

/// How packets are put together to unidirectional flows.
package enum FlowAggregation: Hashable, Sendable {
    /// Addresses, protocol and ports.
    case fiveTuple
    /// Source and destination address.
    case hostPair
    /// Source and destination prefix of these lengths.
    case prefix(ipv4: Int, ipv6: Int)
    /// Source and destination address and the outermost VLAN id (0 for untagged).
    case vlan
    /// Source and destination address and the differentiated services code point.
    case dscp
}

/// The key of one flow. What the aggregation does not tell apart is 0.
package struct FlowKey: Hashable, Sendable {
    package let tuple: FiveTuple
    /// VLAN id or code point; 0 for the other aggregations.
    package let tag: UInt16
}

extension FlowKey: Comparable {
    package static func < (left: FlowKey, right: FlowKey) -> Bool {
        left.tuple != right.tuple ? left.tuple < right.tuple : left.tag < right.tag
    }
}

extension FlowAggregation {
    /// The flow of a packet with these headers, which have a tuple.
    @inline(__always)
    func key(of headers: PacketHeaders, _ tuple: FiveTuple) -> FlowKey {
        switch self {
        case .fiveTuple: FlowKey(tuple: tuple, tag: 0)
        case .hostPair: FlowKey(tuple: tuple.betweenHosts(), tag: 0)
        case .prefix(let ipv4, let ipv6):
            FlowKey(tuple: tuple.betweenHosts(prefixLength: tuple.isIPv6 ? ipv6 : ipv4), tag: 0)
        case .vlan: FlowKey(tuple: tuple.betweenHosts(), tag: headers.vlan)
        case .dscp: FlowKey(tuple: tuple.betweenHosts(), tag: UInt16(headers.dscp))
        }
    }

    /// The match of exactly the packets of the flow `key`.
    package func match(of key: FlowKey) -> FlowMatch {
        let tuple = key.tuple
        if self == .fiveTuple { return FlowMatch(tuple) }
        var match = FlowMatch()
        var lengths = (ipv4: 32, ipv6: 128)
        switch self {
        case .fiveTuple, .hostPair: break
        case .prefix(let ipv4, let ipv6): lengths = (ipv4, ipv6)
        case .vlan: match.vlan = key.tag
        case .dscp: match.dscp = UInt8(truncatingIfNeeded: key.tag)
        }
        switch (tuple.source, tuple.destination) {
        case (.ipv4(let source), .ipv4(let destination)):
            match.etherType = FlowMatch.etherTypeIPv4
            match.ipv4Source = IPv4Prefix(source, length: lengths.ipv4)
            match.ipv4Destination = IPv4Prefix(destination, length: lengths.ipv4)
        case (.ipv6(let source), .ipv6(let destination)):
            match.etherType = FlowMatch.etherTypeIPv6
            match.ipv6Source = IPv6Prefix(source, length: lengths.ipv6)
            match.ipv6Destination = IPv6Prefix(destination, length: lengths.ipv6)
        default: preconditionFailure("both ends of a packet have one IP version")
        }
        return match
    }

    /// The two ends of the flow `key` as text.
    package func endsText(of key: FlowKey) -> (source: String, destination: String) {
        let (source, destination) = (key.tuple.source.text, key.tuple.destination.text)
        guard case .prefix(let ipv4, let ipv6) = self else { return (source, destination) }
        let length = key.tuple.isIPv6 ? ipv6 : ipv4
        return ("\(source)/\(length)", "\(destination)/\(length)")
    }
}

extension FiveTuple {
    /// The addresses alone, or their prefixes of this length.
    fileprivate func betweenHosts(prefixLength: Int? = nil) -> FiveTuple {
        let bits = isIPv6 ? 128 : 32
        let kept = min(bits, max(0, prefixLength ?? bits))
        let all: UInt128 = isIPv6 ? .max : UInt128(UInt32.max)
        // A shift by the whole width gives 0, as it should.
        let mask = all & ~(kept == bits ? 0 : all >> UInt128(kept))
        return FiveTuple(
            sourceRaw: sourceRaw & mask, destinationRaw: destinationRaw & mask, isIPv6: isIPv6, ipProtocol: 0,
            sourcePort: 0, destinationPort: 0)
    }
}

extension FlowAggregation {
    /// As on the command line.
    package var word: String {
        switch self {
        case .fiveTuple: "five-tuple"
        case .hostPair: "host-pair"
        case .prefix(let ipv4, let ipv6): "prefix/\(ipv4)/\(ipv6)"
        case .vlan: "vlan"
        case .dscp: "dscp"
        }
    }
}
