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
        while bound.phase != .converged, !isOver {
            bound.advance(incumbent: shared.state.placement)
            if bound.priceRevision != taught || bound.phase == .converged {
                taught = bound.priceRevision
                shared.offer(bound: bound.bound)
                let rounding = options.method == .genetic ? nil : bound.rounding()
                if let rounding { shared.offer(rounding, by: options.method == .exact ? .exact : .search) }
                shared.teach(bound, rounding: rounding)
            }
        }
        shared.offer(bound: bound.bound)
        if let engine, options.method == .auto || options.method == .exact { prove(bound, engine: engine) }
        return bound.work
    }

    /// The exact core, again with every better incumbent, since each leaves less of it.
    private func prove(_ bound: BoundEngine, engine: any LinearEngine) {
        var tried = -1
        while !isOver, !shared.isProven {
            let incumbent = shared.state.placement
            let worth = incumbent.score.weight
            if worth == tried {
                SolverThread.pause()
                continue
            }
            tried = worth
            var core = ExactCore(problem, prices: bound.prices, engine: engine)
            let begun = elapsed()
            // A long attempt is given up once the search has found better: with less to beat, less remains to prove.
            let outcome = core.settle(incumbent, secondsLeft: { deadline - elapsed() }) {
                isOver || (elapsed() - begun > 0.2 && shared.state.placement.score.weight > worth)
            }
            switch outcome {
            case .proven: shared.offer(bound: worth)
            case .improved(let placement): shared.offer(placement, by: .exact)
            case .open(let proven): shared.offer(bound: proven)
            }
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
        while !isOver, !shared.isProven {
            genetic.advance()
            if let score = genetic.bestScore, score.weight > shared.state.placement.score.weight,
                let placement = genetic.best()
            {
                shared.offer(placement, by: .genetic)
            }
        }
        return genetic.work
    }

    private func search(style: SearchEngine.Style) -> Int {
        // Prices make the search worth starting; they come within milliseconds, or tens of them on large networks.
        var learned = shared.learn(after: -1)
        while learned == nil, !isOver {
            SolverThread.pause()
            learned = shared.learn(after: -1)
        }
        guard let learned else { return 0 }
        let begun = elapsed()
        var nextOffer = begun
        var engine = SearchEngine(
            problem, weights: problem.weight, resolution: max(1, problem.weight.max() ?? 1), style: style,
            bound: learned.bound, start: shared.state.placement,
            random: RandomStream(seed: options.seed, purpose: "search"))
        while !isOver, !shared.isProven {
            engine.advance(share: (elapsed() - begun) / max(1e-6, deadline - begun))
            // Copying a placement out costs as much as some slices of search: not for each better one of many.
            let now = elapsed()
            if now >= nextOffer, engine.isBetter(than: shared.state.placement.score) {
                shared.offer(engine.best(), by: style == .memetic ? .memetic : .search)
                nextOffer = now + min(0.02, 0.1 * (deadline - now))
            }
            if let news = shared.learn(after: engine.priceRevision) {
                engine.learn(
                    prices: news.bound.prices, revision: news.bound.priceRevision, pool: news.bound.pool,
                    rounding: news.rounding)
            }
        }
        return engine.work
    }
}
