import SluiceControlPlane
import SluiceModel
import SluiceSolver
import Testing

@Suite struct OptimizationTests {
    /// Two small flows stand in the way of a large one: one on each side of the diamond.
    private func crowded() throws -> Driver {
        var driver = Driver(try Network.diamond())
        for (id, side) in [("a", "s2"), ("b", "s3")] {
            try driver.submit(id, "h1", "h4", megabits: 4) {
                $0.constraints.via = [side]
                $0.match = .tcp(id == "a" ? 1 : 2)
            }
            _ = try driver.ask(.update(FlowUpdate(id: FlowID(id), constraints: ConstraintRequest()), dryRun: false))
        }
        // It waits: it had a place that a failure took.
        _ = try driver.setLink("l24", .down)
        _ = try driver.setLink("l24", .up)
        return driver
    }

    private func waitingFlow() throws -> Driver {
        var driver = Driver(try Network.make(4, [(1, 2), (2, 4), (1, 3), (3, 4), (1, 4)]))
        try driver.submit("large", "h1", "h4", megabits: 8) { $0.match = .tcp(3) }
        for (id, side) in [("a", "s2"), ("b", "s3")] {
            try driver.submit(id, "h1", "h4", megabits: 4) {
                $0.constraints.via = [side]
                $0.match = .tcp(id == "a" ? 1 : 2)
            }
            _ = try driver.ask(.update(FlowUpdate(id: FlowID(id), constraints: ConstraintRequest()), dryRun: false))
        }
        _ = try driver.setLink("l14", .down)
        #expect(try driver.state("large") == .pending)
        return driver
    }

    /// What a solver would find: "a" joins "b" and "large" takes the side of "a".
    private func solution(_ order: SolveOrder, _ driver: inout Driver) throws -> AdmissionSolution {
        let side = try #require(order.problem.demands.first { $0.id.text == "b" }?.present)
        let other = try #require(order.problem.demands.first { $0.id.text == "a" }?.present)
        return try audited(order.problem.demands.map { $0.id.text == "large" ? other : side }, order.problem)
    }

    /// A solution that passed the audit of `problem` with `capacity` on every link and any number of moves.
    private func audited(
        _ paths: [Path], _ problem: AdmissionProblem, capacity: Bandwidth? = nil
    ) throws -> AdmissionSolution {
        let lenient = AdmissionProblem(
            topology: problem.topology,
            capacity: capacity.map { Array(repeating: $0, count: problem.topology.links.count) } ?? problem.capacity,
            demands: problem.demands)
        let claim = PlacementClaim(
            routes: paths.map(\.links), objective: problem.totalWeight, bound: problem.totalWeight, isOptimal: true)
        return AdmissionSolution(
            try PlacementAudit.examine(claim, of: lenient), method: .exact, rejections: paths.map { _ in nil })
    }

    private func start(_ driver: inout Driver, _ request: OptimizeRequest = OptimizeRequest()) throws -> SolveOrder {
        driver.pendingSolve = nil
        driver.handle(.request(Ticket(900), from: ClientID(1), .optimize(request)))
        return try #require(driver.pendingSolve)
    }

    private func answer(_ effects: [Effect]) -> OptimizationReport? {
        for effect in effects {
            if case .reply(Ticket(900), .success(.optimization(let report))) = effect { return report }
        }
        return nil
    }

    @Test func `a better solution is adopted and lets a waiting flow in`() throws {
        var driver = try waitingFlow()
        let order = try start(&driver)
        let solved = try solution(order, &driver)
        let report = try #require(answer(driver.handle(.problemSolved(order.id, .solved(solved)))))
        #expect(report.status == .optimal)
        #expect(report.objective == 9)
        #expect(report.objectiveBefore == 6)
        #expect(report.moves.map(\.id.text) == ["a"])
        #expect(report.returned.map(\.text) == ["large"])
        #expect(try driver.state("large") == .admitted)
    }

    @Test func `a dry run tells the same and changes nothing`() throws {
        var driver = try waitingFlow()
        let order = try start(&driver, OptimizeRequest(dryRun: true))
        let solved = try solution(order, &driver)
        let report = try #require(answer(driver.handle(.problemSolved(order.id, .solved(solved)))))
        #expect(report.isDryRun)
        #expect(report.returned.map(\.text) == ["large"])
        #expect(try driver.state("large") == .pending)
    }

    @Test func `a solution for an old placement is carried over where the rest lets it`() throws {
        var driver = try waitingFlow()
        let order = try start(&driver)
        let solved = try solution(order, &driver)
        try driver.submit("x", "h2", "h1", megabits: 1)
        let report = try #require(answer(driver.handle(.problemSolved(order.id, .solved(solved)))))
        #expect(report.status == .feasible)
        #expect(report.returned.map(\.text) == ["large"])
        // The bound was proved for a problem without the newcomer.
        #expect(report.bound >= report.objective)
        #expect(try driver.state("large") == .admitted)
        #expect(try driver.state("x") == .admitted)
    }

    @Test func `a solution for an old placement that does not fit any more is asked for again once, then reported`()
        throws
    {
        var driver = try waitingFlow()
        let order = try start(&driver)
        let solved = try solution(order, &driver)
        try driver.submit("x", "h1", "h4", megabits: 4) { $0.match = .tcp(9) }
        #expect(answer(driver.handle(.problemSolved(order.id, .solved(solved)))) == nil)
        let again = try #require(driver.pendingSolve)
        #expect(again.id != order.id)
        try driver.submit("y", "h3", "h1", megabits: 1)
        let report = try #require(answer(driver.handle(.problemSolved(again.id, .solved(solved)))))
        #expect(report.status == .outdated)
        #expect(try driver.state("large") == .pending)
    }

    @Test func `a solution that overbooks a link or moves too much is refused`() throws {
        var driver = try waitingFlow()
        var order = try start(&driver)
        let side = try #require(order.problem.demands.compactMap(\.present).first)
        let wrong = try audited(order.problem.demands.map { _ in side }, order.problem, capacity: .gigabits(1))
        var report = try #require(answer(driver.handle(.problemSolved(order.id, .solved(wrong)))))
        #expect(report.status == .failed)
        order = try start(&driver, OptimizeRequest(maxMoves: 0))
        let solved = try solution(order, &driver)
        report = try #require(answer(driver.handle(.problemSolved(order.id, .solved(solved)))))
        #expect(report.status == .failed)
        #expect(report.failure?.isEmpty == false)
        #expect(try driver.state("large") == .pending)
    }

    @Test func `one optimisation runs at a time, and a failed one is reported`() throws {
        var driver = try crowded()
        let order = try start(&driver)
        #expect(requestError { _ = try driver.ask(.optimize(OptimizeRequest())) } == .optimizationRunning)
        let report = answer(driver.handle(.problemSolved(order.id, .failed(message: "out of memory"))))
        #expect(report?.status == .failed)
        #expect(report?.failure == "out of memory")
    }

    @Test func `the real solver's answer is adopted`() throws {
        var driver = try waitingFlow()
        let order = try start(&driver)
        let options = SolveOptions(method: .auto, budget: SolveBudget(.work(200_000)), seed: order.seed)
        let solved = AdmissionSolver.solve(order.problem, options: options)
        let report = try #require(answer(driver.handle(.problemSolved(order.id, .solved(solved)))))
        #expect([.optimal, .feasible, .unchanged].contains(report.status))
        #expect(report.objective >= report.objectiveBefore)
    }

    @Test func `where flows wait in a circle, the least important of the circle is interrupted, and nobody beside it`()
        throws
    {
        var driver = Driver(try Network.make(4, [(1, 2), (2, 4), (1, 3), (3, 4), (1, 4)]))
        func submit(_ id: String, _ megabits: Int, _ priority: Int, _ port: UInt16, _ constraints: ConstraintRequest)
            throws
        {
            try driver.submit(id, "h1", "h4", megabits: megabits, priority: priority) {
                $0.constraints = constraints
                $0.match = .tcp(port)
            }
        }
        try submit("a", 6, 5, 1, ConstraintRequest(via: ["s2"]))
        try submit("b", 10, 3, 2, ConstraintRequest(via: ["s3"]))
        try submit("d", 10, 1, 3, ConstraintRequest(avoid: ["s2", "s3"]))
        try submit("c", 4, 2, 4, ConstraintRequest(avoid: ["s2", "s3"]))
        #expect(try driver.state("d") == .preempted)
        for id in ["a", "b", "c"] {
            _ = try driver.ask(.update(FlowUpdate(id: FlowID(id), constraints: ConstraintRequest()), dryRun: false))
        }
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        let order = try start(&driver)
        func path(_ id: String) throws -> Path {
            try #require(order.problem.demands.first { $0.id.text == id }?.present)
        }
        // "a" and "b" change places; "c" joins "a", and "d" takes the place of "c".
        let goals = ["a": try path("b"), "b": try path("a"), "c": try path("b"), "d": try path("c")]
        let paths = try order.problem.demands.map { try #require(goals[$0.id.text]) }
        driver.handle(.problemSolved(order.id, .solved(try audited(paths, order.problem))))
        for _ in 0..<12 {
            for name in ["s1", "s2", "s3", "s4"] {
                let revision = try driver.rules(name).revision
                _ = try driver.ask(
                    .acknowledgeRules(RulesAcknowledgement(switch: NodeID(name), revision: revision)), client: 7)
            }
        }
        #expect(driver.occurrences.filter { $0.kind == .flowInterrupted }.map(\.flow?.text) == ["b"])
        for id in ["a", "b", "c", "d"] { #expect(try driver.state(id) == .active) }
    }

    enum Change: CaseIterable { case withdrawn, updated, linkDown }

    @Test(arguments: Change.allCases)
    func `a solution has no place for what has changed without being placed`(change: Change) throws {
        var driver = try waitingFlow()
        let order = try start(&driver)
        let solved = try solution(order, &driver)
        let goal = try #require(zip(order.problem.demands, solved.assignment).first { $0.0.id.text == "large" }?.1)
        switch change {
        case .withdrawn: _ = try driver.withdraw("large")
        case .updated:
            _ = try driver.ask(.update(FlowUpdate(id: FlowID("large"), bandwidth: .megabits(11)), dryRun: false))
        case .linkDown:
            // The flow that ran there has to move as well; the driver checks that nothing runs over the link.
            _ = try driver.setLink(driver.plane.topology[goal.links[1]].id.text, .down)
        }
        let report = answer(driver.handle(.problemSolved(order.id, .solved(solved))))
        #expect(report?.returned.isEmpty != false)
        if change != .withdrawn { #expect(try driver.state("large") == .pending) }
    }
}
