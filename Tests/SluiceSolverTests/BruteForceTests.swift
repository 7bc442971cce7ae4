// Every method against the truth on tiny problems. Work limits stand for time, so a failure is repeated by its seed.

import SluiceModel
import SluiceSolver
import Testing

@Suite struct BruteForceTests {
    static let methods: [AdmissionPolicy.Method] = [.greedy, .search, .memetic, .genetic, .exact, .auto]

    /// Shares of problems solved to the optimum that each method must reach; they are small, so most are.
    static func leastShare(_ method: AdmissionPolicy.Method) -> Double {
        switch method {
        case .greedy: 0.3
        case .genetic, .exact: 0.85
        case .search, .memetic, .auto: 0.9
        }
    }

    private func check(_ features: RandomInstances.Features, seeds: Range<Int>, leastShares: Bool = true) {
        var best: [AdmissionPolicy.Method: Int] = [:]
        for seed in seeds {
            let problem = RandomInstances.problem(seed: seed, features)
            let truth = Truth(problem)
            for method in Self.methods {
                let solution = AdmissionSolver.solve(
                    problem,
                    options: SolveOptions(method: method, budget: SolveBudget(.work(4_000)), seed: UInt64(seed)))
                #expect(solution.refused == nil, "seed \(seed), \(method): the audit refused a placement")
                checkBounds(solution, problem: problem, truth: truth, label: "seed \(seed), \(method)")
                let isBest =
                    switch features.objective {
                    case .weighted: solution.objective == truth.weight
                    case .strict: solution.classes.map(\.admitted) == truth.classes
                    }
                if isBest { best[method, default: 0] += 1 }
            }
        }
        guard leastShares else { return }
        for method in Self.methods {
            let share = Double(best[method, default: 0]) / Double(seeds.count)
            #expect(share >= Self.leastShare(method), "\(method) found the optimum in a share of \(share) only")
        }
    }

    private func checkBounds(
        _ solution: AdmissionSolution, problem: AdmissionProblem, truth: Truth, label: String
    ) {
        #expect(solution.bound >= truth.weight || problem.objective == .strict, "\(label): the bound is too low")
        switch problem.objective {
        case .weighted:
            #expect(solution.objective <= truth.weight, "\(label): better than the best")
            if solution.status == .optimal {
                #expect(solution.objective == truth.weight, "\(label): optimal claimed wrongly")
            }
        case .strict:
            #expect(
                !truth.classes.lexicographicallyPrecedes(solution.classes.map(\.admitted)),
                "\(label): better than the best")
            for (place, result) in solution.classes.enumerated() {
                let higherAreBest = solution.classes[..<place].map(\.admitted) == Array(truth.classes[..<place])
                if higherAreBest {
                    #expect(result.bound >= truth.classes[place], "\(label): class bound too low")
                }
            }
            if solution.status == .optimal {
                #expect(solution.classes.map(\.admitted) == truth.classes, "\(label): optimal claimed wrongly")
            }
        }
    }

    @Test func `no method beats the truth, misses its bound or claims a false optimum`() {
        check(RandomInstances.Features(), seeds: 0..<1_000)
    }

    @Test func `constraints change neither`() {
        check(RandomInstances.Features(constraints: true), seeds: 1_000..<1_600)
    }

    @Test func `a present placement and a limit on moves change neither`() {
        check(RandomInstances.Features(present: true), seeds: 2_000..<2_600, leastShares: false)
    }

    @Test func `the strict objective is lexicographic, with a bound for each class`() {
        check(RandomInstances.Features(objective: .strict), seeds: 3_000..<3_500)
    }

    @Test func `strict with constraints and moves is too`() {
        check(
            RandomInstances.Features(objective: .strict, constraints: true, present: true), seeds: 4_000..<4_300,
            leastShares: false)
    }
}
