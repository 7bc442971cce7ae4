// The relaxation over all simple paths, reached by generating columns: prices from the simplex on the pool, better paths
// by shortest-path trees under these prices, and so on until there are none. Prices of a half-built pool jump about, so
// paths are sought at a point between them and the prices of the best bound so far (smoothing after Wentges, Int. Trans.
// Oper. Res. 4, 1997).

package struct ColumnGeneration: Sendable {
    package private(set) var simplex: BoundedSimplex
    private var pricer: Pricer
    package private(set) var bestBound: Int
    package private(set) var bestValue: Double
    /// The prices that prove `bestBound`.
    package private(set) var bestPrices: [Double]
    package private(set) var isConverged = false
    package private(set) var rounds = 0
    private var smoothing = 0.8
    private let tolerance: Double

    /// Takes over where the ascent ended, with its prices as the centre; the paths of `start` are known from the beginning.
    package init(
        _ problem: CompiledProblem, weights: [Int], resolution: Double, ascent: PriceAscent, start: Placement
    ) {
        simplex = BoundedSimplex(problem, weights: weights, resolution: resolution)
        pricer = ascent.pricer
        bestBound = ascent.bestBound
        bestValue = ascent.bestValue
        bestPrices = ascent.bestPrices
        tolerance = 1e-6 * resolution
        for (flow, route) in start.routes.enumerated() where !route.isEmpty {
            simplex.add(flow: Int32(flow), path: route[...])
        }
        seed(ascent.samples)
        simplex.start(at: bestPrices)
    }

    /// Pivots and trees so far.
    package var work: Int { simplex.pivots + pricer.work }

    /// The cheapest path of every flow at the centre and at prices of late rounds of the ascent.
    private mutating func seed(_ samples: [[Double]]) {
        let free = [Double](repeating: 0, count: bestPrices.count)
        let dual = [Double](repeating: -.infinity, count: pricer.problem.flowCount)
        for prices in samples + [bestPrices] {
            pricer.evaluate(prices, for: .columns(prices: free, dual: dual, tolerance: 0))
            addColumns()
        }
    }

    private mutating func addColumns() {
        for position in pricer.columnFlow.indices {
            let range = Int(pricer.columnStart[position])..<Int(pricer.columnStart[position + 1])
            simplex.add(flow: pricer.columnFlow[position], path: pricer.columnLinks[range])
        }
    }

    /// Up to `pivotLimit` pivots, or one round of pricing where the pool is exhausted.
    package mutating func advance(pivotLimit: Int) {
        guard !isConverged else { return }
        guard simplex.optimise(pivotLimit: pivotLimit) else { return }
        rounds += 1
        let problem = pricer.problem
        let prices = simplex.problemPrices
        let dual = (0..<problem.flowCount).map { max(0, simplex.dual(of: $0)) }
        // No price can move the floor of the bound any more: done, even if paths remain to be found.
        if Double(bestBound) <= simplex.objective + 1e-6 * max(1, abs(simplex.objective)), smoothing < 0.5 {
            isConverged = true
            return
        }
        var factor = smoothing
        while true {
            let point = factor > 0.01 ? zip(prices, bestPrices).map { (1 - factor) * $0 + factor * $1 } : prices
            pricer.evaluate(point, for: .columns(prices: prices, dual: dual, tolerance: tolerance))
            if pricer.boundValue < bestValue {
                bestValue = pricer.boundValue
                bestBound = min(bestBound, pricer.bound)
                bestPrices = point
            }
            if !pricer.columnFlow.isEmpty { break }
            if factor <= 0.01 {
                isConverged = true
                return
            }
            // The centre hid what was missing: look closer to the simplex's own prices.
            factor = factor > 0.3 ? factor * 0.5 : 0
        }
        let relativeGap = (bestValue - simplex.objective) / max(1, abs(bestValue))
        smoothing = relativeGap < 1e-3 ? 0.3 : relativeGap < 1e-2 ? 0.6 : 0.8
        addColumns()
    }
}
