// The automaton that a policy chooses for the choice of paths, as one value. Beside what every automaton can do it
// learns from the rewards of all paths at once, as telemetry, which measures links and not flows, tells them.

package import SluiceModel

package enum PathAutomaton: LearningAutomaton, Hashable {
    case linear(LinearAutomaton)
    case pursuit(PursuitAutomaton)
    case generalisedPursuit(GeneralisedPursuitAutomaton)

    /// The automaton that `policy` says; the floor at most leaves every action the same.
    ///
    /// - Precondition: the scheme is not off, and what needs a floor has one.
    package init(actionCount: Int, policy: LearningPolicy) {
        precondition(
            policy.floor > 0 || !policy.scheme.needsFloor(penaltyStep: policy.penaltyStep),
            "\(policy.scheme.rawValue) without a floor would forget paths for ever")
        let floor = min(policy.floor, 1 / Double(actionCount))
        let memory = RewardEstimates.Memory.recent(weight: policy.memoryWeight)
        func linear(penaltyStep: Double) -> PathAutomaton {
            .linear(
                LinearAutomaton(
                    actionCount: actionCount, rewardStep: policy.rewardStep, penaltyStep: penaltyStep, floor: floor))
        }
        func pursuit(_ step: PursuitAutomaton.Step) -> PathAutomaton {
            .pursuit(
                PursuitAutomaton(
                    actionCount: actionCount, step: step, answer: .rewardPenalty, memory: memory, initialSamples: 1,
                    floor: floor))
        }
        switch policy.scheme {
        case .off: preconditionFailure("there is no automaton where learning is off")
        case .linearRewardEpsilonPenalty: self = linear(penaltyStep: policy.penaltyStep)
        case .linearRewardPenalty: self = linear(penaltyStep: policy.rewardStep)
        case .linearRewardInaction: self = linear(penaltyStep: 0)
        case .pursuit: self = pursuit(.continuous(policy.pursuitStep))
        case .discretisedPursuit: self = pursuit(.discretised(policy.resolution))
        case .generalisedPursuit:
            self = .generalisedPursuit(
                GeneralisedPursuitAutomaton(
                    actionCount: actionCount, resolution: policy.resolution, memory: memory, initialSamples: 1,
                    floor: floor))
        }
    }

    package var actionCount: Int {
        switch self {
        case .linear(let automaton): automaton.actionCount
        case .pursuit(let automaton): automaton.actionCount
        case .generalisedPursuit(let automaton): automaton.actionCount
        }
    }

    package func probability(of action: Int) -> Double {
        switch self {
        case .linear(let automaton): automaton.probability(of: action)
        case .pursuit(let automaton): automaton.probability(of: action)
        case .generalisedPursuit(let automaton): automaton.probability(of: action)
        }
    }

    package func choose(using random: inout RandomStream, available: ActionSet) -> Int {
        switch self {
        case .linear(let automaton): automaton.choose(using: &random, available: available)
        case .pursuit(let automaton): automaton.choose(using: &random, available: available)
        case .generalisedPursuit(let automaton): automaton.choose(using: &random, available: available)
        }
    }

    package mutating func update(_ action: Int, reward: Double, available: ActionSet) {
        switch self {
        case .linear(var automaton):
            automaton.update(action, reward: reward, available: available)
            self = .linear(automaton)
        case .pursuit(var automaton):
            automaton.update(action, reward: reward, available: available)
            self = .pursuit(automaton)
        case .generalisedPursuit(var automaton):
            automaton.update(action, reward: reward, available: available)
            self = .generalisedPursuit(automaton)
        }
    }

    /// Learns from rewards of several actions seen at once: what `draws` updates would do on average if each action
    /// were drawn with its probability. Actions without a reward keep their probability.
    ///
    /// - Parameter rewards: one for each action, each nil or in 0...1.
    package mutating func update(rewards: [Double?], draws: Int) {
        switch self {
        case .linear(var automaton):
            automaton.update(rewards: rewards, draws: draws)
            self = .linear(automaton)
        case .pursuit(var automaton):
            automaton.update(rewards: rewards, draws: draws)
            self = .pursuit(automaton)
        case .generalisedPursuit(var automaton):
            automaton.update(rewards: rewards, draws: draws)
            self = .generalisedPursuit(automaton)
        }
    }
}
