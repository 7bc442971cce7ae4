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

    /// One annealing cycle's nature.
    private struct Climate {
        var hot: Double
        var cold: Double
        var theta: Double
        var ruinLimit: Int
    }

    private static let climates = [
        Climate(hot: 0.012, cold: 0.003, theta: 0.8, ruinLimit: 6),
        Climate(hot: 0.025, cold: 0.004, theta: 0.6, ruinLimit: 6),
        Climate(hot: 0.05, cold: 0.008, theta: 0.4, ruinLimit: 6),
        Climate(hot: 0.012, cold: 0.003, theta: 0.85, ruinLimit: 12),
    ]

    private let problem: CompiledProblem
    private let style: Style
    private var recreate: RuinRecreate
    private var random: RandomStream
    private var cycle = -1
    private var cycleStart = 0.0
    private var cycleEnd = 0.0
    private var climate = 0
    private var bestAtCycleStart = 0
    /// What the climates have earned: gain in objective, decayed.
    private var merit = [1.0, 1.0, 1.0, 1.0]
    private var elite: [Placement] = []
    private var enumeratedRevision = -1
    package private(set) var priceRevision: Int

    private static let movesPerSlice = 500
    private static let optionsPerFlow = 12

    package init(
        _ problem: CompiledProblem, weights: [Int], resolution: Int, style: Style, bound: BoundEngine,
        start: Placement, random: RandomStream
    ) {
        self.problem = problem
        self.style = style
        self.random = random
        priceRevision = bound.priceRevision
        var pool = bound.pool
        Self.enumerate(problem, prices: bound.prices, into: &pool)
        recreate = RuinRecreate(
            problem, weights: weights, pool: pool, prices: bound.prices, start: start, resolution: resolution,
            random: random)
    }

    /// Search moves so far.
    package var work: Int { recreate.work }
    package var bestWeight: Int { recreate.bestWeight }
    package func best() -> Placement { recreate.best() }
    package func isBetter(than score: PlacementScore) -> Bool { recreate.bestBeats(score) }

    /// Takes up what the bound side has learned since: prices, their near-optimal paths, the rounded relaxation.
    package mutating func learn(prices: [Double], revision: Int, pool: ColumnPool, rounding: Placement?) {
        guard revision != priceRevision else { return }
        priceRevision = revision
        var fresh = pool
        Self.enumerate(problem, prices: prices, into: &fresh)
        recreate.add(fresh)
        recreate.setPrices(prices)
        if let rounding { recreate.take(rounding) }
        // New prices deserve a new cycle.
        cycleEnd = 0
    }

    private static func enumerate(_ problem: CompiledProblem, prices: [Double], into pool: inout ColumnPool) {
        var enumeration = PathEnumeration(problem, prices: prices)
        let order = (0..<problem.flowCount).sorted {
            (problem.destination[$0], problem.bandwidth[$0], $0) < (problem.destination[$1], problem.bandwidth[$1], $1)
        }
        let count = problem.flowCount > 20_000 ? 4 : problem.flowCount > 6_000 ? 8 : optionsPerFlow
        for flow in order { _ = enumeration.enumerate(flow, count: count, into: &pool) }
    }

    /// One slice; `share` is how much of the budget is spent, 0...1.
    package mutating func advance(share: Double) {
        if share >= cycleEnd { beginCycle(at: share) }
        let progress = min(1, max(0, (share - cycleStart) / max(1e-9, cycleEnd - cycleStart)))
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
            remember(recreate.best())
        }
        cycle += 1
        if cycle > 0 {
            if style == .memetic, elite.count >= 2 {
                recreate.take(child())
            } else {
                recreate.restart()
            }
        }
        bestAtCycleStart = recreate.bestWeight
        climate = cycle < 2 ? cycle : chooseClimate()
        recreate.theta = Self.climates[climate].theta
        recreate.ruinLimit = Self.climates[climate].ruinLimit
        cycleStart = share
        // Short cycles first, so that a small budget has finished one; the last runs to the end.
        let left = 1 - share
        cycleEnd = left < 0.2 ? 1.01 : share + left * (style == .memetic ? 0.15 : 0.3)
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
