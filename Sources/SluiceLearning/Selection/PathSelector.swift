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
    package private(set) var automaton: any LearningAutomaton
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
    private let splitWeights: Int
    private let splitChange: Int
    private var lastUpdate: Instant?
    private var drawsLeftOver = 0.0

    /// Most draws that one report stands for, whatever time has passed.
    package static let drawsPerReportMax = 1_000

    /// - Parameter memory: what was learned of the candidates before; what is none of theirs is not used.
    /// - Precondition: `paths` are distinct, and 1 to `ActionSet.limit`; `current` is one of their positions.
    package init(
        paths: [Path], current: Int, weights: RewardWeights, policy: LearningPolicy, topology: Topology,
        remembering memory: AutomatonMemory? = nil, at now: Instant
    ) {
        precondition(Set(paths).count == paths.count, "a candidate path is there twice")
        precondition(paths.indices.contains(current), "the path in use is not among the candidates")
        self.paths = paths
        self.current = current
        var automaton = policy.automaton(actionCount: paths.count)
        if let memory { _ = automaton.recall(memory) }
        self.automaton = automaton
        rewards = Array(repeating: nil, count: paths.count)
        placed = now
        reward = PathReward(weights: weights, candidates: paths, in: topology)
        margin = policy.margin
        dwellSeconds = policy.dwellSeconds
        drawsPerSecond = policy.drawsPerSecond
        longestStepSeconds = policy.staleSeconds
        splitWeights = policy.splitWeights
        splitChange = policy.splitChange
    }

    /// What was learned, as it bears on other candidates of the same flow: those of `paths` that were candidates before
    /// keep what is known of them.
    package func memory(for paths: [Path]) -> AutomatonMemory {
        automaton.memory.carried(to: paths.map { self.paths.firstIndex(of: $0) })
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

    /// The weights, one for each candidate, that are worth setting: the automaton's probabilities among `available`,
    /// rounded so that they sum to the policy's, if they differ enough from those in `present`, and the flow has had
    /// these for the dwell time. Nil: not worth it.
    ///
    /// A candidate of which nothing fresh is known keeps at most the weight that it has.
    /// - Parameters:
    ///   - available: candidates that the flow could take now.
    ///   - present: the weights in force; all of them 0 but that of the one path of a flow that is not split.
    package func weights(among available: ActionSet, present: [Int], at now: Instant) -> [Int]? {
        precondition(present.count == paths.count, "one weight for each candidate")
        guard now.seconds(since: placed) >= dwellSeconds else { return nil }
        let usable = ActionSet(
            actions: paths.indices.filter {
                available.contains(action: $0) && (rewards[$0] != nil || present[$0] > 0)
            })
        guard !usable.isEmpty else { return nil }
        let shares = paths.indices.map { usable.contains(action: $0) ? automaton.probability(of: $0) : 0 }
        guard shares.contains(where: { $0 > 0 }) else { return nil }
        let wanted = SplitWeights.apportion(splitWeights, by: shares)
        let former = SplitWeights.apportion(splitWeights, by: present.map(Double.init))
        let change = zip(wanted, former).reduce(0) { $0 + max(0, $1.0 - $1.1) }
        return change >= splitChange ? wanted : nil
    }

    /// Mean reward over the weights; nil where a path with weight has none.
    package func reward(of weights: [Int]) -> Double? {
        var sum = 0.0
        for (position, weight) in weights.enumerated() where weight > 0 {
            guard let reward = rewards[position] else { return nil }
            sum += Double(weight) * reward
        }
        return sum / Double(max(1, weights.reduce(0, +)))
    }

    /// The flow now takes candidate `position`, for whatever reason.
    package mutating func place(on position: Int, at now: Instant) {
        precondition(paths.indices.contains(position), "there is no candidate \(position)")
        guard position != current else { return }
        current = position
        placed = now
    }

    /// The weights of a split flow have changed; its main path is candidate `position`.
    package mutating func split(mainly position: Int, at now: Instant) {
        precondition(paths.indices.contains(position), "there is no candidate \(position)")
        current = position
        placed = now
    }
}
