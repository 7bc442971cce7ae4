// How many answers a scheme needs to settle where rewards never change, in the two environments that the literature on
// learning automata compares schemes in (Oommen and Agache, IEEE Trans. SMC-B 31, 2001).

private import SluiceLearning
private import SluiceModel

/// P-model: action i succeeds with a fixed probability. A run ends when one probability reaches .999.
package struct StationaryExperiment: Sendable {
    package struct Environment: Sendable {
        package let name: String
        package let successes: [Double]
        /// The schemes with the fastest parameters at which at least .99 of the runs ended at the best action, and the
        /// mean iterations that were measured elsewhere for the same scheme.
        package let schemes: [(scheme: Scheme, reference: Double)]

        package var best: Int { successes.indices.max { successes[$0] < successes[$1] } ?? 0 }
    }

    package struct Result: Sendable {
        package let environment: String
        package let scheme: String
        package let parameters: String
        package let iterations: MeanEstimate
        /// Share of the runs that ended at the best action.
        package let accuracy: Double
        package let reference: Double
        package var isWithinTarget: Bool { iterations.mean <= reference * 1.1 && accuracy >= 0.99 }
    }

    package static let settled = 0.999
    package static let iterationsMax = 200_000

    package static let environments = [
        Environment(
            name: "E_A", successes: [0.7, 0.5, 0.3, 0.2, 0.4, 0.5, 0.4, 0.3, 0.5, 0.2],
            schemes: [
                (.linear("L_R-I", a: 0.0226, b: 0), 1264),
                (.discretisedPursuit(resolution: 140, initialSamples: 20), 634),
                (.generalisedPursuit(resolution: 18), 536), (.elimination(resolution: 16), 427),
            ]),
        Environment(
            name: "E_B", successes: [0.1, 0.45, 0.84, 0.76, 0.2, 0.4, 0.6, 0.7, 0.5, 0.3],
            schemes: [
                (.linear("L_R-I", a: 0.0118, b: 0), 4181),
                (.discretisedPursuit(resolution: 720, initialSamples: 30), 1948),
                (.generalisedPursuit(resolution: 39), 1009), (.elimination(resolution: 42), 874),
            ]),
    ]

    package let runs: Int
    package let seed: UInt64

    package init(runs: Int = 3_000, seed: UInt64 = 1) {
        self.runs = runs
        self.seed = seed
    }

    package func run() -> [Result] {
        Self.environments.flatMap { environment in
            environment.schemes.map { result(of: $0.scheme, reference: $0.reference, in: environment) }
        }
    }

    private func result(of scheme: Scheme, reference: Double, in environment: Environment) -> Result {
        var iterations: [Double] = []
        var right = 0
        for run in 0..<runs {
            let (count, end) = settle(scheme, environment.successes, run: run)
            iterations.append(Double(count))
            if end == environment.best { right += 1 }
        }
        return Result(
            environment: environment.name, scheme: scheme.name, parameters: scheme.parameters,
            iterations: MeanEstimate(iterations), accuracy: Double(right) / Double(runs), reference: reference)
    }

    /// Mean probability of the best action over the runs, each `stride` iterations; a run that has settled stays as it is.
    package func trajectory(
        of scheme: Scheme, in environment: Environment, stride: Int, until end: Int
    ) -> [(iteration: Int, probability: Double)] {
        var sums = [Double](repeating: 0, count: end / stride)
        let best = environment.best
        for run in 0..<runs {
            var last = 0.0
            var next = 0
            _ = settle(scheme, environment.successes, run: run) { iteration, probabilities in
                last = probabilities(best)
                guard iteration % stride == 0, next < sums.count else { return }
                sums[next] += last
                next += 1
            }
            for rest in next..<max(next, sums.count) { sums[rest] += last }
        }
        return sums.enumerated().map { (iteration: ($0.offset + 1) * stride, probability: $0.element / Double(runs)) }
    }

    /// Iterations, and the action at the end; nil where no probability reached .999 in `iterationsMax`.
    private func settle(
        _ scheme: Scheme, _ successes: [Double], run: Int,
        observe: (_ iteration: Int, _ probability: (Int) -> Double) -> Void = { _, _ in }
    ) -> (count: Int, end: Int?) {
        func settle<Automaton: LearningAutomaton>(_ automaton: Automaton) -> (count: Int, end: Int?) {
            var automaton = automaton
            var random = RandomStream(seed: seed &+ UInt64(run) &* 0x9e37_79b9, purpose: "stationary environment")
            let all = automaton.actions
            for count in 1...Self.iterationsMax {
                let action = automaton.choose(using: &random, available: all)
                automaton.update(action, reward: random.unit() < successes[action] ? 1 : 0, available: all)
                observe(count) { automaton.probability(of: $0) }
                if let end = successes.indices.first(where: { automaton.probability(of: $0) >= Self.settled }) {
                    return (count, end)
                }
            }
            return (Self.iterationsMax, nil)
        }
        return settle(scheme.make(successes.count))
    }
}
