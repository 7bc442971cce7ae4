// A loop-free sequence of directed links.

package struct Path: Hashable, Sendable {
    /// From the source on; never empty.
    package let links: [LinkIndex]
    private static let fewest = 24

    /// The path along `links`, or nil where they are empty, do not join, or visit a node twice.
    package init?(_ links: [LinkIndex], in topology: Topology) {
        guard let first = links.first else { return nil }
        let start = topology.ends(of: first).from
        var at = start
        if links.count <= Self.fewest {
            // On a short path looking at every node before is faster than a set of them.
            for position in links.indices {
                let ends = topology.ends(of: links[position])
                guard ends.from == at, ends.to != start else { return nil }
                for earlier in 0..<position where topology.ends(of: links[earlier]).to == ends.to { return nil }
                at = ends.to
            }
        } else {
            var visited: Set<NodeIndex> = [start]
            for link in links {
                let ends = topology.ends(of: link)
                guard ends.from == at, visited.insert(ends.to).inserted else { return nil }
                at = ends.to
            }
        }
        self.links = links
    }

    package func source(in topology: Topology) -> NodeIndex { topology.ends(of: links[0]).from }
    package func destination(in topology: Topology) -> NodeIndex { topology.ends(of: links[links.count - 1]).to }

    /// The nodes visited, source first; one more than there are links.
    package func nodes(in topology: Topology) -> [NodeIndex] {
        [topology.ends(of: links[0]).from] + links.map { topology.ends(of: $0).to }
    }

    package func latency(in topology: Topology) -> Latency {
        links.reduce(.zero) { $0 + topology[$1].latency }
    }
}
