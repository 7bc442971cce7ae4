// The proof. With an incumbent worth z and a bound L(λ), a solution that is better is worth at least z + 1, so
//   - a path whose profit falls short of the flow's best by more than L − z − 1 is in none of them,
//   - a flow that gains more than L − z − 1 is in all of them
// (reduced-cost fixing). What remains of each flow is projected on the critical links and becomes a small integer
// program with the row "worth at least z + 1"; if that has no solution, z is optimal. Links without a price are left out
// at first; if a solution of the core overloads one of them, it becomes critical and the core is solved again. Leaving
// links, latency, hops and waypoints out only enlarges the core, so what it excludes is excluded.
//
// The program is first tried by `CoreDecomposition`, whose refutation is a matter of whole numbers, then by GLPK, whose
// answer rests on its tolerances. The fixing itself compares floating-point prices with a margin far above their error.

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

    private static let columnLimit = 20_000
    private static let roundLimit = 12
    /// Reduced costs this close to the limit are kept: the prices are floating point here.
    private static let margin = 1e-6
    /// Largest limit of a row that GLPK sees.
    private static let largestRow = 10_000.0

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
            if var decomposition = CoreDecomposition(
                flows: core.flows, rows: core.rows, need: worth + 1 - core.fixedWeight),
                decomposition.refutes(shouldStop: { shouldStop() || secondsLeft() < half })
            {
                return .proven
            }
            if shouldStop() { break }
            let outcome = engine.solve(
                core.model, incumbent: [], secondsLimit: secondsLeft(), shouldStop: shouldStop)
            switch outcome.status {
            case .infeasible: return .proven
            case .failed: return .open(bound: bound)
            case .stopped:
                if outcome.bound.isFinite {
                    bound = min(bound, max(worth, core.fixedWeight + Int((outcome.bound + 1e-6).rounded(.down))))
                }
                return .open(bound: bound)
            case .optimal, .feasible:
                if outcome.bound.isFinite {
                    bound = min(bound, max(worth, core.fixedWeight + Int((outcome.bound + 1e-6).rounded(.down))))
                }
                if let better = complete(core, values: outcome.values), better.score.weight > worth {
                    return .improved(better)
                }
            }
        }
        return bound <= worth ? .proven : .open(bound: bound)
    }

    // The core.

    private struct Core {
        var model = IntegerModel()
        /// Flow and projection of each column.
        var columns: [(flow: Int, set: [Int32])] = []
        /// Flows with one projection left that all better solutions admit.
        var fixed: [(flow: Int, set: [Int32])] = []
        var fixedWeight = 0
        /// The same core in whole numbers: its open flows, and a row for each critical link they share.
        var flows: [CoreDecomposition.Flow] = []
        var rows: [CoreDecomposition.Row] = []
        var isImpossible = false
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
        build(&core, from: free, worth: worth)
        return core
    }

    private func build(_ core: inout Core, from free: [(flow: Int, sets: [[Int32]], isForced: Bool)], worth: Int) {
        var room = problem.capacity
        for (flow, set) in core.fixed {
            for link in set { room[Int(link)] -= problem.bandwidth[flow] }
        }
        if room.contains(where: { $0 < 0 }) {
            core.isImpossible = true
            return
        }
        // Bandwidths on a link are divided by what they have in common, and the room rounds down to a multiple of it:
        // exactly the same placements fit, and GLPK, whose tolerances are absolute, sees small numbers.
        var unit = [Int](repeating: 0, count: problem.linkCount)
        for (flow, sets, _) in free {
            for link in Set(sets.joined()) {
                unit[Int(link)] = Self.greatestCommonDivisor(unit[Int(link)], problem.bandwidth[flow])
            }
        }
        var row = [Int32](repeating: -1, count: problem.linkCount)
        var scale = [Double](repeating: 1, count: problem.linkCount)
        for link in 0..<problem.linkCount where unit[link] > 0 {
            let units = Double(room[link] / unit[link])
            // Where the numbers stay large, the row is scaled, with a little room added for what rounding might take.
            scale[link] = units > Self.largestRow ? Self.largestRow / units : 1
            core.rows.append(CoreDecomposition.Row(room: room[link], unit: unit[link], price: prices[link]))
            row[link] = core.model.addRow(limit: scale[link] < 1 ? Self.largestRow * (1 + 1e-9) : units)
        }
        // −Σ w x ≤ −(z + 1 − fixed)
        let cutoff = core.model.addRow(limit: -Double(worth + 1 - core.fixedWeight))
        for (flow, sets, isForced) in free {
            // A flow with one projection is bounded as it is.
            let once = sets.count > 1 ? core.model.addRow(limit: 1) : -1
            let least = isForced ? core.model.addRow(limit: -1) : -1
            core.flows.append(
                CoreDecomposition.Flow(
                    weight: problem.weight[flow], bandwidth: problem.bandwidth[flow],
                    sets: sets.map { set in set.map { row[Int($0)] } }, isForced: isForced))
            for set in sets {
                var entries = set.map { link in
                    let units = problem.bandwidth[flow] / unit[Int(link)]
                    return (row: row[Int(link)], value: Double(units) * scale[Int(link)])
                }
                if once >= 0 { entries.append((once, 1)) }
                entries.append((cutoff, -Double(problem.weight[flow])))
                if isForced { entries.append((least, -1)) }
                core.model.addColumn(objective: Double(problem.weight[flow]), entries: entries)
                core.columns.append((flow, set))
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
    private mutating func complete(_ core: Core, values: [Double]) -> Placement? {
        var chosen = core.fixed
        for (column, entry) in core.columns.enumerated() where values[column] > 0.5 { chosen.append(entry) }
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
