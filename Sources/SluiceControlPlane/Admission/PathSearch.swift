// Paths over the links that are open to one flow now.
//
// The graph is that of the switches, in rows of dense arrays; hosts are leaves, so their access links are looked at once
// and lead into it. Scratch arrays are allocated once and carry the number of the search that wrote them, so a query
// clears nothing and allocates its answer only. Three searches share them:
//
// - `reach` asks whether there is any open path, breadth first from both ends at once. Where there is none, it ends as
//   soon as the smaller side is exhausted, and that side's border is a cut.
// - `cheapestOrCut` finds a cheapest path by A* (Hart, Nilsson, Raphael, IEEE TSSC 4, 1968). Costs are integers and
//   never below those that `DistanceTables` counted with, so the distances there are consistent lower bounds. It starts
//   from the end whose surroundings are tight, where that is known.
// - `cheapest(from:to:open:cost:)` is Dijkstra's algorithm (Numer. Math. 1, 1959) for costs of any other kind.
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
    let isTrunk: [Bool]
    let isHost: [Bool]
    let facts: LinkFacts
    /// Of each host the link out of it and the link into it; −1 for switches and where there is none.
    let accessOut: [Int32]
    let accessIn: [Int32]

    /// Cost of one hop without latency.
    static let hopCost = 4_096
    /// So many microseconds cost as much as a hop.
    static let hopMicroseconds = 5_000

    private let leaving: ArcRows
    private let entering: ArcRows
    private var bounds: DistanceTables
    /// Whether the last search that found no way found the target's surroundings closed, and not the source's.
    private(set) var wasTargetClosed = false

    private var labels: [Label]
    private var marks: [Mark]
    private var run: Int32 = 0
    /// Room for a heap: a search puts each link into it once at most, and its start; tables that catch up begin at as many
    /// nodes as there are links at most.
    private var keys: [UInt64]
    private var queue: [Int32]
    private var backQueue: [Int32]

    // Of the general search.
    private var cost: [Double]
    private var arrival: [Int32]
    private var heap: [Entry] = []
    /// Nodes that the general search must not enter.
    private var isBlocked: [Bool]

    private struct Label {
        var cost: Int
        var run: Int32
        /// Link by which the node was reached.
        var link: Int32
    }

    private struct Mark {
        var run: Int32
        /// Link by which it was reached; −1 at an end.
        var link: Int32
        var isBack: Bool
    }

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
        isTrunk = topology.links.map { $0.kind == .trunk }
        isHost = topology.nodes.map(\.isHost)
        facts = LinkFacts(topology)
        var out = [Int32](repeating: -1, count: topology.nodes.count)
        var into = out
        var enteringLinks = [[Int32]](repeating: [], count: topology.nodes.count)
        for link in topology.links {
            if link.kind == .trunk {
                enteringLinks[link.to.position].append(link.index.raw)
            } else if topology[link.from].isHost {
                out[link.from.position] = link.index.raw
            } else {
                into[link.to.position] = link.index.raw
            }
        }
        var leaving = ArcRows()
        var entering = ArcRows()
        for node in topology.nodes.indices {
            for link in topology.links(leaving: NodeIndex(node)) where topology[link].kind == .trunk {
                leaving.arcs.append(ArcRows.Arc(link: link.raw, next: topology[link].to.raw))
            }
            for link in enteringLinks[node] {
                entering.arcs.append(ArcRows.Arc(link: link, next: topology.links[Int(link)].from.raw))
            }
            leaving.start.append(Int32(leaving.arcs.count))
            entering.start.append(Int32(entering.arcs.count))
        }
        accessOut = out
        accessIn = into
        self.leaving = leaving
        self.entering = entering
        bounds = DistanceTables(
            nodeCount: topology.nodes.count, switchCount: topology.nodes.count { !$0.isHost })
        labels = Array(repeating: Label(cost: 0, run: 0, link: -1), count: topology.nodes.count)
        marks = Array(repeating: Mark(run: 0, link: -1, isBack: false), count: topology.nodes.count)
        cost = Array(repeating: .infinity, count: topology.nodes.count)
        arrival = Array(repeating: -1, count: topology.nodes.count)
        isBlocked = Array(repeating: false, count: topology.nodes.count)
        heap.reserveCapacity(topology.links.count + 1)
        keys = Array(repeating: 0, count: 2 * topology.links.count + 1)
        queue = Array(repeating: 0, count: topology.nodes.count)
        backQueue = queue
    }

    /// Number of the next search; what earlier ones wrote counts as unwritten.
    ///
    /// - Parameter rounds: this one, and those that may come before it is over.
    private mutating func begin(rounds: Int32 = 1) -> Int32 {
        if run > .max - rounds {
            for node in 0..<nodeCount {
                labels[node].run = 0
                marks[node].run = 0
            }
            run = 0
        }
        run += 1
        return run
    }

    // MARK: Is there a way?

    enum Reach {
        /// The links of an open path.
        case open([Int32])
        /// There is none: one of `cut` must open first. The cut surrounds the target where `isBack`, else the source.
        case closed(cut: [Int32], isBack: Bool)
    }

    /// The ends of a way between switches, and the access links before and after it; −1 where there is none.
    private struct Ends {
        var first: Int32
        var last: Int32
        var out: Int32 = -1
        var into: Int32 = -1
    }

    /// Nil where the access link of an end is closed.
    private func ends(_ source: Int32, _ target: Int32, _ view: borrowing RoomView) -> Ends? {
        var ends = Ends(first: source, last: target)
        if isHost[Int(source)] {
            ends.out = accessOut[Int(source)]
            guard ends.out >= 0, view.isOpen(Int(ends.out)) else { return nil }
            ends.first = head[Int(ends.out)]
        }
        if isHost[Int(target)] {
            ends.into = accessIn[Int(target)]
            guard ends.into >= 0, view.isOpen(Int(ends.into)) else { return nil }
            ends.last = tail[Int(ends.into)]
        }
        return ends
    }

    /// Whether an open path joins the ends. Costs as much as the smaller of the two sides that meet, or never do.
    mutating func reach(from source: Int32, to target: Int32, in view: borrowing RoomView) -> Reach {
        guard let ends = ends(source, target, view) else {
            let out = accessOut[Int(source)]
            let into = accessIn[Int(target)]
            let isBack = out < 0 || view.isOpen(Int(out))
            let closed = isBack ? into : out
            wasTargetClosed = isBack
            return .closed(cut: closed >= 0 && view.isPermitted(Int(closed)) ? [closed] : [], isBack: isBack)
        }
        let run = begin()
        var meeting: Meeting?
        if ends.first != ends.last {
            let outcome = Self.meet(
                ends.first, ends.last, leaving, entering, run: run, marks: &marks, queue: &queue,
                backQueue: &backQueue, view)
            guard let found = outcome.meeting else {
                wasTargetClosed = outcome.isBack
                let cut = border(run, isBack: outcome.isBack, count: outcome.count, view)
                return .closed(cut: cut, isBack: outcome.isBack)
            }
            meeting = found
        }
        var links: [Int32] = []
        links.reserveCapacity(16)
        if let meeting {
            var node = meeting.forth
            while node != ends.first {
                let link = marks[Int(node)].link
                links.append(link)
                node = tail[Int(link)]
            }
        }
        if ends.out >= 0 { links.append(ends.out) }
        links.reverse()
        if let meeting {
            links.append(meeting.link)
            var node = meeting.back
            while node != ends.last {
                let link = marks[Int(node)].link
                links.append(link)
                node = head[Int(link)]
            }
        }
        if ends.into >= 0 { links.append(ends.into) }
        return .open(links)
    }

    /// The last switch of the way there, the link to the way back, and the first switch of that.
    private struct Meeting {
        var forth: Int32
        var link: Int32
        var back: Int32
    }

    /// Breadth first from both ends, the side with less to do first. Nil where a side is closed: which, and how many
    /// switches it has.
    private static func meet(
        _ first: Int32, _ last: Int32, _ leaving: ArcRows, _ entering: ArcRows, run: Int32,
        marks markArray: inout [Mark], queue queueArray: inout [Int32], backQueue backArray: inout [Int32],
        _ view: borrowing RoomView
    ) -> (meeting: Meeting?, isBack: Bool, count: Int) {
        var marks = markArray.mutableSpan
        var queue = queueArray.mutableSpan
        var backQueue = backArray.mutableSpan
        marks[Int(first)] = Mark(run: run, link: -1, isBack: false)
        marks[Int(last)] = Mark(run: run, link: -1, isBack: true)
        queue[0] = first
        backQueue[0] = last
        var (next, count) = (0, 1)
        var (backNext, backCount) = (0, 1)
        while next < count, backNext < backCount {
            if count - next <= backCount - backNext {
                let node = queue[next]
                next += 1
                for position in Int(leaving.start[Int(node)])..<Int(leaving.start[Int(node) + 1]) {
                    let arc = leaving.arcs[position]
                    guard view.isOpen(Int(arc.link)) else { continue }
                    let mark = marks[Int(arc.next)]
                    if mark.run != run {
                        marks[Int(arc.next)] = Mark(run: run, link: arc.link, isBack: false)
                        queue[count] = arc.next
                        count += 1
                    } else if mark.isBack {
                        return (Meeting(forth: node, link: arc.link, back: arc.next), false, 0)
                    }
                }
            } else {
                let node = backQueue[backNext]
                backNext += 1
                for position in Int(entering.start[Int(node)])..<Int(entering.start[Int(node) + 1]) {
                    let arc = entering.arcs[position]
                    guard view.isOpen(Int(arc.link)) else { continue }
                    let mark = marks[Int(arc.next)]
                    if mark.run != run {
                        marks[Int(arc.next)] = Mark(run: run, link: arc.link, isBack: true)
                        backQueue[backCount] = arc.next
                        backCount += 1
                    } else if !mark.isBack {
                        return (Meeting(forth: arc.next, link: arc.link, back: node), false, 0)
                    }
                }
            }
        }
        return next == count ? (nil, false, count) : (nil, true, backCount)
    }

    /// Links across the border of a side that is closed and that only lack state or room.
    private func border(_ run: Int32, isBack: Bool, count: Int, _ view: borrowing RoomView) -> [Int32] {
        let rows = isBack ? entering : leaving
        var cut: [Int32] = []
        for node in (isBack ? backQueue : queue)[..<count] {
            for position in Int(rows.start[Int(node)])..<Int(rows.start[Int(node) + 1]) {
                let arc = rows.arcs[position]
                let mark = marks[Int(arc.next)]
                if mark.run == run, mark.isBack == isBack { continue }
                if view.isPermitted(Int(arc.link)) { cut.append(arc.link) }
            }
        }
        return cut
    }

    // MARK: Which way is cheapest?

    /// A cheapest path over open links, or the cut that closes them all.
    ///
    /// Whether there is a way at all is known much sooner than which one is cheapest; but where there is one, looking for
    /// it first costs as much as finding it. So that is asked only once the search has got nowhere for a while.
    ///
    /// - Parameter fromTarget: searches from the target, which is faster where its surroundings are fuller.
    mutating func cheapestOrCut(
        _ source: Int32, _ target: Int32, in view: borrowing RoomView, fromTarget: Bool = false
    ) -> Reach {
        guard let ends = ends(source, target, view) else { return reach(from: source, to: target, in: view) }
        var links: [Int32] = []
        links.reserveCapacity(16)
        if ends.first == ends.last {
            if ends.out >= 0 { links.append(ends.out) }
            if ends.into >= 0 { links.append(ends.into) }
            return .open(links)
        }
        let (first, last) = fromTarget ? (ends.last, ends.first) : (ends.first, ends.last)
        let direction = fromTarget ? DistanceTables.Direction.from : .towards
        let bound = bounds.distances(
            direction, last, over: fromTarget ? leaving : entering, view, keys: &keys, tail: tail, head: head)
        guard bound[Int(first)] < Int.max else { return reach(from: source, to: target, in: view) }
        let run = begin(rounds: 2)
        labels[Int(first)] = Label(cost: 0, run: run, link: -1)
        keys[0] = UInt64(bound[Int(first)]) << 24 | UInt64(first)
        var progress = Progress(heap: 1)
        // If everybody else went there nearly always is a way.
        var isFound = advance(
            &progress, to: last, over: fromTarget ? entering : leaving, bound, run, view,
            most: view.rule == .empty ? .max : 20)
        if !isFound {
            if progress.heap == 0 { return reach(from: source, to: target, in: view) }
            let answer = reach(from: source, to: target, in: view)
            if case .closed = answer { return answer }
            isFound = advance(
                &progress, to: last, over: fromTarget ? entering : leaving, bound, run, view, most: .max)
            precondition(isFound, "an open path is no path")
        }
        if fromTarget {
            if ends.out >= 0 { links.append(ends.out) }
            var node = ends.first
            while node != ends.last {
                let link = labels[Int(node)].link
                links.append(link)
                node = head[Int(link)]
            }
            if ends.into >= 0 { links.append(ends.into) }
        } else {
            if ends.into >= 0 { links.append(ends.into) }
            var node = ends.last
            while node != ends.first {
                let link = labels[Int(node)].link
                links.append(link)
                node = tail[Int(link)]
            }
            if ends.out >= 0 { links.append(ends.out) }
            links.reverse()
        }
        // Where others would have to go, no bound says how many.
        if view.rule == .free {
            bounds.noteVain(direction, last, switches: max(0, progress.visited - links.count))
        }
        return .open(links)
    }

    /// How far a search has got.
    private struct Progress {
        /// Keys in the heap.
        var heap: Int
        var visited = 0
    }

    /// A* over `rows` until `last` is reached, nothing is left, or `most` more nodes have been looked at; whether `last`
    /// was reached.
    private mutating func advance(
        _ progress: inout Progress, to last: Int32, over rows: ArcRows, _ bound: [Int], _ run: Int32,
        _ view: borrowing RoomView, most: Int
    ) -> Bool {
        Self.advance(
            &progress, to: last, over: rows, bound: bound, run: run, labels: &labels, keys: &keys, view, most: most)
    }

    /// Through spans each array is made sure to be nobody else's once, and not at every write.
    private static func advance(
        _ progress: inout Progress, to last: Int32, over rows: ArcRows, bound: [Int], run: Int32,
        labels labelArray: inout [Label], keys keyArray: inout [UInt64], _ view: borrowing RoomView, most: Int
    ) -> Bool {
        var labels = labelArray.mutableSpan
        var keys = keyArray.mutableSpan
        var count = progress.heap
        var visited = 0
        var isFound = false
        while visited < most, let key = KeyHeap.pop(&keys, &count) {
            let node = Int(key & 0xff_ffff)
            if node == Int(last) {
                isFound = true
                break
            }
            let soFar = labels[node].cost
            // A cheaper way to the node has been found since, and followed.
            if Int(key >> 24) > soFar + bound[node] { continue }
            visited += 1
            for position in Int(rows.start[node])..<Int(rows.start[node + 1]) {
                let arc = rows.arcs[position]
                let link = Int(arc.link)
                let step = view.step(over: link)
                if step < 0 { continue }
                let next = Int(arc.next)
                let through = soFar + step
                let label = labels[next]
                if label.run != run || through < label.cost {
                    let rest = bound[next]
                    if rest == Int.max { continue }
                    labels[next] = Label(cost: through, run: run, link: arc.link)
                    KeyHeap.push(UInt64(through + rest) << 24 | UInt64(next), &keys, &count)
                }
            }
        }
        progress.heap = count
        progress.visited += visited
        return isFound
    }

    // MARK: Which way is widest?

    /// The path whose narrowest link is widest, and how wide that is, at most `most`; nil where no link sequence is open
    /// to a single bit.
    ///
    /// Between a path that is known and a cut that is known, each probe in the middle finds a wider path or a narrower
    /// cut; the answer is exact after few of them. Leaves the view's need at the last probe's.
    mutating func widest(
        from source: Int32, to target: Int32, atMost most: Int, in view: inout RoomView
    ) -> (width: Int, links: [Int32])? {
        view.need = 1
        guard case .open(var best) = reach(from: source, to: target, in: view) else { return nil }
        var low = view.width(of: best, atMost: most)
        var high = most
        while low < high {
            view.need = low + (high - low + 1) / 2
            switch reach(from: source, to: target, in: view) {
            case .open(let links):
                best = links
                low = max(view.need, view.width(of: links, atMost: most))
            case .closed(let cut, _):
                // Whatever passes, passes this cut.
                var widest = 0
                for link in cut where view.takesFlows[Int(link)] { widest = max(widest, view.room(on: Int(link))) }
                high = max(low, min(view.need - 1, widest))
            }
        }
        return (low, best)
    }

    // MARK: Other costs

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

    var latencyMicroseconds: [Int] { facts.latencyMicroseconds }

    func latency(of links: [Int32]) -> Int { links.reduce(0) { $0 + latencyMicroseconds[Int($1)] } }
    func latency(of links: [LinkIndex]) -> Int { links.reduce(0) { $0 + latencyMicroseconds[$1.position] } }
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
