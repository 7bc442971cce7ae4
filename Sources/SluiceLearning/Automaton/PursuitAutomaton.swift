// Pursuit: estimate the reward of each action and move probability to the best estimate.

package import SluiceModel

/// Pursuit automaton (Thathachar and Sastry, "A class of rapidly converging algorithms for learning automata", IEEE
/// Trans. SMC 15, 1985; discretised: Oommen and Lanctôt, "Discretized pursuit learning automata", IEEE Trans. SMC 20,
/// 1990; the four variants compared: Oommen and Agache, IEEE Trans. SMC-B 31, 2001).
///
/// With m the action of the greatest estimated reward:
///
///     continuous:   p_j := (1 − λ) p_j for every j,  p_m += λ
///     discretised:  p_j := max(p_j − Δ, 0) for every j but m,  p_m := 1 − Σ p_j,  Δ = 1 / (K N)
///
/// Reward-inaction steps only after a success (in the S-model: λ r or Δ r), reward-penalty after every answer.
///
/// Converges several times faster than the linear schemes where rewards never change. Where they do, it holds on to
/// estimates of actions that it no longer takes; then it needs recent memory and a floor, and its time to notice is
/// that in which the floor draws the other actions often enough.
package struct PursuitAutomaton: LearningAutomaton, Hashable {
    package enum Step: Hashable, Sendable {
        /// λ, 0 to 1.
        case continuous(Double)
        /// N, the resolution: probabilities move by 1 / (K N).
        case discretised(Int)
    }

    package enum Answer: Hashable, Sendable {
        case rewardInaction
        case rewardPenalty
    }

    package private(set) var distribution: Distribution
    package private(set) var estimates: RewardEstimates
    package let step: Step
    package let answer: Answer
    /// Each action is taken this often before probabilities are followed, so that no estimate is made up.
    package let initialSamples: Int

    package init(
        actionCount: Int, step: Step, answer: Answer = .rewardInaction, memory: RewardEstimates.Memory = .all,
        initialSamples: Int = 10, floor: Double = 0
    ) {
        switch step {
        case .continuous(let share): precondition(share > 0 && share <= 1, "λ = \(share) is not in 0...1")
        case .discretised(let resolution): precondition(resolution > 0, "a resolution of \(resolution) moves nothing")
        }
        distribution = Distribution(count: actionCount, floor: floor)
        estimates = RewardEstimates(actionCount: actionCount, memory: memory)
        self.step = step
        self.answer = answer
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
        guard estimates.leastHeard(of: set, below: initialSamples) == nil, let best = estimates.best(of: set) else {
            return
        }
        let strength: Double =
            switch answer {
            case .rewardInaction: reward
            case .rewardPenalty: 1
            }
        guard strength > 0, set.count > 1 else { return }
        let total = set == actions ? 1 : distribution.share(of: set)
        switch step {
        case .continuous(let share):
            let moved = share * strength
            distribution.reshape(set) { other, old in (1 - moved) * old + (other == best ? moved * total : 0) }
        case .discretised(let resolution):
            let moved = strength / Double(actionCount * resolution)
            var others = 0.0
            for other in 0..<actionCount where other != best && set.contains(action: other) {
                others += max(0, distribution[other] - moved)
            }
            distribution.reshape(set) { other, old in other == best ? total - others : max(0, old - moved) }
        }
    }

    /// Every estimate hears its reward, and the best one is pursued.
    package mutating func update(rewards: [Double?], draws: Int) {
        let set = checked(rewards, draws)
        guard draws > 0 else { return }
        estimates.record(rewards, times: draws)
        guard set.count > 1, let best = estimates.best(of: set) else { return }
        let total = set == actions ? 1 : distribution.share(of: set)
        let strength: Double
        switch answer {
        case .rewardPenalty: strength = 1
        case .rewardInaction:
            strength = rewards.enumerated().reduce(0) { $0 + ($1.element ?? 0) * distribution[$1.offset] / total }
        }
        switch step {
        case .continuous(let share):
            let kept = power(1 - share * strength, draws)
            distribution.reshape(set) { other, old in kept * old + (other == best ? (1 - kept) * total : 0) }
        case .discretised(let resolution):
            let moved = strength * Double(draws) / Double(actionCount * resolution)
            var others = 0.0
            for other in 0..<actionCount where other != best && set.contains(action: other) {
                others += max(0, distribution[other] - moved)
            }
            distribution.reshape(set) { other, old in other == best ? total - others : max(0, old - moved) }
        }
    }
}
