// Lower bounds for A*: cheapest costs from every switch to one switch, or from one switch to every switch, as links were
// loaded when they were computed, or less.
//
// A table counts a link as costing what it costs with all the room that `RoomCeilings` allows it, which no view charges
// less than. Where a ceiling has risen since, the costs that this lowers are lowered before the table is used again, by
// Dijkstra's algorithm from the ends of those links on (Ramalingam, Reps, J. Algorithms 21, 1996). So the bounds are
// consistent at all times, and searches exact. Ceilings that have come down make a table loose and not wrong: a table
// whose searches have looked at half as many switches in vain as there are is made anew.

struct ArcRows: Sendable {
    struct Arc: Sendable {
        var link: Int32
        /// The node at its other end, seen from the row's.
        var next: Int32
    }

    var start: [Int32] = [0]
    var arcs: [Arc] = []
}

struct DistanceTables: Sendable {
    /// Which way the costs are counted.
    enum Direction: Int {
        case towards
        case from
    }

    private struct Table: Sendable {
        var distance: [Int] = []
        /// Events of `RoomCeilings` that it knows of.
        var known = 0
        /// Tightenings of `RoomCeilings` before it was made.
        var tightenings = 0
        /// Switches that searches have looked at beyond those on the path that they found.
        var vain = 0
    }

    /// Two for each node: towards it, then from it. Empty where nobody has asked yet.
    private var tables: [Table]
    private var count = 0
    private let nodeCount: Int
    private let switchCount: Int

    init(nodeCount: Int, switchCount: Int) {
        tables = Array(repeating: Table(), count: 2 * nodeCount)
        self.nodeCount = nodeCount
        self.switchCount = switchCount
    }

    /// The costs towards the switch `node`, or from it; Int.max where no way leads.
    ///
    /// - Parameters:
    ///   - rows: the arcs that enter a node, for costs towards; those that leave it, for costs from.
    ///   - keys: room for a heap of twice as many keys as there are links.
    mutating func distances(
        _ direction: Direction, _ node: Int32, over rows: ArcRows, _ view: borrowing RoomView, keys: inout [UInt64],
        tail: [Int32], head: [Int32]
    ) -> [Int] {
        let place = 2 * Int(node) + direction.rawValue
        let next = view.ceilings.next
        let isEmpty = tables[place].distance.isEmpty
        let isLoose =
            tables[place].vain > switchCount / 2 && tables[place].tightenings < view.ceilings.tightenings
        if !isEmpty, !isLoose, tables[place].known == next { return tables[place].distance }
        if isEmpty || isLoose || tables[place].known < view.ceilings.first || next - tables[place].known > nodeCount {
            if isEmpty, (count + 1) * nodeCount > ControlLimits.boundEntries {
                for other in tables.indices { tables[other] = Table() }
                count = 0
            }
            if isEmpty { count += 1 }
            tables[place].vain = 0
            tables[place].tightenings = view.ceilings.tightenings
            tables[place].distance = Array(repeating: .max, count: nodeCount)
            tables[place].distance[Int(node)] = 0
            var heap = 0
            var span = keys.mutableSpan
            KeyHeap.push(UInt64(node), &span, &heap)
            Self.spread(&tables[place].distance, over: rows, view, &span, heap)
        } else {
            let risen = view.ceilings.risen[(tables[place].known - view.ceilings.first)...]
            Self.catchUp(&tables[place].distance, direction, risen, over: rows, view, &keys, tail: tail, head: head)
        }
        tables[place].known = next
        return tables[place].distance
    }

    /// A search with that table has looked at `switches` switches that are not on the path it found.
    mutating func noteVain(_ direction: Direction, _ node: Int32, switches: Int) {
        tables[2 * Int(node) + direction.rawValue].vain += switches
    }

    private static func catchUp(
        _ distance: inout [Int], _ direction: Direction, _ risen: ArraySlice<Int32>, over rows: ArcRows,
        _ view: borrowing RoomView, _ keys: inout [UInt64], tail: [Int32], head: [Int32]
    ) {
        var span = keys.mutableSpan
        var heap = 0
        for link in risen {
            let position = Int(link)
            let (near, far) =
                direction == .towards
                ? (Int(head[position]), Int(tail[position])) : (Int(tail[position]), Int(head[position]))
            guard distance[near] < Int.max else { continue }
            let through = distance[near] + view.ceilings.leastCost[position]
            if through < distance[far] {
                distance[far] = through
                KeyHeap.push(UInt64(through) << 24 | UInt64(far), &span, &heap)
            }
        }
        if heap > 0 { spread(&distance, over: rows, view, &span, heap) }
    }

    /// Dijkstra's algorithm from the `heap` keys on that `keys` begin with.
    private static func spread(
        _ distance: inout [Int], over rows: ArcRows, _ view: borrowing RoomView, _ keys: inout MutableSpan<UInt64>,
        _ heap: Int
    ) {
        var heap = heap
        var distances = distance.mutableSpan
        while let key = KeyHeap.pop(&keys, &heap) {
            let node = Int(key & 0xff_ffff)
            let soFar = Int(key >> 24)
            if soFar > distances[node] { continue }
            for position in Int(rows.start[node])..<Int(rows.start[node + 1]) {
                let arc = rows.arcs[position]
                let through = soFar + view.ceilings.leastCost[Int(arc.link)]
                if through < distances[Int(arc.next)] {
                    distances[Int(arc.next)] = through
                    KeyHeap.push(UInt64(through) << 24 | UInt64(arc.next), &keys, &heap)
                }
            }
        }
    }
}
