// What to do with a placement once its first objective stands: bring moved flows home, then shorten paths. Neither
// admits or drops anybody.

package enum SecondaryObjectives {
    /// Fewest moves from the present placement, then least bandwidth times latency, by repeated single-flow changes
    /// until none helps or `shouldStop` says so.
    package static func improve(
        _ placement: Placement, in problem: CompiledProblem, shouldStop: () -> Bool
    ) -> Placement {
        var routes = placement.routes
        var residual = placement.residual(in: problem)
        func replace(_ flow: Int, with route: [Int32]) {
            for link in routes[flow] { residual[Int(link)] += problem.bandwidth[flow] }
            for link in route { residual[Int(link)] -= problem.bandwidth[flow] }
            routes[flow] = route
        }
        func hasRoom(_ flow: Int, _ route: [Int32]) -> Bool {
            for link in routes[flow] { residual[Int(link)] += problem.bandwidth[flow] }
            defer { for link in routes[flow] { residual[Int(link)] -= problem.bandwidth[flow] } }
            return route.allSatisfy { residual[Int($0)] >= problem.bandwidth[flow] }
        }
        var changed = problem.hasPresent
        while changed, !shouldStop() {
            changed = false
            for flow in 0..<problem.flowCount
            where !routes[flow].isEmpty && !problem.present[flow].isEmpty && routes[flow] != problem.present[flow] {
                if hasRoom(flow, problem.present[flow]) {
                    replace(flow, with: problem.present[flow])
                    changed = true
                }
            }
        }
        shorten(&routes, residual: &residual, in: problem, shouldStop: shouldStop)
        return Placement(routes: routes, of: problem)
    }

    /// Each flow in turn takes the path of least latency that has room, except those at home on their present path.
    private static func shorten(
        _ routes: inout [[Int32]], residual: inout [Int], in problem: CompiledProblem, shouldStop: () -> Bool
    ) {
        var router = Router(problem)
        let costs = problem.latency.map { $0 + 1 }
        for flow in 0..<problem.flowCount where !routes[flow].isEmpty {
            if flow & 15 == 0, shouldStop() { return }
            if !problem.present[flow].isEmpty, routes[flow] == problem.present[flow] { continue }
            let now = routes[flow].reduce(0) { $0 + costs[Int($1)] }
            for link in routes[flow] { residual[Int(link)] += problem.bandwidth[flow] }
            if router.route(flow, costs: costs, room: residual), router.cost < now { routes[flow] = router.links }
            for link in routes[flow] { residual[Int(link)] -= problem.bandwidth[flow] }
        }
    }
}
