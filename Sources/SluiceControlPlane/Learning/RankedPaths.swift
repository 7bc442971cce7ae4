// Loop-free paths in the order of their cost, one after another: Yen, "Finding the k shortest loopless paths in a
// network", Management Science 17(11), 1971.

import SluiceModel

/// What was found so far, and what may come next.
struct RankedPaths {
    private let source: NodeIndex
    private let destination: NodeIndex
    /// In the order in which they were found.
    private var found: [[Int32]] = []
    /// Deviations from them that were not given out yet.
    private var waiting: [(cost: Double, links: [Int32])] = []

    init(from source: NodeIndex, to destination: NodeIndex) {
        self.source = source
        self.destination = destination
    }

    /// The cheapest path that was not given out before; nil where there is none left.
    ///
    /// Costs a search for each link of the path before. `open` and `cost` must be the same in every call.
    mutating func next(
        search: inout PathSearch, topology: Topology, open: (Int) -> Bool, cost: (Int) -> Double
    ) -> Path? {
        if let last = found.last {
            deviate(from: last, &search, open, cost)
        } else if let links = search.cheapest(from: source.raw, to: destination.raw, open: open, cost: cost) {
            waiting.append((total(links, cost), links))
        }
        guard
            let best = waiting.indices.min(by: {
                let (left, right) = (waiting[$0], waiting[$1])
                return left.cost != right.cost
                    ? left.cost < right.cost : left.links.lexicographicallyPrecedes(right.links)
            })
        else { return nil }
        let links = waiting.remove(at: best).links
        found.append(links)
        return Path(links: links, in: topology)
    }

    /// The cheapest path that leaves `path` at each of its nodes by a link that no path with the same beginning takes.
    private mutating func deviate(
        from path: [Int32], _ search: inout PathSearch, _ open: (Int) -> Bool, _ cost: (Int) -> Double
    ) {
        var node = source.raw
        for position in path.indices {
            let root = path[..<position]
            let taken = Set(
                found.filter { $0.count > position && $0[..<position] == root }.map { $0[position] })
            let passed = root.map { search.tail[Int($0)] }
            search.block(passed)
            let rest = search.cheapest(
                from: node, to: destination.raw, open: { open($0) && !taken.contains(Int32($0)) }, cost: cost)
            search.unblock(passed)
            if let rest {
                let links = Array(root) + rest
                if !waiting.contains(where: { $0.links == links }) { waiting.append((total(links, cost), links)) }
            }
            node = search.head[Int(path[position])]
        }
    }

    private func total(_ links: [Int32], _ cost: (Int) -> Double) -> Double {
        links.reduce(0) { $0 + cost(Int($1)) }
    }
}
