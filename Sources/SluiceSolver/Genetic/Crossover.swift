// Two placements into one: paths are inherited whole, and capacity decides what of both survives.

package import SluiceModel

package enum Crossover {
    /// Flows that both parents admit come first, each on the path of one of them; then flows that one admits.
    package static func child(
        of first: Placement, and second: Placement, in problem: CompiledProblem, random: inout RandomStream
    ) -> Placement {
        var residual = problem.capacity
        var routes: [[Int32]] = Array(repeating: [], count: problem.flowCount)
        var moves = 0
        func tryRoute(_ flow: Int, _ route: [Int32]) -> Bool {
            guard !route.isEmpty, route.allSatisfy({ residual[Int($0)] >= problem.bandwidth[flow] }) else {
                return false
            }
            let leaves = !problem.present[flow].isEmpty && problem.present[flow] != route
            if leaves, moves >= problem.maxMoves { return false }
            routes[flow] = route
            for link in route { residual[Int(link)] -= problem.bandwidth[flow] }
            if leaves { moves += 1 }
            return true
        }
        let order = GreedyAdmission.order(of: problem).map { Int($0) }
        for flow in order where !first.routes[flow].isEmpty && !second.routes[flow].isEmpty {
            let firstTurn = random.next() & 1 == 0
            let (one, other) = firstTurn ? (first, second) : (second, first)
            if !tryRoute(flow, one.routes[flow]) { _ = tryRoute(flow, other.routes[flow]) }
        }
        for flow in order where routes[flow].isEmpty {
            if !tryRoute(flow, first.routes[flow]) { _ = tryRoute(flow, second.routes[flow]) }
        }
        return Placement(routes: routes, of: problem)
    }
}
