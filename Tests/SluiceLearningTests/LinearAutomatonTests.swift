private import SluiceLearning
private import SluiceModel
import Testing

@Suite struct LinearAutomatonTests {
    @Test func `a success moves the chosen action up by a of what it lacks`() {
        var automaton = LinearAutomaton(actionCount: 4, rewardStep: 0.1, penaltyStep: 0.02)
        automaton.update(2, reward: 1, available: .all(4))
        #expect(abs(automaton.probability(of: 2) - (0.25 + 0.1 * 0.75)) < 1e-15)
        #expect(abs(automaton.probability(of: 0) - 0.9 * 0.25) < 1e-15)
    }

    @Test func `a failure moves the chosen action down and the others up`() {
        var automaton = LinearAutomaton(actionCount: 5, rewardStep: 0.1, penaltyStep: 0.02)
        automaton.update(2, reward: 0, available: .all(5))
        #expect(abs(automaton.probability(of: 2) - 0.98 * 0.2) < 1e-15)
        #expect(abs(automaton.probability(of: 4) - (0.02 / 4 + 0.98 * 0.2)) < 1e-15)
    }

    @Test func `a reward between is the mean of success and failure`() {
        var success = LinearAutomaton(actionCount: 3, rewardStep: 0.2, penaltyStep: 0.05)
        var failure = success
        var between = success
        success.update(1, reward: 1, available: .all(3))
        failure.update(1, reward: 0, available: .all(3))
        between.update(1, reward: 0.25, available: .all(3))
        for action in 0..<3 {
            let mean = 0.25 * success.probability(of: action) + 0.75 * failure.probability(of: action)
            #expect(abs(between.probability(of: action) - mean) < 1e-15)
        }
    }

    @Test(arguments: [(0.5, 0.0, 0.0), (0.1, 0.1, 0.0), (0.05, 0.005, 0.01), (1.0, 1.0, 0.05)])
    func `a distribution stays one and keeps its floor after a million updates`(
        rewardStep: Double, penaltyStep: Double, floor: Double
    ) {
        var random = RandomStream(seed: 7, purpose: "automaton")
        var automaton = LinearAutomaton(
            actionCount: 7, rewardStep: rewardStep, penaltyStep: penaltyStep, floor: floor)
        for step in 0..<1_000_000 {
            var available = ActionSet(rawValue: random.next())
            if available.intersection(automaton.actions).isEmpty || step % 3 == 0 { available = automaton.actions }
            let action = automaton.choose(using: &random, available: available)
            guard available.contains(action: action) else {
                Issue.record("an unavailable action was chosen")
                return
            }
            automaton.update(action, reward: random.unit(), available: available)
        }
        let probabilities = automaton.probabilities
        #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12)
        #expect(probabilities.allSatisfy { $0 >= floor && $0 <= 1 })
    }

    @Test func `what was not available keeps its probability`() {
        var automaton = LinearAutomaton(actionCount: 4, rewardStep: 0.3, penaltyStep: 0.1)
        automaton.update(0, reward: 0.9, available: ActionSet(actions: [0, 2]))
        #expect(automaton.probability(of: 1) == 0.25)
        #expect(automaton.probability(of: 3) == 0.25)
        #expect(automaton.probability(of: 0) > automaton.probability(of: 2))
    }

    @Test func `rewards of all actions at once do what draws do on average`() {
        let rewards = [0.9, 0.4, 0.6]
        let start = LinearAutomaton(actionCount: 3, rewardStep: 0.1, penaltyStep: 0.03)
        var mean = [0.0, 0.0, 0.0]
        for (action, reward) in rewards.enumerated() {
            var drawn = start
            drawn.update(action, reward: reward, available: .all(3))
            for other in 0..<3 { mean[other] += start.probability(of: action) * drawn.probability(of: other) }
        }
        var expected = start
        expected.update(rewards: rewards, draws: 1)
        for action in 0..<3 { #expect(abs(expected.probability(of: action) - mean[action]) < 1e-15) }
    }

    @Test func `an action without a reward keeps its probability`() {
        var automaton = LinearAutomaton(actionCount: 3, rewardStep: 0.1, penaltyStep: 0.01, floor: 0.01)
        automaton.update(rewards: [0.9, nil, 0.1], draws: 500)
        #expect(automaton.probability(of: 1) == 1.0 / 3)
        #expect(automaton.probability(of: 0) > 0.6)
        #expect(automaton.probability(of: 2) >= 0.01)
    }

    @Test func `one action alone keeps all of it`() {
        var automaton = LinearAutomaton(actionCount: 1, rewardStep: 0.1, penaltyStep: 0.1)
        automaton.update(0, reward: 0, available: .all(1))
        automaton.update(rewards: [0.2], draws: 10)
        #expect(automaton.probability(of: 0) == 1)
    }
}
