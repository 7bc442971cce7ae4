// The Lagrangian relaxation of the link capacities, in exact integers.
//
// For any prices λ ≥ 0 on the links, no solution is worth more than
//     L(λ) = Σ_e c_e λ_e + Σ_f max(0, w_f − b_f dist_λ(f)),
// where dist_λ(f) is the least price of a walk that f may take over links wide enough for it. Prices are rounded to
// multiples of 2^−shift, whatever they were; from there on everything is integer (sums in 128 bits), so the bound holds
// without leaning on floating point. Rounding costs at most a little tightness, never validity.

/// Prices all flows of a problem at once: one shortest-path tree for each group of flows, label setting where needed.
package struct Pricer: Sendable {
    package let problem: CompiledProblem
    /// Weights of the flows; those of the problem, or of one stage of the strict objective.
    package let weights: [Int]
    /// Floor of L at the last prices.
    package private(set) var bound = 0
    /// L at the last prices, for comparisons in floating point.
    package private(set) var boundValue = 0.0
    /// Price of the cheapest walk of each flow, in units of the prices given; infinite where there is none.
    package private(set) var distance: [Double]
    /// Load of each link if every flow with a positive profit took its cheapest path.
    package private(set) var load: [Int]
    /// Columns found by the last call that asked for them: flow and links.
    package private(set) var columnFlow: [Int32] = []
    package private(set) var columnStart: [Int32] = [0]
    package private(set) var columnLinks: [Int32] = []
    /// Trees and label searches so far.
    package private(set) var work = 0
    private var router: Router
    /// What the last label search of each flow found.
    private var lastWalk: [[Int32]]
    private var integerPrices: [Int]
    private var path: [Int32] = []
    private let shiftMost: Int

    /// - Precondition: weights are below 2^45.
    package init(_ problem: CompiledProblem, weights: [Int]) {
        self.problem = problem
        self.weights = weights
        router = Router(problem)
        distance = Array(repeating: 0, count: problem.flowCount)
        lastWalk = Array(repeating: [], count: problem.flowCount)
        load = Array(repeating: 0, count: problem.linkCount)
        integerPrices = Array(repeating: 0, count: problem.linkCount)
        // w · 2^shift, summed over all flows, stays below 2^125.
        let weightBits = Int.bitWidth - (weights.max() ?? 0).leadingZeroBitCount
        let countBits = Int.bitWidth - problem.flowCount.leadingZeroBitCount
        precondition(weightBits <= 45, "weights this large would overflow the bound")
        shiftMost = 125 - weightBits - countBits
    }

    /// What the call is for, beyond the bound.
    package enum Purpose {
        case bound
        /// Fill `load`.
        case loads
        /// The same, where flows that need a label search may keep the walk of the last one; this proves no bound.
        case roughLoads
        /// Collect every path worth more than `dual` of its flow, by at least `tolerance`, at `duals` prices.
        case columns(prices: [Double], dual: [Double], tolerance: Double)
    }

    /// Evaluates L at `prices` (none negative) and sets `bound`, `boundValue` and `distance`.
    package mutating func evaluate(_ prices: [Double], for purpose: Purpose) {
        let shift = round(prices)
        let unit = scale(shift)
        let inverseUnit = 1 / unit
        columnFlow.removeAll(keepingCapacity: true)
        columnLinks.removeAll(keepingCapacity: true)
        columnStart.removeAll(keepingCapacity: true)
        columnStart.append(0)
        let isRough = if case .roughLoads = purpose { true } else { false }
        let wantsLoads = if case .loads = purpose { true } else { isRough }
        if wantsLoads { for link in load.indices { load[link] = 0 } }
        var total: Int128 = 0
        for link in 0..<problem.linkCount {
            total += Int128(problem.capacity[link]) * Int128(integerPrices[link])
        }
        for group in problem.groups {
            work += 1
            let mask = group.mask < 0 ? [] : problem.masks[Int(group.mask)]
            router.finder.search(
                from: group.source, costs: integerPrices, room: problem.capacity, need: group.need, closed: mask)
            for position in Int(group.first)..<Int(group.end) {
                let flow = Int(problem.groupFlows[position])
                let target = problem.destination[flow]
                var cost = router.finder.distance[Int(target)]
                if cost == PathFinder.unreachable || problem.source[flow] == target {
                    distance[flow] = .infinity
                    continue
                }
                var links: [Int32]?
                if problem.rule[flow] >= 0, let rule = problem.wholePathRule(of: flow) {
                    path.removeAll(keepingCapacity: true)
                    router.finder.appendPath(to: target, into: &path)
                    if problem.satisfies(rule, path) {
                        // The tree's path will do.
                    } else if isRough, !lastWalk[flow].isEmpty {
                        cost = lastWalk[flow].reduce(0) { $0 + integerPrices[Int($1)] }
                        links = lastWalk[flow]
                    } else {
                        work += 1
                        // Beyond this price the flow is worth nothing, however much beyond.
                        let free = (Int128(weights[flow]) << Int128(shift)) / Int128(max(1, problem.bandwidth[flow]))
                        let limit = Int(clamping: free)
                        if let walk = router.walkCost(
                            of: flow, rule: rule, costs: integerPrices, fallback: cost, limit: limit)
                        {
                            cost = walk
                            links = router.links
                            lastWalk[flow] = router.links
                        } else {
                            cost = limit < Int.max ? limit + 1 : limit
                            links = []
                        }
                    }
                }
                distance[flow] = Double(cost) * inverseUnit
                let profit =
                    Int128(weights[flow]) << Int128(shift) - Int128(problem.bandwidth[flow]) * Int128(cost)
                if profit > 0 { total += profit }
                switch purpose {
                case .bound: break
                case .loads, .roughLoads: if profit > 0 { addLoad(flow, links: links, target: target) }
                case .columns(let duals, let dual, let tolerance):
                    collect(flow, links: links, target: target, duals: duals, dual: dual[flow], tolerance: tolerance)
                }
            }
        }
        bound = isRough ? Int.max : Int(clamping: total >> Int128(shift))
        boundValue = isRough ? .infinity : Double(total) * inverseUnit
    }

    /// Chooses the finest unit that keeps every sum in range, and rounds the prices to it.
    private mutating func round(_ prices: [Double]) -> Int {
        var largest = 0.0
        for price in prices where price > largest { largest = price }
        // Prices below 2^40 units: a path of 2^20 links stays below 2^62.
        let shift = largest > 0 ? max(0, min(shiftMost, 40 - Int(largest.exponent) - 1)) : 0
        let unit = scale(shift)
        for link in integerPrices.indices {
            integerPrices[link] = prices[link] > 0 ? Int((prices[link] * unit).rounded()) : 0
        }
        return shift
    }

    private func scale(_ shift: Int) -> Double { Double(sign: .plus, exponent: shift, significand: 1) }

    private mutating func addLoad(_ flow: Int, links: [Int32]?, target: Int32) {
        let bandwidth = problem.bandwidth[flow]
        if let links {
            for link in links { load[Int(link)] += bandwidth }
            return
        }
        var node = Int(target)
        while router.finder.arrival[node] >= 0 {
            let link = Int(router.finder.arrival[node])
            load[link] += bandwidth
            node = Int(problem.graph.tail[link])
        }
    }

    private mutating func collect(
        _ flow: Int, links: [Int32]?, target: Int32, duals: [Double], dual: Double, tolerance: Double
    ) {
        if links?.isEmpty == true { return }
        let start = columnLinks.count
        if let links { columnLinks += links } else { router.finder.appendPath(to: target, into: &columnLinks) }
        var price = 0.0
        for position in start..<columnLinks.count { price += duals[Int(columnLinks[position])] }
        if Double(weights[flow]) - Double(problem.bandwidth[flow]) * price - dual > tolerance {
            columnFlow.append(Int32(flow))
            columnStart.append(Int32(columnLinks.count))
        } else {
            columnLinks.removeLast(columnLinks.count - start)
        }
    }
}
