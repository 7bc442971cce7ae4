// Cheapest paths under limits on latency and hops and through waypoints: label setting with dominance, after Desrochers
// and Soumis, "A generalized permanent labelling algorithm for the shortest path problem with time windows", INFOR 26
// (1988). Labels leave the heap in order of the cost that their best completion could have (the exact remaining cost
// without the limits, as in A*), so at one node in order of their own cost, and a popped label is dominated exactly by an
// earlier one at its node that is no slower, has no more hops (where these are bounded) and has passed at least the same
// waypoints.

package struct ConstrainedPathFinder: Sendable {
    package enum Answer: Hashable, Sendable {
        /// Cheapest cost; the links are in `links`.
        case found(cost: Int)
        case none
        /// More labels than the search may keep; nothing is known.
        case tooManyLabels
    }

    package let graph: RoutingGraph
    /// The answer's links, in order.
    package private(set) var links: [Int32] = []

    private struct Label {
        /// Least cost of any completion.
        var estimate: Int
        var cost: Int
        var delay: Int
        var hops: Int32
        var node: Int32
        var parent: Int32
        var link: Int32
        var passed: UInt64
        /// Nodes visited, folded to 64 bits.
        var visited: UInt64
    }

    private var labels: [Label] = []
    private var heap: [Int32] = []
    /// First permanent label of each node, and the next one of each label; −1 ends the list.
    private var permanent: [Int32]
    private var sibling: [Int32] = []
    /// Least latency from each node to the target, for pruning.
    private var remainingDelay: [Int]
    private var delayTarget: Int32 = -1
    private var delayQueue: [(delay: Int, node: Int32)] = []
    /// Least cost from each node to the target over open links.
    private var remainingCost: [Int]
    private let reverseStart: [Int32]
    private let reverseLink: [Int32]

    /// Labels of one query.
    package static let labelLimit = 200_000

    package init(_ graph: RoutingGraph) {
        self.graph = graph
        permanent = Array(repeating: -1, count: graph.nodeCount)
        remainingDelay = Array(repeating: 0, count: graph.nodeCount)
        remainingCost = remainingDelay
        var starts = [Int32](repeating: 0, count: graph.nodeCount + 1)
        for head in graph.head { starts[Int(head) + 1] += 1 }
        for node in 0..<graph.nodeCount { starts[node + 1] += starts[node] }
        var cursor = starts
        var reverse = [Int32](repeating: 0, count: graph.linkCount)
        for (link, head) in graph.head.enumerated() {
            reverse[Int(cursor[Int(head)])] = Int32(link)
            cursor[Int(head)] += 1
        }
        reverseStart = starts
        reverseLink = reverse
    }

    /// Finds the cheapest walk from `source` to `target` under `rule`, over links with at least `need` room; `.none` also
    /// where each costs more than `costLimit`.
    ///
    /// Without waypoints the answer is a simple path. With waypoints it may visit a node twice unless `simple` asks for
    /// a simple path; that search is exact on networks of up to 64 nodes and may miss a path on larger ones.
    package mutating func search(
        from source: Int32, to target: Int32, rule: RouteRule, costs: [Int], latency: [Int], isTrunk: [Bool],
        room: [Int], need: Int, closed: [Bool], simple: Bool, costLimit: Int = Int.max
    ) -> Answer {
        links.removeAll(keepingCapacity: true)
        guard rule.waypoints.count <= 64 else { return .tooManyLabels }
        let boundsDelay = rule.maxLatency < Int.max
        if boundsDelay { findRemainingDelays(to: target, latency: latency) }
        let boundsHops = rule.maxHops < Int.max
        findRemainingCosts(to: target, costs: costs, room: room, need: need, closed: closed)
        let least = remainingCost[Int(source)]
        guard least < Int.max, least <= costLimit else { return .none }
        let all: UInt64 = rule.waypoints.count == 64 ? .max : (1 << UInt64(rule.waypoints.count)) - 1
        let tracksVisits = simple && all != 0
        labels.removeAll(keepingCapacity: true)
        sibling.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
        for node in permanent.indices { permanent[node] = -1 }
        add(
            Label(
                estimate: least, cost: 0, delay: 0, hops: 0, node: source, parent: -1, link: -1, passed: 0,
                visited: 1 << UInt64(source & 63)))
        while let index = popCheapest() {
            let label = labels[Int(index)]
            if isDominated(label, tracksVisits: tracksVisits) { continue }
            if label.node == target {
                if label.passed == all {
                    trace(index)
                    return .found(cost: label.cost)
                }
                if tracksVisits { continue }
            }
            sibling[Int(index)] = permanent[Int(label.node)]
            permanent[Int(label.node)] = index
            if label.node != source, !graph.isTransit[Int(label.node)] { continue }
            for position in Int(graph.rowStart[Int(label.node)])..<Int(graph.rowStart[Int(label.node) + 1]) {
                let link = Int(graph.rowLink[position])
                if room[link] < need || (!closed.isEmpty && closed[link]) { continue }
                let next = graph.rowHead[position]
                // With waypoints a walk may have to leave the target again: what remains is then not known.
                let rest = all == 0 ? remainingCost[Int(next)] : 0
                if rest == Int.max { continue }
                let cost = label.cost + costs[link]
                if cost + rest > costLimit { continue }
                let hops = label.hops + (boundsHops && isTrunk[link] ? 1 : 0)
                if Int(hops) > rule.maxHops { continue }
                var delay = 0
                if boundsDelay {
                    delay = label.delay + latency[link]
                    let rest = remainingDelay[Int(next)]
                    if rest == Int.max || delay > rule.maxLatency - rest { continue }
                }
                if tracksVisits, label.visited & (1 << UInt64(next & 63)) != 0, visits(next, index) { continue }
                var passed = label.passed
                for (bit, waypoint) in rule.waypoints.enumerated() where waypoint.contains(Int32(link)) {
                    passed |= 1 << UInt64(bit)
                }
                guard labels.count < Self.labelLimit else { return .tooManyLabels }
                add(
                    Label(
                        estimate: cost + rest, cost: cost, delay: delay, hops: hops, node: next, parent: index,
                        link: Int32(link), passed: passed, visited: label.visited | (1 << UInt64(next & 63))))
            }
        }
        return .none
    }

    private func visits(_ node: Int32, _ index: Int32) -> Bool {
        var at = index
        while at >= 0 {
            if labels[Int(at)].node == node { return true }
            at = labels[Int(at)].parent
        }
        return false
    }

    private func isDominated(_ label: Label, tracksVisits: Bool) -> Bool {
        var index = permanent[Int(label.node)]
        while index >= 0 {
            let other = labels[Int(index)]
            if other.delay <= label.delay, other.hops <= label.hops, other.passed & label.passed == label.passed,
                !tracksVisits || other.visited & label.visited == other.visited
            {
                return true
            }
            index = sibling[Int(index)]
        }
        return false
    }

    private mutating func trace(_ index: Int32) {
        var at = index
        while labels[Int(at)].parent >= 0 {
            links.append(labels[Int(at)].link)
            at = labels[Int(at)].parent
        }
        links.reverse()
    }

    /// Dijkstra backwards over latencies alone; links that are full or closed are not left out, which only prunes less.
    private mutating func findRemainingDelays(to target: Int32, latency: [Int]) {
        if delayTarget == target { return }
        delayTarget = target
        for node in remainingDelay.indices { remainingDelay[node] = Int.max }
        remainingDelay[Int(target)] = 0
        delayQueue.removeAll(keepingCapacity: true)
        delayQueue.append((0, target))
        while !delayQueue.isEmpty {
            let (delay, node) = popDelay()
            if delay > remainingDelay[Int(node)] { continue }
            for position in Int(reverseStart[Int(node)])..<Int(reverseStart[Int(node) + 1]) {
                let link = Int(reverseLink[position])
                let tail = Int(graph.tail[link])
                let candidate = delay + latency[link]
                if candidate < remainingDelay[tail] {
                    remainingDelay[tail] = candidate
                    pushDelay((candidate, Int32(tail)))
                }
            }
        }
    }

    /// The same over costs, and only over links that are open.
    private mutating func findRemainingCosts(to target: Int32, costs: [Int], room: [Int], need: Int, closed: [Bool]) {
        for node in remainingCost.indices { remainingCost[node] = Int.max }
        remainingCost[Int(target)] = 0
        delayQueue.removeAll(keepingCapacity: true)
        delayQueue.append((0, target))
        while !delayQueue.isEmpty {
            let (cost, node) = popDelay()
            if cost > remainingCost[Int(node)] { continue }
            for position in Int(reverseStart[Int(node)])..<Int(reverseStart[Int(node) + 1]) {
                let link = Int(reverseLink[position])
                if room[link] < need || (!closed.isEmpty && closed[link]) { continue }
                let tail = Int(graph.tail[link])
                let candidate = cost + costs[link]
                if candidate < remainingCost[tail] {
                    remainingCost[tail] = candidate
                    pushDelay((candidate, Int32(tail)))
                }
            }
        }
    }

    private mutating func pushDelay(_ entry: (delay: Int, node: Int32)) {
        delayQueue.append(entry)
        var hole = delayQueue.count - 1
        while hole > 0, delayQueue[(hole - 1) / 2].delay > entry.delay {
            delayQueue[hole] = delayQueue[(hole - 1) / 2]
            hole = (hole - 1) / 2
        }
        delayQueue[hole] = entry
    }

    private mutating func popDelay() -> (delay: Int, node: Int32) {
        let top = delayQueue[0]
        let last = delayQueue.removeLast()
        if delayQueue.isEmpty { return top }
        var hole = 0
        while true {
            var child = 2 * hole + 1
            if child >= delayQueue.count { break }
            if child + 1 < delayQueue.count, delayQueue[child + 1].delay < delayQueue[child].delay { child += 1 }
            if delayQueue[child].delay >= last.delay { break }
            delayQueue[hole] = delayQueue[child]
            hole = child
        }
        delayQueue[hole] = last
        return top
    }

    /// Cheaper to complete first; among equals the farther one, then the faster, then the shorter, so that at one node it
    /// dominates the others.
    private func precedes(_ left: Int32, _ right: Int32) -> Bool {
        let a = labels[Int(left)]
        let b = labels[Int(right)]
        if a.estimate != b.estimate { return a.estimate < b.estimate }
        if a.cost != b.cost { return a.cost > b.cost }
        if a.delay != b.delay { return a.delay < b.delay }
        if a.hops != b.hops { return a.hops < b.hops }
        return left < right
    }

    private mutating func add(_ label: Label) {
        labels.append(label)
        sibling.append(-1)
        let index = Int32(labels.count - 1)
        heap.append(index)
        var hole = heap.count - 1
        while hole > 0, precedes(index, heap[(hole - 1) / 2]) {
            heap[hole] = heap[(hole - 1) / 2]
            hole = (hole - 1) / 2
        }
        heap[hole] = index
    }

    private mutating func popCheapest() -> Int32? {
        guard let top = heap.first else { return nil }
        let last = heap.removeLast()
        if heap.isEmpty { return top }
        var hole = 0
        while true {
            var child = 2 * hole + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
            if !precedes(heap[child], last) { break }
            heap[hole] = heap[child]
            hole = child
        }
        heap[hole] = last
        return top
    }
}
