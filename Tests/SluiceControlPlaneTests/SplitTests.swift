// Flows on several paths at once: what the ledger holds for them, what the switches are told, and that all of it is
// given back.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import SluiceSolver
import Testing

@Suite struct SplitTests {
    private static func policy(_ change: (inout Policy) -> Void = { _ in }) -> Policy {
        var policy = Policy.standard
        policy.learning.action = .split
        policy.learning.dwellSeconds = 1
        change(&policy)
        return policy
    }

    /// Reports the same utilisation of every trunk but those named, ten times a second.
    private func measure(
        _ driver: inout Driver, _ utilisation: [String: Double] = [:], otherwise: Double = 0.1, seconds: Double
    ) throws {
        let links = driver.plane.topology.links.filter { $0.kind == .trunk }.map(\.id.text)
        for _ in 0..<Int(seconds * 10) {
            driver.seconds += 0.1
            _ = try driver.ask(
                .reportTelemetry(
                    links.map { TelemetrySample(link: $0, utilisation: utilisation[$0] ?? otherwise) }))
        }
    }

    private func weights(_ flow: FlowView) -> [Int] { flow.shares.map(\.weight) }

    @Test func `a split flow holds its full bandwidth on each of its paths and gives all of it back`() throws {
        var driver = Driver(try Network.diamond(), policy: Self.policy())
        try driver.submit("f", "h1", "h4", megabits: 4)
        #expect(try driver.flow("f").shares.isEmpty, "it begins on one path")
        try measure(&driver, seconds: 1.5)
        let flow = try driver.flow("f")
        #expect(weights(flow) == [8, 8])
        let used = Set(flow.shares.flatMap { $0.links.map(\.text) })
        #expect(used.isSuperset(of: ["l12>", "l24>", "l13>", "l34>"]))
        for name in ["l12>", "l24>", "l13>", "l34>", "access:h1>", "access:h4<"] {
            #expect(try driver.link(name).reserved == .megabits(4), "\(name)")
        }
        let groups = try driver.rules("s1").content.groups
        #expect(groups.count == 1)
        #expect(groups.first?.kind == .select)
        #expect(groups.first?.buckets.compactMap(\.weight) == [8, 8])
        let split = try #require(driver.occurrences.last { $0.kind == .flowSplit })
        #expect(split.moveReason == .learning && split.shares == flow.shares)
        _ = try driver.withdraw("f")
        for name in ["l12>", "l13>"] { #expect(try driver.link(name).reserved == .zero) }
        for name in ["s1", "s2", "s3", "s4"] {
            let content = try driver.rules(name).content
            #expect(content.groups.isEmpty && content.rules.isEmpty && content.meters.isEmpty, "\(name)")
        }
    }

    @Test func `weights follow the probabilities, away from a path that turns bad and back`() throws {
        var driver = Driver(try Network.diamond(), policy: Self.policy())
        try driver.submit("f", "h1", "h4", megabits: 1)
        try measure(&driver, seconds: 3)
        try measure(&driver, ["l12>": 0.9, "l24>": 0.9], seconds: 10)
        let bad = try driver.flow("f")
        #expect(!bad.links.contains(LinkID("l12>")), "the other path is the main one")
        #expect(weights(bad).dropFirst().reduce(0, +) <= 2)
        try measure(&driver, seconds: 60)
        let recovered = weights(try driver.flow("f"))
        #expect(recovered.count == 2 && recovered.min() ?? 0 >= 3, "no path is worse than the other any more")
    }

    @Test func `weights change only when that is worth a rule update`() throws {
        var driver = Driver(try Network.diamond(), policy: Self.policy { $0.learning.splitChange = 4 })
        try driver.submit("f", "h1", "h4", megabits: 1)
        try measure(&driver, seconds: 3)
        let before = driver.occurrences.count { $0.kind == .flowSplit }
        // A little worse, for a moment: the probabilities change by less than a quarter.
        try measure(&driver, ["l12>": 0.2], seconds: 0.5)
        #expect(driver.occurrences.count { $0.kind == .flowSplit } == before)
        #expect(before == 1)
    }

    @Test func `no path joins that the ledger has no room on`() throws {
        var driver = Driver(try Network.diamond(), policy: Self.policy())
        let flow = try driver.submit("f", "h1", "h4", megabits: 4).flow
        let side = flow.path.contains(NodeID("s2")) ? "s3" : "s2"
        try driver.submit("full", "h1", "h4", megabits: 8) {
            $0.constraints.via = [side]
            $0.match = .tcp(1)
        }
        try measure(&driver, seconds: 5)
        #expect(try driver.flow("f").shares.isEmpty)
        _ = try driver.withdraw("full")
        try measure(&driver, seconds: 3)
        #expect(try driver.flow("f").shares.count == 2)
    }

    @Test func `a split flow keeps to the paths that a failed link leaves it, at once`() throws {
        var driver = Driver(try Network.diamond(), policy: Self.policy())
        try driver.submit("f", "h1", "h4", megabits: 4)
        try measure(&driver, seconds: 3)
        _ = try driver.setLink("l12", .down)
        let flow = try driver.flow("f")
        #expect(flow.shares.isEmpty && flow.links.contains(LinkID("l13>")))
        #expect(try driver.link("l24>").reserved == .zero)
        #expect(try driver.rules("s1").content.groups.isEmpty)
        let occurrence = try #require(driver.occurrences.last { $0.kind == .flowSplit })
        #expect(occurrence.moveReason == .failure)
    }

    @Test func `a more important flow takes the place of a split one, which keeps one path`() throws {
        var driver = Driver(try Network.diamond(), policy: Self.policy())
        try driver.submit("f", "h1", "h4", megabits: 5, priority: 1)
        try measure(&driver, seconds: 3)
        #expect(try driver.flow("f").shares.count == 2)
        let result = try driver.submit("urgent", "h1", "h4", megabits: 8, priority: 7) { $0.match = .tcp(1) }
        #expect(result.flow.state == .admitted)
        let flow = try driver.flow("f")
        #expect(flow.state == .admitted && flow.shares.isEmpty, "it fits beside on the other path")
    }

    @Test func `classes choose, and a policy that does not split any more brings flows back`() throws {
        let policy = Self.policy {
            $0.learning.action = .move
            $0.classes[3].learningAction = .split
        }
        var driver = Driver(try Network.diamond(), policy: policy)
        try driver.submit("bulk", "h1", "h4", megabits: 1) {
            $0.priority = nil
            $0.className = "bulk"
        }
        try driver.submit("other", "h1", "h4", megabits: 1) {
            $0.priority = nil
            $0.className = "standard"
            $0.match = .tcp(1)
        }
        try measure(&driver, seconds: 3)
        #expect(try driver.flow("bulk").shares.count == 2)
        #expect(try driver.flow("other").shares.isEmpty)
        var single = policy
        single.classes[3].learningAction = nil
        _ = try driver.ask(.replacePolicy(single))
        try measure(&driver, seconds: 2)
        #expect(try driver.flow("bulk").shares.isEmpty)
        #expect(try driver.rules("s1").content.groups.isEmpty)
    }

    @Test func `a flow whose groups a switch refuses stays on one path`() throws {
        var driver = Driver(try Network.diamond(), policy: Self.policy())
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        func acknowledge(refusing cookie: UInt64? = nil) throws {
            for _ in 0..<12 {
                guard case .rules(let all) = try driver.ask(.rules(switch: nil)) else { return }
                for rules in all where rules.confirmedRevision < rules.revision {
                    let refuses = rules.switch == NodeID("s1") && !rules.content.groups.isEmpty
                    let failures =
                        refuses ? cookie.map { [RulesAcknowledgement.Failure(cookie: $0, message: "no")] } : nil
                    _ = try driver.ask(
                        .acknowledgeRules(
                            RulesAcknowledgement(
                                switch: rules.switch, revision: rules.revision, failures: failures ?? [])), client: 7)
                }
            }
        }
        try driver.submit("f", "h1", "h4", megabits: 4)
        try acknowledge()
        #expect(try driver.state("f") == .active)
        try measure(&driver, seconds: 1.5)
        let flow = try driver.flow("f")
        #expect(flow.shares.count == 2)
        try acknowledge(refusing: flow.cookie)
        try measure(&driver, seconds: 5)
        try acknowledge()
        let whole = try driver.flow("f")
        #expect(whole.shares.isEmpty && whole.state == .active, "\(whole.state)")
        #expect(try driver.rules("s1").content.groups.isEmpty)
        #expect(
            try driver.link("l12>").reserved.bitsPerSecond + driver.link("l13>").reserved.bitsPerSecond == 4_000_000)
    }

    @Test func `an optimisation leaves split flows alone and says so`() throws {
        var driver = Driver(try Network.diamond(), policy: Self.policy())
        try driver.submit("f", "h1", "h4", megabits: 4)
        try measure(&driver, seconds: 3)
        driver.handle(.request(Ticket(1_000_000), from: ClientID(1), .optimize(OptimizeRequest())))
        #expect(driver.pendingSolve?.problem.demands.isEmpty == true)
    }

    @Test func `what was learned names the domain, the weights and the last choices`() throws {
        var driver = Driver(try Network.diamond(), policy: Self.policy())
        try driver.submit("f", "h1", "h4", megabits: 4)
        try measure(&driver, seconds: 1.5)
        guard case .automata(let automata) = try driver.ask(.automata(FlowID("f"))) else { return }
        let automaton = try #require(automata.first)
        #expect(automaton.decisionSwitch == NodeID("s1") && automaton.endSwitch == NodeID("s4"))
        #expect(automaton.candidates.map(\.weight) == [8, 8])
        #expect(automaton.choices.map(\.kind) == [.flowAdmitted, .flowSplit])
        #expect(automaton.choices.last?.rewards != nil)
    }

    @Test func `many split flows come to share two paths without swinging between them`() throws {
        var driver = Driver(try Network.diamond(capacity: .megabits(100)), policy: Self.policy())
        for number in 0..<40 {
            try driver.submit("f\(number)", "h1", "h4", megabits: 2) { $0.match = .tcp(UInt16(number)) }
        }
        var changes: [Int] = []
        var upper = 0.0
        for step in 0..<600 {
            // What the switches would make of the weights is what is measured next.
            guard case .flows(let flows, _) = try driver.ask(.list(FlowFilter())) else { return }
            upper = 0
            for flow in flows {
                let weights = flow.shares.isEmpty ? [(flow.links, 1)] : flow.shares.map { ($0.links, $0.weight) }
                let total = weights.reduce(0) { $0 + $1.1 }
                for (links, weight) in weights where links.contains(LinkID("l12>")) {
                    upper += 0.02 * Double(weight) / Double(total)
                }
            }
            driver.seconds = 1 + Double(step) * 0.1
            let before = driver.occurrences.count
            _ = try driver.ask(
                .reportTelemetry(
                    ["l12>", "l24>"].map { TelemetrySample(link: $0, utilisation: upper) }
                        + ["l13>", "l34>"].map { TelemetrySample(link: $0, utilisation: 0.8 - upper) }))
            changes.append(driver.occurrences[before...].count { $0.kind == .flowSplit })
        }
        #expect(abs(upper - 0.4) < 0.1, "\(upper) of 0.8 on one of two equal paths")
        let late = changes.suffix(200).reduce(0, +)
        #expect(late <= 80, "\(late) changes of weights in the last 20 s of 40 flows")
    }

    @Test func `many flows take turns to learn and none is forgotten`() throws {
        var policy = Policy.standard
        policy.learning.dwellSeconds = 0
        var driver = Driver(try Network.diamond(capacity: .gigabits(100)), policy: policy)
        for number in 0..<200 {
            try driver.submit("f\(number)", "h1", "h4", megabits: 1) { $0.match = .tcp(UInt16(number)) }
        }
        try measure(&driver, seconds: 0.1)
        guard case .telemetryStatus(let first) = try driver.ask(.telemetryStatus) else { return }
        #expect(first.automata == ControlLimits.newAutomata)
        try measure(&driver, seconds: 0.4)
        guard case .telemetryStatus(let second) = try driver.ask(.telemetryStatus) else { return }
        #expect(second.automata == 200)
        #expect(second.accepted == 5 * 8 && second.refused.isEmpty)
    }
}
