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
    package var memory: AutomatonMemory {
        AutomatonMemory(probabilities: distribution.probabilities, estimates: estimates.remembered)
    }

    package mutating func recall(_ memory: AutomatonMemory) -> Bool {
        guard distribution.adopt(memory.probabilities) else { return false }
        estimates.adopt(memory.estimates)
        return true
    }

    package func choose(using random: inout RandomStream, available: ActionSet) -> Int {
        estimates.leastHeard(of: available, below: initialSamples)
            ?? drawn(using: &random, available: available)
    }

    package mutating func update(_ action: Int, reward: Double, available: ActionSet) {
        let set = checked(action, reward, available)
        estimates.record(reward, of: action)
        guard estimates.leastHeard(of: set, below: initialSamples) == nil, set.count > 1 else { return }
        var moved = [Double](repeating: 0, count: actionCount)
        addStep(after: action, among: set, share: 1, to: &moved)
        distribution.reshape(set) { other, _ in moved[other] }
    }

    /// Costs draws times actions squared.
    package mutating func update(rewards: [Double?], draws: Int) {
        let set = checked(rewards, draws)
        guard draws > 0 else { return }
        estimates.record(rewards, times: draws)
        guard set.count > 1 else { return }
        var expected = [Double](repeating: 0, count: actionCount)
        for _ in 0..<draws {
            let total = set == actions ? 1 : distribution.share(of: set)
            for action in 0..<actionCount { expected[action] = 0 }
            for action in 0..<actionCount where set.contains(action: action) && distribution[action] > 0 {
                addStep(after: action, among: set, share: distribution[action] / total, to: &expected)
            }
            distribution.reshape(set) { other, _ in expected[other] }
        }
    }

    /// Adds to `sums` the probabilities of the actions of `set` after `action` was taken, times `share`.
    private func addStep(after action: Int, among set: ActionSet, share: Double, to sums: inout [Double]) {
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
        var others = 0.0
        for other in 0..<actionCount where other != action && set.contains(action: other) {
            let moved =
                higher.contains(action: other)
                ? min(total, distribution[other] + raised) : max(0, distribution[other] - lowered)
            sums[other] += share * moved
            others += moved
        }
        sums[action] += share * (total - others)
    }
}
