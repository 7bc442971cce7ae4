import SluiceForwarding
import SluiceModel
import Testing

@Suite struct ReachabilityTests {
    /// A ring of five switches, each with a host that has every kind of address, and a second host on the first switch.
    static func ring() throws -> Topology {
        var nodes = (0..<5).map { Node(id: NodeID("s\($0)"), kind: .switch(Switch())) }
        var cables: [Cable] = []
        for number in 0..<6 {
            let host = NodeID("h\(number)")
            nodes.append(Node(id: host, kind: .host(Self.host(number))))
            cables.append(Cable.access(of: host, to: Cable.End(node: NodeID("s\(number % 5)"))))
        }
        for number in 0..<5 {
            cables.append(
                Cable(
                    id: "c\(number)", a: Cable.End(node: NodeID("s\(number)")),
                    b: Cable.End(node: NodeID("s\((number + 1) % 5)")), capacity: .gigabits(1)))
        }
        return try Topology(name: "ring", nodes: nodes, cables: cables)
    }

    static func host(_ number: Int) -> Host {
        Host(
            hardwareAddress: HardwareAddress(0x0200_0000_0000 + UInt64(number)),
            ipv4: IPv4Prefix(0x0a00_0001 + UInt32(number)),
            ipv6: IPv6Prefix(0xfd00_0000_0000_0000_0000_0000_0000_0001 + UInt128(number)))
    }

    static func request(of number: Int) -> Packet {
        var fields = FlowMatch()
        fields.etherType = FlowMatch.etherTypeARP
        fields.etherDestination = HardwareAddress(0xffff_ffff_ffff)
        fields.arpTarget = host(number).ipv4
        return Packet(fields: fields)
    }

    static func solicitation(of number: Int) -> Packet {
        var fields = FlowMatch()
        fields.etherType = FlowMatch.etherTypeIPv6
        fields.ipProtocol = FlowMatch.protocolICMPv6
        fields.icmpv6Type = FlowMatch.neighbourSolicitation
        // The solicited-node multicast address.
        fields.ipv6Destination = IPv6Prefix(0xff02_0000_0000_0000_0000_0001_ff00_0001 + UInt128(number))
        fields.neighbourTarget = host(number).ipv6
        return Packet(fields: fields)
    }

    static func advertisement(of number: Int, to asker: Int) -> Packet {
        var fields = FlowMatch()
        fields.etherType = FlowMatch.etherTypeIPv6
        fields.ipProtocol = FlowMatch.protocolICMPv6
        fields.icmpv6Type = FlowMatch.neighbourAdvertisement
        fields.ipv6Destination = host(asker).ipv6
        fields.neighbourTarget = host(number).ipv6
        return Packet(fields: fields)
    }

    static func datagram(from source: Int, to destination: Int) -> Packet {
        var fields = FlowMatch()
        fields.etherType = FlowMatch.etherTypeIPv4
        fields.etherDestination = host(destination).hardwareAddress
        fields.ipv4Source = host(source).ipv4
        fields.ipv4Destination = host(destination).ipv4
        return Packet(fields: fields)
    }

    static func node(_ name: String, in topology: Topology) throws -> NodeIndex {
        try #require(topology.index(of: NodeID(name)))
    }

    static func apply(_ round: UpdateRound, to states: inout [NodeIndex: SwitchState]) {
        for step in round { states[step.switch, default: SwitchState()].apply(step.change) }
    }

    /// Downs that leave the ring whole, cut it once, and cut it in two.
    @Test(arguments: [[], ["c0"], ["c0", "c2"]], [false, true])
    func `address resolution and nothing else reaches every host that links lead to`(
        down: [String], passesUnadmitted: Bool
    ) throws {
        let topology = try Self.ring()
        let tracer = PacketTracer(topology)
        let lost = Set(down.flatMap { topology.links(named: $0) })
        // From a whole ring to what is left of it, and from nothing: the rules are the same.
        let whole = Reachability(topology, passesUnadmitted: false) { _ in true }
        let reachability = Reachability(topology, passesUnadmitted: passesUnadmitted) { !lost.contains($0) }
        var states: [NodeIndex: SwitchState] = [:]
        Self.apply(whole.changes(from: nil), to: &states)
        Self.apply(reachability.changes(from: whole), to: &states)
        var fresh: [NodeIndex: SwitchState] = [:]
        Self.apply(reachability.changes(from: nil), to: &fresh)
        #expect(states == fresh)
        #expect(reachability.changes(from: reachability).isEmpty)
        // c0 joins s0 to s1, c2 s2 to s3: without both, {1, 2} and {3, 4, 0}.
        func isCut(_ from: Int, _ to: Int) -> Bool {
            down.count == 2 && [1, 2].contains(from % 5) != [1, 2].contains(to % 5)
        }
        for from in 0..<6 {
            for to in 0..<6 where to != from {
                let source = try Self.node("h\(from)", in: topology)
                let destination = try Self.node("h\(to)", in: topology)
                func arrives(_ packet: Packet) -> Bool {
                    let fate = tracer.fate(of: packet, from: source) { states[$0] ?? SwitchState() }
                    if case .looped = fate { Issue.record("a packet loops from h\(from) to h\(to)") }
                    return fate == .delivered(destination)
                }
                #expect(arrives(Self.request(of: to)) == !isCut(from, to))
                #expect(arrives(Self.solicitation(of: to)) == !isCut(from, to))
                #expect(arrives(Self.advertisement(of: from, to: to)) == !isCut(from, to))
                #expect(arrives(Self.datagram(from: from, to: to)) == (passesUnadmitted && !isCut(from, to)))
            }
        }
    }

    @Test func `a request for an unknown address is dropped where it enters`() throws {
        let topology = try Self.ring()
        var states: [NodeIndex: SwitchState] = [:]
        Self.apply(Reachability(topology, passesUnadmitted: true) { _ in true }.changes(from: nil), to: &states)
        let source = try Self.node("h0", in: topology)
        let fate = PacketTracer(topology).fate(of: Self.request(of: 77), from: source) {
            states[$0] ?? SwitchState()
        }
        #expect(fate == .dropped(try Self.node("s0", in: topology)))
    }

    @Test func `a path takes the fewest hops`() throws {
        let topology = try Self.ring()
        var states: [NodeIndex: SwitchState] = [:]
        Self.apply(Reachability(topology, passesUnadmitted: false) { _ in true }.changes(from: nil), to: &states)
        let link = try #require(topology.links(named: "c0>").first)
        let rule = states[try Self.node("s0", in: topology)]?.rules.values.first {
            $0.key.match.fields.arpTarget == Self.host(2).ipv4
        }
        #expect(rule?.actions == [.output(try #require(topology[link].fromPort))])
    }

    @Test func `rules of flows rank above them, whatever the match`() throws {
        let topology = try Self.ring()
        let reachability = Reachability(topology, passesUnadmitted: true) { _ in true }
        let highest = reachability.changes(from: nil).flatMap(\.change.rules).map(\.key.priority).max()
        #expect(try #require(highest) < RuleMatch(fields: FlowMatch()).priority)
    }

    @Test(arguments: ["c0>", "c0<", "c3>", "c4<"], [false, true])
    func `no packet loops while switches turn to another tree, one at a time in any order`(
        link: String, comesBack: Bool
    ) throws {
        let topology = try Self.ring()
        let whole = Reachability(topology, passesUnadmitted: true) { _ in true }
        let cut = Reachability(topology, passesUnadmitted: true) { topology[$0].id.text != link }
        let (from, to) = comesBack ? (cut, whole) : (whole, cut)
        let tracer = PacketTracer(topology)
        var states: [NodeIndex: SwitchState] = [:]
        for step in from.changes(from: nil) { states[step.switch, default: SwitchState()].apply(step.change) }
        var stream = RandomStream(seed: 1, purpose: "order")
        let rounds = to.rounds(from: from)
        #expect(rounds.count > 1)
        for round in rounds {
            var left = round
            while !left.isEmpty {
                let step = left.remove(at: stream.below(left.count))
                states[step.switch, default: SwitchState()].apply(step.change)
                for source in 0..<6 {
                    for destination in 0..<6 where source != destination {
                        for packet in [Self.request(of: destination), Self.datagram(from: source, to: destination)] {
                            let node = try Self.node("h\(source)", in: topology)
                            let fate = tracer.fate(of: packet, from: node) { states[$0] ?? SwitchState() }
                            if case .looped(let place) = fate { Issue.record("a packet loops at \(place)") }
                        }
                    }
                }
            }
        }
        var direct: [NodeIndex: SwitchState] = [:]
        for step in to.changes(from: nil) { direct[step.switch, default: SwitchState()].apply(step.change) }
        #expect(states == direct)
    }
}
