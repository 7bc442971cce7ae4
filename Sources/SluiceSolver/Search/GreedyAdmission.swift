// The start of everything: flows in order of worth, each on the cheapest path that still has room, where links grow
// dearer as they fill (so that load spreads before links are full).

/// Admits flows one after another until the order or the budget ends.
package struct GreedyAdmission {
    private let problem: CompiledProblem
    private var router: Router
    private var residual: [Int]
    private var routes: [[Int32]]
    private var moves = 0
    private var costs: [Int]
    /// Cost of each link when the network is empty; congestion multiplies it.
    private let baseCosts: [Int]
    /// Tree of each node as it was when last computed, and for how many more admissions it may serve: trees are reused
    /// while their paths fit, which saves most of the searches on large problems.
    private var cachedArrival: [[Int32]]
    private var freshness: [Int]
    private static let admissionsPerTree = 6

    /// - Parameter prices: what a unit of bandwidth costs on each link, in any unit; empty where nothing is known.
    package init(_ problem: CompiledProblem, prices: [Double] = []) {
        self.problem = problem
        router = Router(problem)
        residual = problem.capacity
        routes = Array(repeating: [], count: problem.flowCount)
        if prices.isEmpty {
            baseCosts = Array(repeating: 64, count: problem.linkCount)
        } else {
            let largest = max(prices.max() ?? 0, 1e-300)
            baseCosts = prices.map { 8 + Int($0 / largest * 4_096) }
        }
        costs = baseCosts
        cachedArrival = Array(repeating: [], count: problem.graph.nodeCount)
        freshness = Array(repeating: 0, count: problem.graph.nodeCount)
    }

    /// Most important first: by class where the objective is strict; then flows that run now; then weight for
    /// bandwidth, and the narrower of equals.
    package static func order(of problem: CompiledProblem) -> [Int32] {
        let density = (0..<problem.flowCount).map {
            Double(problem.weight[$0]) / Double(max(1, problem.bandwidth[$0]))
        }
        return (0..<Int32(problem.flowCount)).sorted {
            let (a, b) = (Int($0), Int($1))
            if problem.objective == .strict, problem.flowClass[a] != problem.flowClass[b] {
                return problem.flowClass[a] < problem.flowClass[b]
            }
            if problem.present[a].isEmpty != problem.present[b].isEmpty { return !problem.present[a].isEmpty }
            if density[a] != density[b] { return density[a] > density[b] }
            if problem.bandwidth[a] != problem.bandwidth[b] { return problem.bandwidth[a] < problem.bandwidth[b] }
            return a < b
        }
    }

    /// Places the flows of `order` that fit. A flow that runs now stays on its path while that has room.
    package mutating func run(order: [Int32], meter: inout WorkMeter) -> Placement {
        for (count, flow) in order.enumerated() {
            if count & 63 == 0, meter.isOver { break }
            place(Int(flow), meter: &meter)
        }
        return Placement(routes: routes, of: problem)
    }

    private mutating func place(_ flow: Int, meter: inout WorkMeter) {
        let need = problem.bandwidth[flow]
        let present = problem.present[flow]
        if !present.isEmpty, present.allSatisfy({ residual[Int($0)] >= need }) {
            admit(flow, present)
            return
        }
        if !present.isEmpty, moves >= problem.maxMoves { return }
        let source = Int(problem.source[flow])
        if problem.rule[flow] < 0 {
            if freshness[source] > 0, let cached = cachedPath(of: flow) {
                freshness[source] -= 1
                admit(flow, cached)
                if !present.isEmpty { moves += 1 }
                return
            }
            meter.spend(1)
            // The whole tree is kept for the next flows from here; a link too narrow for this flow may serve them, but
            // a path of this tree never uses one.
            router.finder.search(from: problem.source[flow], costs: costs, room: residual, need: need)
            cachedArrival[source] = router.finder.arrival
            freshness[source] = Self.admissionsPerTree
            guard let path = cachedPath(of: flow) else { return }
            admit(flow, path)
        } else {
            meter.spend(1)
            guard router.route(flow, costs: costs, room: residual) else { return }
            admit(flow, router.links)
        }
        if !present.isEmpty { moves += 1 }
    }

    private func cachedPath(of flow: Int) -> [Int32]? {
        let arrival = cachedArrival[Int(problem.source[flow])]
        let need = problem.bandwidth[flow]
        var path: [Int32] = []
        var node = Int(problem.destination[flow])
        while arrival[node] >= 0 {
            let link = arrival[node]
            if residual[Int(link)] < need { return nil }
            path.append(link)
            node = Int(problem.graph.tail[Int(link)])
        }
        guard !path.isEmpty, node == Int(problem.source[flow]) else { return nil }
        path.reverse()
        return path
    }

    private mutating func admit(_ flow: Int, _ path: [Int32]) {
        routes[flow] = path
        for link in path {
            let link = Int(link)
            residual[link] -= problem.bandwidth[flow]
            let used = 1 - Double(residual[link]) / Double(max(1, problem.capacity[link]))
            costs[link] = baseCosts[link] + Int(Double(baseCosts[link]) * 8 * used * used)
        }
    }
}
