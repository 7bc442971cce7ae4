// Class types and their pools: MAM (RFC 4125) and RDM (RFC 4127), and setup against hold priority (RFC 3209).

import SluiceControlPlane
import SluiceModel
import SluiceSolver
import Testing

@Suite struct BandwidthConstraintTests {
    /// Class types 0 and 1 in classes of their own, `data` below `voice`.
    private func policy(_ model: BandwidthConstraints.Model, _ shares: [Int]) -> Policy {
        var policy = Policy.standard
        policy.classes = [
            TrafficClass(name: "data", priority: 1), TrafficClass(name: "voice", priority: 5, classType: 1),
            TrafficClass(name: "urgent", priority: 7),
        ]
        policy.defaultClass = "data"
        policy.bandwidthConstraints = BandwidthConstraints(model: model, shares: shares)
        return policy
    }

    private func submit(
        _ driver: inout Driver, _ id: String, _ name: String, _ megabits: Int
    ) throws -> FlowResult {
        try driver.submit(id, "s1", "s2", megabits: megabits) { ($0.priority, $0.className) = (nil, name) }
    }

    @Test func `RFC 4127's example: of BC0 200 and BC1 100, with 50 of CT1 and 120 of CT0, both have 30 left`() throws {
        // With 50 and 120 held: U0 = 200 - 170 = 30, and U1 = min(200 - 170, 100 - 50) = 30.
        var driver = Driver(
            try Network.line(2, capacity: .megabits(200)), policy: policy(.rdm, [1_000_000, 500_000]))
        #expect(try submit(&driver, "v", "voice", 50).flow.state == .admitted)
        #expect(try submit(&driver, "d", "data", 120).flow.state == .admitted)
        for (name, id) in [("data", "d2"), ("voice", "v2")] {
            var copy = driver
            // Voice could push data out; here what is unreserved counts.
            var polite = policy(.rdm, [1_000_000, 500_000])
            polite.admission.preemption = false
            _ = try copy.ask(.replacePolicy(polite))
            #expect(try submit(&copy, id, name, 31).flow.state == .rejected)
            #expect(try submit(&copy, id, name, 30).flow.state == .admitted)
        }
    }

    @Test func `under MAM a class type gets its share and no more, whatever is left`() throws {
        var driver = Driver(try Network.line(2, capacity: .megabits(100)), policy: policy(.mam, [600_000, 400_000]))
        #expect(try submit(&driver, "d", "data", 61).flow.state == .rejected)
        #expect(try submit(&driver, "d", "data", 60).flow.state == .admitted)
        #expect(try submit(&driver, "v", "voice", 41).flow.state == .rejected)
        #expect(try submit(&driver, "v", "voice", 40).flow.state == .admitted)
        let link = try driver.link("l12>")
        #expect(link.classTypes.map(\.held) == [.megabits(60), .megabits(40)])
        #expect(link.classTypes.map(\.limit) == [.megabits(60), .megabits(40)])
    }

    @Test func `under MAM voice does not push data out of a pool that is not its own`() throws {
        var driver = Driver(try Network.line(2, capacity: .megabits(100)), policy: policy(.mam, [600_000, 400_000]))
        _ = try submit(&driver, "d", "data", 60)
        _ = try submit(&driver, "v", "voice", 40)
        let result = try submit(&driver, "v2", "voice", 10)
        #expect(result.flow.state == .rejected)
        #expect(result.rejection?.bottlenecks.map(\.link.text) == ["l12>"])
        #expect(try driver.state("d") == .admitted)
    }

    @Test func `where a pool is full, only flows that draw on it give way`() throws {
        var constrained = policy(.mam, [600_000, 600_000])
        constrained.classes.append(TrafficClass(name: "chat", priority: 2, classType: 1))
        var driver = Driver(try Network.line(2, capacity: .megabits(120)), policy: constrained)
        _ = try submit(&driver, "d", "data", 20)
        _ = try submit(&driver, "c", "chat", 50)
        _ = try submit(&driver, "v", "voice", 20)
        let result = try submit(&driver, "v2", "voice", 30)
        #expect(result.flow.state == .admitted)
        // Data is less important still, and would not help.
        #expect(result.preempted.map(\.id.text) == ["c"])
        #expect(try driver.state("d") == .admitted)
    }

    @Test func `under RDM the lower class type borrows, and gives back to the upper by preemption`() throws {
        var driver = Driver(
            try Network.line(2, capacity: .megabits(100)), policy: policy(.rdm, [1_000_000, 400_000]))
        #expect(try submit(&driver, "d", "data", 100).flow.state == .admitted)
        let result = try submit(&driver, "v", "voice", 40)
        #expect(result.flow.state == .admitted)
        #expect(result.preempted.map(\.id.text) == ["d"])
        #expect(try submit(&driver, "v2", "voice", 1).flow.state == .rejected)
        #expect(try submit(&driver, "d2", "data", 60).flow.state == .admitted)
    }

    @Test func `a policy that shrinks a pool takes nothing away and lets nobody in`() throws {
        var driver = Driver(try Network.line(2, capacity: .megabits(100)), policy: policy(.mam, [600_000, 400_000]))
        _ = try submit(&driver, "d", "data", 60)
        _ = try driver.ask(.replacePolicy(policy(.mam, [300_000, 700_000])))
        #expect(try driver.state("d") == .admitted)
        #expect(try submit(&driver, "d2", "data", 1).flow.state == .rejected)
        #expect(try submit(&driver, "v", "voice", 40).flow.state == .admitted)
        _ = try driver.withdraw("d")
        #expect(try submit(&driver, "d2", "data", 30).flow.state == .admitted)
    }

    @Test(arguments: [
        // setup of the newcomer, hold of the one that is there, and whether that gives way; 0 is the strongest.
        (2, 4, true), (4, 4, false), (4, 2, false), (0, 1, true), (1, 0, false),
    ])
    func `setup is held against hold`(setup: Int, hold: Int, givesWay: Bool) throws {
        var policy = Policy.standard
        policy.classes = [
            TrafficClass(name: "present", priority: 7 - max(hold, 4), hold: hold),
            TrafficClass(name: "new", priority: 7, setup: setup),
        ]
        policy.defaultClass = "present"
        var driver = Driver(try Network.line(2), policy: policy)
        _ = try submit(&driver, "there", "present", 8)
        let result = try submit(&driver, "comes", "new", 8)
        #expect((result.flow.state == .admitted) == givesWay)
        #expect(try driver.state("there") == (givesWay ? .preempted : .admitted))
    }

    @Test func `an optimisation fills no pool beyond its share`() throws {
        // Two ways of 20 Mbit/s, of which data may hold 12; a failure puts everyone off the second.
        var driver = Driver(try Network.diamond(capacity: .megabits(20)), policy: policy(.mam, [600_000, 400_000]))
        for id in ["a", "b"] {
            try driver.submit(id, "s1", "s4", megabits: 8) { ($0.priority, $0.className) = (nil, "data") }
        }
        _ = try driver.setLink("l24", .down)
        #expect(try ["a", "b"].map { try driver.state($0) }.contains(.pending))
        driver.handle(.request(Ticket(900), from: ClientID(1), .optimize(OptimizeRequest())))
        let order = try #require(driver.pendingSolve)
        let options = SolveOptions(method: .greedy, budget: SolveBudget(.work(20_000)), seed: 1)
        // The driver checks the pools after each event.
        driver.handle(.problemSolved(order.id, .solved(AdmissionSolver.solve(order.problem, options: options))))
        #expect(try driver.link("l34>").reserved == .megabits(8))
    }
}
