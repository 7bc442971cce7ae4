// A handful of different ways between two nodes.

package import SluiceModel

package enum CandidatePaths {
    /// Up to `count` distinct loop-free paths over trunk links, the fastest first.
    ///
    /// Each next one is the cheapest where a link costs its latency and 1 µs, times 1 + 2 for each path before it that
    /// uses the link: so they are short and share little, as far as the topology allows.
    package static func find(from source: NodeIndex, to destination: NodeIndex, count: Int, in topology: Topology)
        -> [Path]
    {
        var uses = [Int](repeating: 0, count: topology.links.count)
        var found: [Path] = []
        for _ in 0..<(3 * count) where found.count < count {
            guard let path = cheapest(from: source, to: destination, uses: uses, in: topology) else { break }
            for link in path.links { uses[link.position] += 1 }
            if !found.contains(path) { found.append(path) }
        }
        return found.enumerated().sorted {
            let (left, right) = ($0.element.latency(in: topology), $1.element.latency(in: topology))
            return left == right ? $0.offset < $1.offset : left < right
        }.map(\.element)
    }

    /// Dijkstra's algorithm without a heap; the networks of experiments are small.
    private static func cheapest(
        from source: NodeIndex, to destination: NodeIndex, uses: [Int], in topology: Topology
    ) -> Path? {
        var distance = [Int](repeating: .max, count: topology.nodes.count)
        var arrival = [LinkIndex?](repeating: nil, count: topology.nodes.count)
        var open = Set([source])
        distance[source.position] = 0
        while let node = open.min(by: { (distance[$0.position], $0) < (distance[$1.position], $1) }) {
            open.remove(node)
            for link in topology.links(leaving: node) where topology[link].kind == .trunk {
                let cost = (topology[link].latency.microseconds + 1) * (1 + 2 * uses[link.position])
                let head = topology[link].to
                guard distance[node.position] + cost < distance[head.position] else { continue }
                distance[head.position] = distance[node.position] + cost
                arrival[head.position] = link
                open.insert(head)
            }
        }
        var links: [LinkIndex] = []
        var node = destination
        while let link = arrival[node.position] {
            links.append(link)
            node = topology[link].from
        }
        return Path(links.reversed(), in: topology)
    }
}
