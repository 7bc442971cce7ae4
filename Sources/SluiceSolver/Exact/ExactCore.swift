// The proof. With an incumbent worth z and a bound L(λ), a solution that is better is worth at least z + 1, so
//   - a path whose profit falls short of the flow's best by more than L − z − 1 is in none of them,
//   - a flow that gains more than L − z − 1 is in all of them
// (reduced-cost fixing). What remains of each flow is projected on the critical links and becomes a small integer
// program with the row "worth at least z + 1"; if that has no solution, z is optimal. Links without a price are left out
// at first; if a solution of the core overloads one of them, it becomes critical and the core is solved again. Leaving
// links, latency, hops and waypoints out only enlarges the core, so what it excludes is excluded.
//
// The program is first tried by `CuttingPlanes` and `CoreDecomposition`, whose refutations are a matter of whole numbers,
// then, with the cuts found, by the engine's branch and bound, whose answer rests on its tolerances. The fixing itself compares floating-point prices with a margin far above their error.

package struct ExactCore {
    package enum Outcome {
        /// Nothing is better than the incumbent.
        case proven
        /// A better placement.
        case improved(Placement)
        /// Not settled; nothing is worth more than `bound`.
        case open(bound: Int)
    }

    private let problem: CompiledProblem
    private let prices: [Double]
    private let engine: any LinearEngine
    private let pricer: Pricer
    private var isCritical: [Bool]
    /// Whether cuts ended by themselves, so that more time would have to go to branching.
    package private(set) var areCutsExhausted = false

    private static let columnLimit = 20_000
    private static let roundLimit = 12
    /// Reduced costs this close to the limit are kept: the prices are floating point here.
    private static let margin = 1e-6

    /// - Parameter prices: the best bound's.
    package init(_ problem: CompiledProblem, prices: [Double], engine: any LinearEngine) {
        self.problem = problem
        self.prices = prices
        self.engine = engine
        var pricer = Pricer(problem, weights: problem.weight)
        pricer.evaluate(prices, for: .bound)
        self.pricer = pricer
        let largest = prices.max() ?? 0
        isCritical = prices.map { $0 > 1e-9 * largest && $0 > 0 }
    }

    /// Flows that neither every better solution admits nor every one rejects, by their profit alone.
    package func openFlows(beating worth: Int) -> Int {
        let slack = pricer.boundValue - Double(worth) - 1
        return (0..<problem.flowCount).count { flow in
            guard pricer.distance[flow].isFinite else { return false }
            let profit = Double(problem.weight[flow]) - Double(problem.bandwidth[flow]) * pricer.distance[flow]
            return abs(profit) <= slack
        }
    }

    /// Tries to settle whether anything beats `incumbent`; ends early once `shouldStop` says so.
    package mutating func settle(
        _ incumbent: Placement, secondsLeft: () -> Double, shouldStop: @escaping () -> Bool
    ) -> Outcome {
        let worth = incumbent.score.weight
        var bound = pricer.bound
        // What is not refuted in half of the time is left to GLPK.
        let half = secondsLeft() / 2
        for _ in 0..<Self.roundLimit {
            if bound <= worth { return .proven }
            if shouldStop() { break }
            guard let core = core(beating: worth, shouldStop: shouldStop) else { break }
            if core.isImpossible { return .proven }
            let need = worth + 1 - core.fixedWeight
            var planes = CuttingPlanes(weights: core.weights(in: problem), rows: core.rows, need: need)
            var choice: [Bool]
            switch planes.settle(by: engine, secondsLeft: secondsLeft, shouldStop: shouldStop) {
            case .refuted: return .proven
            case .found(let found): choice = found
            case .open(let limit):
                bound = min(bound, core.fixedWeight + limit)
                areCutsExhausted = !shouldStop()
                if var decomposition = CoreDecomposition(flows: core.flows, rows: core.links, need: need),
                    decomposition.refutes(shouldStop: { shouldStop() || secondsLeft() < half })
                {
                    return .proven
                }
                if shouldStop() { return .open(bound: bound) }
                let (model, columns) = planes.model
                let outcome = engine.solve(model, incumbent: [], secondsLimit: secondsLeft(), shouldStop: shouldStop)
                if case .infeasible = outcome.status { return .proven }
                if case .failed = outcome.status { return .open(bound: bound) }
                if outcome.bound.isFinite {
                    let limit = planes.fixedWeight + Int((outcome.bound + 1e-6).rounded(.down))
                    bound = min(bound, max(worth, core.fixedWeight + limit))
                }
                if case .stopped = outcome.status { return .open(bound: bound) }
                choice = planes.fates.map { $0 == .one }
                for (column, value) in zip(columns, outcome.values) { choice[column] = value > 0.5 }
            }
            if let better = complete(core, isChosen: choice), better.score.weight > worth { return .improved(better) }
        }
        return bound <= worth ? .proven : .open(bound: bound)
    }

    // The core.

    private struct Core {
        /// Flow and projection of each column.
        var columns: [(flow: Int, set: [Int32])] = []
        /// Flows with one projection left that all better solutions admit.
        var fixed: [(flow: Int, set: [Int32])] = []
        var fixedWeight = 0
        /// Rows of the program, over its columns: first the critical links, then how often a flow is chosen.
        var rows: [IntegerRow] = []
        /// The same core by flows: those that are open, and the critical links they share.
        var flows: [CoreDecomposition.Flow] = []
        var links: [CoreDecomposition.Row] = []
        var isImpossible = false

        func weights(in problem: CompiledProblem) -> [Int] { columns.map { problem.weight[$0.flow] } }
    }

    private func core(beating worth: Int, shouldStop: () -> Bool) -> Core? {
        let slack = pricer.boundValue - Double(worth) - 1
        let tolerance = Self.margin * max(1, abs(pricer.boundValue) * 1e-3)
        var projections = CriticalProjections(problem, prices: prices, isCritical: isCritical)
        var core = Core()
        var free: [(flow: Int, sets: [[Int32]], isForced: Bool)] = []
        var columnCount = 0
        for flow in 0..<problem.flowCount {
            if flow & 31 == 0, shouldStop() { return nil }
            let distance = pricer.distance[flow]
            guard distance.isFinite else { continue }
            let weight = Double(problem.weight[flow])
            let bandwidth = Double(problem.bandwidth[flow])
            let profit = max(0, weight - bandwidth * distance)
            let limit = bandwidth > 0 ? (weight - profit + slack + tolerance) / bandwidth : Double.infinity
            if distance > limit { continue }
            guard let sets = projections.enumerate(flow, limit: limit) else { return nil }
            if sets.isEmpty { continue }
            let isForced = profit > slack + tolerance
            if sets.count == 1, isForced || sets[0].isEmpty {
                core.fixed.append((flow, sets[0]))
                core.fixedWeight += problem.weight[flow]
            } else {
                free.append((flow, sets, isForced))
                columnCount += sets.count
                if columnCount > Self.columnLimit { return nil }
            }
        }
        build(&core, from: free)
        return core
    }

    private func build(_ core: inout Core, from free: [(flow: Int, sets: [[Int32]], isForced: Bool)]) {
        var room = problem.capacity
        for (flow, set) in core.fixed {
            for link in set { room[Int(link)] -= problem.bandwidth[flow] }
        }
        if room.contains(where: { $0 < 0 }) {
            core.isImpossible = true
            return
        }
        // Bandwidths on a link are divided by what they have in common, and the room rounds down to a multiple of it:
        // exactly the same placements fit, and numbers are smaller.
        var unit = [Int](repeating: 0, count: problem.linkCount)
        for (flow, sets, _) in free {
            for link in Set(sets.joined()) {
                unit[Int(link)] = Self.greatestCommonDivisor(unit[Int(link)], problem.bandwidth[flow])
            }
        }
        var row = [Int](repeating: -1, count: problem.linkCount)
        for link in 0..<problem.linkCount where unit[link] > 0 {
            row[link] = core.rows.count
            core.links.append(CoreDecomposition.Row(room: room[link], unit: unit[link], price: prices[link]))
            core.rows.append(IntegerRow(entries: [], limit: room[link] / unit[link]))
        }
        for (flow, sets, isForced) in free {
            core.flows.append(
                CoreDecomposition.Flow(
                    weight: problem.weight[flow], bandwidth: problem.bandwidth[flow],
                    sets: sets.map { set in set.map { Int32(row[Int($0)]) } }, isForced: isForced))
            let columns = Int32(core.columns.count)..<Int32(core.columns.count + sets.count)
            for (column, set) in zip(columns, sets) {
                core.columns.append((flow, set))
                for link in set {
                    core.rows[row[Int(link)]].entries.append(
                        IntegerRow.Entry(column: column, value: problem.bandwidth[flow] / unit[Int(link)]))
                }
            }
            // A flow with one projection is bounded as it is.
            if sets.count > 1 {
                core.rows.append(
                    IntegerRow(entries: columns.map { IntegerRow.Entry(column: $0, value: 1) }, limit: 1))
            }
            if isForced {
                core.rows.append(
                    IntegerRow(entries: columns.map { IntegerRow.Entry(column: $0, value: -1) }, limit: -1))
            }
        }
    }

    private static func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
        var (large, small) = (first, second)
        while small > 0 { (large, small) = (small, large % small) }
        return large
    }

    // From projections back to paths.

    /// Routes every chosen flow over its projection and free links. Where free links overflow, these become critical
    /// and the answer is nil.
    private mutating func complete(_ core: Core, isChosen: [Bool]) -> Placement? {
        var chosen = core.fixed
        for (column, entry) in core.columns.enumerated() where isChosen[column] { chosen.append(entry) }
        chosen.sort { (problem.bandwidth[$0.flow], $1.flow) > (problem.bandwidth[$1.flow], $0.flow) }
        var router = Router(problem)
        var residual = problem.capacity
        // What a solution without regard to free links would load them with.
        var load = [Int](repeating: 0, count: problem.linkCount)
        var routes: [[Int32]] = Array(repeating: [], count: problem.flowCount)
        var isComplete = true
        for (flow, set) in chosen {
            let costs = (0..<problem.linkCount).map { link in
                isCritical[link] && !set.contains(Int32(link)) ? 1 << 40 : 16
            }
            if router.route(flow, costs: costs, room: residual), router.cost < 1 << 40 {
                routes[flow] = router.links
                for link in router.links { residual[Int(link)] -= problem.bandwidth[flow] }
                for link in router.links { load[Int(link)] += problem.bandwidth[flow] }
            } else {
                isComplete = false
                if router.route(flow, costs: costs, room: problem.capacity), router.cost < 1 << 40 {
                    for link in router.links { load[Int(link)] += problem.bandwidth[flow] }
                }
            }
        }
        if isComplete { return Placement(routes: routes, of: problem) }
        var added = false
        for link in 0..<problem.linkCount where !isCritical[link] && load[link] > problem.capacity[link] {
            isCritical[link] = true
            added = true
        }
        if !added {
            // Nothing tells which link is to blame; the fullest free ones are the likeliest.
            let fullest = (0..<problem.linkCount).filter { !isCritical[$0] }.min { residual[$0] < residual[$1] }
            if let fullest { isCritical[fullest] = true }
        }
        return nil
    }
}
