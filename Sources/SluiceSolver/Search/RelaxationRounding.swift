// From the relaxation to a placement: a basic solution splits at most as many flows as there are tight links, so most
// flows can be taken as they are; the rest are placed by share, then by profit under the prices.

package enum RelaxationRounding {
    /// - Parameters:
    ///   - values: the share of each column of `pool`.
    ///   - prices: what a unit of bandwidth costs on each link.
    package static func placement(
        _ problem: CompiledProblem, weights: [Int], pool: ColumnPool, values: [Double], prices: [Double]
    ) -> Placement {
        var residual = problem.capacity
        var routes: [[Int32]] = Array(repeating: [], count: problem.flowCount)
        var moves = 0
        func fits(_ flow: Int, _ path: ArraySlice<Int32>) -> Bool {
            let present = problem.present[flow]
            if !present.isEmpty, moves >= problem.maxMoves, present[...] != path { return false }
            return path.allSatisfy { residual[Int($0)] >= problem.bandwidth[flow] }
                && (problem.rule[flow] < 0 || problem.isSimple(path))
        }
        func admit(_ flow: Int, _ path: ArraySlice<Int32>) {
            routes[flow] = Array(path)
            for link in path { residual[Int(link)] -= problem.bandwidth[flow] }
            if !problem.present[flow].isEmpty, problem.present[flow][...] != path { moves += 1 }
        }
        let order = values.indices.filter { values[$0] > 1e-6 }.sorted {
            (values[$0], weights[Int(pool.flow[$0])], $1) > (values[$1], weights[Int(pool.flow[$1])], $0)
        }
        for column in order {
            let flow = Int(pool.flow[column])
            let path = pool.path(of: column)
            if routes[flow].isEmpty, fits(flow, path) { admit(flow, path) }
        }
        // Those left, by what their best path would be worth.
        var rest: [(profit: Double, column: Int)] = []
        for column in 0..<pool.count {
            let flow = Int(pool.flow[column])
            guard routes[flow].isEmpty else { continue }
            let price = pool.path(of: column).reduce(0.0) { $0 + prices[Int($1)] }
            rest.append((Double(weights[flow]) - Double(problem.bandwidth[flow]) * price, column))
        }
        rest.sort { ($0.profit, $1.column) > ($1.profit, $0.column) }
        for (_, column) in rest {
            let flow = Int(pool.flow[column])
            let path = pool.path(of: column)
            if routes[flow].isEmpty, fits(flow, path) { admit(flow, path) }
        }
        return Placement(routes: routes, of: problem)
    }
}
