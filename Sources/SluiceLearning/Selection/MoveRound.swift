// The moves of one telemetry interval, so that many flows that hear the same news do not swing together.

package import SluiceModel

/// Approves moves one after another. Each that is approved is charged to the estimates before the next is looked at, no
/// link loses more than a few of its flows in one interval, and where little is to be gained moves keep a pace (`MovePace`).
package struct MoveRound: Sendable {
    /// Share of a link's flows that may leave it in one interval, one at least.
    package static let sharePerLink = 0.05

    /// Expected utilisation above which a link takes no flow that merely wants a better path: just below it a queue is
    /// short and beyond it full, so that a path looks best until one flow too many has come.
    package static let utilisationMax = 0.95

    private let topology: Topology
    private let now: Instant
    private let learners: Int
    /// What the rounds after this one go on from.
    package private(set) var pace: MovePace
    /// Flows that may still leave each link in this interval.
    private var allowance: [Int]

    /// - Parameters:
    ///   - flows: how many flows use each link of `topology`.
    ///   - learners: how many flows learn.
    ///   - pace: that of the round before.
    package init(topology: Topology, flows: [Int], learners: Int, pace: MovePace, at now: Instant) {
        self.learners = learners
        self.pace = pace
        self.pace.begin(at: now)
        precondition(flows.count == topology.links.count, "one count for each link")
        self.topology = topology
        self.now = now
        allowance = flows.map { max(1, Int((Double($0) * Self.sharePerLink).rounded(.up))) }
    }

    /// The move that `selector` recommends, if with the flow's own `bandwidth` on it the new path would still be at least
    /// as good as the old one is and no link of it busier than `utilisationMax`, the old path's bottleneck may still lose a
    /// flow, and the pace permits it; then `estimates` expect the move.
    ///
    /// - Parameter available: candidates that the flow could take now.
    package mutating func approve(
        _ selector: PathSelector, bandwidth: Bandwidth, among available: ActionSet, estimates: inout LinkEstimates
    ) -> PathRecommendation? {
        var selector = selector
        selector.measure(from: estimates, in: topology, at: now)
        guard let move = selector.recommendation(among: available, at: now) else { return nil }
        let former = selector.paths[selector.current].links.filter { !move.path.links.contains($0) }
        let added = move.path.links.filter { !selector.paths[selector.current].links.contains($0) }
        guard let bottleneck = bottleneck(of: former, estimates) else { return nil }
        var expected = estimates
        for link in former { expected.project(bandwidth, on: topology[link], arriving: false) }
        for link in added { expected.project(bandwidth, on: topology[link], arriving: true) }
        guard added.allSatisfy({ (expected.utilisation(of: $0, at: now) ?? 0) <= Self.utilisationMax }) else {
            return nil
        }
        selector.measure(from: expected, in: topology, at: now)
        guard let reward = selector.rewards[move.candidate], reward >= move.formerReward else { return nil }
        // Only who could move counts among those who wish to: others may wish for ever.
        guard pace.permits(gain: reward - move.formerReward, flows: learners), allowance[bottleneck.position] > 0 else {
            return nil
        }
        estimates = expected
        allowance[bottleneck.position] -= 1
        pace.count(at: now)
        return move
    }

    /// Whether the weights of a split flow may change so: if with its bandwidth shifted accordingly the flow is expected
    /// to fare no worse than now by more than `tolerance`, no link that gets more of it is busier than
    /// `utilisationMax`, and the busiest link that loses some may still lose a flow; then `estimates` expect the change.
    ///
    /// - Parameters:
    ///   - present: weight of each candidate now, and `wanted`: then; both sum to something positive.
    ///   - tolerance: how much worse in reward, since an automaton also prefers paths for what they have been.
    /// - Returns: the mean rewards before and after; nil where it may not.
    package mutating func approve(
        _ selector: PathSelector, bandwidth: Bandwidth, from present: [Int], to wanted: [Int], tolerance: Double,
        estimates: inout LinkEstimates
    ) -> (former: Double, present: Double)? {
        var selector = selector
        selector.measure(from: estimates, in: topology, at: now)
        var shift: [LinkIndex: Double] = [:]
        for (weights, sign) in [(present, -1.0), (wanted, 1.0)] {
            let total = Double(weights.reduce(0, +))
            for (path, weight) in zip(selector.paths, weights) where weight > 0 {
                for link in path.links { shift[link, default: 0] += sign * Double(weight) / total }
            }
        }
        func shifted(_ share: Double) -> Bandwidth {
            Bandwidth(bitsPerSecond: Int((Double(bandwidth.bitsPerSecond) * abs(share)).rounded()))
        }
        let links = shift.filter { abs($0.value) > 1e-9 }.sorted { $0.key < $1.key }
        let losing = links.filter { $0.value < 0 }.map(\.key)
        guard let bottleneck = bottleneck(of: losing, estimates), allowance[bottleneck.position] > 0 else { return nil }
        var expected = estimates
        for (link, share) in links { expected.project(shifted(share), on: topology[link], arriving: share > 0) }
        let gaining = links.filter { $0.value > 0 }.map(\.key)
        guard gaining.allSatisfy({ (expected.utilisation(of: $0, at: now) ?? 0) <= Self.utilisationMax }) else {
            return nil
        }
        guard let before = selector.reward(of: present) else { return nil }
        selector.measure(from: expected, in: topology, at: now)
        guard let after = selector.reward(of: wanted), after >= before - tolerance else { return nil }
        estimates = expected
        allowance[bottleneck.position] -= 1
        return (before, after)
    }

    /// The busiest of `links`, the first of equals; where nothing is measured, the first.
    private func bottleneck(of links: [LinkIndex], _ estimates: LinkEstimates) -> LinkIndex? {
        links.max {
            (estimates.utilisation(of: $0, at: now) ?? 0) < (estimates.utilisation(of: $1, at: now) ?? 0)
        }
    }
}
