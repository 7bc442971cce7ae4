// What every automaton promises, whatever its scheme.

import SluiceLearning
import SluiceModel
import Testing

/// One of each scheme in the variants that matter, over the same number of actions.
private func everyAutomaton(of count: Int) -> [(name: String, automaton: any LearningAutomaton, floor: Double)] {
    let recent = RewardEstimates.Memory.recent(weight: 0.2)
    return [
        ("L_R-I", LinearAutomaton(actionCount: count, rewardStep: 0.3, penaltyStep: 0), 0),
        ("L_R-P", LinearAutomaton(actionCount: count, rewardStep: 0.3, penaltyStep: 0.3, floor: 0.01), 0.01),
        (
            "L_R-epsilon-P", LinearAutomaton(actionCount: count, rewardStep: 0.2, penaltyStep: 0.015, floor: 0.001),
            0.001
        ),
        (
            "fixed point", FixedPointAutomaton(actionCount: count, rewardStep: 0.2, penaltyStep: 0.015, floor: 0.001),
            65 / 65_536.0
        ),
        (
            "fixed point, wild",
            FixedPointAutomaton(actionCount: count, rewardStep: 0.99, penaltyStep: 0.99, floor: 0.1), 6_554 / 65_536.0
        ),
        (
            "continuous pursuit",
            PursuitAutomaton(actionCount: count, step: .continuous(0.2), memory: recent, floor: 0.01), 0.01
        ),
        ("discretised pursuit", PursuitAutomaton(actionCount: count, step: .discretised(7), floor: 0), 0),
        (
            "pursuit, penalty",
            PursuitAutomaton(
                actionCount: count, step: .discretised(3), answer: .rewardPenalty, memory: recent, floor: 0.02), 0.02
        ),
        ("DGPA", GeneralisedPursuitAutomaton(actionCount: count, resolution: 3, initialSamples: 2), 0),
        (
            "DGPA with floor",
            GeneralisedPursuitAutomaton(actionCount: count, resolution: 3, memory: recent, floor: 0.02), 0.02
        ),
        ("LELA", EliminationAutomaton(actionCount: count, resolution: 20), 0),
        (
            "LELA with floor",
            EliminationAutomaton(actionCount: count, resolution: 5, memory: recent, initialSamples: 1, floor: 0.02),
            0.02
        ),
    ]
}

@Suite struct AutomatonPropertyTests {
    @Test(arguments: [1, 2, 5, 9])
    func `distributions stay distributions, floors hold, unavailable actions are never chosen nor changed`(count: Int) {
        for (name, original, floor) in everyAutomaton(of: count) {
            var automaton = original
            var random = RandomStream(seed: UInt64(count), purpose: name)
            for step in 0..<20_000 {
                var available = ActionSet(rawValue: random.next() & random.next()).intersection(automaton.actions)
                if available.isEmpty || step % 2 == 0 { available = automaton.actions }
                let before = automaton.probabilities
                let action = automaton.choose(using: &random, available: available)
                guard available.contains(action: action) else {
                    Issue.record("\(name) chose \(action), which was not available")
                    return
                }
                automaton.update(action, reward: step % 5 == 0 ? Double(step % 2) : random.unit(), available: available)
                let after = automaton.probabilities
                let kept = (0..<count).allSatisfy { available.contains(action: $0) || before[$0] == after[$0] }
                let bounded = after.allSatisfy { $0 >= floor - 1e-15 && $0 <= 1 + 1e-12 }
                guard kept, bounded, abs(after.reduce(0, +) - 1) < 1e-9 else {
                    Issue.record("\(name) broke its distribution at step \(step): \(before) to \(after)")
                    return
                }
            }
        }
    }

    @Test func `a distribution of any scheme is exact after two million updates`() {
        for (name, original, _) in everyAutomaton(of: 4) {
            var automaton = original
            var random = RandomStream(seed: 12, purpose: name)
            let rewards = (0..<1_021).map { _ in random.unit() }
            for step in 0..<2_000_000 {
                automaton.update(step & 3, reward: rewards[step % 1_021], available: .all(4))
            }
            // A few units of the last place, as adding four numbers up rounds as much.
            #expect(abs(automaton.probabilities.reduce(0, +) - 1) <= 4 * Double.ulpOfOne, "\(name)")
        }
    }

    @Test func `weights of the fixed-point automaton sum to one exactly after a million updates`() {
        var automaton = FixedPointAutomaton(actionCount: 7, rewardStep: 0.2, penaltyStep: 0.015, floor: 0.001)
        var random = RandomStream(seed: 5, purpose: "fixed point")
        for _ in 0..<1_000_000 {
            let action = automaton.choose(using: &random, available: .all(7))
            automaton.update(action, reward: UInt32(random.below(257)), available: .all(7))
        }
        #expect(automaton.weights.reduce(0, +) == FixedPointAutomaton.one)
        #expect(automaton.weights.allSatisfy { $0 >= automaton.floor })
    }

    @Test func `every scheme finds the better of two actions`() {
        for (name, original, _) in everyAutomaton(of: 2) where name != "L_R-P" && name != "fixed point, wild" {
            var automaton = original
            var random = RandomStream(seed: 11, purpose: name)
            var bestTaken = 0
            for step in 0..<2_000 {
                let action = automaton.choose(using: &random, available: .all(2))
                if step >= 1_000, action == 1 { bestTaken += 1 }
                automaton.update(action, reward: random.unit() < (action == 1 ? 0.9 : 0.3) ? 1 : 0, available: .all(2))
            }
            #expect(bestTaken > 850, "\(name) took the better action \(bestTaken) times of 1000")
        }
    }

    @Test func `the fixed-point automaton follows the floating-point one`() {
        var floating = LinearAutomaton(actionCount: 4, rewardStep: 0.2, penaltyStep: 0.015, floor: 0.001)
        var fixed = FixedPointAutomaton(actionCount: 4, rewardStep: 0.2, penaltyStep: 0.015, floor: 0.001)
        var random = RandomStream(seed: 3, purpose: "twins")
        for _ in 0..<50_000 {
            let action = random.below(4)
            let reward = UInt32(random.below(257))
            floating.update(action, reward: Double(reward) / 256, available: .all(4))
            fixed.update(action, reward: reward, available: .all(4))
            let apart = (0..<4).map { abs(floating.probability(of: $0) - fixed.probability(of: $0)) }.max() ?? 0
            guard apart < 0.003 else {
                Issue.record("they are \(apart) apart")
                return
            }
        }
    }

    @Test func `an automaton of no actions, and an update of an unavailable action, are defects`() async {
        await #expect(processExitsWith: .failure) {
            _ = LinearAutomaton(actionCount: 0, rewardStep: 0.1, penaltyStep: 0)
        }
        await #expect(processExitsWith: .failure) {
            var automaton = LinearAutomaton(actionCount: 2, rewardStep: 0.1, penaltyStep: 0)
            automaton.update(0, reward: 0.5, available: ActionSet(action: 1))
        }
    }
}

@Suite struct PursuitTests {
    @Test func `pursuit takes every action a few times before it follows probabilities`() {
        var automaton = PursuitAutomaton(actionCount: 3, step: .continuous(0.5), initialSamples: 2)
        var random = RandomStream(seed: 1, purpose: "first")
        var taken: [Int] = []
        for _ in 0..<6 {
            let action = automaton.choose(using: &random, available: .all(3))
            taken.append(action)
            automaton.update(action, reward: 1, available: .all(3))
        }
        #expect(taken.sorted() == [0, 0, 1, 1, 2, 2])
    }

    @Test func `continuous pursuit moves a share lambda to the best estimate`() {
        var automaton = PursuitAutomaton(actionCount: 2, step: .continuous(0.1), initialSamples: 1)
        automaton.update(0, reward: 0, available: .all(2))
        automaton.update(1, reward: 1, available: .all(2))
        #expect(abs(automaton.probability(of: 1) - 0.55) < 1e-15)
        automaton.update(0, reward: 0, available: .all(2))
        #expect(abs(automaton.probability(of: 1) - 0.55) < 1e-15, "no step after a failure")
    }

    @Test func `discretised pursuit moves one step of 1 over K N`() {
        var automaton = PursuitAutomaton(actionCount: 2, step: .discretised(5), initialSamples: 1)
        automaton.update(0, reward: 0, available: .all(2))
        automaton.update(1, reward: 1, available: .all(2))
        #expect(abs(automaton.probability(of: 1) - 0.6) < 1e-15)
    }

    @Test func `DGPA raises every action that looks better than the one taken`() {
        var automaton = GeneralisedPursuitAutomaton(actionCount: 4, resolution: 5, initialSamples: 1)
        for (action, reward) in [0.9, 0.5, 0.1].enumerated() {
            automaton.update(action, reward: reward, available: .all(4))
        }
        automaton.update(3, reward: 0.3, available: .all(4))
        // Step 1/20: actions 0 and 1 get half each, action 2 loses 1/40, and 3, just taken, what remains.
        #expect(abs(automaton.probability(of: 0) - 0.275) < 1e-15)
        #expect(abs(automaton.probability(of: 1) - 0.275) < 1e-15)
        #expect(abs(automaton.probability(of: 2) - 0.225) < 1e-15)
        #expect(abs(automaton.probability(of: 3) - 0.225) < 1e-15)
    }

    @Test func `LELA takes from the last and gives to the rest alike`() {
        var automaton = EliminationAutomaton(actionCount: 3, resolution: 10, initialSamples: 1)
        for (action, reward) in [0.9, 0.1, 0.5].enumerated() {
            automaton.update(action, reward: reward, available: .all(3))
        }
        #expect(abs(automaton.probability(of: 1) - (1.0 / 3 - 1.0 / 30)) < 1e-15)
        #expect(abs(automaton.probability(of: 0) - (1.0 / 3 + 1.0 / 60)) < 1e-15)
    }
}
