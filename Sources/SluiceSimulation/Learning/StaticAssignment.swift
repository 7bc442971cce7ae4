// The yardstick of the congestion shift: which assignment of flows to candidate paths, kept for ever, has the least mean
// delay. Found by local search, so the best that is known, not the proven best.

private import SluiceModel

package struct StaticAssignment: Sendable {
    /// Capacities, propagation and background are read from it; its queues do not matter.
    private let network: FluidNetwork
    private let candidates: [[[Int]]]
    private let rate: Double

    /// - Parameters:
    ///   - candidates: links of each candidate path of each flow.
    ///   - rate: of every flow, bit/s.
    package init(network: FluidNetwork, candidates: [[[Int]]], rate: Double) {
        self.network = network
        self.candidates = candidates
        self.rate = rate
    }

    /// Mean delay over the flows, in seconds, once all queues have settled.
    package func meanDelay(of choice: [Int]) -> Double {
        let arrivals = arrivals(of: choice)
        var sum = 0.0
        for (flow, position) in choice.enumerated() {
            for link in candidates[flow][position] { sum += network.settledDelay(of: link, arrivals: arrivals[link]) }
        }
        return sum / Double(max(1, choice.count))
    }

    /// The least mean delay of assignments that no change of one flow betters: from `choice`, from the first candidates
    /// of all flows, and from `starts` random assignments.
    package func best(from choice: [Int], starts: Int, seed: UInt64) -> Double {
        var random = RandomStream(seed: seed, purpose: "static assignment")
        var best = min(improved(choice), improved(Array(repeating: 0, count: candidates.count)))
        for _ in 0..<starts { best = min(best, improved(candidates.map { random.below($0.count) })) }
        return best
    }

    private func arrivals(of choice: [Int]) -> [Double] {
        var arrivals = network.background
        for (flow, position) in choice.enumerated() {
            for link in candidates[flow][position] { arrivals[link] += rate }
        }
        return arrivals
    }

    /// Total delay of all flows is the sum over links of flows times delay, so one flow's change touches few terms.
    private func improved(_ start: [Int]) -> Double {
        var choice = start
        var arrivals = arrivals(of: choice)
        func cost(_ link: Int) -> Double {
            let flows = (arrivals[link] - network.background[link]) / rate
            return flows * network.settledDelay(of: link, arrivals: arrivals[link])
        }
        func place(_ links: [Int], _ sign: Double) { for link in links { arrivals[link] += sign * rate } }
        var isImproving = true
        while isImproving {
            isImproving = false
            for flow in choice.indices {
                for position in candidates[flow].indices where position != choice[flow] {
                    let (old, new) = (candidates[flow][choice[flow]], candidates[flow][position])
                    let touched = Set(old + new)
                    let before = touched.sorted().reduce(0) { $0 + cost($1) }
                    place(old, -1)
                    place(new, 1)
                    let after = touched.sorted().reduce(0) { $0 + cost($1) }
                    if after < before - 1e-9 * abs(before) {
                        choice[flow] = position
                        isImproving = true
                    } else {
                        place(new, -1)
                        place(old, 1)
                    }
                }
            }
        }
        return meanDelay(of: choice)
    }
}
