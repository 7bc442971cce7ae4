// The yardstick: cheapest paths from one switch to all others (Dijkstra, Numer. Math. 1, 1959), written to be fast: arcs
// in rows of one dense array, a 4-ary heap of single 64-bit keys (cost above, node below), stale entries skipped.

import SluiceModel

struct FullDijkstra {
    private struct Arc {
        var head: Int32
        var cost: Int32
    }

    private var rowStart: [Int32] = [0]
    private var arcs: [Arc] = []
    private var distance: [UInt64]
    private var heap: [UInt64] = []
    let switchCount: Int

    /// The switches of `topology` and the links between them; a hop costs 1 000, and 1 more for each 5 us.
    init(_ topology: Topology) {
        let switches = topology.switches
        switchCount = switches.count
        var position = [Int32](repeating: -1, count: topology.nodes.count)
        for (index, node) in switches.enumerated() { position[node.position] = Int32(index) }
        for node in switches {
            for link in topology.links(leaving: node) where topology[link].kind == .trunk {
                arcs.append(
                    Arc(
                        head: position[topology[link].to.position],
                        cost: Int32(1_000 + topology[link].latency.microseconds / 5)))
            }
            rowStart.append(Int32(arcs.count))
        }
        distance = Array(repeating: .max, count: switchCount)
    }

    /// Distances from the switch at `source`; the result is their sum, so that nothing is optimised away.
    mutating func run(from source: Int) -> UInt64 {
        for node in distance.indices { distance[node] = .max }
        heap.removeAll(keepingCapacity: true)
        distance[source] = 0
        heap.append(UInt64(source))
        var sum: UInt64 = 0
        while let key = pop() {
            let node = Int(key & 0xff_ffff)
            let cost = key >> 24
            if cost > distance[node] { continue }
            sum &+= cost
            for position in Int(rowStart[node])..<Int(rowStart[node + 1]) {
                let arc = arcs[position]
                let through = cost + UInt64(arc.cost)
                if through < distance[Int(arc.head)] {
                    distance[Int(arc.head)] = through
                    push(through << 24 | UInt64(arc.head))
                }
            }
        }
        return sum
    }

    private mutating func push(_ key: UInt64) {
        heap.append(key)
        var hole = heap.count - 1
        while hole > 0 {
            let parent = (hole - 1) >> 2
            if heap[parent] <= key { break }
            heap[hole] = heap[parent]
            hole = parent
        }
        heap[hole] = key
    }

    private mutating func pop() -> UInt64? {
        guard let top = heap.first, let last = heap.popLast() else { return nil }
        let count = heap.count
        if count == 0 { return top }
        var hole = 0
        while true {
            let first = 4 * hole + 1
            if first >= count { break }
            var least = first
            var child = first + 1
            let end = min(first + 4, count)
            while child < end {
                if heap[child] < heap[least] { least = child }
                child += 1
            }
            if heap[least] >= last { break }
            heap[hole] = heap[least]
            hole = least
        }
        heap[hole] = last
        return top
    }
}

extension FullDijkstra {
    /// What one run takes.
    ///
    /// - Parameter number: counts the runs; each starts from another switch.
    mutating func seconds(from number: Int) -> Double {
        let begun = Clock.monotonic()
        let sum = run(from: number % switchCount)
        let seconds = Clock.monotonic() - begun
        precondition(sum > 0, "every switch is at distance 0")
        return seconds
    }

    /// Median microseconds of one run, over many sources.
    mutating func medianMicroseconds() -> Double {
        var durations = Durations()
        var checksum: UInt64 = 0
        for round in 0..<2_000 {
            let begun = Clock.monotonic()
            checksum &+= run(from: round % switchCount)
            durations.append(Clock.monotonic() - begun)
        }
        precondition(checksum > 0, "every switch is at distance 0")
        return durations.percentile(0.5)
    }
}
