// The search side of a solve in slices: ruin and recreate under annealing cycles that differ in heat and in how much of
// the prices counts, since networks differ in what suits them; each cycle starts from the best so far, so that a cycle
// that does not suit costs time but no result. As `memetic`, cycles start from children of an elite instead, and ruin
// and recreate is the mutation of a genetic algorithm.

package import SluiceModel

package struct SearchEngine: Sendable {
    package enum Style: Hashable, Sendable {
        case search
        case memetic
    }

    /// One annealing cycle's nature. Temperatures are shares of the largest weight.
    private struct Climate {
        var hot: Double
        var cold: Double
        var theta: Double
        /// Share of what is left of the budget.
        var length: Double
    }

    /// A rounded relaxation only wants polishing: that is the first climate. The others part company by instance: few
    /// flows a link want it hot, many flows cold.
    private static let climates = [
        Climate(hot: 0.006, cold: 0.001, theta: 0.8, length: 0.05),
        Climate(hot: 0.04, cold: 0.005, theta: 0.7, length: 0.55),
        Climate(hot: 0.018, cold: 0.004, theta: 0.8, length: 0.4),
        Climate(hot: 0.08, cold: 0.010, theta: 0.55, length: 0.4),
        Climate(hot: 0.15, cold: 0.030, theta: 0.4, length: 0.3),
    ]

    private let problem: CompiledProblem
    private let weights: [Int]
    private let margin: Double
    private let style: Style
    /// Climate of the first cycle after the polish.
    private let firstClimate: Int
    private var suggestion: Placement?
    private var recreate: RuinRecreate
    private var random: RandomStream
    private var cycle = -1
    private var cycleStart = 0.0
    private var cycleEnd = 0.0
    private var cycleWork = 0
    private var climate = 0
    private var bestAtCycleStart = 0
    /// What the climates have earned: gain in objective, decayed.
    private var merit = climates.map { _ in 1.0 }
    private var elite: [Placement] = []
    private var lesson: PriceLesson?
    private var gathered = ColumnPool(flowCount: 0)
    private var enumeration: PathEnumeration?
    private let enumerationOrder: [Int]
    private var nextFlow = 0
    private var enumerated = 0
    private var isFirstLesson = true
    package private(set) var priceRevision: Int

    private static let movesPerSlice = 500
    /// A cycle of more moves than this gains less than another one: a small problem gets many of them.
    private static let movesPerFlow = 4_000
    private static let flowsPerSlice = 64
    private static let optionsPerFlow = 12
    /// Where flows are few, each blocks others for good on its links, and more ways around are worth having.
    private static let optionsOfFew = 30
    private var isSmall: Bool { problem.flowCount <= 500 }

    /// - Parameters:
    ///   - lesson: the first prices.
    ///   - start: the best placement known.
    ///   - isSecond: another search runs beside this one, so this one begins with another climate.
    package init(
        _ problem: CompiledProblem, weights: [Int], resolution: Int, style: Style, lesson: PriceLesson,
        start: Placement, random: RandomStream, isSecond: Bool = false
    ) {
        firstClimate = isSecond ? 2 : 1
        self.problem = problem
        self.weights = weights
        self.style = style
        self.random = random
        priceRevision = lesson.revision
        margin = 0.5 * Double(max(1, resolution))
        enumerationOrder = (0..<problem.flowCount).sorted {
            (problem.destination[$0], problem.bandwidth[$0], $0) < (
                problem.destination[$1], problem.bandwidth[$1], $1
            )
        }
        recreate = RuinRecreate(
            problem, weights: weights, pool: lesson.pool, prices: lesson.prices, start: start,
            resolution: resolution,
            random: random)
        isFirstLesson = true
        beginLesson(lesson)
    }

    /// Search moves and flows enumerated so far.
    package var work: Int { recreate.work + enumerated }
    package var bestWeight: Int { recreate.bestWeight }
    package func best() -> Placement { recreate.board.best() }
    package func isBetter(than score: PlacementScore) -> Bool { recreate.board.bestBeats(score) }
    /// Whether paths under the last prices are still being gathered.
    package var isLearning: Bool { lesson != nil }

    /// Takes up what the bound side has learned since: prices, their near-optimal paths, the rounded relaxation.
    package mutating func learn(_ lesson: PriceLesson) {
        guard lesson.revision != priceRevision else { return }
        priceRevision = lesson.revision
        beginLesson(lesson)
    }

    /// Takes over a placement found elsewhere; the search goes on from it if it is the better one.
    package mutating func take(_ placement: Placement) {
        recreate.take(placement)
        recreate.restart()
        cycle = -1
        cycleEnd = 0
    }

    /// Hands over a better placement found elsewhere, from which the next cycle starts.
    package mutating func suggest(_ placement: Placement) { suggestion = placement }

    // Lessons: paths within reach of the prices are gathered in slices, since on large networks that takes a second.

    private mutating func beginLesson(_ lesson: PriceLesson) {
        self.lesson = lesson
        // The board's columns keep their numbers; what the relaxation knows and the enumeration finds follows them.
        gathered = recreate.board.table.pool
        for column in 0..<lesson.pool.count {
            gathered.insert(flow: lesson.pool.flow[column], path: lesson.pool.path(of: column))
        }
        enumeration = PathEnumeration(problem, prices: lesson.prices)
        nextFlow = 0
    }

    private mutating func continueLesson() {
        guard let lesson else { return }
        let large = problem.flowCount > 6_000
        let count =
            problem.flowCount > 20_000
            ? 3 : large ? (lesson.isFinal ? 8 : 5) : isSmall ? Self.optionsOfFew : Self.optionsPerFlow
        let last = min(nextFlow + Self.flowsPerSlice, problem.flowCount)
        for position in nextFlow..<last {
            let flow = enumerationOrder[position]
            // Flows that no good placement admits are not worth the time.
            let bandwidth = Double(problem.bandwidth[flow])
            let limit = bandwidth > 0 ? (Double(weights[flow]) + margin) / bandwidth : .infinity
            _ = enumeration?.enumerate(flow, count: count, priceLimit: limit, into: &gathered)
        }
        enumerated += last - nextFlow
        nextFlow = last
        if nextFlow == problem.flowCount { endLesson(lesson) }
    }

    private mutating func endLesson(_ lesson: PriceLesson) {
        recreate.learn(prices: lesson.prices, pool: gathered)
        if let rounding = lesson.rounding {
            take(rounding)
        } else if isFirstLesson {
            recreate.placeByProfit()
            recreate.restart()
        }
        isFirstLesson = false
        self.lesson = nil
        enumeration = nil
        gathered = ColumnPool(flowCount: 0)
        // New prices deserve a new beginning.
        cycle = -1
        cycleEnd = 0
    }

    /// One slice; `share` is how much of the budget is spent, 0...1.
    package mutating func advance(share: Double) {
        if lesson != nil {
            continueLesson()
            return
        }
        let movesMost = Self.movesPerFlow * problem.flowCount
        if share >= cycleEnd || recreate.work - cycleWork >= movesMost { beginCycle(at: share) }
        let ofTime = (share - cycleStart) / max(1e-9, cycleEnd - cycleStart)
        let ofMoves = Double(recreate.work - cycleWork) / Double(max(1, movesMost))
        let progress = min(1, max(0, ofTime, ofMoves))
        let now = Self.climates[climate]
        recreate.temperature = now.hot * decay(now.cold / now.hot, progress)
        recreate.run(moves: Self.movesPerSlice)
    }

    /// ratio^progress, in a few multiplications: temperatures need no more digits.
    private func decay(_ ratio: Double, _ progress: Double) -> Double {
        var steps = Int(progress * 64)
        var root = ratio.squareRoot().squareRoot().squareRoot().squareRoot().squareRoot().squareRoot()
        var result = 1.0
        while steps > 0 {
            if steps & 1 == 1 { result *= root }
            root *= root
            steps >>= 1
        }
        return result
    }

    private mutating func beginCycle(at share: Double) {
        if cycle >= 0 {
            merit[climate] = 0.5 * merit[climate] + Double(recreate.bestWeight - bestAtCycleStart)
            remember(best())
        }
        cycle += 1
        if let placement = suggestion {
            suggestion = nil
            recreate.take(placement)
            recreate.restart()
        } else if cycle > 0 {
            if style == .memetic, elite.count >= 2 {
                recreate.take(child())
            } else if cycle < Self.climates.count || random.next() & 1 == 0 {
                recreate.restart()
            }
            // Else the cycle goes on from where the last one ended: the best is kept anyway, and may be a dead end.
        }
        cycleWork = recreate.work
        bestAtCycleStart = recreate.bestWeight
        let rest = Self.climates.count - 1
        climate =
            cycle == 0 ? 0 : cycle <= rest ? 1 + (firstClimate + cycle - 2) % rest : chooseClimate()
        let now = Self.climates[climate]
        recreate.setTheta(now.theta)
        let isWide = random.next() & 3 == 0
        recreate.ruinLimit = problem.flowCount <= 200 ? (isWide ? 6 : 4) : isWide ? 14 : 8
        cycleStart = share
        // A share of what is left, so that a small budget has finished one; the last runs to the end.
        let left = 1 - share
        cycleEnd =
            left < 0.08 ? 1.01 : share + left * (style == .memetic ? min(0.15, now.length) : now.length)
    }

    /// In proportion to merit, never leaving one out for good.
    private mutating func chooseClimate() -> Int {
        let total = merit.reduce(0) { $0 + $1 + 0.5 }
        var draw = random.unit() * total
        for (index, value) in merit.enumerated() {
            draw -= value + 0.5
            if draw < 0 { return index }
        }
        return 0
    }

    private mutating func remember(_ placement: Placement) {
        if elite.contains(where: { $0.routes == placement.routes }) { return }
        elite.append(placement)
        elite.sort { $0.score > $1.score }
        if elite.count > 6 { elite.removeLast() }
    }

    /// Path-inheriting crossover: what both parents do is kept, then the better parent's and the other's paths in turn
    /// as they fit; ruin and recreate repairs the rest.
    private mutating func child() -> Placement {
        let first = elite[random.below(elite.count)]
        let second = elite[random.below(elite.count)]
        return Crossover.child(of: first, and: second, in: problem, random: &random)
    }
}
