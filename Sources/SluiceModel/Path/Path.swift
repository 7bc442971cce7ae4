// A loop-free sequence of directed links.

package struct Path: Hashable, Sendable {
    /// From the source on; never empty.
    package let links: [LinkIndex]
    private static let fewest = 24

    /// The path along `links`, or nil where they are empty, do not join, or visit a node twice.
    @inlinable
    package init?(_ links: [LinkIndex], in topology: Topology) { self.init(links, joining: topology.linkEnds) }

    /// - Parameter ends: those of every link of the topology; handing on a whole topology costs more.
    @usableFromInline package init?(_ links: [LinkIndex], joining ends: [Topology.LinkEnds]) {
        guard let first = links.first else { return nil }
        let start = ends[first.position].from
        var at = start
        if links.count <= Self.fewest {
            // On a short path looking at every node before is faster than a set of them.
            for position in links.indices {
                let link = ends[links[position].position]
                guard link.from == at, link.to != start else { return nil }
                for earlier in 0..<position where ends[links[earlier].position].to == link.to { return nil }
                at = link.to
            }
        } else {
            var visited: Set<NodeIndex> = [start]
            for link in links {
                let link = ends[link.position]
                guard link.from == at, visited.insert(link.to).inserted else { return nil }
                at = link.to
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
