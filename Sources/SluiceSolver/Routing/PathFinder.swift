// Dijkstra's algorithm (Numer. Math. 1, 1959) over integer link costs, with a lazy binary heap and a workspace that is
// allocated once: a query allocates nothing. Pricing, greedy admission, search and online admission all use it.

/// Shortest-path trees from one source at a time.
package struct PathFinder: Sendable {
    package let graph: RoutingGraph
    /// Cost of the cheapest path found from the last query's source, `unreachable` where there is none (or, for a query
    /// with a target, where the search ended before).
    package private(set) var distance: [Int]
    /// Last link of that path; −1 at the source and where there is none.
    package private(set) var arrival: [Int32]
    private var heap: [Entry]
    private var heapCount = 0

    private struct Entry {
        var cost: Int
        var node: Int32
    }

    package static let unreachable = Int.max

    package init(_ graph: RoutingGraph) {
        self.graph = graph
        distance = Array(repeating: Self.unreachable, count: graph.nodeCount)
        arrival = Array(repeating: -1, count: graph.nodeCount)
        heap = Array(repeating: Entry(cost: 0, node: 0), count: graph.linkCount + 2)
    }

    /// Finds cheapest paths from `source` to every node, or until `target` is settled.
    ///
    /// A link serves if `room[link]` is at least `need` and `closed` does not name it. Equal costs are decided by link
    /// order, so the answer depends on the arguments alone.
    /// - Precondition: costs are not negative, and the sum of all of them is below 2^62.
    package mutating func search(
        from source: Int32, to target: Int32 = -1, costs: [Int], room: [Int], need: Int, closed: [Bool] = []
    ) {
        precondition(costs.count >= graph.linkCount && room.count >= graph.linkCount, "one cost and room for each link")
        let filtered = !closed.isEmpty
        for node in 0..<graph.nodeCount {
            distance[node] = Self.unreachable
            arrival[node] = -1
        }
        distance[Int(source)] = 0
        heapCount = 0
        push(Entry(cost: 0, node: source))
        while heapCount > 0 {
            let entry = pop()
            let node = Int(entry.node)
            if entry.cost > distance[node] { continue }
            if entry.node == target { return }
            if entry.node != source, !graph.isTransit[node] { continue }
            for position in Int(graph.rowStart[node])..<Int(graph.rowStart[node + 1]) {
                let link = Int(graph.rowLink[position])
                if room[link] < need { continue }
                if filtered, closed[link] { continue }
                let next = Int(graph.rowHead[position])
                let cost = entry.cost + costs[link]
                if cost < distance[next] {
                    distance[next] = cost
                    arrival[next] = Int32(link)
                    push(Entry(cost: cost, node: Int32(next)))
                }
            }
        }
    }

    /// Appends the links from the last query's source to `target`, in order; appends nothing and answers false where
    /// there is no path or `target` is the source.
    @discardableResult
    package func appendPath(to target: Int32, into links: inout [Int32]) -> Bool {
        guard arrival[Int(target)] >= 0 else { return false }
        let start = links.count
        var node = Int(target)
        while arrival[node] >= 0 {
            links.append(arrival[node])
            node = Int(graph.tail[Int(arrival[node])])
        }
        var low = start
        var high = links.count - 1
        while low < high {
            links.swapAt(low, high)
            low += 1
            high -= 1
        }
        return true
    }

    private mutating func push(_ entry: Entry) {
        var hole = heapCount
        heapCount += 1
        while hole > 0 {
            let parent = (hole - 1) >> 1
            if heap[parent].cost <= entry.cost { break }
            heap[hole] = heap[parent]
            hole = parent
        }
        heap[hole] = entry
    }

    private mutating func pop() -> Entry {
        let top = heap[0]
        heapCount -= 1
        let last = heap[heapCount]
        var hole = 0
        while true {
            var child = 2 * hole + 1
            if child >= heapCount { break }
            if child + 1 < heapCount, heap[child + 1].cost < heap[child].cost { child += 1 }
            if heap[child].cost >= last.cost { break }
            heap[hole] = heap[child]
            hole = child
        }
        heap[hole] = last
        return top
    }
}
