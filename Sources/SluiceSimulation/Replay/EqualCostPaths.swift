// Equal-cost multipath: at every node a hash of the flow chooses among the links that lead to its destination in the
// fewest hops (RFC 2992 calls the choice by hash "hash-threshold").

import SluiceCapture
import SluiceModel

struct EqualCostPaths: Sendable {
    private let topology: Topology
    private let incoming: [[LinkIndex]]
    private let seed: UInt64
    /// Hops from each node, by destination; −1 where there is no path.
    private var hops: [NodeIndex: [Int32]] = [:]

    init(_ topology: Topology, seed: UInt64) {
        self.topology = topology
        self.seed = seed
        var incoming = [[LinkIndex]](repeating: [], count: topology.nodes.count)
        for link in topology.links { incoming[link.to.position].append(link.index) }
        self.incoming = incoming
    }

    /// To be called after links have changed their state.
    mutating func forget() { hops = [:] }

    /// The links that `flow` takes; nil where there is no path.
    mutating func path(of flow: ReplayFlow, closed: [Bool]) -> [Int32]? {
        let hops = hops(to: flow.destination, closed: closed)
        var node = flow.source
        guard hops[node.position] >= 0 else { return nil }
        let key = flow.key
        let ends =
            UInt64(truncatingIfNeeded: key.tuple.sourceRaw) &* 0x9e37_79b9_7f4a_7c15
            ^ UInt64(truncatingIfNeeded: key.tuple.destinationRaw)
        let rest =
            UInt64(key.tuple.sourcePort) << 40 | UInt64(key.tuple.destinationPort) << 24
            | UInt64(key.tag) << 8 | UInt64(key.tuple.ipProtocol)
        var links: [Int32] = []
        while node != flow.destination {
            let next = topology.links(leaving: node).filter {
                !closed[$0.position] && hops[topology[$0].to.position] == hops[node.position] - 1
            }
            let hash = Self.mixed(Self.mixed(ends ^ seed) ^ rest ^ UInt64(node.position) << 56)
            let link = next[Int(hash % UInt64(next.count))]
            links.append(Int32(link.position))
            node = topology[link].to
        }
        return links
    }

    /// Breadth-first search against the links' direction.
    private mutating func hops(to destination: NodeIndex, closed: [Bool]) -> [Int32] {
        if let known = hops[destination] { return known }
        var found = [Int32](repeating: -1, count: topology.nodes.count)
        found[destination.position] = 0
        var frontier = [destination]
        while !frontier.isEmpty {
            var next: [NodeIndex] = []
            for node in frontier {
                for link in incoming[node.position] where !closed[link.position] {
                    let from = topology[link].from
                    guard found[from.position] < 0 else { continue }
                    found[from.position] = found[node.position] + 1
                    next.append(from)
                }
            }
            frontier = next
        }
        hops[destination] = found
        return found
    }

    /// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
