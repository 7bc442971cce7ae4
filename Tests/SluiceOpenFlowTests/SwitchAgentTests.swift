// An agent and a switch, joined by bytes.

import SluiceForwarding
import SluiceModel
import SluiceOpenFlow
import Testing

/// Both ends of a connection.
struct Wire {
    var model: ModelSwitch
    var agent: SwitchAgent
    var now = Instant(nanoseconds: 1_000_000_000)
    var outputs: [SwitchAgent.Output] = []
    var bytesSent = 0

    init(_ model: ModelSwitch = ModelSwitch(), settlingSeconds: Double = 0) throws {
        self.model = model
        agent = SwitchAgent(at: now, settlingSeconds: settlingSeconds)
        outputs += agent.receive(ModelSwitch.greeting, at: now)
        try settle()
    }

    /// Carries bytes to and fro until nobody has any to say.
    mutating func settle() throws {
        while true {
            let bytes = agent.takeOutgoing()
            if bytes.isEmpty { return }
            bytesSent += bytes.count
            outputs += agent.receive(try model.receive(bytes), at: now)
        }
    }

    mutating func follow(_ change: SwitchChange, _ revision: UInt64, isSnapshot: Bool = false) throws {
        outputs = []
        outputs += agent.follow(change, revision: revision, isSnapshot: isSnapshot, at: now)
        try settle()
    }

    /// The same agent's successor on a new connection to the same switch.
    mutating func reconnect() throws {
        agent = SwitchAgent(at: now)
        model.forgetLog()
        outputs = agent.receive(ModelSwitch.greeting, at: now)
        try settle()
    }

    var acknowledged: [SwitchAgent.Output] { outputs.filter { if case .acknowledged = $0 { true } else { false } } }
}

func rule(_ flow: UInt64, to port: UInt32, meter: UInt32? = nil, group: UInt32? = nil) -> Rule {
    var fields = FlowMatch()
    fields.etherType = FlowMatch.etherTypeIPv4
    fields.ipv4Destination = IPv4Prefix(0x0a00_0000 | UInt32(flow))
    let match = RuleMatch(inPort: PortNumber(1), fields: fields)
    let actions: [RuleAction] =
        (meter.map { [.meter($0)] } ?? []) + (group.map { [.group($0)] } ?? [.output(PortNumber(port))])
    return Rule(key: Rule.Key(table: 0, priority: match.priority, match: match), cookie: flow, actions: actions)
}

func change(
    _ rules: [Rule] = [], meters: [Meter] = [], groups: [Group] = [], removing: [Rule] = [], meter: [UInt32] = []
) -> SwitchChange {
    var change = SwitchChange()
    change.rules = rules
    change.meters = meters
    change.groups = groups
    change.deletedRules = removing.map { SwitchChange.DeletedRule(key: $0.key, cookie: $0.cookie) }
    change.deletedMeters = meter
    return change
}

@Suite struct SwitchAgentTests {
    /// Rows of flows on the switch, without the standing one.
    private func flows(_ model: ModelSwitch) -> [UInt64] {
        model.rows.values.map { $0.cookie & ~CookieMark.mask }.filter { $0 != 0 }.sorted()
    }

    @Test(arguments: [true, false])
    func `rules, groups and meters are installed and acknowledged`(takesBundles: Bool) throws {
        var model = ModelSwitch()
        model.takesBundles = takesBundles
        var wire = try Wire(model)
        try wire.follow(SwitchChange(), 1, isSnapshot: true)
        #expect(wire.acknowledged == [.acknowledged(revision: 1, [])])
        let group = Group(
            id: 5, kind: .fastFailover,
            buckets: [Group.Bucket(watchPort: PortNumber(2), actions: [.output(PortNumber(2))])])
        try wire.follow(
            change(
                [rule(2, to: 2, meter: 7), rule(4, to: 3, group: 5)],
                meters: [Meter(id: 7, rateKilobitsPerSecond: 1_000, burstKilobits: 100)], groups: [group]), 2)
        #expect(wire.acknowledged == [.acknowledged(revision: 2, [])])
        #expect(flows(wire.model) == [2, 4])
        #expect(wire.model.meters.count == 1 && wire.model.groups.count == 1)
        #expect(wire.model.commits == (takesBundles ? 2 : 0))
        // The rule goes first, its meter after it.
        try wire.follow(change(removing: [rule(2, to: 2, meter: 7)], meter: [7]), 3)
        #expect(flows(wire.model) == [4])
        #expect(wire.model.meters.isEmpty)
        #expect(wire.acknowledged == [.acknowledged(revision: 3, [])])
    }

    @Test(arguments: [true, false])
    func `what the switch refuses is tied to its flow, and the rest is installed`(takesBundles: Bool) throws {
        var model = ModelSwitch()
        model.takesBundles = takesBundles
        model.refused = [4, 8]
        var wire = try Wire(model)
        try wire.follow(change([2, 4, 6, 8].map { rule($0, to: 2) }), 1, isSnapshot: true)
        #expect(flows(wire.model) == [2, 6])
        guard case .acknowledged(1, let failures)? = wire.acknowledged.first else {
            Issue.record("not acknowledged")
            return
        }
        #expect(failures.map(\.cookie).sorted() == [4, 8])
        #expect(failures.allSatisfy { !$0.isTableFull })
    }

    @Test func `a full table is told apart`() throws {
        var model = ModelSwitch()
        model.capacity = 2
        var wire = try Wire(model)
        try wire.follow(change([rule(2, to: 2), rule(4, to: 2)]), 1, isSnapshot: true)
        guard case .acknowledged(1, let failures)? = wire.acknowledged.first else {
            Issue.record("not acknowledged")
            return
        }
        #expect(failures.count == 1)
        #expect(failures.first?.isTableFull == true)
    }

    @Test(arguments: [true, false])
    func `a full table takes a rule once others are out of it`(takesBundles: Bool) throws {
        var model = ModelSwitch()
        model.takesBundles = takesBundles
        // The standing rule and two more.
        model.capacity = 3
        var wire = try Wire(model)
        try wire.follow(change([rule(2, to: 2), rule(4, to: 2)]), 1, isSnapshot: true)
        try wire.follow(change([rule(6, to: 2)], removing: [rule(2, to: 2)]), 2)
        #expect(wire.acknowledged == [.acknowledged(revision: 2, [])])
        #expect(flows(wire.model) == [4, 6])
        try wire.follow(change([rule(8, to: 2), rule(10, to: 2)], removing: [rule(4, to: 2)]), 3)
        guard case .acknowledged(3, let failures)? = wire.acknowledged.first else {
            Issue.record("not acknowledged")
            return
        }
        #expect(failures.count == 1 && failures.first?.isTableFull == true)
        #expect(flows(wire.model).count == 2)
    }

    @Test func `a rule's match is translated into its canonical form`() throws {
        var ipv4 = FlowMatch()
        ipv4.etherSource = HardwareAddress(3)
        ipv4.etherDestination = HardwareAddress(2)
        ipv4.etherType = FlowMatch.etherTypeIPv4
        ipv4.vlan = 5
        ipv4.dscp = 46
        ipv4.ipProtocol = FlowMatch.protocolTCP
        ipv4.ipv4Source = IPv4Prefix(0, length: 0)
        ipv4.ipv4Destination = IPv4Prefix(0x0a01_0000, length: 16)
        ipv4.sourcePort = 1
        ipv4.destinationPort = 2
        var ipv6 = FlowMatch()
        ipv6.etherType = FlowMatch.etherTypeIPv6
        ipv6.ipProtocol = FlowMatch.protocolICMPv6
        ipv6.ipv6Source = IPv6Prefix(0, length: 0)
        ipv6.ipv6Destination = IPv6Prefix(1, length: 128)
        ipv6.icmpv6Type = FlowMatch.neighbourSolicitation
        ipv6.neighbourTarget = IPv6Prefix(1, length: 128)
        let matches = [
            RuleMatch(inPort: PortNumber(7), fields: ipv4), RuleMatch(fields: ipv6),
            RuleMatch(inPort: PortNumber(7), label: 77),
        ]
        for match in matches {
            let translated = try Match(match)
            #expect(translated == translated.canonical)
        }
        #expect(try Match(matches[0]).fields.count == 10)
    }

    @Test func `a question that the switch refuses is told`() throws {
        var wire = try Wire()
        try wire.follow(SwitchChange(), 1, isSnapshot: true)
        let asked = wire.agent.ask(.ports(MultipartRequest.allPorts), at: wire.now)
        let xid = try #require(asked)
        let refusal = Envelope(xid: xid, message: .error(ErrorMessage(type: 1, code: 2)))
        #expect(wire.agent.receive(refusal.bytes, at: wire.now) == [.refused(xid: xid)])
    }

    @Test func `rules to ports that are not there are refused before the switch is asked`() throws {
        var wire = try Wire()
        try wire.follow(change([rule(2, to: 77)]), 1, isSnapshot: true)
        #expect(flows(wire.model).isEmpty)
        guard case .acknowledged(1, let failures)? = wire.acknowledged.first else {
            Issue.record("not acknowledged")
            return
        }
        #expect(failures.map(\.message) == ["port 77 does not exist"])
    }

    @Test func `after a reconnection nothing is sent where nothing differs`() throws {
        var wire = try Wire()
        let wanted = change(
            (1...50).map { rule(2 * $0, to: 2, meter: 9) },
            meters: [Meter(id: 9, rateKilobitsPerSecond: 1_000, burstKilobits: 100)])
        try wire.follow(wanted, 1, isSnapshot: true)
        let rows = wire.model.rows
        try wire.reconnect()
        try wire.follow(wanted, 1, isSnapshot: true)
        #expect(wire.model.modifications.isEmpty)
        #expect(wire.model.rows == rows)
        #expect(wire.outputs.contains(.resynchronised(changed: 0, installed: 51)))
    }

    @Test func `only the difference is mended, and what is somebody else's stays`() throws {
        var wire = try Wire()
        let wanted = (1...10).map { rule(2 * $0, to: 2) }
        try wire.follow(change(wanted), 1, isSnapshot: true)
        // Meanwhile one rule has gone, one leads elsewhere, one of ours is left from before, and one is foreign.
        var others = ModelSwitch()
        for (row, held) in wire.model.rows where held.cookie != CookieMark.wire(4) {
            let isAltered = held.cookie == CookieMark.wire(6)
            others.place(row, cookie: held.cookie, isAltered ? [.applyActions([.output(3)])] : held.instructions)
        }
        let stray = try rule(900, to: 3).row()
        let foreign = RowKey(table: 0, priority: 50, match: Match([.basic(.inPort, value: 2, mask: nil)]))
        others.place(stray, cookie: CookieMark.wire(900), [.applyActions([.output(3)])])
        others.place(foreign, cookie: 0xf00, [.applyActions([.output(1)])])
        wire.model = others
        try wire.reconnect()
        try wire.follow(change(wanted), 1, isSnapshot: true)
        #expect(flows(wire.model) == ([0xf00] + wanted.map(\.cookie)).sorted())
        #expect(wire.model.rows[foreign]?.cookie == 0xf00)
        #expect(wire.model.rows[stray] == nil)
        #expect(wire.model.modifications.count == 3)
    }

    @Test(arguments: [true, false])
    func `a meter that a session has left behind is taken over when it is wanted`(takesBundles: Bool) throws {
        var model = ModelSwitch()
        model.takesBundles = takesBundles
        var wire = try Wire(model)
        func meter(_ rate: UInt32) -> Meter { Meter(id: 7, rateKilobitsPerSecond: rate, burstKilobits: 100) }
        try wire.follow(change([rule(2, to: 2, meter: 7)], meters: [meter(1_000)]), 1, isSnapshot: true)
        // The rule has gone, and the session ends before the meter has.
        try wire.follow(change(removing: [rule(2, to: 2, meter: 7)]), 2)
        try wire.reconnect()
        try wire.follow(SwitchChange(), 3, isSnapshot: true)
        #expect(wire.model.meters.keys.sorted() == [7])
        try wire.follow(change([rule(4, to: 2, meter: 7)], meters: [meter(2_000)]), 4)
        #expect(wire.acknowledged == [.acknowledged(revision: 4, [])])
        #expect(flows(wire.model) == [4])
        #expect(wire.model.meters[7] == [.drop(rate: 2_000, burst: 100)])
        // It is ours now, and goes with its rule.
        try wire.follow(change(removing: [rule(4, to: 2, meter: 7)], meter: [7]), 5)
        #expect(wire.model.meters.isEmpty)
    }

    @Test func `a row that somebody else holds is not taken over`() throws {
        var model = ModelSwitch()
        let wanted = rule(2, to: 2)
        model.place(try wanted.row(), cookie: 0xbeef, [.applyActions([.output(3)])])
        var wire = try Wire(model)
        try wire.follow(change([wanted]), 1, isSnapshot: true)
        #expect(wire.model.rows[try wanted.row()]?.cookie == 0xbeef)
        guard case .acknowledged(1, let failures)? = wire.acknowledged.first else {
            Issue.record("not acknowledged")
            return
        }
        #expect(failures.map(\.cookie) == [2])
    }

    @Test func `a switch that has lost everything gets everything again`() throws {
        var wire = try Wire()
        let wanted = change((1...1_000).map { rule(2 * $0, to: 2) })
        try wire.follow(wanted, 1, isSnapshot: true)
        wire.model.restart()
        try wire.reconnect()
        try wire.follow(wanted, 1, isSnapshot: true)
        #expect(wire.model.rows.count == 1_001)
        #expect(wire.model.commits == 1)
    }

    @Test func `transactions that come while one is on its way are made up for together`() throws {
        var wire = try Wire()
        try wire.follow(SwitchChange(), 1, isSnapshot: true)
        wire.model.forgetLog()
        wire.outputs = []
        for revision in 2...6 as ClosedRange<UInt64> {
            wire.outputs += wire.agent.follow(
                change([rule(2 * revision, to: 2)]), revision: revision, isSnapshot: false, at: wire.now)
        }
        try wire.settle()
        #expect(wire.model.commits == 2)
        #expect(wire.acknowledged == [.acknowledged(revision: 2, []), .acknowledged(revision: 6, [])])
        #expect(flows(wire.model).count == 5)
    }

    @Test func `a rule that somebody deletes is set again`() throws {
        var wire = try Wire()
        let wanted = rule(2, to: 2)
        try wire.follow(change([wanted]), 1, isSnapshot: true)
        let row = try wanted.row()
        wire.model.restart()
        let removed = FlowRemoved(
            cookie: CookieMark.wire(2), priority: row.priority, reason: 2, table: 0, match: row.match)
        wire.outputs = wire.agent.receive(Envelope(xid: 0, message: .flowRemoved(removed)).bytes, at: wire.now)
        try wire.settle()
        #expect(flows(wire.model) == [2])
        #expect(wire.outputs.contains(.restored(cookie: 2)))
    }

    @Test func `a switch that falls silent ends the session`() throws {
        var wire = try Wire()
        wire.outputs = []
        for _ in 0..<20 where wire.outputs.isEmpty {
            wire.now = wire.agent.nextWake
            wire.outputs += wire.agent.timeReached(wire.now)
            _ = wire.agent.takeOutgoing()
        }
        #expect(wire.outputs == [.ended(.silent(seconds: 10))])
    }

    @Test func `an echo is answered and measured`() throws {
        var wire = try Wire()
        wire.outputs = []
        wire.now = wire.agent.nextWake
        wire.outputs += wire.agent.timeReached(wire.now)
        let bytes = wire.agent.takeOutgoing()
        wire.now = wire.now.advanced(bySeconds: 0.25)
        wire.outputs += wire.agent.receive(try wire.model.receive(bytes), at: wire.now)
        #expect(wire.outputs == [.echoed(seconds: 0.25)])
    }

    @Test func `what diverts packets is acknowledged when they have settled, and nothing overtakes it`() throws {
        var wire = try Wire(settlingSeconds: 0.05)
        try wire.follow(change([rule(2, to: 2)]), 1, isSnapshot: true)
        #expect(wire.acknowledged == [.acknowledged(revision: 1, [])], "new rules divert nothing")
        try wire.follow(change([rule(2, to: 3)]), 2)
        #expect(wire.acknowledged.isEmpty)
        #expect(wire.agent.nextWake == wire.now.advanced(bySeconds: 0.05))
        wire.now = wire.now.advanced(bySeconds: 0.02)
        try wire.follow(change([rule(4, to: 2)]), 3)
        #expect(flows(wire.model) == [2, 4], "the switch has it")
        #expect(wire.acknowledged.isEmpty)
        #expect(wire.agent.timeReached(wire.now.advanced(bySeconds: 0.029)).isEmpty)
        #expect(
            wire.agent.timeReached(wire.now.advanced(bySeconds: 0.03)) == [
                .acknowledged(revision: 2, []), .acknowledged(revision: 3, []),
            ])
        #expect(wire.agent.nextWake > wire.now.advanced(bySeconds: 0.03))
        try wire.follow(change(removing: [rule(2, to: 3)]), 4)
        #expect(wire.acknowledged == [.acknowledged(revision: 4, [])], "nothing follows a rule that is gone")
    }

    @Test func `a switch of another version is refused in words`() {
        var agent = SwitchAgent(at: .epoch)
        let outputs = agent.receive(
            Envelope(xid: 1, message: .hello(Hello(headerVersion: 1, bitmap: nil))).bytes, at: .epoch)
        #expect(outputs == [.ended(.noCommonVersion)])
    }

    @Test func `no bytes of a switch, cut or changed, do more than end the session`() throws {
        var wire = try Wire()
        try wire.follow(change([rule(2, to: 2)]), 1, isSnapshot: true)
        var random = RandomStream(seed: 7, purpose: "hostile switch")
        for _ in 0..<2_000 {
            var agent = wire.agent
            var messages = RandomMessages(seed: random.next())
            var bytes = Envelope(
                xid: UInt32(random.below(40)), message: messages.message(random.below(RandomMessages.kinds))
            ).bytes
            if random.below(2) == 0 { bytes[2 + random.below(bytes.count - 2)] ^= 1 << UInt8(random.below(8)) }
            _ = agent.receive(bytes, at: wire.now)
            _ = agent.receive(bytes.prefix(random.below(bytes.count + 1)), at: wire.now)
            _ = agent.takeOutgoing()
        }
    }
}
