// Discretised generalised pursuit: pursue every action that looks better than the one just taken.

package import SluiceModel

/// DGPA (Agache and Oommen, "Generalized pursuit learning schemes: new families of continuous and discretized learning
/// automata", IEEE Trans. SMC-B 32, 2002).
///
/// After action i, with H the number of actions whose estimate is higher than that of i, and Δ = 1 / (K N):
///
///     p_j := min(p_j + Δ / H, 1)            for every j with a higher estimate
///     p_j := max(p_j − Δ / (K − H), 0)      for every other j but i
///     p_i := 1 − Σ p_j
///
/// The choice where rewards never change and a wrong leader early on would be costly: it spreads its pursuit while
/// estimates are still close. The step follows the estimates only, whatever the reward was.
package struct GeneralisedPursuitAutomaton: LearningAutomaton, Hashable {
    package private(set) var distribution: Distribution
    package private(set) var estimates: RewardEstimates
    /// N: probabilities move by 1 / (K N).
    package let resolution: Int
    /// Each action is taken this often before probabilities are followed.
    package let initialSamples: Int

    package init(
        actionCount: Int, resolution: Int, memory: RewardEstimates.Memory = .all, initialSamples: Int = 10,
        floor: Double = 0
    ) {
        precondition(resolution > 0, "a resolution of \(resolution) moves nothing")
        distribution = Distribution(count: actionCount, floor: floor)
        estimates = RewardEstimates(actionCount: actionCount, memory: memory)
        self.resolution = resolution
        self.initialSamples = initialSamples
    }

    package var actionCount: Int { distribution.count }
    package func probability(of action: Int) -> Double { distribution[action] }

    package func choose(using random: inout RandomStream, available: ActionSet) -> Int {
        estimates.leastHeard(of: available, below: initialSamples)
            ?? drawn(using: &random, available: available)
    }

    package mutating func update(_ action: Int, reward: Double, available: ActionSet) {
        let set = checked(action, reward, available)
        estimates.record(reward, of: action)
        guard estimates.leastHeard(of: set, below: initialSamples) == nil, set.count > 1 else { return }
        let moved = step(after: action, among: set)
        distribution.reshape(set) { other, _ in moved[other] }
    }

    /// Learns from rewards of several actions seen at once: what `draws` updates would do on average if each action were
    /// drawn with its probability. Actions without a reward keep their probability. Costs draws times actions squared.
    package mutating func update(rewards: [Double?], draws: Int) {
        let set = ActionSet(actions: rewards.indices.filter { rewards[$0] != nil })
        guard draws > 0 else { return }
        estimates.record(rewards, times: draws)
        guard set.count > 1 else { return }
        for _ in 0..<draws {
            let total = set == actions ? 1 : distribution.share(of: set)
            var expected = [Double](repeating: 0, count: actionCount)
            for action in 0..<actionCount where set.contains(action: action) {
                let share = distribution[action] / total
                if share == 0 { continue }
                for (other, moved) in step(after: action, among: set).enumerated() { expected[other] += share * moved }
            }
            distribution.reshape(set) { other, _ in expected[other] }
        }
    }

    /// The probabilities after `action` was taken; those outside `set` stay as they are.
    private func step(after action: Int, among set: ActionSet) -> [Double] {
        var higher = ActionSet()
        for other in 0..<actionCount
        where set.contains(action: other) && estimates.means[other] > estimates.means[action] {
            higher.insert(ActionSet(action: other))
        }
        let step = 1 / Double(actionCount * resolution)
        let total = set == actions ? 1 : distribution.share(of: set)
        let lowered = step / Double(set.count - higher.count)
        // What the others have to give bounds what the higher ones can get.
        var spare = distribution[action]
        for other in 0..<actionCount
        where other != action && set.contains(action: other) && !higher.contains(action: other) {
            spare += min(distribution[other], lowered)
        }
        let raised = higher.isEmpty ? 0 : min(step, spare) / Double(higher.count)
        var moved = distribution.probabilities
        var others = 0.0
        for other in 0..<actionCount where other != action && set.contains(action: other) {
            moved[other] =
                higher.contains(action: other) ? min(total, moved[other] + raised) : max(0, moved[other] - lowered)
            others += moved[other]
        }
        moved[action] = total - others
        return moved
    }
}
