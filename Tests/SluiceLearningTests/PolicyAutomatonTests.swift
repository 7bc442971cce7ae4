import SluiceLearning
import SluiceModel
import Testing

/// What every scheme that a policy may choose promises.
@Suite struct PolicyAutomatonTests {
    static let schemes = LearningPolicy.Scheme.allCases.filter { $0 != .off }

    private func automaton(
        _ scheme: LearningPolicy.Scheme, of count: Int, floor: Double = 0.01
    ) -> any LearningAutomaton {
        var policy = LearningPolicy()
        policy.scheme = scheme
        policy.floor = floor
        return policy.automaton(actionCount: count)
    }

    @Test(arguments: schemes)
    func `every scheme of a policy prefers the better path and follows when another becomes it`(
        scheme: LearningPolicy.Scheme
    ) {
        var learner = automaton(scheme, of: 4)
        func favourite() -> Int? { learner.favourite(among: learner.actions) }
        for _ in 0..<200 { learner.update(rewards: [0.5, 0.9, 0.4, 0.3], draws: 3) }
        #expect(favourite() == 1)
        for _ in 0..<400 { learner.update(rewards: [0.5, 0.2, 0.4, 0.9], draws: 3) }
        #expect(favourite() == 3)
    }

    @Test(arguments: schemes)
    func `distributions stay distributions, floors hold and what was not measured keeps its probability`(
        scheme: LearningPolicy.Scheme
    ) {
        var learner = automaton(scheme, of: 5)
        var random = RandomStream(seed: 9, purpose: scheme.rawValue)
        for step in 0..<5_000 {
            let rewards: [Double?] = (0..<5).map { _ in
                random.below(4) == 0 ? nil : step % 3 == 0 ? Double(random.below(2)) : random.unit()
            }
            let before = learner.probabilities
            if step % 4 == 0 {
                let action = learner.choose(using: &random, available: .all(5))
                learner.update(action, reward: random.unit(), available: .all(5))
            } else {
                learner.update(rewards: rewards, draws: random.below(20))
                for action in 0..<5 where rewards[action] == nil {
                    guard learner.probability(of: action) == before[action] else {
                        Issue.record("\(scheme) changed action \(action) unheard at step \(step)")
                        return
                    }
                }
            }
            let after = learner.probabilities
            guard abs(after.reduce(0, +) - 1) < 1e-9, after.allSatisfy({ $0 >= 0.01 - 1e-12 && $0 <= 1 }) else {
                Issue.record("\(scheme) broke its distribution at step \(step): \(before) to \(after)")
                return
            }
        }
    }

    @Test func `one report of many draws is as many reports of one draw to the pursuit schemes`() {
        for scheme in [LearningPolicy.Scheme.pursuit, .linearRewardEpsilonPenalty, .generalisedPursuit] {
            var (once, often) = (automaton(scheme, of: 3), automaton(scheme, of: 3))
            for learner in 0..<2 {
                for _ in 0..<(learner == 0 ? 1 : 8) {
                    if learner == 0 {
                        once.update(rewards: [0.2, 0.7, 0.5], draws: 8)
                    } else {
                        often.update(rewards: [0.2, 0.7, 0.5], draws: 1)
                    }
                }
            }
            for action in 0..<3 {
                #expect(abs(once.probability(of: action) - often.probability(of: action)) < 1e-9, "\(scheme)")
            }
        }
    }

    @Test(arguments: schemes)
    func `an automaton that recalls what another learned goes on as that one`(scheme: LearningPolicy.Scheme) {
        var first = automaton(scheme, of: 4, floor: 0.001)
        var random = RandomStream(seed: 2, purpose: scheme.rawValue)
        func hear(_ learner: inout any LearningAutomaton) {
            learner.update(rewards: (0..<4).map { _ in random.unit() }, draws: 2)
        }
        for _ in 0..<50 { hear(&first) }
        var second = automaton(scheme, of: 4, floor: 0.001)
        #expect(second.probabilities != first.probabilities)
        let isRecalled = second.recall(first.memory)
        #expect(isRecalled)
        #expect(second.probabilities == first.probabilities && second.memory == first.memory)
        let heard = random
        for _ in 0..<20 { hear(&first) }
        random = heard
        for _ in 0..<20 { hear(&second) }
        #expect(second.probabilities == first.probabilities)
    }

    @Test(arguments: schemes)
    func `what an automaton of any scheme learned is lifted to the floor of the one that recalls it`(
        scheme: LearningPolicy.Scheme
    ) {
        var learner = automaton(scheme, of: 3, floor: 0.05)
        let isRecalled = learner.recall(AutomatonMemory(probabilities: [0.9, 0.1, 0]))
        #expect(isRecalled)
        #expect(learner.favourite(among: .all(3)) == 0)
        #expect(abs(learner.probabilities.reduce(0, +) - 1) < 1e-12)
        // The integer automaton rounds its floor to 2^-16.
        #expect(learner.probabilities.allSatisfy { $0 >= 0.05 - 1e-5 })
        let before = learner.probabilities
        for nonsense in [[1], [0.5, 0.6, 0.1], [1.5, -0.5, 0], [.nan, 0.5, 0.5]] {
            let isTaken = learner.recall(AutomatonMemory(probabilities: nonsense))
            #expect(!isTaken && learner.probabilities == before, "\(nonsense)")
        }
        let strange = AutomatonMemory(
            probabilities: before,
            estimates: [.init(mean: 2, count: 1), .init(mean: 0, count: -1), .init(mean: 0, count: .max)])
        let isTaken = learner.recall(strange)
        #expect(isTaken && learner.probabilities == before)
        learner.update(rewards: [0.1, 0.9, 0.1], draws: 400)
        #expect(learner.favourite(among: .all(3)) == 1, "estimates that are none are made anew")
    }

    @Test(arguments: schemes)
    func `a floor that leaves hardly anything to learn with holds`(scheme: LearningPolicy.Scheme) {
        var learner = automaton(scheme, of: 10, floor: 0.09)
        var random = RandomStream(seed: 6, purpose: scheme.rawValue)
        for step in 0..<2_000 {
            // Halves go opposite ways, as far as they can.
            learner.update(
                rewards: (0..<10).map { ($0 < 5) == (step / 7 % 2 == 0) ? 1 : 0 }, draws: 1 + random.below(5))
            guard abs(learner.probabilities.reduce(0, +) - 1) < 1e-9,
                learner.probabilities.allSatisfy({ $0 >= 0.09 - 1e-5 })
            else {
                Issue.record("step \(step): \(learner.probabilities)")
                return
            }
        }
    }

    @Test func `other actions get the shares of those that stay, and newcomers an even one`() {
        let memory = AutomatonMemory(
            probabilities: [0.6, 0.3, 0.1],
            estimates: [.init(mean: 0.9, count: 5), .init(mean: 0.4, count: 3), .init(mean: 0.2, count: 1)])
        let carried = memory.carried(to: [2, nil, 0, nil])
        #expect(
            carried.probabilities.map { ($0 * 1e12).rounded() / 1e12 } == [0.071428571429, 0.25, 0.428571428571, 0.25])
        #expect(carried.estimates.map(\.count) == [1, 0, 5, 0])
        #expect(memory.carried(to: [0, 1, 2]).probabilities.map { Float($0) } == [0.6, 0.3, 0.1])
        #expect(memory.carried(to: [nil, nil]).probabilities == [0.5, 0.5])
    }

    @Test func `the integer automaton takes the mean's step as the floating-point one`() {
        var floating = automaton(.linearRewardEpsilonPenalty, of: 4, floor: 0.001)
        var fixed = automaton(.fixedPoint, of: 4, floor: 0.001)
        var random = RandomStream(seed: 3, purpose: "twins")
        for _ in 0..<5_000 {
            let rewards = (0..<4).map { _ in Double(random.below(257)) / 256 }
            floating.update(rewards: rewards, draws: 3)
            fixed.update(rewards: rewards, draws: 3)
            let apart = (0..<4).map { abs(floating.probability(of: $0) - fixed.probability(of: $0)) }.max() ?? 0
            guard apart < 0.005 else {
                Issue.record("they are \(apart) apart")
                return
            }
        }
    }

    @Test func `a scheme that would forget paths for ever is a defect`() async {
        await #expect(processExitsWith: .failure) {
            var policy = LearningPolicy()
            policy.scheme = .pursuit
            policy.floor = 0
            _ = policy.automaton(actionCount: 2)
        }
    }
}

@Suite struct SplitWeightsTests {
    private static let cases: [([Double], [Int])] = [
        ([0.5, 0.5], [8, 8]), ([0.997, 0.001, 0.001, 0.001], [16, 0, 0, 0]), ([0.6, 0.4, 0], [10, 6, 0]),
        ([1.0 / 3, 1.0 / 3, 1.0 / 3], [6, 5, 5]), ([2, 0], [16, 0]),
    ]

    @Test(arguments: cases)
    func `weights are the nearest whole ones and sum to the total`(shares: [Double], expected: [Int]) {
        #expect(SplitWeights.apportion(16, by: shares) == expected)
    }

    @Test func `no weight is a whole unit away from its exact share`() {
        var random = RandomStream(seed: 4, purpose: "shares")
        for _ in 0..<2_000 {
            let total = 2 + random.below(255)
            let shares = (0..<(1 + random.below(8))).map { _ in random.unit() + 1e-9 }
            let weights = SplitWeights.apportion(total, by: shares)
            let sum = shares.reduce(0, +)
            #expect(weights.reduce(0, +) == total)
            for (weight, share) in zip(weights, shares) {
                #expect(abs(Double(weight) - Double(total) * share / sum) < 1)
            }
        }
    }
}
