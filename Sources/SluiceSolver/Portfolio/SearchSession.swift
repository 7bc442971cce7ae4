// A search under wall time: its slices, and what passes between it and the rest of the crew. Lessons are taken up as they
// come and as they pay; better placements are offered, and those of others are taken over between two annealing cycles, so
// that two searches side by side stay two.

import SluiceModel

struct SearchSession {
    private var engine: SearchEngine
    private let method: SolveMethod
    private let begun: Double
    private let deadline: Double
    private var nextOffer: Double
    private var lessonBegun: Double
    private var nextLesson: Double
    private var taken: PlacementScore

    /// - Parameters:
    ///   - begun: seconds on the clock that `advance` reads; `deadline`: on the same.
    init(
        _ problem: CompiledProblem, style: SearchEngine.Style, lesson: PriceLesson, start: Placement,
        random: RandomStream, isSecond: Bool, begun: Double, deadline: Double
    ) {
        engine = SearchEngine(
            problem, weights: problem.weight, resolution: max(1, problem.weight.max() ?? 1), style: style,
            lesson: lesson, start: start, random: random, isSecond: isSecond)
        method = style == .memetic ? .memetic : .search
        self.begun = begun
        self.deadline = deadline
        nextOffer = begun
        lessonBegun = begun
        nextLesson = begun
        taken = start.score
    }

    var work: Int { engine.work }

    /// One slice; `now` is the clock's reading before it.
    mutating func advance(shared: SharedState, now: Double) {
        let wasLearning = engine.isLearning
        engine.advance(share: (now - begun) / max(1e-6, deadline - begun))
        // A lesson may take a second where there are many flows; the next one waits until this one has paid.
        if wasLearning, !engine.isLearning { nextLesson = now + min(1, 4 * (now - lessonBegun)) }
        // Copying a placement out costs as much as some slices of search: not for each better one of many.
        if now >= nextOffer {
            let known = shared.state.placement
            if engine.isBetter(than: known.score) {
                shared.offer(engine.best(), by: method)
                taken = shared.state.placement.score
            } else if known.score.weight > engine.bestWeight, known.score != taken, !engine.isLearning {
                taken = known.score
                engine.suggest(known)
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

    func offerBest(to shared: SharedState) {
        if engine.isBetter(than: shared.state.placement.score) { shared.offer(engine.best(), by: method) }
    }
}
