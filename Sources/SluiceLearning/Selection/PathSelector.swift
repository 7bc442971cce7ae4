// Which of a flow's candidate paths the automaton would take, and whether that is worth a move. It recommends; the
// control plane, which owns the ledger and sees all flows, decides.

package import SluiceModel

/// A flow should leave its path for a better one.
package struct PathRecommendation: Hashable, Sendable {
    /// Position in `PathSelector.paths`.
    package let candidate: Int
    package let path: Path
    /// Present rewards of the path that the flow has, and of the one it should take, 0 to 1.
    package let formerReward: Double
    package let reward: Double
    package let probability: Double
}

/// The learning of one flow (one decision switch, one end, and the path segments between them; in the terms of arXiv
/// 2508.13806 its domain): candidates, an automaton over them, the path in use and when it was last changed.
///
/// A flow is never moved to explore. Exploration is not needed, since telemetry measures links and not flows: whatever
/// path has fresh samples is learned from, also if the flow does not use it.
package struct PathSelector: Sendable {
    /// Candidates, distinct, 1 to `ActionSet.limit`.
    package let paths: [Path]
    package private(set) var automaton: LinearAutomaton
    /// Position of the path in use.
    package private(set) var current: Int
    /// Last known reward of each candidate, 0 to 1; nil where some link was never, or too long ago, measured.
    package private(set) var rewards: [Double?]
    /// When the flow got its present path.
    package private(set) var placed: Instant

    private let reward: PathReward
    private let margin: Double
    private let dwellSeconds: Double
    private let drawsPerSecond: Double
    private let longestStepSeconds: Double
    private var lastUpdate: Instant?
    private var drawsLeftOver = 0.0

    /// Most draws that one report stands for, whatever time has passed.
    package static let drawsPerReportMax = 1_000

    /// - Precondition: `paths` are distinct, and 1 to `ActionSet.limit`; `current` is one of their positions.
    package init(
        paths: [Path], current: Int, weights: RewardWeights, policy: LearningPolicy, topology: Topology, at now: Instant
    ) {
        precondition(Set(paths).count == paths.count, "a candidate path is there twice")
        precondition(paths.indices.contains(current), "the path in use is not among the candidates")
        self.paths = paths
        self.current = current
        automaton = LinearAutomaton(
            actionCount: paths.count, rewardStep: policy.rewardStep, penaltyStep: policy.penaltyStep,
            floor: min(policy.floor, 1 / Double(paths.count)))
        rewards = Array(repeating: nil, count: paths.count)
        placed = now
        reward = PathReward(weights: weights, candidates: paths, in: topology)
        margin = policy.margin
        dwellSeconds = policy.dwellSeconds
        drawsPerSecond = policy.drawsPerSecond
        longestStepSeconds = policy.staleSeconds
    }

    /// Computes the rewards of all candidates anew and lets the automaton learn from those that are known.
    ///
    /// Cost: the links of all candidates, and candidates times draws (`drawsPerSecond` times the time since the last
    /// call, `drawsPerReportMax` at most). The first call only starts the clock.
    package mutating func learn(from estimates: LinkEstimates, in topology: Topology, at now: Instant) {
        measure(from: estimates, in: topology, at: now)
        guard let last = lastUpdate else {
            lastUpdate = now
            return
        }
        let elapsed = now.seconds(since: last)
        guard elapsed > 0 else { return }
        lastUpdate = now
        let wanted = min(elapsed, longestStepSeconds) * drawsPerSecond + drawsLeftOver
        let draws = min(Int(wanted.rounded(.down)), Self.drawsPerReportMax)
        drawsLeftOver = wanted - wanted.rounded(.down)
        automaton.update(rewards: rewards, draws: draws)
    }

    /// Computes the rewards of all candidates anew without learning from them.
    package mutating func measure(from estimates: LinkEstimates, in topology: Topology, at now: Instant) {
        for (position, path) in paths.enumerated() {
            rewards[position] =
                reward.isKnown(path, from: estimates, in: topology, at: now)
                ? reward.reward(of: path, from: estimates, in: topology, at: now) : nil
        }
    }

    /// The move that is worth making: to the automaton's favourite among `available`, if its reward is known and by the
    /// policy's margin better than that of the present path, and the flow has been where it is for the dwell time.
    ///
    /// - Parameter available: candidates that the flow could take now; the present one need not be among them.
    package func recommendation(among available: ActionSet, at now: Instant) -> PathRecommendation? {
        guard now.seconds(since: placed) >= dwellSeconds, let former = rewards[current],
            let favourite = automaton.favourite(among: available.union(ActionSet(action: current))),
            favourite != current, let reward = rewards[favourite], reward - former >= margin
        else { return nil }
        return PathRecommendation(
            candidate: favourite, path: paths[favourite], formerReward: former, reward: reward,
            probability: automaton.probability(of: favourite))
    }

    /// The flow now takes candidate `position`, for whatever reason.
    package mutating func place(on position: Int, at now: Instant) {
        precondition(paths.indices.contains(position), "there is no candidate \(position)")
        guard position != current else { return }
        current = position
        placed = now
    }
}
