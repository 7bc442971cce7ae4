import SluiceForwarding
import SluiceModel
import Testing

@Suite struct UpdatePlanTests {
    /// `count` switches, any two joined by a cable, and a host on each.
    static func mesh(_ count: Int) throws -> Topology {
        var nodes = (0..<count).map { Node(id: NodeID("s\($0)"), kind: .switch(Switch())) }
        var cables: [Cable] = []
        for number in 0..<count {
            let host = NodeID("h\(number)")
            nodes.append(
                Node(id: host, kind: .host(Host(ipv4: IPv4Prefix(0x0a00_0000 + UInt32(number))))))
            cables.append(Cable.access(of: host, to: Cable.End(node: NodeID("s\(number)"))))
            for other in 0..<number {
                cables.append(
                    Cable(
                        id: "c\(other)-\(number)", a: Cable.End(node: NodeID("s\(other)")),
                        b: Cable.End(node: NodeID("s\(number)")), capacity: .gigabits(1)))
            }
        }
        return try Topology(name: "mesh", nodes: nodes, cables: cables)
    }

    /// A random loop-free path between two hosts.
    static func path(
        from source: Int, to destination: Int, in topology: Topology, using stream: inout RandomStream
    ) throws -> [LinkIndex] {
        let count = topology.switches.count
        var others = (0..<count).filter { $0 != source && $0 != destination }
        var middle: [Int] = []
        for _ in 0..<stream.below(others.count + 1) { middle.append(others.remove(at: stream.below(others.count))) }
        let nodes = ["h\(source)", "s\(source)"] + middle.map { "s\($0)" } + ["s\(destination)", "h\(destination)"]
        return try zip(nodes, nodes.dropFirst()).map { from, to in
            try #require(
                topology.links.first {
                    topology[$0.from].id.text == from && topology[$0.to].id.text == to
                }?.index)
        }
    }

    static func host(_ number: Int, in topology: Topology) throws -> NodeIndex {
        try #require(topology.index(of: NodeID("h\(number)")))
    }

    static func match(_ source: Int, _ destination: Int) -> FlowMatch {
        var match = FlowMatch()
        match.etherType = FlowMatch.etherTypeIPv4
        match.ipv4Source = IPv4Prefix(0x0a00_0000 + UInt32(source))
        match.ipv4Destination = IPv4Prefix(0x0a00_0000 + UInt32(destination))
        return match
    }

    @Test(arguments: 1...60)
    func `a packet arrives after every single change of every move`(seed: UInt64) throws {
        let topology = try Self.mesh(7)
        let tracer = PacketTracer(topology)
        var stream = RandomStream(seed: seed, purpose: "moves")
        var states: [NodeIndex: SwitchState] = [:]
        let source = try Self.host(0, in: topology)
        let destination = try Self.host(6, in: topology)
        let packet = Packet(fields: Self.match(0, 6))
        var installed = FlowRules()
        for step in 0..<12 {
            let flow = FlowForwarding(
                cookie: 8, match: Self.match(0, 6), label: seed % 2 == 0 ? 20 : nil,
                meter: Meter(id: 1, bandwidth: .megabits(1 + step % 3), burstMilliseconds: 100),
                path: try Self.path(from: 0, to: 6, in: topology, using: &stream))
            let target = FlowRules(compiling: flow, in: topology)
            for round in UpdatePlan.rounds(from: installed, to: target) {
                // Switches of one round may change in any order.
                for change in round.shuffled(using: &stream) {
                    states[change.switch, default: SwitchState()].apply(change.change)
                    if step == 0 { continue }
                    let fate = tracer.fate(of: packet, from: source) { states[$0] ?? SwitchState() }
                    #expect(fate == .delivered(destination), "seed \(seed), move \(step)")
                }
            }
            #expect(tracer.fate(of: packet, from: source) { states[$0] ?? SwitchState() } == .delivered(destination))
            let rows = states.values.reduce(0) { $0 + $1.rules.count }
            #expect(rows == target.rules.count, "nothing of the old path is left")
            #expect(states.values.reduce(0) { $0 + $1.meters.count } == 1)
            installed = target
        }
        for round in UpdatePlan.rounds(from: installed, to: FlowRules()) {
            for change in round { states[change.switch, default: SwitchState()].apply(change.change) }
        }
        let isEmpty = states.values.allSatisfy { $0.isEmpty }
        #expect(isEmpty)
    }

    @Test func `two paths that cross the same links in opposite order never loop`() throws {
        let topology = try Self.mesh(6)
        func path(_ nodes: [String]) throws -> [LinkIndex] {
            try zip(nodes, nodes.dropFirst()).map { from, to in
                try #require(
                    topology.links.first { topology[$0.from].id.text == from && topology[$0.to].id.text == to }?.index)
            }
        }
        let tracer = PacketTracer(topology)
        let old = try path(["h0", "s0", "s1", "s2", "s3", "s4", "s5", "h5"])
        let new = try path(["h0", "s0", "s3", "s4", "s1", "s2", "s5", "h5"])
        let first = FlowRules(compiling: FlowForwarding(cookie: 2, match: Self.match(0, 5), path: old), in: topology)
        let second = FlowRules(compiling: FlowForwarding(cookie: 2, match: Self.match(0, 5), path: new), in: topology)
        var states: [NodeIndex: SwitchState] = [:]
        for placed in first.rules {
            var change = SwitchChange()
            change.rules = [placed.rule]
            states[placed.switch, default: SwitchState()].apply(change)
        }
        let packet = Packet(fields: Self.match(0, 5))
        let source = try Self.host(0, in: topology)
        let rounds = UpdatePlan.rounds(from: first, to: second)
        #expect(rounds.count >= 4)
        for round in rounds {
            for change in round {
                states[change.switch, default: SwitchState()].apply(change.change)
                let fate = tracer.fate(of: packet, from: source) { states[$0] ?? SwitchState() }
                let destination = try Self.host(5, in: topology)
                #expect(fate == .delivered(destination))
            }
        }
    }

    @Test func `flows with the same match from different hosts reach their own ends by a label`() throws {
        let topology = try Self.mesh(5)
        let tracer = PacketTracer(topology)
        var match = FlowMatch()
        match.etherType = FlowMatch.etherTypeIPv4
        match.ipv4Destination = IPv4Prefix(0x0aff_0000, length: 16)
        func path(_ nodes: [String]) throws -> [LinkIndex] {
            try zip(nodes, nodes.dropFirst()).map { from, to in
                try #require(
                    topology.links.first { topology[$0.from].id.text == from && topology[$0.to].id.text == to }?.index)
            }
        }
        // Both cross the link from s2 to s3.
        let flows = [
            FlowForwarding(cookie: 2, match: match, path: try path(["h0", "s0", "s2", "s3", "h3"])),
            FlowForwarding(cookie: 4, match: match, label: 16, path: try path(["h1", "s1", "s2", "s3", "s4", "h4"])),
        ]
        var states: [NodeIndex: SwitchState] = [:]
        for flow in flows {
            for placed in FlowRules(compiling: flow, in: topology).rules {
                var change = SwitchChange()
                change.rules = [placed.rule]
                states[placed.switch, default: SwitchState()].apply(change)
            }
        }
        var packet = FlowMatch()
        packet.etherType = FlowMatch.etherTypeIPv4
        packet.ipv4Source = IPv4Prefix(0x0a00_0001)
        packet.ipv4Destination = IPv4Prefix(0x0aff_0001)
        for (host, end) in [(0, 3), (1, 4)] {
            let fate = tracer.fate(of: Packet(fields: packet), from: try Self.host(host, in: topology)) {
                states[$0] ?? SwitchState()
            }
            let destination = try Self.host(end, in: topology)
            #expect(fate == .delivered(destination))
        }
    }

    @Test(arguments: [
        (1_000_001, 100, 1_001, 101), (1, 100, 1, 12), (8_000_000, 100, 8_000, 800), (8_000_000, 0, 8_000, 12),
    ])
    func `a meter rounds its rate up and passes at least one packet`(
        bits: Int, burst: Int, rate: UInt32, burstKilobits: UInt32
    ) throws {
        let meter = try #require(Meter(id: 1, bandwidth: Bandwidth(bitsPerSecond: bits), burstMilliseconds: burst))
        #expect(meter.rateKilobitsPerSecond == rate)
        #expect(meter.burstKilobits == burstKilobits)
    }

    @Test func `a more specific match has the higher rule priority, whatever the port`() {
        var wide = FlowMatch()
        wide.etherType = FlowMatch.etherTypeIPv4
        wide.ipv4Destination = IPv4Prefix(0x0a00_0000, length: 8)
        var narrow = wide
        narrow.ipv4Destination = IPv4Prefix(0x0a00_0001)
        let port = PortNumber(1)
        #expect(RuleMatch(inPort: port, fields: narrow).priority > RuleMatch(inPort: port, fields: wide).priority)
        #expect(RuleMatch(inPort: port, fields: wide).priority > RuleMatch(fields: narrow).priority)
        #expect(RuleMatch(inPort: port, label: 16).priority > RuleMatch(inPort: port, fields: narrow).priority)
    }
}
