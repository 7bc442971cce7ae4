// Good prices and a bound in a few dozen rounds: a subgradient method on the Lagrangian dual, preconditioned link by
// link. The subgradient of a link is its relative overload load_e/c_e − 1, averaged over rounds; each link's step is
// divided by the root of its own recent root mean square, since some links jump between empty and ten times full while
// others hardly move. (The momentum and scaling are those of Kingma and Ba, "Adam", 2015, with three quarters of their exponent.)
//
// Measured: clipping large overloads looks safe but biases the average downwards, so that on large networks all prices
// decay to zero. Start prices are tried at three scales, the lowest of which mostly wins. Within the optimum are, at 50
// nodes and 2 000 to 5 000 flows, 0.15 to 0.35 % after 90 rounds and 0.1 to 0.25 % after 120; at 200 nodes 0.5 % after 300.
// Steps that grow or shrink link by link with the sign of the overload were worse.

package struct PriceAscent: Sendable {
    package private(set) var pricer: Pricer
    /// The best bound so far and the prices that prove it.
    package private(set) var bestBound = Int.max
    package private(set) var bestValue = Double.infinity
    package private(set) var bestPrices: [Double]
    package private(set) var rounds = 0
    private var prices: [Double]
    private var average: [Double]
    private var momentum: [Double]
    private var meanSquare: [Double]
    private var momentumBias = 1.0
    private var squareBias = 1.0
    /// A typical price: what all weights together would pay for the links they use.
    private let scale: Double

    private let stepHalvingRounds: Double
    /// Prices of late rounds, from which column generation takes its first paths.
    package private(set) var samples: [[Double]] = []
    private let roundsPlanned: Int
    private let hasWholePathRules: Bool

    private static let firstStep = 0.4
    private static let momentumKept = 0.88
    private static let squareKept = 0.93
    private static let averageGained = 0.1

    /// - Parameter rounds: how many are planned; the steps shrink accordingly.
    package init(_ problem: CompiledProblem, weights: [Int], rounds: Int) {
        roundsPlanned = rounds
        hasWholePathRules = problem.rules.contains { $0.bindsWholePath }
        stepHalvingRounds = rounds <= 150 ? 20 : 40
        pricer = Pricer(problem, weights: weights)
        let inverse = problem.capacity.map { $0 > 0 ? 1 / Double($0) : 0 }
        pricer.evaluate(inverse, for: .loads)
        let load = pricer.load.map { Double($0) }
        let total = load.reduce(0, +)
        let typical = total > 0 ? weights.reduce(0.0) { $0 + Double($1) } / total : 0
        scale = typical
        // Links that cheapest paths would overload start with a price; with zero prices everywhere half of the network
        // looks free and the first rounds are lost.
        prices = zip(load, inverse).map { $0 * $1 > 0.8 ? typical * 0.4 * min(1.5, $0 * $1) : 0 }
        var least = Double.infinity
        let guess = prices
        for factor in [0.1, 0.3, 1] {
            let scaled = guess.map { $0 * factor }
            pricer.evaluate(scaled, for: .bound)
            if pricer.boundValue < least {
                least = pricer.boundValue
                prices = scaled
            }
        }
        bestPrices = prices
        average = prices
        momentum = Array(repeating: 0, count: problem.linkCount)
        meanSquare = momentum
    }

    /// Trees grown so far.
    package var work: Int { pricer.work }

    /// One round.
    package mutating func advance() {
        let problem = pricer.problem
        // A label search for each bounded flow costs many times what trees do: three rounds of four do without new ones.
        let isRough = hasWholePathRules && rounds & 3 != 0
        pricer.evaluate(prices, for: isRough ? .roughLoads : .loads)
        if !isRough { record(prices) }
        rounds += 1
        if rounds + 40 > roundsPlanned, rounds % 10 == 0 { samples.append(prices) }
        momentumBias *= Self.momentumKept
        squareBias *= Self.squareKept
        let step = Self.firstStep * scale / (1 + Double(rounds) / stepHalvingRounds)
        for link in 0..<problem.linkCount where problem.capacity[link] > 0 {
            let overload = min(100, Double(pricer.load[link]) / Double(problem.capacity[link]) - 1)
            momentum[link] += (1 - Self.momentumKept) * (overload - momentum[link])
            meanSquare[link] += (1 - Self.squareKept) * (overload * overload - meanSquare[link])
            // The root mean square to the power of three quarters.
            let root = ((meanSquare[link] / (1 - squareBias)).squareRoot() + 0.05).squareRoot()
            let size = root * root.squareRoot()
            prices[link] = max(0, prices[link] + step * momentum[link] / (1 - momentumBias) / size)
            average[link] += Self.averageGained * (prices[link] - average[link])
        }
    }

    /// Tries the averaged prices too, which are often better than any round's own.
    package mutating func settle() {
        pricer.evaluate(average, for: .bound)
        record(average)
    }

    private mutating func record(_ prices: [Double]) {
        bestBound = min(bestBound, pricer.bound)
        if pricer.boundValue < bestValue {
            bestValue = pricer.boundValue
            bestPrices = prices
        }
    }
}
