// The two threads of a solve under wall time, and the coordinator that waits for the deadline, the proof, the
// cancellation or their end, whichever comes first.

import SluiceModel

package struct SolveCrew: Sendable {
    private let problem: CompiledProblem
    private let options: SolveOptions
    private let engine: (any LinearEngine)?
    private let shared: SharedState
    private let start: Placement
    private let deadline: Double
    private let elapsed: @Sendable () -> Double

    /// - Parameter deadline: seconds on the clock `elapsed`, which reads zero at the start.
    package init(
        problem: CompiledProblem, options: SolveOptions, engine: (any LinearEngine)?, shared: SharedState,
        start: Placement, deadline: Double, elapsed: @escaping @Sendable () -> Double
    ) {
        self.problem = problem
        self.options = options
        self.engine = engine
        self.shared = shared
        self.start = start
        self.deadline = deadline
        self.elapsed = elapsed
    }

    /// Blocks the calling thread until the solve is over; never waits for a thread past the deadline.
    package func run() {
        switch problem.objective {
        case .strict:
            launch { sequential() }
        case .weighted:
            launch { boundSide() }
            launch { searchSide() }
        }
        while !shared.isFinished, !shared.isProven, elapsed() < deadline, !options.budget.cancellation.isCancelled {
            SolverThread.pause()
        }
        shared.stopAll()
    }

    private func launch(_ body: @escaping @Sendable () -> Int) {
        let shared = shared
        shared.begin()
        let started = SolverThread.start { shared.end(work: body()) }
        // Without a thread there is only what the other one, or the greedy start, finds.
        if !started { shared.end(work: 0) }
    }

    private var isOver: Bool { shared.isStopped || elapsed() >= deadline }

    private func sequential() -> Int {
        let elapsed = elapsed
        let shared = shared
        let token = options.budget.cancellation
        let clock: @Sendable () -> Double = { shared.isStopped || token.isCancelled ? .infinity : elapsed() }
        var meter = WorkMeter(
            SolveBudget(.wallTime(seconds: deadline, clock: clock), cancellation: token), startedAt: 0)
        var solve = SequentialSolve(problem, method: options.method, seed: options.seed) { state, _ in
            shared.offer(state)
        }
        solve.run(meter: &meter)
        shared.offer(solve.state)
        return meter.work
    }

    private func boundSide() -> Int {
        let resolution = max(1, problem.weight.max() ?? 1)
        var bound = BoundEngine(problem, weights: problem.weight, resolution: resolution)
        var taught = -1
        while !bound.isRelaxed, !isOver {
            bound.advance(incumbent: shared.state.placement)
            if bound.priceRevision != taught {
                taught = bound.priceRevision
                shared.offer(bound: bound.bound)
                if options.method == .genetic { continue }
                let lesson = bound.lesson()
                if let rounding = lesson.rounding {
                    shared.offer(rounding, by: options.method == .exact ? .exact : .search)
                }
                shared.teach(lesson)
            }
        }
        shared.offer(bound: bound.bound)
        let prover = options.method == .auto || options.method == .exact ? engine : nil
        let searched = tighten(&bound, engine: prover)
        return bound.work + searched
    }

    /// The exact core, the knapsacks of single links and a second search in turns, each for a while: which of them gets
    /// anywhere differs by instance. The core is worth another attempt with every better incumbent and every better
    /// bound, where so many flows are settled already that the rest may be.
    ///
    /// Answers the work of the second search.
    private func tighten(_ bound: inout BoundEngine, engine: (any LinearEngine)?) -> Int {
        var tried = -1
        var triedBound = -1
        var lastAttemptWasOpen = false
        var patience = 0.3
        var second: SearchSession?
        while !isOver, !shared.isProven {
            let incumbent = shared.state.placement
            let known = shared.state.bound
            let isNew = incumbent.score.weight != tried || known != triedBound
            if let engine, isNew || lastAttemptWasOpen && patience < 10 {
                if isNew { patience = min(patience, 1) }
                tried = incumbent.score.weight
                triedBound = known
                lastAttemptWasOpen = attempt(bound, incumbent, engine: engine, seconds: patience)
                if lastAttemptWasOpen { patience *= 4 }
            }
            let begun = elapsed()
            var share = Self.knapsackSeconds
            while bound.phase != .converged, !isOver, !shared.isProven, elapsed() - begun < share {
                bound.advance(incumbent: shared.state.placement)
                shared.offer(bound: bound.bound)
            }
            if isOver || shared.isProven { break }
            guard let style = Self.searchStyle(of: options.method) else {
                if bound.phase == .converged { SolverThread.pause() }
                continue
            }
            // Knapsacks tighten the bound where there are few flows; where there are many, time is better spent searching.
            share *= problem.flowCount <= Self.fewFlows ? 1 : 4
            if second == nil {
                second = SearchSession(
                    problem, style: style, lesson: bound.lesson(), start: shared.state.placement,
                    random: RandomStream(seed: options.seed, purpose: "search.second"), isSecond: true,
                    begun: elapsed(), deadline: deadline)
            }
            let searchBegun = elapsed()
            while !isOver, !shared.isProven, elapsed() - searchBegun < share {
                second?.advance(shared: shared, now: elapsed())
            }
        }
        second?.offerBest(to: shared)
        return second?.work ?? 0
    }

    /// One try at the exact core. It is given up once the search has found better: with less to beat, less remains to
    /// prove.
    ///
    /// Answers whether more time may settle it.
    private func attempt(
        _ bound: BoundEngine, _ incumbent: Placement, engine: any LinearEngine, seconds: Double
    ) -> Bool {
        let worth = incumbent.score.weight
        let begun = elapsed()
        var core = ExactCore(problem, prices: bound.prices, engine: engine)
        guard core.openFlows(beating: worth) <= Self.openFlowsMost else { return false }
        let outcome = core.settle(incumbent, secondsLeft: { min(deadline, begun + seconds) - elapsed() }) {
            isOver || elapsed() - begun > seconds
                || (elapsed() - begun > 0.1 && shared.state.placement.score.weight > worth)
        }
        switch outcome {
        case .proven: shared.offer(bound: worth)
        case .improved(let placement): shared.offer(placement, by: .exact)
        case .open(let proven): shared.offer(bound: proven)
        }
        // Branching seldom ends where cuts did not; the time is better spent on a better incumbent.
        return !core.areCutsExhausted || seconds < 1
    }

    private static let knapsackSeconds = 0.25
    private static let fewFlows = 500
    /// Cores with more undecided flows than this are not worth an attempt.
    private static let openFlowsMost = 1_000

    private static func searchStyle(of method: AdmissionPolicy.Method) -> SearchEngine.Style? {
        switch method {
        case .auto, .search: .search
        case .memetic: .memetic
        case .greedy, .genetic, .exact: nil
        }
    }

    private func searchSide() -> Int {
        switch options.method {
        case .greedy: 0
        case .genetic, .exact: geneticSide()
        case .auto, .search: search(style: .search)
        case .memetic: search(style: .memetic)
        }
    }

    private func geneticSide() -> Int {
        var genetic = GeneticAlgorithm(
            problem, weights: problem.weight, random: RandomStream(seed: options.seed, purpose: "genetic"))
        var seen = 0
        while !isOver, !shared.isProven {
            genetic.advance()
            if genetic.championRevision != seen {
                seen = genetic.championRevision
                if let score = genetic.bestScore, score.weight > shared.state.placement.score.weight,
                    let placement = genetic.best()
                {
                    shared.offer(placement, by: .genetic)
                }
            }
        }
        return genetic.work
    }

    private func search(style: SearchEngine.Style) -> Int {
        // Prices make the search worth starting; they come within milliseconds, or a few hundred on large networks.
        var first = shared.lesson(after: -1)
        while first == nil, !isOver {
            SolverThread.pause()
            first = shared.lesson(after: -1)
        }
        guard let first else { return 0 }
        var session = SearchSession(
            problem, style: style, lesson: first, start: shared.state.placement,
            random: RandomStream(seed: options.seed, purpose: "search"), isSecond: false, begun: elapsed(),
            deadline: deadline)
        while !isOver, !shared.isProven { session.advance(shared: shared, now: elapsed()) }
        session.offerBest(to: shared)
        return session.work
    }
}
