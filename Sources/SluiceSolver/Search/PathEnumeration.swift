// Near-optimal simple paths of a flow under link prices, cheapest first: best-first search over partial paths with the
// exact remaining price as the estimate (A*, Hart, Nilsson and Raphael 1968), so a partial path leaves the heap in order
// of the best complete path it could become. Zero-price links make paths explode, so each link also costs a little.

private import SluiceModel

package struct PathEnumeration: Sendable {
    private let problem: CompiledProblem
    /// Price of each link with the small cost of a hop.
    private let costs: [Int]
    /// Cost of one unit of price, and the cost of a hop.
    private let unit: Double
    private let hop: Int
    private let reverseStart: [Int32]
    private let reverseLink: [Int32]
    /// Remaining cost to `target` over links with `need` room.
    private var remaining: [Int]
    private var target: Int32 = -1
    private var need = -1
    /// Flows up to this wide see the same links as one of `need`.
    private var needMost = -1
    private let capacities: [Int]
    private var partial: [Partial] = []
    private var heap: [Int32] = []
    /// A random number for each link with a price, zero for the others; sums tell sets of priced links apart.
    private let signature: [UInt64]
    private var projections: Set<UInt64> = []
    private var queue: [(cost: Int, node: Int32)] = []

    private struct Partial {
        var estimate: Int
        var cost: Int
        /// Zero where the flow has no latency bound.
        var delay: Int
        /// Sum of the signatures of the links so far.
        var projection: UInt64
        var parent: Int32
        var link: Int32
        var node: Int32
    }

    /// What was reached in this query: a node by a set of priced links. Open addressing; entries of earlier queries are
    /// told by their stamp.
    private var reachedKey = [UInt64](repeating: 0, count: Self.reachedSize)
    private var reachedDelay = [Int](repeating: 0, count: Self.reachedSize)
    private var reachedStamp = [Int32](repeating: 0, count: Self.reachedSize)
    private var stamp: Int32 = 0
    /// Least latency to `target`.
    private var remainingDelay: [Int]
    private var delayTarget: Int32 = -1

    /// Partial paths of one query.
    private static let partialLimit = 1_500
    /// A power of two above twice the limit.
    private static let reachedSize = 4_096

    package init(_ problem: CompiledProblem, prices: [Double]) {
        self.problem = problem
        let largest = prices.max() ?? 0
        let priced = prices.filter { $0 > 0 }
        let mean = priced.isEmpty ? largest : priced.reduce(0, +) / Double(priced.count)
        let unit = largest > 1e-200 ? Double(1 << 30) / largest : 0
        self.unit = unit
        let hop = max(1, min(1 << 26, Int(mean * 0.02 * unit)))
        self.hop = hop
        costs = prices.map { Int(max(0, $0) * unit) + hop }
        var noise = RandomStream(seed: 1, purpose: "projections")
        signature = prices.map { $0 > 1e-6 * largest && unit > 0 ? noise.next() : 0 }
        var starts = [Int32](repeating: 0, count: problem.graph.nodeCount + 1)
        for head in problem.graph.head { starts[Int(head) + 1] += 1 }
        for node in 0..<problem.graph.nodeCount { starts[node + 1] += starts[node] }
        var cursor = starts
        var links = [Int32](repeating: 0, count: problem.linkCount)
        for (link, head) in problem.graph.head.enumerated() {
            links[Int(cursor[Int(head)])] = Int32(link)
            cursor[Int(head)] += 1
        }
        reverseStart = starts
        reverseLink = links
        remaining = Array(repeating: Int.max, count: problem.graph.nodeCount)
        remainingDelay = remaining
        capacities = Set(problem.capacity).sorted()
    }

    /// Adds up to `count` paths of `flow` to the pool, cheapest first, none dearer than `priceLimit` a unit of bandwidth;
    /// answers how many were found. Flows of one destination that follow each other share the backward tree.
    package mutating func enumerate(
        _ flow: Int, count: Int, priceLimit: Double = .infinity, into pool: inout ColumnPool
    ) -> Int {
        let source = problem.source[flow]
        let bandwidth = problem.bandwidth[flow]
        let closed = problem.mask(of: flow)
        // The tree of a narrower flow serves where no link's capacity lies between the two.
        if target != problem.destination[flow] || bandwidth < need || bandwidth > needMost {
            target = problem.destination[flow]
            need = bandwidth
            needMost = capacities.first { $0 >= bandwidth } ?? Int.max
            growBackwards()
        }
        guard source != target, remaining[Int(source)] < Int.max else { return 0 }
        // Costs hold a little for each hop besides the price, so a path may cost more than the limit without being dear.
        let costLimit = unit > 0 && priceLimit * unit < Double(1 << 61) ? Int(priceLimit * unit) + hop * 32 : Int.max
        guard remaining[Int(source)] <= costLimit else { return 0 }
        let rule = problem.wholePathRule(of: flow)
        let delayLimit = rule?.maxLatency ?? Int.max
        let boundsDelay = delayLimit < Int.max
        if boundsDelay, delayTarget != target {
            delayTarget = target
            growDelaysBackwards()
        }
        // Of the ways to a node that differ on free links alone one will do, unless hops or waypoints tell them apart.
        let foldsFreeLinks = rule.map { $0.maxHops == Int.max && $0.waypoints.isEmpty } ?? true
        partial.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
        stamp &+= 1
        add(
            Partial(
                estimate: remaining[Int(source)], cost: 0, delay: 0, projection: 0, parent: -1, link: -1, node: source))
        var found = 0
        var path: [Int32] = []
        projections.removeAll(keepingCapacity: true)
        while let index = pop() {
            let here = partial[Int(index)]
            if here.estimate > costLimit { return found }
            if here.node == target {
                path.removeAll(keepingCapacity: true)
                trace(index, into: &path)
                if let rule, !problem.satisfies(rule, path) { continue }
                // Paths that differ only on links nobody pays for compete for nothing: one of them will do.
                if !projections.insert(path.reduce(0) { $0 &+ signature[Int($1)] }).inserted { continue }
                pool.insert(flow: Int32(flow), path: path[...])
                found += 1
                if found == count { return found }
                continue
            }
            if here.node != source, !problem.graph.isTransit[Int(here.node)] { continue }
            if foldsFreeLinks, !reach(here) { continue }
            if partial.count > Self.partialLimit { continue }
            for position in Int(
                problem.graph.rowStart[Int(here.node)])..<Int(problem.graph.rowStart[Int(here.node) + 1])
            {
                let link = Int(problem.graph.rowLink[position])
                let next = problem.graph.rowHead[position]
                if problem.capacity[link] < bandwidth || remaining[Int(next)] == Int.max { continue }
                if !closed.isEmpty, closed[link] { continue }
                if visits(next, index) { continue }
                let cost = here.cost + costs[link]
                let estimate = cost + remaining[Int(next)]
                if estimate > costLimit { continue }
                var delay = 0
                if boundsDelay {
                    delay = here.delay + problem.latency[link]
                    let rest = remainingDelay[Int(next)]
                    if rest == Int.max || delay > delayLimit - rest { continue }
                }
                add(
                    Partial(
                        estimate: estimate, cost: cost, delay: delay, projection: here.projection &+ signature[link],
                        parent: index, link: Int32(link), node: next))
            }
        }
        return found
    }

    /// Whether nothing cheaper and as fast has come to the node over the same priced links.
    private mutating func reach(_ here: Partial) -> Bool {
        let key = (here.projection ^ UInt64(UInt32(bitPattern: here.node))) &* 0x9e37_79b9_7f4a_7c15
        var slot = Int(key >> 52)
        while reachedStamp[slot] == stamp {
            if reachedKey[slot] == key {
                if reachedDelay[slot] <= here.delay { return false }
                reachedDelay[slot] = here.delay
                return true
            }
            slot = (slot + 1) & (Self.reachedSize - 1)
        }
        reachedStamp[slot] = stamp
        reachedKey[slot] = key
        reachedDelay[slot] = here.delay
        return true
    }

    private func visits(_ node: Int32, _ index: Int32) -> Bool {
        var at = index
        while at >= 0 {
            if partial[Int(at)].node == node { return true }
            at = partial[Int(at)].parent
        }
        return false
    }

    private func trace(_ index: Int32, into path: inout [Int32]) {
        var at = index
        while partial[Int(at)].link >= 0 {
            path.append(partial[Int(at)].link)
            at = partial[Int(at)].parent
        }
        path.reverse()
    }

    private mutating func growBackwards() {
        for node in remaining.indices { remaining[node] = Int.max }
        remaining[Int(target)] = 0
        queue.removeAll(keepingCapacity: true)
        queue.append((0, target))
        while !queue.isEmpty {
            let (cost, node) = popQueue()
            if cost > remaining[Int(node)] { continue }
            if node != target, !problem.graph.isTransit[Int(node)] { continue }
            for position in Int(reverseStart[Int(node)])..<Int(reverseStart[Int(node) + 1]) {
                let link = Int(reverseLink[position])
                if problem.capacity[link] < need { continue }
                let tail = problem.graph.tail[link]
                let candidate = cost + costs[link]
                if candidate < remaining[Int(tail)] {
                    remaining[Int(tail)] = candidate
                    pushQueue((candidate, tail))
                }
            }
        }
    }

    private mutating func growDelaysBackwards() {
        for node in remainingDelay.indices { remainingDelay[node] = Int.max }
        remainingDelay[Int(target)] = 0
        queue.removeAll(keepingCapacity: true)
        queue.append((0, target))
        while !queue.isEmpty {
            let (delay, node) = popQueue()
            if delay > remainingDelay[Int(node)] { continue }
            for position in Int(reverseStart[Int(node)])..<Int(reverseStart[Int(node) + 1]) {
                let link = Int(reverseLink[position])
                let tail = problem.graph.tail[link]
                let candidate = delay + problem.latency[link]
                if candidate < remainingDelay[Int(tail)] {
                    remainingDelay[Int(tail)] = candidate
                    pushQueue((candidate, tail))
                }
            }
        }
    }

    private mutating func pushQueue(_ entry: (cost: Int, node: Int32)) {
        queue.append(entry)
        var hole = queue.count - 1
        while hole > 0, queue[(hole - 1) / 2].cost > entry.cost {
            queue[hole] = queue[(hole - 1) / 2]
            hole = (hole - 1) / 2
        }
        queue[hole] = entry
    }

    private mutating func popQueue() -> (cost: Int, node: Int32) {
        let top = queue[0]
        let last = queue.removeLast()
        if queue.isEmpty { return top }
        var hole = 0
        while true {
            var child = 2 * hole + 1
            if child >= queue.count { break }
            if child + 1 < queue.count, queue[child + 1].cost < queue[child].cost { child += 1 }
            if queue[child].cost >= last.cost { break }
            queue[hole] = queue[child]
            hole = child
        }
        queue[hole] = last
        return top
    }

    private mutating func add(_ entry: Partial) {
        partial.append(entry)
        let index = Int32(partial.count - 1)
        heap.append(index)
        var hole = heap.count - 1
        while hole > 0, partial[Int(heap[(hole - 1) / 2])].estimate > entry.estimate {
            heap[hole] = heap[(hole - 1) / 2]
            hole = (hole - 1) / 2
        }
        heap[hole] = index
    }

    private mutating func pop() -> Int32? {
        guard let top = heap.first else { return nil }
        let last = heap.removeLast()
        if heap.isEmpty { return top }
        let estimate = partial[Int(last)].estimate
        var hole = 0
        while true {
            var child = 2 * hole + 1
            if child >= heap.count { break }
            if child + 1 < heap.count,
                partial[Int(heap[child + 1])].estimate < partial[Int(heap[child])].estimate
            {
                child += 1
            }
            if partial[Int(heap[child])].estimate >= estimate { break }
            heap[hole] = heap[child]
            hole = child
        }
        heap[hole] = last
        return top
    }
}
