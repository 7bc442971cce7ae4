// A tighter bound where links carry few flows: Lagrangian decomposition (Guignard and Kim, Math. Program. 39, 1987). Each
// flow keeps its own copy of "is on link e", and each link another one; multipliers μ_fe ≥ 0 make the copies agree:
//
//     L(μ) = Σ_f max(0, w_f − min over walks p of Σ_{e in p} μ_fe)  +  Σ_e max { Σ_f μ_fe y_f : Σ_f b_f y_f ≤ c_e, y binary }
//
// The knapsacks are solved whole, by dynamic programming, so the best L is as strong as all valid inequalities of the
// single links together, covers and liftings included; with μ_fe = b_f λ_e it is at least as good as the prices λ. The
// multipliers follow the averaged subgradient x − y with Polyak's step towards the incumbent. They are rounded to multiples of
// 2^−shift before each evaluation, and from there on everything is whole numbers.
//
// Where bandwidths are large, a knapsack is solved in coarser units: bandwidths and room round down, which only lets more
// in (Σ b_f ≤ c implies Σ ⌊b_f/u⌋ ≤ ⌊c/u⌋), so the bound stands.

private import SluiceModel

package struct LinkDecomposition: Sendable {
    private let problem: CompiledProblem
    private let weights: [Int]
    private let shift: Int
    /// μ_fe at `multipliers[f * linkCount + e]`, in units of weight.
    private var multipliers: [Double]
    /// x_fe − y_fe.
    private var disagreement: [Int8]
    /// The subgradient, averaged over rounds.
    private var direction: [Double]
    private var router: Router
    private var costs: [Int]
    private var path: [Int32] = []
    /// Unit of the knapsack of each link, and its room in that unit.
    private let unit: [Int]
    private let room: [Int]
    private var knapsack = Knapsack()
    private var items: [Int] = []
    private var sizes: [Int] = []
    private var values: [Int] = []
    /// Best bound so far.
    package private(set) var bound: Int
    private var bestValue = Double.infinity
    private var stepScale = 0.1
    private var sinceProgress = 0
    package private(set) var rounds = 0
    package private(set) var work = 0

    private static let roomMost = 2_000
    private static let costMost = 40_000_000
    private static let roundsMost = 4_000
    private static let patience = 30
    private static let momentumKept = 0.95
    private static let stepKept = 0.8

    /// nil where the problem is too large for this to pay, or the weights are.
    package init?(_ problem: CompiledProblem, weights: [Int], prices: [Double], bound: Int) {
        let cells = problem.flowCount * problem.linkCount
        guard problem.flowCount > 0, problem.flowCount <= 2_000, cells <= 400_000 else { return nil }
        self.problem = problem
        self.weights = weights
        self.bound = bound
        // Σ w · 2^shift stays below 2^60, and so does every other sum that matters.
        let total = weights.reduce(0, +)
        shift = min(24, 60 - (Int.bitWidth - total.leadingZeroBitCount))
        guard shift >= 8 else { return nil }
        unit = problem.capacity.map { 1 + $0 / Self.roomMost }
        let units = unit
        room = problem.capacity.enumerated().map { $1 / units[$0] }
        guard room.reduce(0, +) * problem.flowCount <= Self.costMost else { return nil }
        router = Router(problem)
        costs = Array(repeating: 0, count: problem.linkCount)
        disagreement = Array(repeating: 0, count: cells)
        direction = Array(repeating: 0, count: cells)
        multipliers = []
        multipliers.reserveCapacity(cells)
        for flow in 0..<problem.flowCount {
            // No flow pays more than it is worth: beyond that all multipliers act alike.
            let most = Double(weights[flow])
            for link in 0..<problem.linkCount {
                multipliers.append(min(most, Double(problem.bandwidth[flow]) * max(0, prices[link])))
            }
        }
    }

    /// Whether further rounds are unlikely to gain anything.
    package var isExhausted: Bool { rounds >= Self.roundsMost || stepScale < 0.000_5 }

    /// One evaluation and one step. `incumbent`: Σ weights of the best placement known.
    package mutating func advance(incumbent: Int) {
        rounds += 1
        for cell in disagreement.indices { disagreement[cell] = 0 }
        var total = 0
        for flow in 0..<problem.flowCount { total += routeFlow(flow) }
        for link in 0..<problem.linkCount { total += packLink(link) }
        let value = Double(total) / Double(1 << shift)
        bound = min(bound, total >> shift)
        if value < bestValue - 1e-3 {
            bestValue = value
            sinceProgress = 0
        } else {
            sinceProgress += 1
            if sinceProgress >= Self.patience {
                sinceProgress = 0
                stepScale *= Self.stepKept
            }
        }
        step(towards: Double(incumbent), from: value)
    }

    private func scaled(_ multiplier: Double) -> Int { Int((multiplier * Double(1 << shift)).rounded()) }

    /// max(0, w_f − cheapest walk), and x_f.
    private mutating func routeFlow(_ flow: Int) -> Int {
        work += 1
        let base = flow * problem.linkCount
        for link in 0..<problem.linkCount { costs[link] = scaled(multipliers[base + link]) }
        let target = problem.destination[flow]
        path.removeAll(keepingCapacity: true)
        router.finder.search(
            from: problem.source[flow], to: target, costs: costs, room: problem.capacity,
            need: problem.bandwidth[flow], closed: problem.mask(of: flow))
        guard router.finder.appendPath(to: target, into: &path) else { return 0 }
        let cost = router.finder.distance[Int(target)]
        guard let rule = problem.wholePathRule(of: flow), !problem.satisfies(rule, path) else {
            return use(path, by: flow, cost: cost)
        }
        // Walks may visit a node twice: a relaxation, as everywhere in the bounds.
        guard let cost = router.walkCost(of: flow, rule: rule, costs: costs, fallback: cost) else { return 0 }
        return use(router.links, by: flow, cost: cost)
    }

    private mutating func use(_ links: [Int32], by flow: Int, cost: Int) -> Int {
        let profit = weights[flow] << shift - cost
        guard profit > 0 else { return 0 }
        // A walk that takes a link twice pays twice for what the knapsack gives once; one copy is enough for a step.
        for link in links { disagreement[flow * problem.linkCount + Int(link)] = 1 }
        return profit
    }

    /// The best knapsack of the link, and y_e.
    private mutating func packLink(_ link: Int) -> Int {
        items.removeAll(keepingCapacity: true)
        sizes.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        var taken = 0
        var size = 0
        for flow in 0..<problem.flowCount where problem.bandwidth[flow] <= problem.capacity[link] {
            let value = scaled(multipliers[flow * problem.linkCount + link])
            if value <= 0 { continue }
            let units = problem.bandwidth[flow] / unit[link]
            items.append(flow)
            sizes.append(units)
            values.append(value)
            size += units
            taken += value
        }
        if size <= room[link] {
            for flow in items { leave(flow, link) }
            return taken
        }
        let best = knapsack.pack(sizes: sizes, values: values, room: room[link])
        work += 1 + items.count * room[link] / 1_000
        for position in knapsack.packed { leave(items[position], link) }
        return best
    }

    private mutating func leave(_ flow: Int, _ link: Int) { disagreement[flow * problem.linkCount + link] -= 1 }

    /// Polyak's step along the averaged subgradient, towards the value that the incumbent proves reachable.
    private mutating func step(towards target: Double, from value: Double) {
        var norm = 0.0
        var agrees = true
        for cell in disagreement.indices {
            if disagreement[cell] != 0 { agrees = false }
            var now = Self.momentumKept * direction[cell] + (1 - Self.momentumKept) * Double(disagreement[cell])
            if multipliers[cell] <= 0, now < 0 { now = 0 }
            direction[cell] = now
            norm += now * now
        }
        if agrees || norm < 1e-12 {
            // Both sides agree: the bound is the optimum of what it relaxes.
            rounds = Self.roundsMost
            return
        }
        let size = stepScale * max(0.5, value - target) / norm
        for cell in direction.indices where direction[cell] != 0 {
            let most = Double(weights[cell / problem.linkCount])
            multipliers[cell] = min(most, max(0, multipliers[cell] + size * direction[cell]))
        }
    }
}
