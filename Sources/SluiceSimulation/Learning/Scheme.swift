// The schemes that the experiments compare, each with its parameters.

package import SluiceLearning

/// A way to make an automaton.
package struct Scheme: Sendable {
    package let name: String
    /// Steps, floors and memory in words.
    package let parameters: String
    package let make: @Sendable (_ actionCount: Int) -> any LearningAutomaton

    package init(
        _ name: String, _ parameters: String, make: @escaping @Sendable (_ actionCount: Int) -> any LearningAutomaton
    ) {
        self.name = name
        self.parameters = parameters
        self.make = make
    }

    static func linear(_ name: String, a: Double, b: Double, floor: Double = 0) -> Scheme {
        Scheme(name, "a \(a), b \(b)" + (floor > 0 ? ", floor \(floor)" : "")) {
            LinearAutomaton(actionCount: $0, rewardStep: a, penaltyStep: b, floor: floor)
        }
    }

    static func discretisedPursuit(resolution: Int, initialSamples: Int) -> Scheme {
        Scheme("DP_RI", "N \(resolution), \(initialSamples) first samples") {
            PursuitAutomaton(actionCount: $0, step: .discretised(resolution), initialSamples: initialSamples)
        }
    }

    static func generalisedPursuit(resolution: Int) -> Scheme {
        Scheme("DGPA", "N \(resolution)") { GeneralisedPursuitAutomaton(actionCount: $0, resolution: resolution) }
    }

    static func elimination(resolution: Int) -> Scheme {
        Scheme("LELA", "N \(resolution)") { EliminationAutomaton(actionCount: $0, resolution: resolution) }
    }
}
