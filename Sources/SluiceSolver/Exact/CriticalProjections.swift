// What is left of a flow's paths when only the links that matter are looked at: the sets of critical links that its
// walks use, cheapest first, those that contain another one left out. There are few of them where there are thousands of
// paths, since paths that differ on free links alone fall together.

package struct CriticalProjections: Sendable {
    private let problem: CompiledProblem
    private let prices: [Double]
    private let isCritical: [Bool]
    private var remaining: [Double]
    private var labels: [Label] = []
    private var heap: [Int32] = []
    private var byNode: [[Int32]]
    private let reverse: [[Int32]]

    private struct Label {
        var estimate: Double
        var cost: Double
        var node: Int32
        /// Critical links used, ascending.
        var set: [Int32]
    }

    package static let labelLimit = 4_000

    package init(_ problem: CompiledProblem, prices: [Double], isCritical: [Bool]) {
        self.problem = problem
        self.prices = prices
        self.isCritical = isCritical
        remaining = Array(repeating: .infinity, count: problem.graph.nodeCount)
        byNode = Array(repeating: [], count: problem.graph.nodeCount)
        var reverse: [[Int32]] = Array(repeating: [], count: problem.graph.nodeCount)
        for (link, head) in problem.graph.head.enumerated() { reverse[Int(head)].append(Int32(link)) }
        self.reverse = reverse
    }

    /// Minimal projections of `flow` that cost at most `limit`; nil where there are too many to tell. Latency, hops and
    /// waypoints are not looked at, so there may be more than the flow can use, never fewer.
    package mutating func enumerate(_ flow: Int, limit: Double) -> [[Int32]]? {
        let target = problem.destination[flow]
        let need = problem.bandwidth[flow]
        let closed = problem.mask(of: flow)
        growBackwards(to: target, need: need, closed: closed)
        labels.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
        for node in byNode.indices { byNode[node].removeAll(keepingCapacity: true) }
        var found: [[Int32]] = []
        let source = problem.source[flow]
        guard remaining[Int(source)] <= limit else { return [] }
        add(Label(estimate: remaining[Int(source)], cost: 0, node: source, set: []))
        while let index = pop() {
            let here = labels[Int(index)]
            // An earlier label here, or a finished projection, whose links are among this one's makes it useless.
            if byNode[Int(here.node)].contains(where: { Self.contains(here.set, labels[Int($0)].set) }) { continue }
            if found.contains(where: { Self.contains(here.set, $0) }) { continue }
            if here.node == target {
                found.append(here.set)
                if here.set.isEmpty { return found }
                continue
            }
            byNode[Int(here.node)].append(index)
            if here.node != source, !problem.graph.isTransit[Int(here.node)] { continue }
            for position in Int(
                problem.graph.rowStart[Int(here.node)])..<Int(problem.graph.rowStart[Int(here.node) + 1])
            {
                let link = Int(problem.graph.rowLink[position])
                let next = problem.graph.rowHead[position]
                if problem.capacity[link] < need || (!closed.isEmpty && closed[link]) || next == source { continue }
                let cost = here.cost + prices[link]
                let estimate = cost + remaining[Int(next)]
                if estimate > limit { continue }
                var set = here.set
                if isCritical[link] {
                    // A walk that uses a critical link twice is no path.
                    guard !set.contains(Int32(link)) else { continue }
                    set.insert(Int32(link), at: set.firstIndex { $0 > Int32(link) } ?? set.count)
                }
                if labels.count >= Self.labelLimit { return nil }
                add(Label(estimate: estimate, cost: cost, node: next, set: set))
            }
        }
        return found
    }

    /// Whether ascending `large` contains all of ascending `small`.
    private static func contains(_ large: [Int32], _ small: [Int32]) -> Bool {
        if small.count > large.count { return false }
        var at = 0
        for element in small {
            while at < large.count, large[at] < element { at += 1 }
            if at == large.count || large[at] != element { return false }
            at += 1
        }
        return true
    }

    /// Bellman-Ford by a work list: small networks, few calls.
    private mutating func growBackwards(to target: Int32, need: Int, closed: [Bool]) {
        for node in remaining.indices { remaining[node] = .infinity }
        remaining[Int(target)] = 0
        var queue: [Int32] = [target]
        var next = 0
        while next < queue.count {
            let node = Int(queue[next])
            next += 1
            if Int32(node) != target, !problem.graph.isTransit[node] { continue }
            for link in reverse[node] {
                let link = Int(link)
                if problem.capacity[link] < need || (!closed.isEmpty && closed[link]) { continue }
                let tail = Int(problem.graph.tail[link])
                if remaining[node] + prices[link] < remaining[tail] {
                    remaining[tail] = remaining[node] + prices[link]
                    queue.append(Int32(tail))
                }
            }
        }
    }

    private mutating func add(_ label: Label) {
        labels.append(label)
        let index = Int32(labels.count - 1)
        heap.append(index)
        var hole = heap.count - 1
        while hole > 0, precedes(index, heap[(hole - 1) / 2]) {
            heap[hole] = heap[(hole - 1) / 2]
            hole = (hole - 1) / 2
        }
        heap[hole] = index
    }

    /// Cheaper first; among equals the fewer links, so that a subset comes before its supersets.
    private func precedes(_ left: Int32, _ right: Int32) -> Bool {
        let (a, b) = (labels[Int(left)], labels[Int(right)])
        if a.estimate != b.estimate { return a.estimate < b.estimate }
        if a.set.count != b.set.count { return a.set.count < b.set.count }
        return left < right
    }

    private mutating func pop() -> Int32? {
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
