import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import Testing

@Suite struct RulesTests {
    @Test func `an admitted flow becomes rules, and a meter at its ingress`() throws {
        var driver = Driver(try Network.line(2))
        let flow = try driver.submit("f", "h1", "h2", megabits: 4).flow
        let first = try driver.rules("s1")
        #expect(first.revision > 0)
        #expect(first.content.rules.count == 1)
        let rule = try #require(first.content.rules.first)
        #expect(rule.cookie == flow.cookie)
        let meter = try #require(first.content.meters.first)
        #expect(meter.rateKilobitsPerSecond == 4_000)
        #expect(meter.burstKilobits == 400)
        #expect(rule.actions.first == .meter(meter.id))
        let second = try driver.rules("s2")
        #expect(second.content.meters.isEmpty)
        #expect(second.content.rules.first?.key.match.fields == flow.match)
        _ = try driver.withdraw("f")
        #expect(try driver.rules("s1").content.isEmpty)
        #expect(try driver.rules("s2").content.isEmpty)
    }

    @Test func `switch ends without a match reserve and make no rules`() throws {
        var driver = Driver(try Network.line(2))
        let flow = try driver.submit("f", "s1", "s2", megabits: 4).flow
        #expect(flow.state == .admitted)
        #expect(flow.reasons == [.reservesOnly])
        #expect(try driver.link("l12>").reserved == .megabits(4))
        #expect(try driver.rules("s1").content.isEmpty)
    }

    @Test func `a flow with one host end and no match says that it reserves only`() throws {
        var driver = Driver(try Network.line(2))
        #expect(try driver.submit("f", "h1", "s2", megabits: 4).flow.reasons == [.reservesOnly])
        #expect(try driver.submit("g", "h1", "s2", megabits: 4) { $0.match = .tcp(80) }.flow.reasons.isEmpty)
    }

    @Test func `the owner's acknowledgements release round after round, the ingress last`() throws {
        var driver = Driver(try Network.line(3))
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        driver.transactions = []
        try driver.submit("f", "h1", "h3", megabits: 4)
        #expect(driver.transactions.map(\.switch.text) == ["s2", "s3"])
        #expect(try driver.state("f") == .admitted)
        for transaction in driver.transactions { try driver.acknowledge(transaction) }
        #expect(driver.transactions.map(\.switch.text) == ["s2", "s3", "s1"])
        #expect(driver.transactions.last?.round == 2)
        #expect(try driver.state("f") == .admitted)
        try driver.acknowledge(try #require(driver.transactions.last))
        #expect(try driver.state("f") == .active)
        #expect(driver.occurrences.last?.kind == .flowActive)
    }

    @Test func `a flow that changes its path is active again when the switches have confirmed the new one`() throws {
        var driver = Driver(try Network.diamond())
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        try driver.submit("f", "h1", "h4", megabits: 4)
        for _ in 0..<3 { for transaction in driver.transactions { try driver.acknowledge(transaction) } }
        #expect(try driver.state("f") == .active)
        let links = try driver.flow("f").links
        _ = try driver.setLink(String(links[1].text.dropLast()), .drained)
        #expect(try driver.flow("f").links != links)
        #expect(try driver.state("f") == .admitted)
        for _ in 0..<6 { for transaction in driver.transactions { try driver.acknowledge(transaction) } }
        #expect(try driver.state("f") == .active)
    }

    @Test func `a switch has one owner, and is nobody's when that is gone`() throws {
        var driver = Driver(try Network.line(2))
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        #expect(
            requestError {
                _ = try driver.ask(.subscribeRules(RulesSubscription(switches: [NodeID("s2")], own: true)), client: 8)
            } == .switchOwned(NodeID("s2")))
        #expect(
            requestError {
                _ = try driver.ask(
                    .acknowledgeRules(RulesAcknowledgement(switch: NodeID("s1"), revision: 0)), client: 8)
            } == .switchNotOwned(NodeID("s1")))
        try driver.submit("f", "h1", "h2", megabits: 4)
        for _ in 0..<3 { for transaction in driver.transactions { try driver.acknowledge(transaction) } }
        #expect(try driver.state("f") == .active)
        driver.handle(.clientGone(ClientID(7)))
        #expect(try driver.state("f") == .admitted)
        #expect(try driver.rules("s1").isOwned == false)
    }

    @Test func `a subscriber that comes back gets what it missed, or a snapshot`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 1)
        let name = NodeID("s1")
        let revision = try driver.rules("s1").revision
        try driver.submit("g", "h1", "h2", megabits: 1) { $0.match = .tcp(80) }
        driver.transactions = []
        _ = try driver.ask(.subscribeRules(RulesSubscription(switches: [name], sinceRevision: revision)), client: 7)
        #expect(driver.transactions.map(\.isSnapshot) == [false])
        #expect(driver.transactions.first?.revision == revision + 1)
        driver.transactions = []
        _ = try driver.ask(.subscribeRules(RulesSubscription(switches: [name], sinceRevision: 999)), client: 8)
        #expect(driver.transactions.map(\.isSnapshot) == [true])
        let ofFlows = driver.transactions.first?.change.rules.filter { $0.cookie != Reachability.cookie }
        #expect(ofFlows?.count == 2)
    }

    @Test func `a revision of an earlier run is answered with everything`() throws {
        let name = NodeID("s1")
        var first = Driver(try Network.line(2))
        try first.submit("f", "h1", "h2", megabits: 1)
        let held = try first.rules("s1").revision
        // The same number of changes, in a process that starts later.
        var second = Driver(try Network.line(2))
        second.seconds = 1
        try second.submit("g", "h1", "h2", megabits: 1) { $0.match = .tcp(80) }
        second.transactions = []
        let answer = try second.ask(
            .subscribeRules(RulesSubscription(switches: [name], sinceRevision: held, own: true)), client: 7)
        #expect(second.transactions.map(\.isSnapshot) == [true])
        guard case .rulesSubscribed(let switches) = answer else { throw Unexpected(response: answer) }
        #expect(switches.map(\.confirmedRevision) == [0])
        #expect(try second.rules("s1").revision > held)
        #expect(try second.rules("s1").revision < 1 << 53)
    }

    @Test func `hosts find each other from the start, and by another way when a link goes`() throws {
        var driver = Driver(try Network.make(3, [(1, 2), (2, 3), (1, 3)]))
        func request(_ number: UInt32) -> Packet {
            var fields = FlowMatch()
            fields.etherType = FlowMatch.etherTypeARP
            fields.arpTarget = IPv4Prefix(0x0a00_0000 + number)
            return Packet(fields: fields)
        }
        #expect(try driver.fate(of: request(3), from: "h1") == "h3")
        #expect(try driver.fate(of: Packet(fields: .tcp(80)), from: "h1") == nil)
        _ = try driver.setLink("l13", .down, dryRun: true)
        _ = try driver.setLink("l13", .down)
        #expect(try driver.fate(of: request(3), from: "h1") == "h3")
        #expect(try driver.fate(of: request(1), from: "h3") == "h1")
        _ = try driver.setLink("l12", .down)
        #expect(try driver.fate(of: request(3), from: "h1") == nil)
        _ = try driver.setLink("l13", .up)
        #expect(try driver.fate(of: request(3), from: "h1") == "h3")
    }

    @Test func `unadmitted traffic passes while the policy lets it, below every flow`() throws {
        var policy = Policy.standard
        policy.unadmitted = .bestEffort
        var driver = Driver(try Network.diamond(), policy: policy)
        let packet = Packet(fields: .tcp(80))
        #expect(try driver.fate(of: packet, from: "h1") == "h2")
        // The flow's packets follow its own path.
        try driver.submit("f", "h1", "h2", megabits: 1) {
            $0.match = .tcp(80)
            $0.constraints.avoid = ["l12"]
        }
        #expect(try driver.rules("s4").content.rules.count == 1)
        #expect(try driver.fate(of: packet, from: "h1") == "h2")
        _ = try driver.withdraw("f")
        #expect(try driver.fate(of: packet, from: "h1") == "h2")
        policy.unadmitted = .drop
        _ = try driver.ask(.replacePolicy(policy))
        #expect(try driver.fate(of: packet, from: "h1") == nil)
    }

    @Test func `a flow whose rule a switch refuses takes a way around that switch`() throws {
        var driver = Driver(try Network.diamond())
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        driver.transactions = []
        let flow = try driver.submit("f", "h1", "h4", megabits: 4).flow
        let middle = try #require(driver.transactions.first { $0.switch.text == "s2" || $0.switch.text == "s3" })
        _ = try driver.ask(
            .acknowledgeRules(
                RulesAcknowledgement(
                    switch: middle.switch, revision: middle.revision,
                    failures: [RulesAcknowledgement.Failure(cookie: flow.cookie, message: "table full")])), client: 7)
        #expect(try driver.flow("f").path.contains(middle.switch) == false)
        for _ in 0..<6 { for transaction in driver.transactions { try driver.acknowledge(transaction) } }
        #expect(try driver.state("f") == .active)
        #expect(driver.occurrences.contains { $0.kind == .rulesRefused })
    }

    @Test(arguments: [Protection.linkDisjoint, .nodeDisjoint])
    func `the ingress of a protected flow changes to the second path without being told`(protection: Protection) throws
    {
        var driver = Driver(try Network.diamond())
        _ = try driver.ask(.subscribeRules(RulesSubscription()), client: 7)
        let flow = try driver.submit("f", "h1", "h4", megabits: 4) {
            $0.protection = protection
            $0.match = .tcp(80)
        }.flow
        let group = try #require(try driver.rules("s1").content.groups.first)
        #expect(group.kind == .fastFailover)
        #expect(group.buckets.map(\.watchPort) == group.buckets.map { Optional($0.output) })
        #expect(Set(group.buckets.map(\.watchPort)).count == 2)
        #expect(try driver.rules("s1").content.rules.first?.actions.last == .group(group.id))
        #expect(try driver.rules("s4").content.groups.isEmpty)
        for cut in [nil, flow.links[1], flow.backupLinks[1]] {
            #expect(try driver.fate(of: Packet(fields: .tcp(80)), from: "h1", cut: cut) == "h4")
        }
        // After the failure one path is left, and the group goes with the second.
        _ = try driver.setLink(String(flow.links[1].text.dropLast()), .down)
        #expect(try driver.rules("s1").content.groups.isEmpty)
        #expect(try driver.fate(of: Packet(fields: .tcp(80)), from: "h1", cut: flow.links[1]) == "h4")
        _ = try driver.withdraw("f")
        #expect(try driver.rules("s1").content.isEmpty)
    }

    @Test func `a flow that every way refuses tries each once, and again when another agent takes the switches`() throws
    {
        var driver = Driver(try Network.diamond())
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        let flow = try driver.submit("f", "h1", "h4", megabits: 4).flow
        var refusals = 0
        for _ in 0..<12 {
            for name in ["s1", "s2", "s3", "s4"] {
                let rules = try driver.rules(name)
                guard rules.confirmedRevision < rules.revision else { continue }
                let isRefused =
                    ["s2", "s3"].contains(name) && rules.content.rules.contains { $0.cookie == flow.cookie }
                if isRefused { refusals += 1 }
                let failure = RulesAcknowledgement.Failure(cookie: flow.cookie, message: "table full")
                _ = try driver.ask(
                    .acknowledgeRules(
                        RulesAcknowledgement(
                            switch: rules.switch, revision: rules.revision, failures: isRefused ? [failure] : [])),
                    client: 7)
            }
        }
        #expect(refusals == 2)
        let refused = try driver.flow("f")
        #expect(refused.state == .degraded)
        #expect(refused.reasons.map(\.code) == ["installation_failed"])
        driver.handle(.clientGone(ClientID(7)))
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 8)
        for _ in 0..<6 {
            for name in ["s1", "s2", "s3", "s4"] {
                let revision = try driver.rules(name).revision
                _ = try driver.ask(
                    .acknowledgeRules(RulesAcknowledgement(switch: NodeID(name), revision: revision)), client: 8)
            }
        }
        #expect(try driver.state("f") == .active)
        #expect(try driver.flow("f").reasons.isEmpty)
    }

    @Test func `flows that exchange their places wait for each other, and one is interrupted`() throws {
        // Each of two flows fills one side of the diamond; an optimisation could swap them, a person does it here.
        var driver = Driver(try Network.diamond())
        for (id, side) in [("a", "s2"), ("b", "s3")] {
            try driver.submit(id, "h1", "h4", megabits: 10, priority: id == "a" ? 5 : 3) {
                $0.constraints.via = [side]
                $0.match = .tcp(id == "a" ? 1 : 2)
            }
        }
        _ = try driver.ask(.update(FlowUpdate(id: FlowID("b"), constraints: ConstraintRequest()), dryRun: false))
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        // "a" must now run over s3, so "b" is displaced there and takes the place that "a" leaves.
        guard
            case .flow(let result) = try driver.ask(
                .update(FlowUpdate(id: FlowID("a"), constraints: ConstraintRequest(via: ["s3"])), dryRun: false))
        else { return }
        #expect(result.rejection == nil)
        #expect(Set(result.moved.map(\.id.text)) == ["a", "b"])
        for _ in 0..<8 {
            for rules in ["s1", "s2", "s3", "s4"] {
                let revision = try driver.rules(rules).revision
                _ = try driver.ask(
                    .acknowledgeRules(RulesAcknowledgement(switch: NodeID(rules), revision: revision)), client: 7)
            }
        }
        #expect(driver.occurrences.filter { $0.kind == .flowInterrupted }.map(\.flow?.text) == ["b"])
        #expect(try driver.state("a") == .active)
        #expect(try driver.state("b") == .active)
    }
}

extension Driver {
    /// The host at which a packet ends, by the rules of all transactions so far; nil for none.
    mutating func fate(of packet: Packet, from name: String, cut: LinkID? = nil) throws -> String? {
        if transactions.isEmpty { _ = try ask(.subscribeRules(RulesSubscription()), client: 9) }
        var states: [NodeIndex: SwitchState] = [:]
        for transaction in transactions {
            let node = try #require(plane.topology.index(of: transaction.switch))
            if transaction.isSnapshot { states[node] = SwitchState() }
            states[node, default: SwitchState()].apply(transaction.change)
        }
        let source = try #require(plane.topology.index(of: NodeID(name)))
        guard
            case .delivered(let end) = PacketTracer(plane.topology).fate(
                of: packet, from: source, on: { states[$0] ?? SwitchState() },
                whereDown: { plane.topology[$0].id == cut })
        else { return nil }
        return plane.topology[end].id.text
    }

    mutating func acknowledge(_ transaction: RulesTransaction) throws {
        _ = try ask(
            .acknowledgeRules(RulesAcknowledgement(switch: transaction.switch, revision: transaction.revision)),
            client: 7)
    }
}
