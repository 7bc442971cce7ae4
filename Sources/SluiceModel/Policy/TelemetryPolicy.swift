// What is believed of the reports that come by UDP. Where the daemon listens is on its command line: an address is a
// matter of the machine, and opening one is not for those who may replace a policy.

package struct TelemetryPolicy: Hashable, Sendable {
    /// Where version 1.0 reports have the bits D, Q and F.
    package enum AssociationBits: String, Hashable, Sendable, CaseIterable {
        /// As the specification has them.
        case afterReserved
        /// As the P4 programs of ONOS have them.
        case beforeReserved
    }

    /// An address or prefix that reports may come from.
    package enum Source: Hashable, Sendable {
        case ipv4(IPv4Prefix)
        case ipv6(IPv6Prefix)

        package init?(text: String) {
            if let prefix = IPv4Prefix(text: text) {
                self = .ipv4(prefix)
            } else if let prefix = IPv6Prefix(text: text) {
                self = .ipv6(prefix)
            } else {
                return nil
            }
        }

        package var text: String {
            switch self {
            case .ipv4(let prefix): prefix.text
            case .ipv6(let prefix): prefix.text
            }
        }
    }

    /// From elsewhere nothing is believed. By default only the host itself is.
    package var sources: [Source] = [.ipv4(IPv4Prefix(0x7f00_0000, length: 8))]
    /// DSCP of packets that carry INT between transport header and payload; the specification's example.
    package var intDSCP: UInt8 = 0x17
    /// Destination port of UDP packets whose payload begins with INT; nil: none do.
    package var intPort: UInt16?
    package var associationBits: AssociationBits = .afterReserved
    /// Bytes of one unit of queue occupancy: 1, or the size of a cell.
    package var queueUnitBytes: Int = 1
    /// Nanoseconds of one unit of hop latency.
    package var latencyUnitNanoseconds: Int = 1
    /// What a fully used port reports as its transmit utilisation.
    package var fullUtilisation: Int = 100
    /// How far the clocks of switches may be from ours, where their time stamps are UTC; nil: a measurement is as old as
    /// its report.
    package var clockToleranceSeconds: Double?
    package init() {}

    /// Whether reports from `address` are taken.
    package func accepts(_ address: Source) -> Bool {
        sources.contains { source in
            switch (source, address) {
            case (.ipv4(let prefix), .ipv4(let address)): prefix.contains(address)
            case (.ipv6(let prefix), .ipv6(let address)): prefix.contains(address)
            case (.ipv4, .ipv6), (.ipv6, .ipv4): false
            }
        }
    }
}
