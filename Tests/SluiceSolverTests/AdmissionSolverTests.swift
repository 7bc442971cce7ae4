// The entry: odd problems, odd budgets, determinism, cancellation.

import SluiceModel
import SluiceSolver
import Testing

@Suite struct AdmissionSolverTests {
    private static func pair(capacity: Int, demands: [AdmissionDemand]) throws -> AdmissionProblem {
        let nodes = ["a", "b", "c"].map { Node(id: NodeID($0), kind: .switch(Switch())) }
        let topology = try Topology(
            name: "pair", nodes: nodes,
            cables: [
                Cable(
                    id: "l", a: .init(node: nodes[0].id), b: .init(node: nodes[1].id),
                    capacity: Bandwidth(bitsPerSecond: capacity), latency: Latency(microseconds: 7))
            ])
        return AdmissionProblem(topology: topology, demands: demands)
    }

    private static func demand(
        _ number: Int, to destination: Int = 1, bandwidth: Int, priority: Int = 1, constraints: FlowConstraints = .none
    ) -> AdmissionDemand {
        AdmissionDemand(
            id: FlowID("f\(number)"), source: NodeIndex(0), destination: NodeIndex(destination),
            bandwidth: Bandwidth(bitsPerSecond: bandwidth), priority: FlowPriority(priority), constraints: constraints)
    }

    private static func solve(
        _ problem: AdmissionProblem, _ method: AdmissionPolicy.Method = .auto, work: Int = 20_000, seed: UInt64 = 1
    ) -> AdmissionSolution {
        AdmissionSolver.solve(
            problem, options: SolveOptions(method: method, budget: SolveBudget(.work(work)), seed: seed))
    }

    @Test(arguments: BruteForceTests.methods)
    func `nothing to admit is optimal at zero`(method: AdmissionPolicy.Method) throws {
        let solution = Self.solve(try Self.pair(capacity: 1, demands: []), method)
        #expect(solution.objective == 0 && solution.bound == 0 && solution.status == .optimal)
    }

    @Test func `one node and no link is a problem like any other`() throws {
        let topology = try Topology(
            name: "one", nodes: [Node(id: NodeID("a"), kind: .switch(Switch()))], cables: [])
        let solution = Self.solve(AdmissionProblem(topology: topology, demands: []))
        #expect(solution.status == .optimal)
    }

    @Test func `each rejection says why`() throws {
        let problem = try Self.pair(
            capacity: 10,
            demands: [
                Self.demand(0, to: 2, bandwidth: 1), Self.demand(1, bandwidth: 11),
                Self.demand(2, bandwidth: 1, constraints: FlowConstraints(maxLatency: Latency(microseconds: 6))),
                Self.demand(3, bandwidth: 6, priority: 2), Self.demand(4, bandwidth: 6),
            ])
        let solution = Self.solve(problem)
        #expect(solution.rejections == [.noPath, .noCapacity, .latencyUnreachable, nil, .outranked])
        #expect(solution.status == .optimal)
    }

    @Test func `ten thousand identical flows fill the link exactly`() throws {
        let problem = try Self.pair(capacity: 70_000, demands: (0..<10_000).map { Self.demand($0, bandwidth: 10) })
        let solution = Self.solve(problem)
        #expect(solution.objective == 7_000 && solution.status == .optimal)
    }

    @Test(arguments: BruteForceTests.methods)
    func `capacities near 2^53 and weights near 2^31 never wrap`(method: AdmissionPolicy.Method) throws {
        let huge = Bandwidth.largest
        let problem = try Self.pair(
            capacity: huge,
            demands: (0..<50).map { Self.demand($0, bandwidth: huge / 3 - $0, priority: Limits.weight - $0) })
        let solution = Self.solve(problem, method)
        #expect(solution.refused == nil)
        #expect(solution.objective > 2 * (Limits.weight - 50) && solution.objective <= 3 * Limits.weight)
        #expect(solution.bound >= solution.objective)
    }

    @Test func `the same seed and work give the same answer`() {
        for seed in 77..<87 {
            let features = RandomInstances.Features(
                objective: seed % 2 == 0 ? .weighted : .strict, constraints: seed % 3 == 0, present: seed % 5 == 0)
            let problem = RandomInstances.problem(seed: seed, features)
            for method in BruteForceTests.methods {
                let first = Self.solve(problem, method, seed: 5)
                let second = Self.solve(problem, method, seed: 5)
                #expect(first.assignment == second.assignment && first.trajectory == second.trajectory)
                #expect(first.work == second.work && first.bound == second.bound)
            }
        }
    }

    @Test func `three wide flows on a link for one of them are bounded by the one`() throws {
        // The linear relaxation admits 10/6 of them.
        let problem = try Self.pair(capacity: 10, demands: (0..<3).map { Self.demand($0, bandwidth: 6, priority: 4) })
        let solution = Self.solve(problem)
        #expect(solution.objective == 4 && solution.bound == 4 && solution.status == .optimal)
    }

    @Test(arguments: [0.0, 0.001, 0.05])
    func `any budget, even none, gives an audited answer`(seconds: Double) {
        for method in BruteForceTests.methods {
            let clock = CountingClock()
            let problem = RandomInstances.problem(seed: 12, .init())
            let solution = AdmissionSolver.solve(
                problem,
                options: SolveOptions(
                    method: method, budget: SolveBudget(.wallTime(seconds: seconds, clock: { clock.now }))))
            #expect(solution.refused == nil)
            #expect(solution.bound >= solution.objective)
            #expect(solution.elapsedSeconds != nil)
        }
    }

    @Test func `a cancelled solve answers with what it has`() {
        let problem = RandomInstances.problem(seed: 3, .init())
        for strict in [false, true] {
            let token = CancellationToken()
            token.cancel()
            let solution = AdmissionSolver.solve(
                AdmissionProblem(
                    topology: problem.topology, demands: problem.demands, objective: strict ? .strict : .weighted),
                options: SolveOptions(
                    budget: SolveBudget(.wallTime(seconds: 1e9, clock: { 0 }), cancellation: token)))
            #expect(solution.refused == nil)
        }
    }

    @Test func `a solve that is proven ends before its budget`() throws {
        let problem = try Self.pair(capacity: 10, demands: [Self.demand(0, bandwidth: 5)])
        let solution = AdmissionSolver.solve(
            problem, options: SolveOptions(budget: SolveBudget(.wallTime(seconds: 1e9, clock: { 0 }))))
        #expect(solution.status == .optimal && solution.objective == 1)
    }
}
