import SluiceControlPlane
import SluiceModel
import Testing

@Suite struct PreemptionTests {
    /// Flows h1 to h2 with matches of their own, so that they can share the cable.
    private func fill(_ driver: inout Driver, _ flows: [(id: String, megabits: Int, priority: Int)]) throws {
        for (position, flow) in flows.enumerated() {
            let result = try driver.submit(flow.id, "h1", "h2", megabits: flow.megabits, priority: flow.priority) {
                $0.match = .tcp(UInt16(1_000 + position))
            }
            #expect(result.flow.state == .admitted)
        }
    }

    @Test(arguments: [(4, true), (3, false), (2, false)])
    func `only strictly less important flows give way`(priority: Int, isAdmitted: Bool) throws {
        var driver = Driver(try Network.line(2))
        try fill(&driver, [("present", 8, 3)])
        let result = try driver.submit("new", "h1", "h2", megabits: 5, priority: priority) { $0.match = .tcp(1) }
        #expect((result.flow.state == .admitted) == isAdmitted)
        #expect(try driver.state("present") == (isAdmitted ? .preempted : .admitted))
        #expect(result.preempted.map(\.id.text) == (isAdmitted ? ["present"] : []))
    }

    /// Ten Mbit/s are full; the newcomer of priority 9 needs what the arguments say.
    @Test(arguments: [
        ("the least important", [("a", 5, 2), ("b", 5, 1)], 5, ["b"]),
        ("the least important, the other way round", [("b", 5, 1), ("a", 5, 2)], 5, ["b"]),
        ("the fewest", [("a", 2, 1), ("b", 2, 1), ("c", 6, 1)], 4, ["c"]),
        ("the closest in bandwidth", [("a", 6, 1), ("b", 4, 1)], 4, ["b"]),
        ("the closest in bandwidth, the other way round", [("b", 4, 1), ("a", 6, 1)], 4, ["b"]),
        ("none that is spared by another", [("a", 3, 1), ("b", 7, 2)], 6, ["b"]),
    ])
    func `victims are chosen well`(
        name: String, present: [(String, Int, Int)], megabits: Int, victims: [String]
    ) throws {
        var driver = Driver(try Network.line(2))
        try fill(&driver, present.map { (id: $0.0, megabits: $0.1, priority: $0.2) })
        let result = try driver.submit("new", "h1", "h2", megabits: megabits, priority: 9) { $0.match = .tcp(1) }
        #expect(result.preempted.map(\.id.text) == victims, "\(name)")
    }

    @Test func `nobody is pushed out for a newcomer that does not fit even so`() throws {
        var driver = Driver(try Network.line(3))
        try fill(&driver, [("low", 8, 1)])
        try driver.submit("high", "h2", "h3", megabits: 8, priority: 9)
        let result = try driver.submit("new", "h1", "h3", megabits: 5, priority: 5)
        #expect(result.rejection?.code == .outranked)
        #expect(try driver.state("low") == .admitted)
    }

    @Test func `a flow that gives way takes another path where there is one`() throws {
        var driver = Driver(try Network.diamond())
        try driver.submit("low", "h1", "h4", megabits: 6, priority: 1) { $0.constraints.via = ["s2"] }
        _ = try driver.ask(.update(FlowUpdate(id: FlowID("low"), constraints: ConstraintRequest()), dryRun: false))
        #expect(try driver.flow("low").path.map(\.text).contains("s2"))
        let result = try driver.submit("high", "h1", "h4", megabits: 6, priority: 5) {
            $0.constraints.via = ["s2"]
            $0.match = .tcp(1)
        }
        #expect(result.preempted.isEmpty)
        #expect(result.moved.map(\.id.text) == ["low"])
        #expect(try driver.flow("low").path.map(\.text).contains("s3"))
    }

    @Test func `a preempted flow returns when there is room, the more important first`() throws {
        var driver = Driver(try Network.line(2))
        try fill(&driver, [("one", 5, 1), ("two", 5, 2)])
        try driver.submit("high", "h1", "h2", megabits: 10, priority: 5) { $0.match = .tcp(1) }
        #expect(try driver.state("one") == .preempted)
        #expect(try driver.flow("two").reasons == [.preemptedBy(FlowID("high"))])
        let result = try driver.withdraw("high")
        #expect(result.returned.map(\.text) == ["two", "one"])
    }

    @Test func `policy can forbid preemption, by class and altogether`() throws {
        var forbidden = Policy.standard
        forbidden.admission.preemption = false
        var timid = Policy.standard
        timid.classes = [
            TrafficClass(name: "standard", priority: 3), TrafficClass(name: "timid", priority: 9, mayPreempt: false),
        ]
        var firm = Policy.standard
        firm.classes = [
            TrafficClass(name: "standard", priority: 3, preemptable: false), TrafficClass(name: "timid", priority: 9),
        ]
        for (policy, name) in [(forbidden, "critical"), (timid, "timid"), (firm, "timid")] {
            var driver = Driver(try Network.line(2), policy: policy)
            try driver.submit("present", "h1", "h2", megabits: 8) { ($0.priority, $0.className) = (nil, "standard") }
            let result = try driver.submit("new", "h1", "h2", megabits: 5) {
                ($0.priority, $0.className) = (nil, name)
                $0.match = .tcp(1)
            }
            #expect(result.flow.state == .rejected)
            #expect(try driver.state("present") == .admitted)
        }
    }

    @Test func `a flow and its companion give way together`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("pair", "h1", "h2", megabits: 6, priority: 1) { $0.reverseBandwidth = .megabits(6) }
        try driver.submit("high", "h2", "h1", megabits: 6, priority: 5) { $0.match = FlowMatch.tcp(1) }
        #expect(try driver.state("pair") == .preempted)
        #expect(try driver.state("pair~reverse") == .preempted)
        #expect(try driver.link("l12>").reserved == .zero)
    }
}
