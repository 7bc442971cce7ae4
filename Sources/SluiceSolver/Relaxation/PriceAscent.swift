// Good prices and a bound in a few dozen rounds: a deflected subgradient method with Polyak's step (USSR Comput. Math.
// 9, 1969; deflection after Camerini, Fratta and Maffioli, Math. Prog. Study 3, 1975). Links differ in capacity by
// orders of magnitude, so the method moves the value c_e λ_e of a link by its relative overload load_e/c_e − 1, which
// is the subgradient method preconditioned by 1/c_e².

package struct PriceAscent: Sendable {
    package private(set) var pricer: Pricer
    /// The best bound so far and the prices that prove it.
    package private(set) var bestBound = Int.max
    package private(set) var bestValue = Double.infinity
    package private(set) var bestPrices: [Double]
    package private(set) var rounds = 0
    private var prices: [Double]
    private var direction: [Double]
    private var step = 1.0
    private var roundsWithoutGain = 0

    package init(_ problem: CompiledProblem, weights: [Int]) {
        pricer = Pricer(problem, weights: weights)
        prices = Array(repeating: 0, count: problem.linkCount)
        bestPrices = prices
        direction = prices
        prices = startingPrices()
    }

    /// Prices in proportion to what cheapest paths would overload; zero prices are a poor start, since half of the
    /// network then looks free.
    private mutating func startingPrices() -> [Double] {
        let problem = pricer.problem
        let inverse = problem.capacity.map { $0 > 0 ? 1 / Double($0) : 0 }
        pricer.evaluate(inverse, for: .loads)
        record(inverse.map { _ in 0 }, evaluated: false)
        var bandwidth = 0.0
        var weight = 0.0
        for flow in 0..<problem.flowCount {
            bandwidth += Double(problem.bandwidth[flow])
            weight += Double(pricer.weights[flow])
        }
        let density = bandwidth > 0 ? weight / bandwidth : 0
        return (0..<problem.linkCount).map { link in
            let overload = Double(pricer.load[link]) * inverse[link]
            return overload > 0.7 ? density * 0.3 * min(2, overload) : 0
        }
    }

    /// One round. `target`: the objective of the best placement known.
    package mutating func advance(target: Double) {
        let problem = pricer.problem
        pricer.evaluate(prices, for: .loads)
        rounds += 1
        let value = pricer.boundValue
        record(prices, evaluated: true)
        var norm = 0.0
        for link in 0..<problem.linkCount where problem.capacity[link] > 0 {
            var excess = Double(pricer.load[link]) / Double(problem.capacity[link]) - 1
            if prices[link] <= 0, excess < 0 { excess = 0 }
            direction[link] = 0.6 * direction[link] + excess
            if prices[link] <= 0, direction[link] < 0 { direction[link] = 0 }
            norm += direction[link] * direction[link]
        }
        guard norm > 1e-18 else { return }
        let length = step * max(value - target, 1e-9 * abs(value)) / norm
        for link in 0..<problem.linkCount where problem.capacity[link] > 0 {
            prices[link] = max(0, prices[link] + length * direction[link] / Double(problem.capacity[link]))
        }
    }

    private mutating func record(_ prices: [Double], evaluated: Bool) {
        guard evaluated else {
            bestPrices = prices
            return
        }
        if pricer.boundValue < bestValue {
            let gain = bestValue - pricer.boundValue
            if gain > 1e-4 * abs(pricer.boundValue) { roundsWithoutGain = 0 }
            bestValue = pricer.boundValue
            bestBound = min(bestBound, pricer.bound)
            bestPrices = prices
        } else {
            roundsWithoutGain += 1
            if roundsWithoutGain >= 4 {
                roundsWithoutGain = 0
                step *= 0.6
                self.prices = bestPrices
                for link in direction.indices { direction[link] = 0 }
            }
        }
    }
}
