// Last-position elimination: take probability from the action that looks worst, until it is out.

package import SluiceModel

/// LELA (Zhang, Wang and Xu, "Last-position elimination-based learning automata", IEEE Trans. Cybernetics 44(12),
/// 2014).
///
/// With w the action of the least estimate among those that still have probability above the floor, A their number,
/// and Δ = 1 / (K N):
///
///     p_w := max(p_w − Δ, floor),  the others of the A get what it lost, in equal parts
///
/// It keeps exploring the contenders alike until the losers are out, which makes it the fastest here where rewards never
/// change. What is out never returns; so with a floor the action of the best estimate is always among the A, whatever
/// probability it has, and gets its part of what w loses. That, and recent memory, is how networks may use it.
package struct EliminationAutomaton: LearningAutomaton, Hashable {
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
        guard estimates.leastHeard(of: set, below: initialSamples) == nil else { return }
        eliminate(among: set)
    }

    /// Every estimate hears its reward; who is last does not depend on what was drawn.
    package mutating func update(rewards: [Double?], draws: Int) {
        let set = checked(rewards, draws)
        guard draws > 0 else { return }
        estimates.record(rewards, times: draws)
        for _ in 0..<draws { eliminate(among: set) }
    }

    private mutating func eliminate(among set: ActionSet) {
        let floor = distribution.floor
        let losing = ActionSet(
            actions: (0..<actionCount).filter { set.contains(action: $0) && distribution[$0] > floor })
        var contenders = losing
        if floor > 0, let best = estimates.best(of: set) { contenders.insert(ActionSet(action: best)) }
        guard contenders.count > 1, let worst = estimates.worst(of: losing) else { return }
        let lost = min(distribution[worst] - floor, 1 / Double(actionCount * resolution))
        let gained = lost / Double(contenders.count - 1)
        distribution.reshape(contenders) { other, old in other == worst ? old - lost : old + gained }
    }
}
