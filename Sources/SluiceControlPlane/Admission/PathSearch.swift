// Cheapest paths over the links that are open to one flow now. Dijkstra's algorithm (Numer. Math. 1, 1959) with a lazy
// binary heap over dense arrays that are allocated once; one query allocates its answer only.
//
// Bounds on latency and hops: the cheapest path first; then cheapest paths under costs in which latency and hops weigh
// more and more; at last the fastest path within the hops, by dynamic programming over the number of hops, which is
// exact. So "no path meets the bounds" is proved, and only the choice among several that do is a heuristic.

import SluiceModel

struct PathSearch: Sendable {
    let nodeCount: Int
    let linkCount: Int
    let tail: [Int32]
    let head: [Int32]
    let rowStart: [Int32]
    let rowLink: [Int32]
    let latencyMicroseconds: [Int]
    let isTrunk: [Bool]
    let isHost: [Bool]

    private var cost: [Double]
    private var arrival: [Int32]
    private var heap: [Entry] = []
    /// Nodes that the next search must not enter.
    private var isBlocked: [Bool]

    private struct Entry {
        var cost: Double
        var node: Int32
    }

    init(_ topology: Topology) {
        nodeCount = topology.nodes.count
        linkCount = topology.links.count
        tail = topology.links.map(\.from.raw)
        head = topology.links.map(\.to.raw)
        rowStart = topology.outgoingStart
        rowLink = topology.outgoingLinks.map(\.raw)
        latencyMicroseconds = topology.links.map(\.latency.microseconds)
        isTrunk = topology.links.map { $0.kind == .trunk }
        isHost = topology.nodes.map(\.isHost)
        cost = Array(repeating: .infinity, count: nodeCount)
        arrival = Array(repeating: -1, count: nodeCount)
        isBlocked = Array(repeating: false, count: nodeCount)
        heap.reserveCapacity(linkCount + 1)
    }

    /// The cheapest path over open links; equal costs are decided by link order.
    mutating func cheapest(
        from source: Int32, to target: Int32, open: (Int) -> Bool, cost linkCost: (Int) -> Double
    ) -> [Int32]? {
        for node in 0..<nodeCount {
            cost[node] = .infinity
            arrival[node] = -1
        }
        heap.removeAll(keepingCapacity: true)
        cost[Int(source)] = 0
        push(Entry(cost: 0, node: source))
        while let entry = pop() {
            let node = Int(entry.node)
            if entry.cost > cost[node] { continue }
            if entry.node == target { return path(to: target) }
            if isHost[node], entry.node != source { continue }
            for position in Int(rowStart[node])..<Int(rowStart[node + 1]) {
                let link = Int(rowLink[position])
                guard open(link) else { continue }
                let next = Int(head[link])
                // Hosts are leaves: a way to another one leads nowhere.
                if isBlocked[next] || (isHost[next] && Int32(next) != target) { continue }
                let through = entry.cost + linkCost(link)
                if through < cost[next] {
                    cost[next] = through
                    arrival[next] = Int32(link)
                    push(Entry(cost: through, node: Int32(next)))
                }
            }
        }
        return nil
    }

    /// Whether the last search, which failed, reached `node`: its open links do not lead out of the reached set.
    func wasReached(_ node: Int32) -> Bool { cost[Int(node)] < .infinity }

    /// The path from `source` to `target` whose narrowest link is widest, and that width; nil where none is open.
    mutating func widest(
        from source: Int32, to target: Int32, open: (Int) -> Bool, room: (Int) -> Int
    ) -> (links: [Int32], width: Int)? {
        var width = [Int](repeating: -1, count: nodeCount)
        for node in 0..<nodeCount { arrival[node] = -1 }
        heap.removeAll(keepingCapacity: true)
        width[Int(source)] = Int.max
        push(Entry(cost: -Double(Int.max), node: source))
        while let entry = pop() {
            let node = Int(entry.node)
            if -entry.cost < Double(width[node]) { continue }
            if entry.node == target { break }
            if isHost[node], entry.node != source { continue }
            for position in Int(rowStart[node])..<Int(rowStart[node + 1]) {
                let link = Int(rowLink[position])
                guard open(link) else { continue }
                let next = Int(head[link])
                if isHost[next], Int32(next) != target { continue }
                let through = min(width[node], room(link))
                if through > width[next] {
                    width[next] = through
                    arrival[next] = Int32(link)
                    push(Entry(cost: -Double(through), node: Int32(next)))
                }
            }
        }
        guard width[Int(target)] >= 0 else { return nil }
        return (path(to: target), width[Int(target)])
    }

    /// The fastest path of at most `hops` trunk links.
    mutating func fastest(
        from source: Int32, to target: Int32, within hops: Int, open: (Int) -> Bool
    ) -> [Int32]? {
        let layers = min(hops, nodeCount)
        var best = [[Int]](repeating: [Int](repeating: Int.max, count: nodeCount), count: layers + 1)
        var by = [[Int32]](repeating: [Int32](repeating: -1, count: nodeCount), count: layers + 1)
        best[0][Int(source)] = 0
        // Access links cost no hop: they lead out of the source host or into the target host only.
        func spread(_ layer: Int, _ link: Int, into next: Int) {
            let from = Int(tail[link])
            let to = Int(head[link])
            guard best[layer][from] < Int.max, open(link), !isHost[from] || Int32(from) == source,
                !isHost[to] || Int32(to) == target
            else { return }
            let through = best[layer][from] + latencyMicroseconds[link]
            if through < best[next][to] {
                best[next][to] = through
                by[next][to] = Int32(link)
            }
        }
        for layer in 0...layers {
            if layer > 0 { for link in 0..<linkCount where isTrunk[link] { spread(layer - 1, link, into: layer) } }
            // Out of the source host first, into the target host then: link order says nothing about that.
            for link in 0..<linkCount where !isTrunk[link] && isHost[Int(tail[link])] {
                spread(layer, link, into: layer)
            }
            for link in 0..<linkCount where !isTrunk[link] && isHost[Int(head[link])] {
                spread(layer, link, into: layer)
            }
        }
        guard let winner = (0...layers).min(by: { best[$0][Int(target)] < best[$1][Int(target)] }),
            best[winner][Int(target)] < Int.max
        else { return nil }
        var links: [Int32] = []
        var layer = winner
        var node = Int(target)
        while node != Int(source) || layer > 0 {
            let link = by[layer][node]
            if link < 0 { break }
            links.append(link)
            if isTrunk[Int(link)] { layer -= 1 }
            node = Int(tail[Int(link)])
        }
        return withoutLoops(Array(links.reversed()))
    }

    mutating func block(_ nodes: some Sequence<Int32>) { for node in nodes { isBlocked[Int(node)] = true } }
    mutating func unblock(_ nodes: some Sequence<Int32>) { for node in nodes { isBlocked[Int(node)] = false } }

    func latency(of links: [Int32]) -> Int { links.reduce(0) { $0 + latencyMicroseconds[Int($1)] } }
    func hops(of links: [Int32]) -> Int { links.count { isTrunk[Int($0)] } }

    /// Cutting the loops out of a walk neither adds latency nor hops.
    private func withoutLoops(_ links: [Int32]) -> [Int32] {
        guard let first = links.first else { return [] }
        var result: [Int32] = []
        var nodes: [Int32] = [tail[Int(first)]]
        for link in links {
            let next = head[Int(link)]
            if let place = nodes.firstIndex(of: next) {
                nodes.removeSubrange((place + 1)...)
                result.removeSubrange(place...)
            } else {
                nodes.append(next)
                result.append(link)
            }
        }
        return result
    }

    private func path(to target: Int32) -> [Int32] {
        var links: [Int32] = []
        var node = Int(target)
        while arrival[node] >= 0 {
            links.append(arrival[node])
            node = Int(tail[Int(arrival[node])])
        }
        links.reverse()
        return links
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var hole = heap.count - 1
        while hole > 0 {
            let parent = (hole - 1) >> 1
            if heap[parent].cost <= entry.cost { break }
            heap[hole] = heap[parent]
            hole = parent
        }
        heap[hole] = entry
    }

    private mutating func pop() -> Entry? {
        guard let top = heap.first, let last = heap.popLast() else { return nil }
        let count = heap.count
        if count == 0 { return top }
        var hole = 0
        while true {
            var child = 2 * hole + 1
            if child >= count { break }
            if child + 1 < count, heap[child + 1].cost < heap[child].cost { child += 1 }
            if heap[child].cost >= last.cost { break }
            heap[hole] = heap[child]
            hole = child
        }
        heap[hole] = last
        return top
    }
}
