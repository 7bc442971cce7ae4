// The cheapest loop-free path by waypoints, in any order. NP-hard in general; exact here up to a limit of work, so that
// "there is none" and "none was found" are told apart.
//
// Best first over conflicts (after Sharon et al., "Conflict-based search", Artificial Intelligence 219, 2015, with the
// legs of one path in the place of agents): for each order of the waypoints the legs between them are cheapest paths,
// each for itself. Where two legs of the cheapest combination meet in a switch, one of them must avoid it: two
// combinations take its place. The first one whose legs do not meet is the cheapest loop-free path of all orders, and
// when none is left there is no such path.

import SluiceModel

struct WaypointSearch {
    enum Outcome {
        /// Links between the first and the last switch.
        case found([Int32])
        /// Proved: no loop-free path passes them all.
        case impossible
        /// The limit of work came first.
        case exhausted
    }

    /// A way from waypoint to waypoint: legs, and the links named as waypoints between them (−1 for a switch).
    private struct Order {
        var legs: [(from: Int32, to: Int32)]
        var between: [Int32]
    }

    private struct Combination {
        var order: Int
        /// Of each leg, its links and the switches that it must avoid.
        var legs: [[Int32]]
        var avoided: [[Int32]]
        var cost: Double
    }

    private var orders: [Order] = []
    /// Ends of all legs: no leg passes those of another.
    private var terminals: [Int32] = []
    private var isComplete = true

    /// Nil where a waypoint cannot be passed by any path between the two switches.
    ///
    /// - Parameter passed: links that the path has anyhow, outside the two switches.
    init?(
        _ waypoints: [FlowConstraints.Waypoint], from first: Int32, to last: Int32, passed: [Int32],
        in search: PathSearch, isOpen: (Int) -> Bool
    ) {
        var links: [[Int32]] = []
        for case .link(let choices) in waypoints where !choices.contains(where: { passed.contains($0.raw) }) {
            let usable = choices.map(\.raw).filter { search.isTrunk[Int($0)] && isOpen(Int($0)) }
            if usable.isEmpty { return nil }
            links.append(usable)
        }
        var ends: Set<Int32> = [first, last]
        for link in links.joined() {
            ends.insert(search.tail[Int(link)])
            ends.insert(search.head[Int(link)])
        }
        var nodes: [Int32] = []
        for case .node(let node) in waypoints {
            let isOutside = passed.contains { search.tail[Int($0)] == node.raw || search.head[Int($0)] == node.raw }
            if isOutside || ends.contains(node.raw) || nodes.contains(node.raw) { continue }
            if search.isHost[node.position] { return nil }
            nodes.append(node.raw)
        }
        if first == last, !(links.isEmpty && nodes.isEmpty) { return nil }
        terminals = (Array(ends) + nodes).sorted()
        // A stop is a switch, or one of the links that a waypoint names.
        var stops: [[(node: Int32, link: Int32)]] = []
        for node in nodes { stops.append([(node, -1)]) }
        for choices in links { stops.append(choices.map { (-1, $0) }) }
        var order = Order(legs: [], between: [])
        arrange(stops, at: first, last, &order, search)
    }

    private mutating func arrange(
        _ rest: [[(node: Int32, link: Int32)]], at node: Int32, _ last: Int32, _ order: inout Order,
        _ search: PathSearch
    ) {
        guard orders.count < ControlLimits.waypointOrders else {
            isComplete = false
            return
        }
        if rest.isEmpty {
            order.legs.append((node, last))
            orders.append(order)
            order.legs.removeLast()
            return
        }
        for position in rest.indices {
            var others = rest
            for stop in others.remove(at: position) {
                let entry = stop.link >= 0 ? search.tail[Int(stop.link)] : stop.node
                let exit = stop.link >= 0 ? search.head[Int(stop.link)] : stop.node
                order.legs.append((node, entry))
                order.between.append(stop.link)
                arrange(others, at: exit, last, &order, search)
                order.legs.removeLast()
                order.between.removeLast()
            }
        }
    }

    /// - Parameter work: most searches for a leg; what is left of them afterwards.
    func run(
        _ search: inout PathSearch, open: (Int) -> Bool, cost: (Int) -> Double, work: inout Int
    ) -> Outcome {
        struct Ends: Hashable {
            var from: Int32
            var to: Int32
        }
        var known: [Ends: [Int32]?] = [:]
        var combinations: [Combination] = []
        func length(_ links: [Int32]) -> Double { links.reduce(0) { $0 + cost(Int($1)) } }
        for (position, order) in orders.enumerated() {
            var combination = Combination(
                order: position, legs: [], avoided: Array(repeating: [], count: order.legs.count),
                cost: length(order.between.filter { $0 >= 0 }))
            for leg in order.legs {
                let ends = Ends(from: leg.from, to: leg.to)
                if known[ends] == nil {
                    guard work > 0 else { return .exhausted }
                    known[ends] = .some(self.leg(leg, avoiding: [], &search, open, cost, &work))
                }
                guard let path = known[ends] ?? nil else { break }
                combination.legs.append(path)
                combination.cost += length(path)
            }
            if combination.legs.count == order.legs.count, isSimple(order) { combinations.append(combination) }
        }
        while let least = combinations.indices.min(by: { combinations[$0].cost < combinations[$1].cost }) {
            let combination = combinations.remove(at: least)
            guard let meeting = meeting(combination, search) else {
                return .found(whole(combination))
            }
            for leg in [meeting.first, meeting.second] {
                guard work > 0 else { return .exhausted }
                var next = combination
                next.avoided[leg].append(meeting.node)
                let path = self.leg(
                    orders[next.order].legs[leg], avoiding: next.avoided[leg], &search, open, cost, &work)
                guard let path else { continue }
                next.cost += length(path) - length(next.legs[leg])
                next.legs[leg] = path
                combinations.append(next)
            }
        }
        return isComplete ? .impossible : .exhausted
    }

    /// The cheapest leg that passes neither another leg's end nor what it must avoid.
    private func leg(
        _ ends: (from: Int32, to: Int32), avoiding avoided: [Int32], _ search: inout PathSearch,
        _ open: (Int) -> Bool, _ cost: (Int) -> Double, _ work: inout Int
    ) -> [Int32]? {
        if ends.from == ends.to { return [] }
        work -= 1
        let blocked = terminals.filter { $0 != ends.from && $0 != ends.to } + avoided
        search.block(blocked)
        defer { search.unblock(blocked) }
        return search.cheapest(from: ends.from, to: ends.to, open: open, cost: cost)
    }

    /// Whether no switch is the end of legs that do not follow each other.
    private func isSimple(_ order: Order) -> Bool {
        var visited: [Int32] = []
        for leg in order.legs {
            for node in [leg.from, leg.to] where visited.last != node {
                if visited.contains(node) { return false }
                visited.append(node)
            }
        }
        return true
    }

    /// A switch inside two legs.
    private func meeting(
        _ combination: Combination, _ search: PathSearch
    ) -> (node: Int32, first: Int, second: Int)? {
        var legOf: [Int32: Int] = [:]
        for (position, leg) in combination.legs.enumerated() {
            for link in leg.dropLast() {
                let node = search.head[Int(link)]
                if let other = legOf[node] { return (node, other, position) }
                legOf[node] = position
            }
        }
        return nil
    }

    private func whole(_ combination: Combination) -> [Int32] {
        var links: [Int32] = []
        for (position, leg) in combination.legs.enumerated() {
            links += leg
            let between = orders[combination.order].between
            if position < between.count, between[position] >= 0 { links.append(between[position]) }
        }
        return links
    }
}
