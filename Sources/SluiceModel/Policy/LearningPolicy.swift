// What telemetry may teach the choice of paths: which automaton, how fast it learns, and what a flow does with what it
// has learned.

package struct LearningPolicy: Hashable, Sendable {
    /// The automata that a policy may choose; SluiceLearning explains each. All of them are ergodic, or have a floor that
    /// keeps every path alive (`needsFloor`).
    package enum Scheme: String, Hashable, Sendable, CaseIterable {
        case off
        /// L_R-εP, S-model.
        case linearRewardEpsilonPenalty
        /// L_R-P, S-model: both steps are `rewardStep`.
        case linearRewardPenalty
        /// L_R-I, S-model, with a floor.
        case linearRewardInaction
        /// Continuous pursuit of recent estimates, with a floor.
        case pursuit
        /// Discretised pursuit of recent estimates, with a floor.
        case discretisedPursuit
        /// DGPA with recent estimates and a floor.
        case generalisedPursuit
        /// LELA with recent estimates and a floor.
        case lastPositionElimination
        /// L_R-εP in whole numbers of 2^−16, as a switch's data plane could run it, with a floor.
        case fixedPoint

        /// Whether without a floor a path could be forgotten for ever.
        package func needsFloor(penaltyStep: Double) -> Bool {
            switch self {
            case .off, .linearRewardPenalty: false
            case .linearRewardEpsilonPenalty: penaltyStep == 0
            case .linearRewardInaction, .pursuit, .discretisedPursuit, .generalisedPursuit, .lastPositionElimination,
                .fixedPoint:
                true
            }
        }
    }

    /// How flows follow their automata.
    package enum Action: String, Hashable, Sendable, CaseIterable {
        /// A flow takes one path, and moves to a better one.
        case move
        /// A flow takes several paths at once by the weights of a select group.
        case split
    }

    package var scheme: Scheme = .linearRewardEpsilonPenalty
    /// Of the classes that do not say.
    package var action: Action = .move
    /// Reward step a.
    package var rewardStep: Double = 0.2
    /// Penalty step b.
    package var penaltyStep: Double = 0.015
    /// Step λ of continuous pursuit.
    package var pursuitStep: Double = 0.1
    /// Resolution N of the discretised schemes: a draw moves probabilities by 1 / (paths N).
    package var resolution: Int = 10
    /// How much a new reward counts in the estimates of the pursuit schemes and of elimination.
    package var memoryWeight: Double = 0.3
    /// Least probability of each available path.
    package var floor: Double = 0.001
    /// Candidate paths of one flow.
    package var paths: Int = 4
    /// How much better (in reward, 0 to 1) another path must be before a flow moves.
    package var margin: Double = 0.1
    /// Least time between two moves, or two changes of weights, of one flow.
    package var dwellSeconds: Double = 5
    /// What the weights of a select group sum to.
    package var splitWeights: Int = 16
    /// Least weight that must change paths to be worth a rule update.
    package var splitChange: Int = 2
    /// How many draws of the automaton a second of telemetry stands for; with the steps a and b, how fast it learns.
    package var drawsPerSecond: Double = 25
    /// Time constant by which measurements of a link are smoothed; 0: the last one counts alone.
    package var smoothingSeconds: Double = 0.5
    /// Age from which on a measurement decides nothing.
    package var staleSeconds: Double = 10
    /// What makes a path good for classes that do not say.
    package var rewardWeights = RewardWeights()
    package init() {}
}

/// How much each measurement counts in the reward of a path; only their ratios matter, and at least one is positive.
package struct RewardWeights: Hashable, Sendable {
    package var utilisation: Double = 1
    package var queue: Double = 1
    package var latency: Double = 1
    package var loss: Double = 1
    package init() {}
    package init(utilisation: Double, queue: Double, latency: Double, loss: Double) {
        self.utilisation = utilisation
        self.queue = queue
        self.latency = latency
        self.loss = loss
    }
}
