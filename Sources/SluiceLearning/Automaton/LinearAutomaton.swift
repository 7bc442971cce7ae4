// The linear schemes: L_R-I, L_R-P and L_R-epsilon-P.

/// Linear reward-penalty automaton (Narendra and Thathachar 1989, chapter 4; S-model: chapter 6).
///
/// After action i of K earned reward r in 0...1:
///
///     p_i += a r (1 − p_i) − b (1 − r) p_i
///     p_j += −a r p_j + b (1 − r) (1 / (K − 1) − p_j)      for every other j
///
/// With rewards 0 and 1 this is the P-model. b = 0 is L_R-I: it converges to one action and stays there, so it is for
/// environments that never change, unless a floor keeps the others alive. b = a is L_R-P: ergodic, and restless. b much
/// smaller than a is L_R-εP: ergodic, settles near the best action and leaves it when it turns bad.
///
/// Among a subset of the actions the same step is taken on their shares of the subset's probability.
package struct LinearAutomaton: LearningAutomaton, Hashable {
    package private(set) var distribution: Distribution
    /// a, reward step, 0 to 1.
    package let rewardStep: Double
    /// b, penalty step, 0 to 1.
    package let penaltyStep: Double

    /// - Precondition: both steps are in 0...1, the floor is in 0...1/actionCount.
    package init(actionCount: Int, rewardStep: Double, penaltyStep: Double, floor: Double = 0) {
        precondition(rewardStep >= 0 && rewardStep <= 1, "reward step \(rewardStep) is not in 0...1")
        precondition(penaltyStep >= 0 && penaltyStep <= 1, "penalty step \(penaltyStep) is not in 0...1")
        distribution = Distribution(count: actionCount, floor: floor)
        self.rewardStep = rewardStep
        self.penaltyStep = penaltyStep
    }

    package var actionCount: Int { distribution.count }
    package func probability(of action: Int) -> Double { distribution[action] }
    package var memory: AutomatonMemory { AutomatonMemory(probabilities: distribution.probabilities) }
    package mutating func recall(_ memory: AutomatonMemory) -> Bool { distribution.adopt(memory.probabilities) }

    package mutating func update(_ action: Int, reward: Double, available: ActionSet) {
        let set = checked(action, reward, available)
        guard set.count > 1 else { return }
        let total = set == actions ? 1 : distribution.share(of: set)
        let kept = 1 - rewardStep * reward - penaltyStep * (1 - reward)
        let rewarded = rewardStep * reward * total
        let penalised = penaltyStep * (1 - reward) * total / Double(set.count - 1)
        distribution.reshape(set) { other, old in
            kept * old + (other == action ? rewarded : penalised)
        }
    }

    /// For a step of many draws this is the replicator equation (Börgers and Sarin, "Learning through reinforcement and
    /// replicator dynamics", J. Economic Theory 77, 1997), with r̄ the mean reward:
    ///
    ///     p_i += a p_i (r_i − r̄) + b (Σ_{j≠i} p_j (1 − r_j) / (K − 1) − p_i (1 − r̄))
    ///
    /// Costs draws times actions.
    package mutating func update(rewards: [Double?], draws: Int) {
        let set = checked(rewards, draws)
        guard set.count > 1 else { return }
        let others = Double(set.count - 1)
        for _ in 0..<draws {
            let total = set == actions ? 1 : distribution.share(of: set)
            var mean = 0.0
            for (action, reward) in rewards.enumerated() {
                guard let reward else { continue }
                mean += distribution[action] / total * reward
            }
            let (a, b) = (rewardStep, penaltyStep)
            distribution.reshape(set) { action, old in
                guard let reward = rewards[action] else { return old }
                let failureOfOthers = (1 - mean) - old / total * (1 - reward)
                return old + a * old * (reward - mean) + b * (failureOfOthers * total / others - old * (1 - mean))
            }
        }
    }
}
