// The bound side of a solve in slices of a few milliseconds, so that whoever drives it can stop, share and interleave:
// price ascent first, then column generation until the relaxation is solved.

package struct BoundEngine: Sendable {
    package enum Phase: Hashable, Sendable {
        case ascent, columns, converged
    }

    package let problem: CompiledProblem
    package let weights: [Int]
    package private(set) var phase = Phase.ascent
    /// Proven bound on Σ weights of any placement; the sum of all until something better is known.
    package private(set) var bound: Int
    /// The prices that prove it.
    package private(set) var prices: [Double]
    /// Counts changes of `prices` that a search should take up.
    package private(set) var priceRevision = 0
    private var ascent: PriceAscent
    private var columns: ColumnGeneration?
    private let resolution: Double
    private var roundsPublished = 0

    private static let ascentRounds = 90
    private static let pivotsPerSlice = 200

    /// - Parameter resolution: the weight whose differences matter; the largest weight of a weighted objective, that of
    ///   the class in question of a strict one.
    package init(_ problem: CompiledProblem, weights: [Int], resolution: Int) {
        self.problem = problem
        self.weights = weights
        self.resolution = Double(max(1, resolution))
        bound = weights.reduce(0, +)
        ascent = PriceAscent(problem, weights: weights)
        prices = ascent.bestPrices
        if problem.flowCount == 0 || problem.linkCount == 0 {
            bound = 0
            phase = .converged
        }
    }

    /// Trees, label searches and pivots so far.
    package var work: Int { columns?.work ?? ascent.work }

    /// Simple paths generated so far. With waypoints the relaxation also prices walks that visit a node twice; they
    /// serve the bound alone.
    package var pool: ColumnPool {
        guard let all = columns?.simplex.pool else { return ColumnPool(flowCount: problem.flowCount) }
        guard problem.rules.contains(where: { !$0.waypoints.isEmpty }) else { return all }
        var simple = ColumnPool(flowCount: problem.flowCount)
        for column in 0..<all.count where problem.isSimple(all.path(of: column)) {
            simple.insert(flow: all.flow[column], path: all.path(of: column))
        }
        return simple
    }

    /// One slice. `incumbent`: the best placement known, from which the simplex starts.
    package mutating func advance(incumbent: Placement) {
        switch phase {
        case .ascent:
            ascent.advance()
            if ascent.rounds == Self.ascentRounds {
                ascent.settle()
                columns = ColumnGeneration(
                    problem, weights: weights, resolution: resolution, ascent: ascent, start: incumbent)
                phase = .columns
                publish(ascent.bestBound, ascent.bestPrices)
            } else if ascent.rounds % 30 == 0 {
                publish(ascent.bestBound, ascent.bestPrices)
            } else {
                bound = min(bound, ascent.bestBound)
            }
        case .columns:
            columns?.advance(pivotLimit: Self.pivotsPerSlice)
            guard let columns else { return }
            bound = min(bound, columns.bestBound)
            if columns.isConverged { phase = .converged }
            if columns.isConverged || columns.rounds >= roundsPublished + 4 {
                roundsPublished = columns.rounds
                publish(columns.bestBound, columns.bestPrices)
            }
        case .converged: break
        }
    }

    private mutating func publish(_ bound: Int, _ prices: [Double]) {
        self.bound = min(self.bound, bound)
        self.prices = prices
        priceRevision += 1
    }

    /// The relaxation's solution made whole; nil before there is one.
    package func rounding() -> Placement? {
        guard let columns else { return nil }
        return RelaxationRounding.placement(
            problem, weights: weights, pool: columns.simplex.pool, values: columns.simplex.columnValues(),
            prices: prices)
    }
}
