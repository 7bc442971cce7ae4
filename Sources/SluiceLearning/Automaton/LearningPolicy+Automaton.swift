// The automaton that a policy chooses for the choice of paths.

package import SluiceModel

extension LearningPolicy {
    /// The automaton over `actionCount` paths; the floor at most leaves every path the same.
    ///
    /// - Precondition: the scheme is not off, and what needs a floor has one.
    package func automaton(actionCount: Int) -> any LearningAutomaton {
        precondition(
            floor > 0 || !scheme.needsFloor(penaltyStep: penaltyStep),
            "\(scheme.rawValue) without a floor would forget paths for ever")
        let floor = min(floor, 1 / Double(actionCount))
        let memory = RewardEstimates.Memory.recent(weight: memoryWeight)
        func linear(penaltyStep: Double) -> any LearningAutomaton {
            LinearAutomaton(
                actionCount: actionCount, rewardStep: rewardStep, penaltyStep: penaltyStep, floor: floor)
        }
        func pursuit(_ step: PursuitAutomaton.Step) -> any LearningAutomaton {
            PursuitAutomaton(
                actionCount: actionCount, step: step, answer: .rewardPenalty, memory: memory, initialSamples: 1,
                floor: floor)
        }
        switch scheme {
        case .off: preconditionFailure("there is no automaton where learning is off")
        case .linearRewardEpsilonPenalty: return linear(penaltyStep: penaltyStep)
        case .linearRewardPenalty: return linear(penaltyStep: rewardStep)
        case .linearRewardInaction: return linear(penaltyStep: 0)
        case .fixedPoint:
            return FixedPointAutomaton(
                actionCount: actionCount, rewardStep: rewardStep, penaltyStep: penaltyStep, floor: floor)
        case .pursuit: return pursuit(.continuous(pursuitStep))
        case .discretisedPursuit: return pursuit(.discretised(resolution))
        case .generalisedPursuit:
            return GeneralisedPursuitAutomaton(
                actionCount: actionCount, resolution: resolution, memory: memory, initialSamples: 1, floor: floor)
        case .lastPositionElimination:
            return EliminationAutomaton(
                actionCount: actionCount, resolution: resolution, memory: memory, initialSamples: 1, floor: floor)
        }
    }
}
