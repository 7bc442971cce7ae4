// What users of other controllers ask for most (OpenKilda, OSCARS, netphony-pce, Faucet, Kytos), one test each, in their
// words. What touches real switches is tested where those are; here is what the decisions do about it.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import SluiceSolver
import Testing

@Suite struct UserAsksTests {
    @Test func `1, say why a flow was refused: which links are in the way, and what would let it in`() throws {
        var driver = Driver(try Network.line(3))
        try driver.submit("there", "h2", "h3", megabits: 8)
        let rejection = try #require(try driver.submit("new", "h1", "h3", megabits: 5).rejection)
        #expect(rejection.code == .noCapacity)
        #expect(rejection.bottlenecks.map(\.link.text) == ["l23>"])
        #expect(rejection.bottlenecks.first?.residual == .megabits(2))
        #expect(rejection.wouldFitIf.contains(.flowsGone([FlowID("there")])))
        #expect(rejection.wouldFitIf.contains(.bandwidth(atMost: .megabits(2))))
        #expect(rejection.wouldFitIf.contains(.priority(atLeast: 4)))
        #expect(rejection.message.contains("l23>"))
    }

    @Test func `2, refuse the impossible, and say that it is impossible`() throws {
        var driver = Driver(try Network.line(2))
        let wide = try #require(try driver.submit("wide", "h1", "h2", megabits: 11, priority: 9).rejection)
        #expect(wide.code == .noCapacity)
        #expect(wide.isProved)
        let fast = try #require(
            try driver.submit("fast", "h1", "h2", megabits: 1) {
                $0.constraints.maxLatency = Latency(microseconds: 999)
            }.rejection)
        #expect(fast.code == .latencyUnreachable)
        #expect(fast.wouldFitIf == [.latency(atLeast: Latency(microseconds: 1_000))])
        #expect(try driver.link("l12>").reserved == .zero)
    }

    @Test func `3, preempt lower priority, and only lower`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("low", "h1", "h2", megabits: 8, priority: 1) { $0.match = .tcp(1) }
        #expect(
            try driver.submit("same", "h1", "h2", megabits: 8, priority: 1) { $0.match = .tcp(2) }.flow.state
                == .rejected)
        let high = try driver.submit("high", "h1", "h2", megabits: 8, priority: 2) { $0.match = .tcp(3) }
        #expect(high.preempted.map(\.id.text) == ["low"])
        #expect(try driver.flow("low").reasons == [.preemptedBy(FlowID("high"))])
    }

    enum Trigger: String, CaseIterable { case linkDown, switchDown, drain }

    @Test(arguments: Trigger.allCases)
    func `4, reroute in priority order by every trigger`(trigger: Trigger) throws {
        // Three flows over the wide way; the other one has room for one.
        var driver = Driver(
            try Network.make(4, [(1, 2), (2, 4), (1, 3), (3, 4)], capacity: .megabits(30)))
        try driver.submit("filler", "h1", "h4", megabits: 20, priority: 9) {
            $0.constraints.via = ["s3"]
            $0.match = .tcp(99)
        }
        for (position, priority) in [2, 7, 4].enumerated() {
            let id = "p\(priority)"
            try driver.submit(id, "h1", "h4", megabits: 8, priority: priority) {
                $0.constraints.via = ["s2"]
                $0.match = .tcp(UInt16(position))
            }
            _ = try driver.ask(.update(FlowUpdate(id: FlowID(id), constraints: ConstraintRequest()), dryRun: false))
        }
        let change =
            switch trigger {
            case .linkDown: try driver.setLink("l24", .down)
            case .switchDown: try driver.setLink("s2", .down)
            case .drain: try driver.setLink("l24", .drained)
            }
        #expect(change.moved.map(\.id.text) == ["p7"])
        let others = trigger == .drain ? change.remaining.map(\.text) : change.preempted.map(\.id.text)
        #expect(others == ["p4", "p2"])
        let returned = try driver.setLink(trigger == .switchDown ? "s2" : "l24", .up).returned.map(\.text)
        #expect(returned == (trigger == .drain ? [] : ["p4", "p2"]))
    }

    @Test func `5, available bandwidth is never negative`() throws {
        var driver = Driver(try Network.diamond())
        for number in 0..<40 {
            try driver.submit("f\(number)", "h1", "h4", megabits: 1 + number % 7, priority: number % 5) {
                $0.match = .tcp(UInt16(number))
            }
            if number % 9 == 0 { _ = try driver.setLink("l12", number % 2 == 0 ? .down : .up) }
            guard case .topology(let topology) = try driver.ask(.topology) else { return }
            for link in topology.links {
                #expect(link.residual >= .zero)
                #expect(link.reserved + link.residual == link.reservable)
            }
        }
    }

    @Test func `6, reroutes at the same time do not overbook`() throws {
        // Ten flows lose their link at once; the other way takes five of them.
        var driver = Driver(try Network.make(4, [(1, 2), (2, 4), (1, 3), (3, 4)], capacity: .megabits(10)))
        for number in 0..<10 {
            try driver.submit("f\(number)", "h1", "h4", megabits: 1) {
                $0.constraints.via = ["s2"]
                $0.match = .tcp(UInt16(number))
            }
            _ = try driver.ask(
                .update(FlowUpdate(id: FlowID("f\(number)"), constraints: ConstraintRequest()), dryRun: false))
        }
        try driver.submit("there", "h1", "h4", megabits: 5) {
            $0.constraints.via = ["s3"]
            $0.match = .tcp(99)
        }
        let change = try driver.setLink("l12", .down)
        #expect(change.moved.count == 5)
        #expect(change.preempted.count == 5)
        #expect(try driver.link("l13>").reserved == .megabits(10))
    }

    @Test func `7, a flow's own bandwidth counts as free on update`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 6)
        let response = try driver.ask(
            .update(FlowUpdate(id: FlowID("f"), bandwidth: .megabits(10)), dryRun: false))
        guard case .flow(let result) = response else { throw Unexpected(response: response) }
        #expect(result.rejection == nil)
        #expect(try driver.link("l12>").reserved == .megabits(10))
    }

    @Test func `8, move other flows to fit one`() throws {
        var driver = Driver(try Network.diamond())
        for (id, side) in [("a", "s2"), ("b", "s3")] {
            try driver.submit(id, "h1", "h4", megabits: 4) {
                $0.constraints.via = [side]
                $0.match = .tcp(id == "a" ? 1 : 2)
            }
            _ = try driver.ask(.update(FlowUpdate(id: FlowID(id), constraints: ConstraintRequest()), dryRun: false))
        }
        let result = try driver.submit("large", "h1", "h4", megabits: 10) { $0.match = .tcp(3) }
        #expect(result.flow.state == .admitted)
        #expect(result.moved.count == 1)
        #expect(result.preempted.isEmpty)
    }

    @Test func `9, strict or degraded bandwidth by choice`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("there", "h1", "h2", megabits: 6) { $0.match = .tcp(1) }
        #expect(try driver.submit("strict", "h1", "h2", megabits: 8) { $0.match = .tcp(2) }.flow.state == .rejected)
        let result = try driver.submit("modest", "h1", "h2", megabits: 8) {
            $0.minBandwidth = .megabits(3)
            $0.match = .tcp(3)
        }
        #expect(result.flow.state == .degraded)
        #expect(result.flow.bandwidth == .megabits(4))
        #expect(result.flow.reasons == [.reducedBandwidth(wanted: .megabits(8))])
    }

    @Test func `10, what if, before committing: submit, batch, update, drain and optimise`() throws {
        var driver = Driver(try Network.diamond())
        try driver.submit("low", "h1", "h4", megabits: 8, priority: 1) { $0.constraints.via = ["s2"] }
        let before = try driver.ask(.topology)
        let trial = try driver.submit("high", "h1", "h4", megabits: 8, priority: 5, dryRun: true) {
            $0.constraints.via = ["s2"]
            $0.match = .tcp(1)
        }
        #expect(trial.isDryRun)
        #expect(trial.preempted.map(\.id.text) == ["low"])
        var requests: [FlowRequest] = []
        for number in 1...3 {
            requests.append(
                FlowRequest(
                    id: FlowID("b\(number)"), source: NodeID("h1"), destination: NodeID("h4"),
                    bandwidth: .megabits(6), match: .tcp(UInt16(number))))
        }
        guard
            case .batch(let items) = try driver.ask(.submitBatch(requests, atomic: false, dryRun: true))
        else { return }
        // Each knows of those before it: the second way takes one of them.
        let states = items.map { item in
            if case .decided(let result) = item { result.isDryRun ? result.flow.state : nil } else { nil as FlowState? }
        }
        #expect(states.contains(.admitted))
        #expect(states.contains(.rejected))
        _ = try driver.ask(.update(FlowUpdate(id: FlowID("low"), bandwidth: .megabits(10)), dryRun: true))
        #expect(try driver.setLink("l24", .drained, dryRun: true).remaining.map(\.text) == ["low"])
        driver.handle(.request(Ticket(900), from: ClientID(1), .optimize(OptimizeRequest(dryRun: true))))
        #expect(driver.pendingSolve?.problem.demands.count == 1)
        #expect(try driver.ask(.topology) == before)
        #expect(requestError { _ = try driver.flow("high") } == .unknownFlow(FlowID("high")))
    }

    @Test func `11, damping: a link that keeps failing does not keep moving flows`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 4)
        var returns = 0
        // Once a second for two minutes: down for half of it.
        for _ in 0..<120 {
            _ = try driver.setLink("l12", .down)
            driver.seconds += 0.5
            returns += try driver.setLink("l12", .up).returned.count
            driver.seconds += 0.5
            let before = driver.occurrences.count
            driver.handle(.timeReached)
            returns += driver.occurrences[before...].count { $0.kind == .flowAdmitted }
        }
        #expect(returns == 1)
        driver.seconds += 60
        driver.handle(.timeReached)
        #expect(try driver.state("f") == .admitted)
    }

    @Test func `12, a failed install tries another path`() throws {
        var driver = Driver(try Network.diamond())
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        driver.transactions = []
        let flow = try driver.submit("f", "h1", "h4", megabits: 4).flow
        let middle = try #require(driver.transactions.first { ["s2", "s3"].contains($0.switch.text) })
        _ = try driver.ask(
            .acknowledgeRules(
                RulesAcknowledgement(
                    switch: middle.switch, revision: middle.revision,
                    failures: [RulesAcknowledgement.Failure(cookie: flow.cookie, message: "table full")])), client: 7)
        #expect(try !driver.flow("f").path.contains(middle.switch))
        #expect(driver.occurrences.contains { $0.kind == .rulesRefused && $0.switch == middle.switch })
    }

    @Test func `13, drain for maintenance: nobody loses a packet, and nothing new comes`() throws {
        var driver = Driver(try Network.diamond())
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        try driver.submit("f", "h1", "h4", megabits: 4) { $0.match = .tcp(80) }
        let middle = try #require(try driver.flow("f").path.map(\.text).first { ["s2", "s3"].contains($0) })
        func settle(_ driver: inout Driver) throws {
            for _ in 0..<6 {
                for name in ["s1", "s2", "s3", "s4"] {
                    let revision = try driver.rules(name).revision
                    _ = try driver.ask(
                        .acknowledgeRules(RulesAcknowledgement(switch: NodeID(name), revision: revision)), client: 7)
                    guard try driver.state("f") != .pending else { continue }
                    #expect(try driver.fate(of: Packet(fields: .tcp(80)), from: "h1") == "h4")
                }
            }
        }
        for _ in 0..<6 {
            for name in ["s4", "s3", "s2", "s1"] {
                let revision = try driver.rules(name).revision
                _ = try driver.ask(
                    .acknowledgeRules(RulesAcknowledgement(switch: NodeID(name), revision: revision)), client: 7)
            }
        }
        #expect(try driver.state("f") == .active)
        #expect(try driver.setLink(middle, .drained).moved.map(\.id.text) == ["f"])
        try settle(&driver)
        #expect(try driver.state("f") == .active)
        #expect(try driver.rules(middle).content.rules.isEmpty)
        let late = try driver.submit("late", "h1", "h4", megabits: 1) { $0.match = .tcp(81) }
        #expect(!late.flow.path.map(\.text).contains(middle))
    }

    @Test func `14, an agent that returns gets what it missed, and a switch that returns gets everything`() throws {
        var driver = Driver(try Network.line(2))
        _ = try driver.ask(.subscribeRules(RulesSubscription(switches: [NodeID("s1")], own: true)), client: 7)
        try driver.submit("f", "h1", "h2", megabits: 1) { $0.match = .tcp(1) }
        let held = try driver.rules("s1").revision
        driver.handle(.clientGone(ClientID(7)))
        // Nobody is there, and what is installed stays as it is.
        #expect(try driver.rules("s1").content.rules.count == 1)
        driver.transactions = []
        _ = try driver.ask(
            .subscribeRules(RulesSubscription(switches: [NodeID("s1")], sinceRevision: held, own: true)), client: 8)
        #expect(driver.transactions.isEmpty)
        driver.handle(.clientGone(ClientID(8)))
        try driver.submit("g", "h1", "h2", megabits: 1) { $0.match = .tcp(2) }
        driver.transactions = []
        _ = try driver.ask(
            .subscribeRules(RulesSubscription(switches: [NodeID("s1")], sinceRevision: held, own: true)), client: 9)
        #expect(driver.transactions.map(\.isSnapshot) == [false])
        #expect(driver.transactions.first?.change.deletedRules.isEmpty == true)
        driver.handle(.clientGone(ClientID(9)))
        driver.transactions = []
        _ = try driver.ask(.subscribeRules(RulesSubscription(switches: [NodeID("s1")], own: true)), client: 10)
        #expect(driver.transactions.map(\.isSnapshot) == [true])
        #expect(driver.transactions.first?.change.rules.filter { $0.cookie != Reachability.cookie }.count == 2)
    }

    @Test func `15, enforcement: each flow has a meter of its bandwidth where it enters, and an update changes it`()
        throws
    {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 4)
        #expect(try driver.rules("s1").content.meters.map(\.rateKilobitsPerSecond) == [4_000])
        #expect(try driver.rules("s2").content.meters.isEmpty)
        let meter = try #require(try driver.rules("s1").content.meters.first)
        #expect(try driver.rules("s1").content.rules.first?.actions.first == .meter(meter.id))
        _ = try driver.ask(.update(FlowUpdate(id: FlowID("f"), bandwidth: .megabits(7)), dryRun: false))
        #expect(try driver.rules("s1").content.meters.map(\.rateKilobitsPerSecond) == [7_000])
        _ = try driver.withdraw("f")
        #expect(try driver.rules("s1").content.meters.isEmpty)
    }
}
