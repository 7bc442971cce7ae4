// One flow at a time: the cheapest path that satisfies all of a flow's constraints, by plain Dijkstra where that
// suffices and by label setting where latency, hops or waypoints bind.

/// Path queries for the flows of one problem; owns the workspaces.
package struct Router: Sendable {
    package let problem: CompiledProblem
    package var finder: PathFinder
    private var constrained: ConstrainedPathFinder
    /// The last answer, in order.
    package private(set) var links: [Int32] = []
    /// Cost of the last answer.
    package private(set) var cost = 0

    package init(_ problem: CompiledProblem) {
        self.problem = problem
        finder = PathFinder(problem.graph)
        constrained = ConstrainedPathFinder(problem.graph)
    }

    /// Finds a simple path for `flow` over links with at least `need` room (its bandwidth unless given).
    package mutating func route(_ flow: Int, costs: [Int], room: [Int], need: Int? = nil) -> Bool {
        links.removeAll(keepingCapacity: true)
        let target = problem.destination[flow]
        let need = need ?? problem.bandwidth[flow]
        let mask = problem.mask(of: flow)
        finder.search(from: problem.source[flow], to: target, costs: costs, room: room, need: need, closed: mask)
        guard finder.appendPath(to: target, into: &links) else { return false }
        cost = finder.distance[Int(target)]
        guard let rule = problem.wholePathRule(of: flow), !problem.satisfies(rule, links) else { return true }
        return routeUnder(rule, flow, costs: costs, room: room, need: need, simple: true)
    }

    /// Label setting for `flow`; the answer is in `links` and `cost`.
    private mutating func routeUnder(
        _ rule: RouteRule, _ flow: Int, costs: [Int], room: [Int], need: Int, simple: Bool
    ) -> Bool {
        let answer = constrained.search(
            from: problem.source[flow], to: problem.destination[flow], rule: rule, costs: costs,
            latency: problem.latency, isTrunk: problem.isTrunk, room: room, need: need,
            closed: problem.mask(of: flow), simple: simple)
        guard case .found(let found) = answer else { return false }
        links.removeAll(keepingCapacity: true)
        links.append(contentsOf: constrained.links)
        cost = found
        return true
    }

    /// Least cost of a walk for `flow` under its whole-path rule: a lower bound on what any of its paths costs; nil
    /// where there is no walk at all, or none up to `limit`; `fallback` where the search gave up. The walk is in `links`,
    /// which is empty where none was found.
    package mutating func walkCost(
        of flow: Int, rule: RouteRule, costs: [Int], fallback: Int, limit: Int = Int.max
    ) -> Int? {
        let answer = constrained.search(
            from: problem.source[flow], to: problem.destination[flow], rule: rule, costs: costs,
            latency: problem.latency, isTrunk: problem.isTrunk, room: problem.capacity,
            need: problem.bandwidth[flow], closed: problem.mask(of: flow), simple: false, costLimit: limit)
        links.removeAll(keepingCapacity: true)
        switch answer {
        case .found(let cost):
            links.append(contentsOf: constrained.links)
            return cost
        case .none: return nil
        case .tooManyLabels: return fallback
        }
    }
}
