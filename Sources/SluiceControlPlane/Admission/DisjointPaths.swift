// A cheapest pair of paths that share no link, or no switch between the ends: a flow of two units at least cost
// (Suurballe, Networks 4, 1974; Bhandari, "Survivable Networks", 1999), by two augmenting shortest paths in the residual
// graph, each found by label correcting since residual arcs have negative costs. Exact for the sum of costs; a greedy
// "shortest, then shortest without it" fails where the shortest path blocks every second one.

import SluiceModel

struct DisjointPaths {
    private struct Arc {
        var to: Int32
        var reverse: Int32
        var capacity: Int8
        var cost: Double
        /// Link that the arc stands for; −1 within a node, −2 − link for the arc back.
        var link: Int32
    }

    private var arcs: [Arc] = []
    private var leaving: [[Int32]]
    private let source: Int32
    private let target: Int32

    /// Nodes 2v (in) and 2v + 1 (out); the arc between them carries one path where switches must differ.
    private init(nodeCount: Int, source: Int32, target: Int32) {
        leaving = Array(repeating: [], count: 2 * nodeCount)
        self.source = 2 * source
        self.target = 2 * target + 1
    }

    /// Two paths over open trunk links between two different switches, the cheaper one first.
    static func cheapestPair(
        in search: PathSearch, from source: Int32, to target: Int32, sharingNodes: Bool, open: (Int) -> Bool,
        cost: (Int) -> Double
    ) -> (first: [Int32], second: [Int32])? {
        var network = DisjointPaths(nodeCount: search.nodeCount, source: source, target: target)
        for node in 0..<Int32(search.nodeCount) where !search.isHost[Int(node)] {
            let isEnd = node == source || node == target
            network.connect(2 * node, 2 * node + 1, capacity: isEnd || sharingNodes ? 2 : 1, cost: 0, link: -1)
        }
        for link in 0..<search.linkCount where search.isTrunk[link] && open(link) {
            network.connect(
                2 * search.tail[link] + 1, 2 * search.head[link], capacity: 1, cost: cost(link), link: Int32(link))
        }
        guard network.augment(), network.augment() else { return nil }
        let paths = [network.takePath(), network.takePath()]
        let costs = paths.map { $0.reduce(0) { $0 + cost(Int($1)) } }
        return costs[0] <= costs[1] ? (paths[0], paths[1]) : (paths[1], paths[0])
    }

    private mutating func connect(_ from: Int32, _ to: Int32, capacity: Int8, cost: Double, link: Int32) {
        let forward = Int32(arcs.count)
        arcs.append(Arc(to: to, reverse: forward + 1, capacity: capacity, cost: cost, link: link))
        arcs.append(Arc(to: from, reverse: forward, capacity: 0, cost: -cost, link: link < 0 ? -1 : -2 - link))
        leaving[Int(from)].append(forward)
        leaving[Int(to)].append(forward + 1)
    }

    private mutating func augment() -> Bool {
        var distance = [Double](repeating: .infinity, count: leaving.count)
        var by = [Int32](repeating: -1, count: leaving.count)
        var queued = [Bool](repeating: false, count: leaving.count)
        var queue: [Int32] = [source]
        var next = 0
        distance[Int(source)] = 0
        while next < queue.count {
            let node = Int(queue[next])
            next += 1
            queued[node] = false
            for arc in leaving[node] where arcs[Int(arc)].capacity > 0 {
                let to = Int(arcs[Int(arc)].to)
                let through = distance[node] + arcs[Int(arc)].cost
                // Rounding must not make a cycle of residual arcs look cheaper than nothing.
                if through < distance[to] - 1e-9 {
                    distance[to] = through
                    by[to] = arc
                    if !queued[to] {
                        queued[to] = true
                        queue.append(Int32(to))
                    }
                }
            }
        }
        guard by[Int(target)] >= 0 else { return false }
        var node = target
        while node != source {
            let arc = Int(by[Int(node)])
            arcs[arc].capacity -= 1
            arcs[Int(arcs[arc].reverse)].capacity += 1
            node = arcs[Int(arcs[arc].reverse)].to
        }
        return true
    }

    /// Removes one unit of the flow and gives its links; loops that two units share are cut by stopping at the target.
    private mutating func takePath() -> [Int32] {
        var links: [Int32] = []
        var node = source
        while node != target {
            guard
                let arc = leaving[Int(node)].first(where: {
                    let back = arcs[Int(arcs[Int($0)].reverse)]
                    return ($0 & 1) == 0 && back.capacity > 0
                })
            else { preconditionFailure("a flow of two units ends before its target") }
            arcs[Int(arcs[Int(arc)].reverse)].capacity -= 1
            arcs[Int(arc)].capacity += 1
            if arcs[Int(arc)].link >= 0 { links.append(arcs[Int(arc)].link) }
            node = arcs[Int(arc)].to
        }
        return links
    }
}
