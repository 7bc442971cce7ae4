import SluiceLearning
import SluiceModel
import Testing

@Suite struct PathAutomatonTests {
    static let schemes = LearningPolicy.Scheme.allCases.filter { $0 != .off }

    private func automaton(_ scheme: LearningPolicy.Scheme, of count: Int, floor: Double = 0.01) -> PathAutomaton {
        var policy = LearningPolicy()
        policy.scheme = scheme
        policy.floor = floor
        return PathAutomaton(actionCount: count, policy: policy)
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

    @Test func `a scheme that would forget paths for ever is a defect`() async {
        await #expect(processExitsWith: .failure) {
            var policy = LearningPolicy()
            policy.scheme = .pursuit
            policy.floor = 0
            _ = PathAutomaton(actionCount: 2, policy: policy)
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
