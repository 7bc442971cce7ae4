// The bound side of a solve in slices of a few milliseconds, so that whoever drives it can stop, share and interleave:
// price ascent first, then column generation until the linear relaxation is solved, then, where links carry few flows, the knapsacks
// of single links. Prices are published long before either is
// done: a search guided by rough prices is far ahead of one that waits.

package struct BoundEngine: Sendable {
    package enum Phase: Hashable, Sendable {
        /// Prices on links, then the linear relaxation to its optimum, then single links as knapsacks.
        case ascent, columns, knapsacks, converged
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
    private var decomposition: LinkDecomposition?
    private let resolution: Double
    /// Rounds of pricing after which the relaxation's solution is published next.
    private var nextRounding = 1
    private let ascentRounds: Int
    private var nextPublication: Int

    private static let pivotsPerSlice = 100

    /// - Parameter resolution: the weight whose differences matter; the largest weight of a weighted objective, that of
    ///   the class in question of a strict one.
    package init(_ problem: CompiledProblem, weights: [Int], resolution: Int) {
        self.problem = problem
        self.weights = weights
        self.resolution = Double(max(1, resolution))
        bound = weights.reduce(0, +)
        // Pivots cost the square of the number of links, rounds of ascent about its product with the sources: on large
        // networks the ascent goes on for as long as it gains.
        ascentRounds = problem.linkCount <= 300 ? 120 : problem.linkCount <= 1_200 ? 300 : 1_500
        nextPublication = problem.linkCount <= 300 ? 60 : 50
        ascent = PriceAscent(problem, weights: weights, rounds: ascentRounds)
        prices = ascent.bestPrices
        if problem.flowCount == 0 || problem.linkCount == 0 {
            bound = 0
            phase = .converged
        }
    }

    /// Whether the linear relaxation is solved; prices do not change any more.
    package var isRelaxed: Bool { phase == .knapsacks || phase == .converged }

    /// Trees, label searches, pivots and knapsacks so far.
    package var work: Int { (columns?.work ?? ascent.work) + (decomposition?.work ?? 0) }

    /// Simple paths generated so far. With waypoints the relaxation also prices walks that visit a node twice; they
    /// serve the bound alone.
    private var pool: ColumnPool {
        guard let all = columns?.simplex.pool else { return ColumnPool(flowCount: problem.flowCount) }
        guard problem.rules.contains(where: { !$0.waypoints.isEmpty }) else { return all }
        var simple = ColumnPool(flowCount: problem.flowCount)
        for column in 0..<all.count where problem.isSimple(all.path(of: column)) {
            simple.insert(flow: all.flow[column], path: all.path(of: column))
        }
        return simple
    }

    /// What there is to learn now.
    package func lesson() -> PriceLesson {
        PriceLesson(
            prices: prices, revision: priceRevision, pool: pool, rounding: rounding(), isFinal: isRelaxed)
    }

    /// One slice. `incumbent`: the best placement known, from which the simplex starts.
    package mutating func advance(incumbent: Placement) {
        switch phase {
        case .ascent:
            ascent.advance()
            if ascent.rounds == ascentRounds {
                ascent.settle()
                columns = ColumnGeneration(
                    problem, weights: weights, resolution: resolution, ascent: ascent, start: incumbent)
                phase = .columns
                publish(ascent.bestBound, ascent.bestPrices)
            } else if ascent.rounds >= nextPublication {
                ascent.settle()
                nextPublication = ascent.rounds + max(30, ascent.rounds / 2)
                publish(ascent.bestBound, ascent.bestPrices)
            } else {
                bound = min(bound, ascent.bestBound)
            }
        case .columns:
            columns?.advance(pivotLimit: Self.pivotsPerSlice)
            guard let columns else { return }
            bound = min(bound, columns.bestBound)
            if columns.isConverged {
                decomposition = LinkDecomposition(problem, weights: weights, prices: columns.bestPrices, bound: bound)
                phase = decomposition == nil ? .converged : .knapsacks
            }
            if columns.isConverged || columns.rounds >= nextRounding {
                // The first roundings are worth most.
                nextRounding = columns.rounds + min(6, columns.rounds)
                publish(columns.bestBound, columns.bestPrices)
            }
        case .knapsacks:
            var worth = 0
            for flow in 0..<problem.flowCount where !incumbent.routes[flow].isEmpty { worth += weights[flow] }
            decomposition?.advance(incumbent: worth)
            guard let decomposition else { return }
            bound = min(bound, decomposition.bound)
            if decomposition.isExhausted || bound <= worth { phase = .converged }
        case .converged: break
        }
    }

    private mutating func publish(_ bound: Int, _ prices: [Double]) {
        self.bound = min(self.bound, bound)
        self.prices = prices
        priceRevision += 1
    }

    /// The relaxation's solution made whole; nil before there is one.
    private func rounding() -> Placement? {
        guard let columns, columns.rounds > 0 else { return nil }
        return RelaxationRounding.placement(
            problem, weights: weights, pool: columns.simplex.pool, values: columns.simplex.columnValues(),
            prices: prices)
    }
}
