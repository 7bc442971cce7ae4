// Where captured addresses live in the topology.

package import SluiceCapture
package import SluiceModel

/// A prefix of addresses that live at a node of the topology.
package struct AddressPlace: Hashable, Sendable {
    package enum Prefix: Hashable, Sendable {
        case ipv4(IPv4Prefix)
        case ipv6(IPv6Prefix)
    }

    package let prefix: Prefix
    package let end: NodeIndex
    package init(prefix: Prefix, end: NodeIndex) {
        self.prefix = prefix
        self.end = end
    }
}

/// Captured addresses as ends of flows: the host or stated place with the longest prefix that contains it (a host's own
/// address being the longest), else one chosen by a hash of the address and the seed, so that the same address always
/// lives at the same place.
package struct AddressMap: Sendable {
    /// Hosts; switches where the topology has no hosts.
    private let ends: [NodeIndex]
    private let prefixes4: [(prefix: IPv4Prefix, end: NodeIndex)]
    private let prefixes6: [(prefix: IPv6Prefix, end: NodeIndex)]
    private let seed: UInt64
    private var known: [IPAddress: Place] = [:]

    package struct Place: Hashable, Sendable {
        package let end: NodeIndex
        /// By the hash: no host of the topology has the address.
        package let isSpread: Bool
    }

    /// - Parameter places: come before hosts of the same prefix.
    package init(_ topology: Topology, places: [AddressPlace] = [], seed: UInt64) {
        let hosts = topology.hosts
        ends = hosts.isEmpty ? topology.switches : hosts
        var prefixes4: [(prefix: IPv4Prefix, end: NodeIndex)] = []
        var prefixes6: [(prefix: IPv6Prefix, end: NodeIndex)] = []
        for index in hosts {
            guard case .host(let host) = topology[index].kind else { continue }
            if let prefix = host.ipv4 { prefixes4.append((prefix, index)) }
            if let prefix = host.ipv6 { prefixes6.append((prefix, index)) }
        }
        // Longest first, so that the first that contains an address is the one.
        prefixes4.sort { ($0.prefix.length, $1.end) > ($1.prefix.length, $0.end) }
        prefixes6.sort { ($0.prefix.length, $1.end) > ($1.prefix.length, $0.end) }
        for place in places {
            switch place.prefix {
            case .ipv4(let prefix):
                let position = prefixes4.firstIndex { $0.prefix.length <= prefix.length } ?? prefixes4.count
                prefixes4.insert((prefix, place.end), at: position)
            case .ipv6(let prefix):
                let position = prefixes6.firstIndex { $0.prefix.length <= prefix.length } ?? prefixes6.count
                prefixes6.insert((prefix, place.end), at: position)
            }
        }
        self.prefixes4 = prefixes4
        self.prefixes6 = prefixes6
        self.seed = seed
    }

    /// Whether there is any place at all.
    package var isEmpty: Bool { ends.isEmpty }

    /// - Precondition: the map is not empty.
    package mutating func place(of address: IPAddress) -> Place {
        if let place = known[address] { return place }
        let place = host(with: address).map { Place(end: $0, isSpread: false) } ?? spread(address)
        known[address] = place
        return place
    }

    private func host(with address: IPAddress) -> NodeIndex? {
        switch address {
        case .ipv4(let raw): prefixes4.first { $0.prefix.contains(IPv4Prefix(raw)) }?.end
        case .ipv6(let raw): prefixes6.first { $0.prefix.contains(IPv6Prefix(raw)) }?.end
        }
    }

    private func spread(_ address: IPAddress) -> Place {
        precondition(!ends.isEmpty, "the topology has no nodes")
        var stream = RandomStream(seed: seed, purpose: "replay address \(address.text)")
        return Place(end: ends[stream.below(ends.count)], isSpread: true)
    }
}
