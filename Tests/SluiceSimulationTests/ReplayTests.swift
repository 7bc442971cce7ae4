import SluiceCapture
import SluiceModel
import SluiceSimulation
import Testing

/// Traffic and networks small enough to reckon by hand.
enum Small {
    /// Two hosts at the ends of a square of switches: `short` (1 ms) and the detour `long` (5 ms), 10 Mbit/s each.
    static func square() throws -> Topology {
        func node(_ id: String) -> Node { Node(id: NodeID(id), kind: .switch(Switch())) }
        func host(_ id: String, _ address: String) -> Node {
            Node(id: NodeID(id), kind: .host(Host(ipv4: IPv4Prefix(text: address))))
        }
        func end(_ id: String) -> Cable.End { Cable.End(node: NodeID(id)) }
        func cable(_ id: String, _ a: String, _ b: String, _ milliseconds: Int) -> Cable {
            Cable(
                id: id, a: end(a), b: end(b), capacity: .megabits(10),
                latency: Latency(microseconds: milliseconds * 1_000))
        }
        return try Topology(
            name: "square",
            nodes: [
                node("s1"), node("s2"), node("s3"), host("h1", "10.0.0.1"), host("h2", "10.0.0.2"),
                host("net", "10.9.0.0/16"),
            ],
            cables: [
                cable("short", "s1", "s2", 1), cable("long-a", "s1", "s3", 2), cable("long-b", "s3", "s2", 3),
                .access(of: NodeID("h1"), to: end("s1")), .access(of: NodeID("h2"), to: end("s2")),
                .access(of: NodeID("net"), to: end("s3")),
            ])
    }

    static func tuple(_ source: String, _ destination: String, port: UInt16 = 80) -> FiveTuple {
        FiveTuple(
            sourceRaw: UInt128(IPv4Prefix(text: source)?.address ?? 0),
            destinationRaw: UInt128(IPv4Prefix(text: destination)?.address ?? 0), isIPv6: false, ipProtocol: 6,
            sourcePort: 1_000, destinationPort: port)
    }

    /// An episode for each line: a tuple, two packets `seconds` apart, `bytes` in all.
    static func episodes(_ lines: [(tuple: FiveTuple, start: Double, seconds: Double, bytes: Int)]) -> [TrafficEpisode]
    {
        var table = EpisodeTable(idleTimeoutSeconds: 30)
        for line in lines {
            line.tuple.headerBytes(dscp: 0).withUnsafeBytes { bytes in
                for time in [line.start, line.start + line.seconds] {
                    table.count(
                        CapturedPacket(
                            time: Instant(nanoseconds: Int64(time * 1e9)), wireLength: line.bytes / 2,
                            linkType: .ethernet, bytes: bytes))
                }
            }
        }
        return table.episodes
    }

    /// `count` flows of 6 Mbit/s from h1 to h2, one a second, ten seconds each.
    static func flows(_ count: Int) -> [TrafficEpisode] {
        episodes(
            (0..<count).map { (tuple("10.0.0.1", "10.0.0.2", port: UInt16($0 + 1)), Double($0), 10, 7_500_000) })
    }

    /// Most important for port 1, less for port 2, the default for the rest.
    static var policy: Policy {
        var policy = Policy.standard
        for (name, port) in [("critical", 1), ("interactive", 2)] as [(String, UInt16)] {
            guard let position = policy.classes.firstIndex(where: { $0.name == name }) else { continue }
            var match = FlowMatch()
            match.destinationPort = port
            policy.classes[position].matches = [match]
        }
        return policy
    }
}

@Suite struct ReplayPlanTests {
    @Test func `bandwidth is bytes over duration, times the scale, rounded up`() throws {
        var options = ReplayOptions()
        options.scale = 2
        let episodes = Small.episodes([(Small.tuple("10.0.0.1", "10.0.0.2"), 5, 3, 1_000)])
        let plan = ReplayPlan(episodes, topology: try Small.square(), policy: .standard, options: options)
        #expect(plan.flows.map(\.bandwidth.bitsPerSecond) == [5_334])
        #expect(plan.flows[0].start == Instant(nanoseconds: 5_000_000_000))
        #expect(plan.flows[0].end == Instant(nanoseconds: 8_000_000_000))
    }

    @Test func `a flow shorter than the window is spread over it`() throws {
        var options = ReplayOptions()
        options.windowSeconds = 4
        let episodes = Small.episodes([(Small.tuple("10.0.0.1", "10.0.0.2"), 5, 0, 1_000)])
        let plan = ReplayPlan(episodes, topology: try Small.square(), policy: .standard, options: options)
        #expect(plan.flows[0].bandwidth.bitsPerSecond == 2_000)
        #expect(plan.flows[0].end == Instant(nanoseconds: 9_000_000_000))
    }

    @Test func `flows come in order of start, whatever the order in the capture`() throws {
        let lines = [3.0, 1, 2].map { (Small.tuple("10.0.0.1", "10.0.0.2", port: UInt16($0)), $0, 1.0, 100) }
        let plan = ReplayPlan(
            Small.episodes(lines), topology: try Small.square(), policy: .standard, options: ReplayOptions())
        #expect(plan.flows.map(\.tuple.destinationPort) == [1, 2, 3])
        #expect(plan.flows.map(\.id) == [FlowID("f1"), FlowID("f2"), FlowID("f3")])
    }

    @Test func `the first class whose rule matches has the flow, the default class the rest`() throws {
        let lines = [1, 2, 3].map { (Small.tuple("10.0.0.1", "10.0.0.2", port: $0), Double($0), 1.0, 100) }
        let plan = ReplayPlan(
            Small.episodes(lines as [(FiveTuple, Double, Double, Int)]), topology: try Small.square(),
            policy: Small.policy, options: ReplayOptions())
        #expect(
            plan.flows.map { Small.policy.classes[$0.trafficClass].name } == ["critical", "interactive", "standard"])
        #expect(plan.flowsWithoutRule == 1)
    }
}

@Suite struct AddressMapTests {
    @Test func `addresses live at their host, else at the host with their prefix`() throws {
        let topology = try Small.square()
        var map = AddressMap(topology, seed: 1)
        let exact = map.place(of: .ipv4(0x0a00_0001))
        #expect(topology[exact.end].id == NodeID("h1"))
        #expect(!exact.isSpread)
        #expect(topology[map.place(of: .ipv4(0x0a09_0708)).end].id == NodeID("net"))
    }

    @Test func `an address without host stays where the seed has put it`() throws {
        let topology = try Small.square()
        let places = { (seed: UInt64) in
            var map = AddressMap(topology, seed: seed)
            return (0..<64).map { map.place(of: .ipv4(0xc0a8_0000 + $0)) }
        }
        #expect(places(1) == places(1))
        #expect(places(1) != places(2))
        #expect(!places(1).contains { !$0.isSpread })
        #expect(Set(places(1).map(\.end)).count == 3, "every host gets some")
    }

    @Test func `without hosts the switches are the ends`() throws {
        let switches = ["s1", "s2"].map { Node(id: NodeID($0), kind: .switch(Switch())) }
        let topology = try Topology(
            name: "pair", nodes: switches,
            cables: [
                Cable(
                    id: "l", a: Cable.End(node: NodeID("s1")), b: Cable.End(node: NodeID("s2")),
                    capacity: .megabits(1))
            ])
        var map = AddressMap(topology, seed: 1)
        #expect(!topology[map.place(of: .ipv4(1)).end].isHost)
    }
}

@Suite struct FirstComeReplayTests {
    private func play(
        _ routing: FirstComeScheme.Routing, _ episodes: [TrafficEpisode], faults: [ReplayFault] = []
    ) throws -> ReplayResult {
        let topology = try Small.square()
        let plan = ReplayPlan(episodes, topology: topology, policy: Small.policy, options: ReplayOptions())
        var scheme = FirstComeScheme(topology, routing: routing)
        return ReplayRun(plan, topology: topology, policy: Small.policy, faults: faults).play(&scheme).result
    }

    @Test func `shortest path carries one of three, constrained shortest path two`() throws {
        let shortest = try play(.shortestPath, Small.flows(3))
        #expect(shortest.total.admitted == 1)
        #expect(shortest.total.refused == 2)
        #expect(shortest.refusals.map(\.code) == ["no_capacity"])
        #expect(shortest.refusals.map(\.count) == [2])
        let constrained = try play(.constrained, Small.flows(3))
        #expect(constrained.total.admitted == 2)
        #expect(constrained.total.refused == 1)
    }

    @Test func `a link holds what its flows hold, while they hold it`() throws {
        let result = try play(.shortestPath, Small.flows(3))
        let short = try #require(result.links.first)
        #expect(short.peak == .megabits(6))
        #expect(short.bitsHeld == 60_000_000)
        #expect(short.refusals == 2)
        #expect(result.total.bitsOffered == 180_000_000)
        #expect(result.total.bitsCarried == 60_000_000)
    }

    @Test func `room that is given back serves the next flow at the same instant`() throws {
        let tuples = [1, 2].map { Small.tuple("10.0.0.1", "10.0.0.2", port: $0) }
        let result = try play(
            .shortestPath, Small.episodes([(tuples[0], 0, 10, 7_500_000), (tuples[1], 10, 10, 7_500_000)]))
        #expect(result.total.admitted == 2)
    }

    @Test func `a fault takes the flows of its link, and what they would still have carried`() throws {
        let topology = try Small.square()
        let down = ReplayFault(
            links: topology.links(named: "short"), state: .down, time: Instant(nanoseconds: 4_000_000_000))
        let result = try play(.shortestPath, Small.flows(1), faults: [down])
        #expect(result.total.displaced == 1)
        #expect(result.total.bitsCarried == 24_000_000)
    }

    @Test func `after a fault newcomers take the way round`() throws {
        let topology = try Small.square()
        let down = ReplayFault(links: topology.links(named: "short"), state: .down, time: .epoch)
        let result = try play(.shortestPath, Small.flows(1), faults: [down])
        #expect(result.total.admitted == 1)
        #expect(result.links.first { topology[$0.link].id == LinkID("long-a>") }?.peak == .megabits(6))
    }
}
