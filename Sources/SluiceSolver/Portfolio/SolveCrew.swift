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
        tighten(&bound, engine: prover)
        return bound.work
    }

    /// The exact core and the knapsacks of single links in turns, each for a while: which of them gets anywhere differs
    /// by instance. The core is worth another attempt with every better incumbent and every better bound.
    private func tighten(_ bound: inout BoundEngine, engine: (any LinearEngine)?) {
        var tried = -1
        var triedBound = -1
        var patience = 0.3
        while !isOver, !shared.isProven {
            let incumbent = shared.state.placement
            let known = shared.state.bound
            if let engine, incumbent.score.weight != tried || known != triedBound || patience < 10 {
                tried = incumbent.score.weight
                triedBound = known
                attempt(bound, incumbent, engine: engine, seconds: patience)
                patience *= 2
            } else if bound.phase == .converged {
                SolverThread.pause()
            }
            let begun = elapsed()
            while bound.phase != .converged, !isOver, !shared.isProven, elapsed() - begun < patience {
                bound.advance(incumbent: shared.state.placement)
                shared.offer(bound: bound.bound)
            }
        }
    }

    /// One try at the exact core. It is given up once the search has found better: with less to beat, less remains to
    /// prove.
    private func attempt(_ bound: BoundEngine, _ incumbent: Placement, engine: any LinearEngine, seconds: Double) {
        let worth = incumbent.score.weight
        let begun = elapsed()
        var core = ExactCore(problem, prices: bound.prices, engine: engine)
        let outcome = core.settle(incumbent, secondsLeft: { min(deadline, begun + seconds) - elapsed() }) {
            isOver || elapsed() - begun > seconds
                || (elapsed() - begun > 0.1 && shared.state.placement.score.weight > worth)
        }
        switch outcome {
        case .proven: shared.offer(bound: worth)
        case .improved(let placement): shared.offer(placement, by: .exact)
        case .open(let proven): shared.offer(bound: proven)
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
        let begun = elapsed()
        var nextOffer = begun
        var engine = SearchEngine(
            problem, weights: problem.weight, resolution: max(1, problem.weight.max() ?? 1), style: style,
            lesson: first, start: shared.state.placement, random: RandomStream(seed: options.seed, purpose: "search"))
        var lessonBegun = begun
        var nextLesson = begun
        var taken = shared.state.placement.score
        while !isOver, !shared.isProven {
            let wasLearning = engine.isLearning
            engine.advance(share: (elapsed() - begun) / max(1e-6, deadline - begun))
            let now = elapsed()
            // A lesson may take a second where there are many flows; the next one waits until this one has paid.
            if wasLearning, !engine.isLearning { nextLesson = now + min(1, 4 * (now - lessonBegun)) }
            // Copying a placement out costs as much as some slices of search: not for each better one of many.
            if now >= nextOffer {
                let known = shared.state.placement
                if engine.isBetter(than: known.score) {
                    shared.offer(engine.best(), by: style == .memetic ? .memetic : .search)
                    taken = shared.state.placement.score
                } else if known.score.weight > engine.bestWeight, known.score != taken, !engine.isLearning {
                    // The proof has found better.
                    taken = known.score
                    engine.take(known)
                }
                nextOffer = now + min(0.02, 0.1 * (deadline - now))
            }
            if !engine.isLearning, let news = shared.lesson(after: engine.priceRevision),
                now >= nextLesson || news.isFinal
            {
                lessonBegun = now
                engine.learn(news)
            }
        }
        if engine.isBetter(than: shared.state.placement.score) {
            shared.offer(engine.best(), by: style == .memetic ? .memetic : .search)
        }
        return engine.work
    }
}
