// Several paths of one flow as one graph without circles, so that switches can divide its traffic among them.
//
// A switch knows a packet by the link it came by. So paths that share a link are one from there on until they part, and
// what a switch does after that link serves all of them: it divides by the sum of the weights of the paths that go each
// way. By induction along the graph every link then gets the sum of the weights of the paths over it. Two paths that use
// the same links in opposite order would make a circle; such paths do not go together.

package import SluiceModel

package struct SplitPaths: Hashable, Sendable {
    /// One switch's part: what to do after one link.
    package struct Hop: Hashable, Sendable {
        /// The link that packets come by; nil at a switch where the flow starts.
        package let arriving: LinkIndex?
        /// Where to and in which proportion, by ascending link; empty where the flow ends at this switch.
        package let onward: [Onward]
        /// Whether the flow leaves the network, or ends, here.
        package let isLast: Bool
    }

    package struct Onward: Hashable, Sendable {
        package let link: LinkIndex
        package let weight: Int
    }

    /// Group ids reserved for one flow: one for each link by which packets may come to a switch, and one for the start.
    package static let groupsPerFlow: UInt32 = 1_024

    package let paths: [Path]
    /// Positive, one for each path.
    package let weights: [Int]
    /// Each link that packets come by once, in an order in which no packet goes back, the ingress first.
    package let hops: [Hop]

    /// Nil where the paths do not go together: they would make a circle, or divide at a switch of more links than there
    /// are groups for.
    ///
    /// - Precondition: the paths are distinct and join the same ends, and each has a positive weight.
    package init?(_ paths: [Path], weights: [Int], in topology: Topology) {
        precondition(!paths.isEmpty && paths.count == weights.count && weights.allSatisfy { $0 > 0 }, "a weight a path")
        self.paths = paths
        self.weights = weights
        let startsAtHost = topology[paths[0].source(in: topology)].isHost
        let endsAtHost = topology[paths[0].destination(in: topology)].isHost
        var onward: [LinkIndex?: [LinkIndex: Int]] = [:]
        var arrivals: [LinkIndex?: Int] = [:]
        for (path, weight) in zip(paths, weights) {
            // The states in which a switch meets the packet: after each link that ends at a switch.
            var states: [LinkIndex?] = startsAtHost ? [] : [nil]
            for link in endsAtHost ? path.links.dropLast() : path.links[...] { states.append(link) }
            for (position, state) in states.enumerated() {
                let next = position + (startsAtHost ? 1 : 0)
                if onward[state] == nil { onward[state] = [:] }
                if next < path.links.count { onward[state]?[path.links[next], default: 0] += weight }
            }
        }
        for (_, ways) in onward { for link in ways.keys where onward[link] != nil { arrivals[link, default: 0] += 1 } }
        let first: LinkIndex? = startsAtHost ? paths[0].links[0] : nil
        // Kahn's algorithm, the least link first, so that equal sets of paths give equal rules.
        var ready: [LinkIndex?] = [first]
        var hops: [Hop] = []
        while !ready.isEmpty {
            let state = ready.removeFirst()
            let ways = (onward[state] ?? [:]).map { Onward(link: $0.key, weight: $0.value) }.sorted {
                $0.link < $1.link
            }
            if ways.count > 1, Self.rank(of: state, in: topology) == nil { return nil }
            let leaves = ways.allSatisfy { onward[$0.link] == nil }
            hops.append(Hop(arriving: state, onward: ways, isLast: leaves))
            for way in ways where onward[way.link] != nil {
                arrivals[way.link, default: 0] -= 1
                if arrivals[way.link] == 0 { ready.append(way.link) }
            }
        }
        guard hops.count == onward.count else { return nil }
        self.hops = hops
    }

    /// Position of the group of the hop after `link` among the flow's.
    static func offset(ofGroupAfter link: LinkIndex?, in topology: Topology) -> UInt32 {
        guard let rank = rank(of: link, in: topology) else {
            preconditionFailure("there is no group for what comes by link \(String(describing: link))")
        }
        return rank
    }

    /// 0 for the start; else one more than the number of lower links into the same switch; nil beyond `groupsPerFlow`.
    /// So a group belongs to one link for ever, and two ways into a switch never share one.
    private static func rank(of link: LinkIndex?, in topology: Topology) -> UInt32? {
        guard let link else { return 0 }
        let node = topology[link].to
        var rank: UInt32 = 1
        for other in topology.links[..<link.position] where other.to == node {
            rank += 1
            if rank >= groupsPerFlow { return nil }
        }
        return rank
    }
}
