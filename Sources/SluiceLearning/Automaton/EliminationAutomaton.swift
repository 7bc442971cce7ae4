// Last-position elimination: take probability from the action that looks worst, until it is out.

package import SluiceModel

/// LELA (Zhang, Wang and Xu, "Last-position elimination-based learning automata", IEEE Trans. Cybernetics 44(12),
/// 2014).
///
/// With w the action of the least estimate among those that still have probability above the floor, A their number,
/// and Δ = 1 / (K N):
///
///     p_w := max(p_w − Δ, 0),  the others of the A get what it lost, in equal parts
///
/// It keeps exploring the contenders alike until the losers are out, which makes it the fastest here where rewards never
/// change. What is out never returns, so it is for measuring and comparing, not for networks.
package struct EliminationAutomaton: LearningAutomaton, Hashable {
    package private(set) var distribution: Distribution
    package private(set) var estimates: RewardEstimates
    /// N: probabilities move by 1 / (K N).
    package let resolution: Int
    /// Each action is taken this often before probabilities are followed.
    package let initialSamples: Int

    package init(actionCount: Int, resolution: Int, initialSamples: Int = 10) {
        precondition(resolution > 0, "a resolution of \(resolution) moves nothing")
        distribution = Distribution(count: actionCount)
        estimates = RewardEstimates(actionCount: actionCount, memory: .all)
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
        guard estimates.leastHeard(of: set, below: initialSamples) == nil else { return }
        let alive = ActionSet(
            actions: (0..<actionCount).filter { set.contains(action: $0) && distribution[$0] > 0 })
        guard alive.count > 1, let worst = estimates.worst(of: alive) else { return }
        let lost = min(distribution[worst], 1 / Double(actionCount * resolution))
        let gained = lost / Double(alive.count - 1)
        distribution.reshape(alive) { other, old in other == worst ? old - lost : old + gained }
    }
}
