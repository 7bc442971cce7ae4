// The best of four paths becomes the worst: how long until a scheme prefers the new best one, and what it costs.

private import SluiceLearning
private import SluiceModel

/// S-model: the reward of path i is its mean plus a uniform noise of ±0.1, cut to 0...1. One sample a path taken.
package struct ChangeExperiment: Sendable {
    package struct Result: Sendable {
        package let scheme: String
        package let parameters: String
        /// Samples until the best path first had a probability above .8; `after` where that never came.
        package let adaptation: MeanEstimate
        /// Mean of (best mean reward − mean reward of the path taken) over all samples.
        package let regret: MeanEstimate
        /// Runs in which the new best path never had .8, of all.
        package let never: Int
        package let runs: Int
    }

    package static let before = [0.9, 0.6, 0.5, 0.4]
    package static let after = [0.4, 0.6, 0.5, 0.9]
    package static let noise = 0.1
    package static let adapted = 0.8
    package static let changeAt = 2_000
    package static let samples = 4_000

    /// The default scheme is what `LearningPolicy` starts from.
    package static let schemes: [Scheme] = {
        let policy = LearningPolicy()
        let (a, b, floor) = (policy.rewardStep, policy.penaltyStep, policy.floor)
        return [
            .linear("L_R-epsilon-P (default)", a: a, b: b, floor: floor),
            Scheme("the same in fixed point", "a \(a), b \(b), floor \(floor)") {
                FixedPointAutomaton(actionCount: $0, rewardStep: a, penaltyStep: b, floor: floor)
            },
            .linear("L_R-epsilon-P", a: 0.05, b: 0.005),
            .linear("L_R-P", a: 0.05, b: 0.05),
            .linear("L_R-I with a floor", a: 0.05, b: 0, floor: 0.02),
            .linear("L_R-I", a: 0.05, b: 0),
            Scheme("pursuit, recent memory, floor", "lambda 0.1, weight 0.3, floor 0.01") {
                PursuitAutomaton(
                    actionCount: $0, step: .continuous(0.1), answer: .rewardPenalty, memory: .recent(weight: 0.3),
                    initialSamples: 1, floor: 0.01)
            },
            Scheme("DGPA, recent memory, floor", "N 10, weight 0.2, floor 0.01") {
                GeneralisedPursuitAutomaton(
                    actionCount: $0, resolution: 10, memory: .recent(weight: 0.2), initialSamples: 1, floor: 0.01)
            },
            Scheme("pursuit without a floor", "lambda 0.05") {
                PursuitAutomaton(actionCount: $0, step: .continuous(0.05), answer: .rewardPenalty, initialSamples: 1)
            },
        ]
    }()

    package let runs: Int
    package let seed: UInt64

    package init(runs: Int = 1_000, seed: UInt64 = 1) {
        self.runs = runs
        self.seed = seed
    }

    package func run() -> [Result] { Self.schemes.map { result(of: $0) } }

    package func result(of scheme: Scheme) -> Result {
        var adaptations: [Double] = []
        var regrets: [Double] = []
        var never = 0
        for run in 0..<runs {
            let outcome = follow(scheme, run: run) { _, _ in }
            if outcome.adaptation == nil { never += 1 }
            adaptations.append(Double(outcome.adaptation ?? Self.samples - Self.changeAt))
            regrets.append(outcome.regret)
        }
        return Result(
            scheme: scheme.name, parameters: scheme.parameters, adaptation: MeanEstimate(adaptations),
            regret: MeanEstimate(regrets), never: never, runs: runs)
    }

    /// Mean probability of the best path over the runs, each `stride` samples.
    package func trajectory(of scheme: Scheme, stride: Int) -> [(sample: Int, probability: Double)] {
        var sums = [Double](repeating: 0, count: Self.samples / stride)
        for run in 0..<runs {
            _ = follow(scheme, run: run) { sample, probability in
                if sample % stride == 0 { sums[sample / stride] += probability }
            }
        }
        return sums.enumerated().map { (sample: $0.offset * stride, probability: $0.element / Double(runs)) }
    }

    private func follow(
        _ scheme: Scheme, run: Int, _ observe: (_ sample: Int, _ probability: Double) -> Void
    ) -> (adaptation: Int?, regret: Double) {
        func follow<Automaton: LearningAutomaton>(_ automaton: Automaton) -> (adaptation: Int?, regret: Double) {
            var automaton = automaton
            var random = RandomStream(seed: seed &+ UInt64(run) &* 0x9e37_79b9, purpose: "change of the best path")
            let all = automaton.actions
            var regret = 0.0
            var adaptation: Int?
            for sample in 0..<Self.samples {
                let means = sample < Self.changeAt ? Self.before : Self.after
                let best = sample < Self.changeAt ? 0 : 3
                observe(sample, automaton.probability(of: best))
                let action = automaton.choose(using: &random, available: all)
                regret += means[best] - means[action]
                let reward = means[action] + Self.noise * (2 * random.unit() - 1)
                automaton.update(action, reward: min(1, max(0, reward)), available: all)
                if sample >= Self.changeAt, adaptation == nil, automaton.probability(of: best) > Self.adapted {
                    adaptation = sample - Self.changeAt + 1
                }
            }
            return (adaptation, regret / Double(Self.samples))
        }
        return follow(scheme.make(Self.before.count))
    }
}
