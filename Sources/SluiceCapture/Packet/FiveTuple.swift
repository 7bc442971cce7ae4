// Who talks to whom: the key that unidirectional traffic is counted by.

import SluiceModel

/// An IPv4 or IPv6 address.
package enum IPAddress: Hashable, Sendable {
    case ipv4(UInt32)
    case ipv6(UInt128)

    package var text: String {
        switch self {
        case .ipv4(let raw): IPv4Prefix(raw).text
        case .ipv6(let raw): IPv6Prefix(raw).text
        }
    }
}

/// Source, destination, protocol and ports of the outermost IP header, direction kept.
///
/// Ports are those of TCP, UDP, SCTP, DCCP and UDP-Lite, and 0 for everything else, for fragments after the first and
/// for packets cut off before their ports. For IPv6 the protocol is the one after the extension headers.
package struct FiveTuple: Hashable, Sendable {
    /// The address as a number; an IPv4 address fills the low 32 bits.
    package let sourceRaw: UInt128
    package let destinationRaw: UInt128
    package let sourcePort: UInt16
    package let destinationPort: UInt16
    package let ipProtocol: UInt8
    package let isIPv6: Bool

    package init(
        sourceRaw: UInt128, destinationRaw: UInt128, isIPv6: Bool, ipProtocol: UInt8, sourcePort: UInt16,
        destinationPort: UInt16
    ) {
        self.sourceRaw = sourceRaw
        self.destinationRaw = destinationRaw
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.ipProtocol = ipProtocol
        self.isIPv6 = isIPv6
    }

    package var source: IPAddress { address(sourceRaw) }
    package var destination: IPAddress { address(destinationRaw) }

    /// The same conversation seen the other way.
    package var reversed: FiveTuple {
        FiveTuple(
            sourceRaw: destinationRaw, destinationRaw: sourceRaw, isIPv6: isIPv6, ipProtocol: ipProtocol,
            sourcePort: destinationPort, destinationPort: sourcePort)
    }

    private func address(_ raw: UInt128) -> IPAddress {
        isIPv6 ? .ipv6(raw) : .ipv4(UInt32(truncatingIfNeeded: raw))
    }
}

extension FiveTuple: Comparable {
    /// IPv4 before IPv6, then source, destination, protocol and ports by their numbers.
    package static func < (left: FiveTuple, right: FiveTuple) -> Bool {
        if left.isIPv6 != right.isIPv6 { return right.isIPv6 }
        if left.sourceRaw != right.sourceRaw { return left.sourceRaw < right.sourceRaw }
        if left.destinationRaw != right.destinationRaw { return left.destinationRaw < right.destinationRaw }
        if left.ipProtocol != right.ipProtocol { return left.ipProtocol < right.ipProtocol }
        return (left.sourcePort, left.destinationPort) < (right.sourcePort, right.destinationPort)
    }
}
