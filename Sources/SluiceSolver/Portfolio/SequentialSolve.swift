// A whole solve in one thread: bound and search take turns by work done, never by the clock, so that with a work limit
// the same seed gives the same answer. It reads no clock itself; the meter decides when it is over.

package import SluiceModel

/// The state of a solve as others may see it.
package struct SolveState: Sendable {
    package var placement: Placement
    package var method: SolveMethod
    /// Proven bound on the sum of weights.
    package var bound: Int
    /// Proven bounds of the classes settled so far, most important first; the others are not known.
    package var classBounds: [Int]

    /// The answer cannot be improved, and that is proven.
    package func isProven(of problem: CompiledProblem) -> Bool {
        switch problem.objective {
        case .weighted: placement.score.weight >= bound
        case .strict:
            classBounds.count == problem.priorities.count
                && zip(classBounds, placement.score.admitted).allSatisfy { $0 == $1 }
        }
    }
}

package struct SequentialSolve {
    private let problem: CompiledProblem
    private let method: AdmissionPolicy.Method
    private let seed: UInt64
    package private(set) var state: SolveState
    private let report: (SolveState, Int) -> Void
    private var settledWork = 0

    /// - Parameter report: called with every better placement or bound and the work done so far.
    package init(
        _ problem: CompiledProblem, method: AdmissionPolicy.Method, seed: UInt64,
        report: @escaping (SolveState, Int) -> Void
    ) {
        self.problem = problem
        self.method = method
        self.seed = seed
        self.report = report
        state = SolveState(
            placement: Placement(emptyFor: problem), method: .greedy, bound: problem.weight.reduce(0, +),
            classBounds: [])
    }

    package mutating func run(meter: inout WorkMeter) {
        var greedy = GreedyAdmission(problem)
        let start = greedy.run(order: GreedyAdmission.order(of: problem), meter: &meter)
        if method != .genetic || meter.isOver { offer(start, by: .greedy, meter: meter) }
        guard method != .greedy else { return }
        let stages = StagePlan.stages(of: problem)
        for (number, stage) in stages.enumerated() {
            let from = meter.share
            let until = from + (1 - from) / Double(stages.count - number)
            run(stage, from: from, until: number == stages.count - 1 ? 1 : until, meter: &meter)
            if meter.isOver { return }
        }
    }

    private mutating func offer(_ placement: Placement, by method: SolveMethod, meter: WorkMeter) {
        guard placement.score > state.placement.score else { return }
        state.placement = placement
        state.method = method
        report(state, meter.work)
    }

    private mutating func run(_ stage: StagePlan, from: Double, until: Double, meter: inout WorkMeter) {
        let boundWeights = stage.stageClass.map { StagePlan.boundWeights(of: problem, stage: $0) } ?? stage.weights
        var bound = BoundEngine(
            problem, weights: boundWeights, resolution: stage.stageClass == nil ? stage.resolution : 1)
        var search: SearchEngine?
        var genetic: GeneticAlgorithm?
        if method == .genetic || method == .exact {
            genetic = GeneticAlgorithm(
                problem, weights: stage.weights, random: RandomStream(seed: seed, purpose: "genetic"))
        }
        var spentBound = 0
        var spentSearch = 0
        var learned = -1
        // Classes above are settled now; what they reached is what this stage must keep.
        var isSettled = settle(stage, bound: bound)
        while !meter.isOver, meter.share < until, !isSettled {
            if bound.phase != .converged, spentBound <= spentSearch + 2_000 {
                let before = bound.work
                bound.advance(incumbent: state.placement)
                let spent = max(1, bound.work - before)
                spentBound += spent
                meter.spend(spent)
                isSettled = settle(stage, bound: bound)
                if bound.phase != .ascent, bound.priceRevision != learned, method != .genetic {
                    learned = bound.priceRevision
                    let lesson = bound.lesson()
                    if let rounding = lesson.rounding {
                        offer(rounding, by: method == .exact ? .exact : .search, meter: meter)
                    }
                    search?.learn(lesson)
                }
                if bound.phase == .ascent, genetic == nil { continue }
            }
            if genetic != nil {
                advanceGenetic(&genetic, meter: &meter, spent: &spentSearch)
            } else {
                advanceSearch(
                    &search, stage, bound: bound, from: from, until: until, meter: &meter, spent: &spentSearch)
            }
            isSettled = settle(stage, bound: bound)
        }
    }

    private mutating func advanceGenetic(_ genetic: inout GeneticAlgorithm?, meter: inout WorkMeter, spent: inout Int) {
        guard genetic != nil else { return }
        let before = genetic?.work ?? 0
        genetic?.advance()
        let done = (genetic?.work ?? 0) - before
        spent += done
        meter.spend(done)
        if let score = genetic?.bestScore, score > state.placement.score, let placement = genetic?.best() {
            offer(placement, by: .genetic, meter: meter)
        }
    }

    private mutating func advanceSearch(
        _ search: inout SearchEngine?, _ stage: StagePlan, bound: BoundEngine, from: Double, until: Double,
        meter: inout WorkMeter, spent: inout Int
    ) {
        if search == nil {
            search = SearchEngine(
                problem, weights: stage.weights, resolution: stage.resolution,
                style: method == .memetic ? .memetic : .search, lesson: bound.lesson(), start: state.placement,
                random: RandomStream(seed: seed, purpose: "search"))
        }
        let before = search?.work ?? 0
        let share = (meter.share - from) / max(1e-9, until - from)
        search?.advance(share: share)
        let done = (search?.work ?? 0) - before
        spent += done
        meter.spend(done)
        if let search, search.isBetter(than: state.placement.score) {
            offer(search.best(), by: method == .memetic ? .memetic : .search, meter: meter)
        }
    }

    /// Turns the bound engine's bound into what is proven of the objective; whether the stage has nothing left to do.
    private mutating func settle(_ stage: StagePlan, bound: BoundEngine) -> Bool {
        guard let stageClass = stage.stageClass else {
            if bound.bound < state.bound {
                state.bound = max(bound.bound, state.placement.score.weight)
                report(state, -1)
            }
            return state.placement.score.weight >= state.bound
        }
        let total = problem.flowClass.count { Int($0) == stageClass }
        var above = 0
        for position in 0..<stageClass {
            above += (1 << min(30, 6 * (stageClass - position))) * state.placement.score.admitted[position]
        }
        let proven = max(0, min(total, bound.bound - above))
        while state.classBounds.count <= stageClass { state.classBounds.append(total) }
        state.classBounds[stageClass] = min(state.classBounds[stageClass], proven)
        return state.placement.score.admitted[stageClass] >= state.classBounds[stageClass]
    }
}
