// A loop-free sequence of directed links.

package struct Path: Hashable, Sendable {
    /// From the source on; never empty.
    package let links: [LinkIndex]

    /// The path along `links`, or nil where they are empty, do not join, or visit a node twice.
    package init?(_ links: [LinkIndex], in topology: Topology) {
        guard let first = links.first else { return nil }
        var visited: Set<NodeIndex> = [topology[first].from]
        var at = topology[first].from
        for link in links {
            guard topology[link].from == at, visited.insert(topology[link].to).inserted else { return nil }
            at = topology[link].to
        }
        self.links = links
    }

    package func source(in topology: Topology) -> NodeIndex { topology[links[0]].from }
    package func destination(in topology: Topology) -> NodeIndex { topology[links[links.count - 1]].to }

    /// The nodes visited, source first; one more than there are links.
    package func nodes(in topology: Topology) -> [NodeIndex] {
        [topology[links[0]].from] + links.map { topology[$0].to }
    }

    package func latency(in topology: Topology) -> Latency {
        links.reduce(.zero) { $0 + topology[$1].latency }
    }
}
