// The one entry: a problem and a budget in, an audited solution out.
//
// Under wall time two threads work: one on the bound and the proof, one on better placements. They share incumbents and
// prices through `SharedState`, and the coordinator, which is the calling thread, returns the best at the deadline
// whatever they are doing then; they notice within a slice and end by themselves. With a work limit everything happens
// in the calling thread, in an order that depends on counts alone.

import SluiceModel

package enum AdmissionSolver {
    /// What the audit and the answer cost a flow at most, on a machine that others use too.
    private static let secondsPerAnsweredFlow = 8e-6

    /// Solves `problem` within the budget. The answer has passed the audit.
    ///
    /// - Parameters:
    ///   - engine: for the exact core; without one, proofs come from the relaxation alone.
    ///   - onProgress: called from solver threads at every better placement or bound.
    package static func solve(
        _ problem: AdmissionProblem, options: SolveOptions, engine: (any LinearEngine)? = nil,
        onProgress: (@Sendable (TrajectoryPoint) -> Void)? = nil
    ) -> AdmissionSolution {
        var meter = WorkMeter(options.budget)
        let begun: Double
        if case .wallTime(_, let clock) = options.budget.extent { begun = clock() } else { begun = 0 }
        let compiled = CompiledProblem(problem)
        let assembly = SolutionAssembly(problem: problem, compiled: compiled)
        var state: SolveState
        var trajectory: [TrajectoryPoint]
        switch options.budget.extent {
        case .work:
            (state, trajectory) = solveByWork(compiled, options: options, meter: &meter, onProgress: onProgress)
        case .wallTime(let seconds, let clock):
            let start = clock()
            // The audit and the answer take their time too.
            let deadline = max(seconds * 0.5, seconds - Double(problem.demands.count) * secondsPerAnsweredFlow)
            var first = WorkMeter(
                SolveBudget(.wallTime(seconds: deadline, clock: clock), cancellation: options.budget.cancellation),
                startedAt: begun)
            var greedy = GreedyAdmission(compiled)
            let placement = greedy.run(order: GreedyAdmission.order(of: compiled), meter: &first)
            state = SolveState(
                placement: placement, method: .greedy, bound: problem.totalWeight, classBounds: [])
            let shared = SharedState(
                compiled, state: state, elapsed: { clock() - start }, onProgress: onProgress)
            if options.method != .greedy, !first.isOver {
                if options.method == .genetic {
                    // A cold genetic answer owes nothing to greedy: it starts from nobody admitted.
                    shared.offer(
                        SolveState(
                            placement: Placement(emptyFor: compiled), method: .genetic, bound: problem.totalWeight,
                            classBounds: []))
                }
                let crew = SolveCrew(
                    problem: compiled, options: options, engine: engine, shared: shared, start: placement,
                    deadline: deadline - (start - begun), elapsed: { clock() - start })
                crew.run()
            }
            let reached = shared.state
            // Cold search that ended before its first answer is no worse than greedy's.
            if reached.placement.score > state.placement.score
                || options.method == .genetic && reached.placement.score.weight > 0
            {
                state.placement = reached.placement
                state.method = reached.method
                state.classBounds = reached.classBounds
            } else if reached.placement.score == state.placement.score {
                state.method = reached.method
                state.classBounds = reached.classBounds
            }
            state.bound = min(state.bound, reached.bound)
            trajectory = shared.trajectory
            meter.spend(shared.work)
        }
        let polish = meter
        state.placement = SecondaryObjectives.improve(state.placement, in: compiled) { polish.isOverForPolish() }
        return answer(
            state, problem: problem, compiled: compiled, assembly: assembly, trajectory: trajectory, meter: meter)
    }

    private static func solveByWork(
        _ compiled: CompiledProblem, options: SolveOptions, meter: inout WorkMeter,
        onProgress: (@Sendable (TrajectoryPoint) -> Void)?
    ) -> (SolveState, [TrajectoryPoint]) {
        let log = TrajectoryLog(onProgress: onProgress)
        var solve = SequentialSolve(compiled, method: options.method, seed: options.seed) { state, work in
            log.note(state, work: work)
        }
        solve.run(meter: &meter)
        return (solve.state, log.points)
    }

    private static func answer(
        _ state: SolveState, problem: AdmissionProblem, compiled: CompiledProblem, assembly: SolutionAssembly,
        trajectory: [TrajectoryPoint], meter: WorkMeter
    ) -> AdmissionSolution {
        do {
            return try assembly.solution(
                state.placement, method: state.method, bound: state.bound, classBounds: state.classBounds,
                trajectory: trajectory, meter: meter)
        } catch {
            // A method has erred. The greedy placement stands in, and says what was refused.
            var unlimited = WorkMeter(SolveBudget(.work(Int.max)))
            var greedy = GreedyAdmission(compiled)
            let placement = greedy.run(order: GreedyAdmission.order(of: compiled), meter: &unlimited)
            do {
                return try assembly.solution(
                    placement, method: .greedy, bound: problem.totalWeight, classBounds: [], trajectory: [],
                    meter: meter, refused: error)
            } catch {
                preconditionFailure("the audit refuses the greedy placement: \(error.faults.prefix(3))")
            }
        }
    }
}

/// Collects the trajectory of a solve in one thread.
private final class TrajectoryLog {
    private(set) var points: [TrajectoryPoint] = []
    private let onProgress: (@Sendable (TrajectoryPoint) -> Void)?

    init(onProgress: (@Sendable (TrajectoryPoint) -> Void)?) { self.onProgress = onProgress }

    func note(_ state: SolveState, work: Int) {
        let point = TrajectoryPoint(work: work, objective: state.placement.score.weight, bound: state.bound)
        if let last = points.last, last.objective == point.objective, last.bound == point.bound { return }
        points.append(point)
        onProgress?(point)
    }
}
