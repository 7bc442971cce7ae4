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
        #expect(plan.flows.map(\.key.tuple.destinationPort) == [1, 2, 3])
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

    @Test func `a fault sends the flows of its link the other way, while there is one`() throws {
        let topology = try Small.square()
        func down(_ link: String, _ seconds: Int64) -> ReplayFault {
            ReplayFault(
                links: topology.links(named: link), state: .down, time: Instant(nanoseconds: seconds * 1_000_000_000))
        }
        let rerouted = try play(.shortestPath, Small.flows(1), faults: [down("short", 4)])
        #expect(rerouted.total.moved == 1)
        #expect(rerouted.total.displaced == 0)
        #expect(rerouted.total.bitsCarried == 60_000_000)
        let lost = try play(.shortestPath, Small.flows(1), faults: [down("long-a", 2), down("short", 4)])
        #expect(lost.total.displaced == 1)
        #expect(lost.total.bitsCarried == 24_000_000)
    }

    @Test func `of two flows on a failed link the first to come gets the room that is left`() throws {
        let topology = try Small.square()
        // 4 Mbit/s on the second half of the detour leave room for one of 5 and 4 Mbit/s.
        let episodes = Small.episodes([
            (Small.tuple("10.9.0.1", "10.0.0.2"), 0, 10, 5_000_000),
            (Small.tuple("10.0.0.1", "10.0.0.2", port: 7), 0, 10, 6_250_000),
            (Small.tuple("10.0.0.1", "10.0.0.2", port: 8), 1, 10, 5_000_000),
        ])
        let down = ReplayFault(
            links: topology.links(named: "short"), state: .down, time: Instant(nanoseconds: 4_000_000_000))
        let result = try play(.shortestPath, episodes, faults: [down])
        #expect(result.total.admitted == 3)
        #expect(result.total.moved == 1)
        #expect(result.total.displaced == 1)
        #expect(result.total.bitsCarried == 40_000_000 + 50_000_000 + 12_000_000)
    }

    @Test func `after a fault newcomers take the way round`() throws {
        let topology = try Small.square()
        let down = ReplayFault(links: topology.links(named: "short"), state: .down, time: .epoch)
        let result = try play(.shortestPath, Small.flows(1), faults: [down])
        #expect(result.total.admitted == 1)
        #expect(result.links.first { topology[$0.link].id == LinkID("long-a>") }?.peak == .megabits(6))
    }
}

@Suite struct RateChangeTests {
    /// One flow from h1 to h2 that sends `bytes` in each second, as packets at 0.1 s and 0.6 s of it.
    private func episodes(_ bytes: [Int], port: UInt16 = 7) -> [TrafficEpisode] {
        var table = EpisodeTable(idleTimeoutSeconds: 30)
        Small.tuple("10.0.0.1", "10.0.0.2", port: port).headerBytes(dscp: 0).withUnsafeBytes { header in
            for (second, count) in bytes.enumerated() where count > 0 {
                for tenths in [1, 6] {
                    table.count(
                        CapturedPacket(
                            time: Instant(nanoseconds: Int64(second * 10 + tenths) * 100_000_000),
                            wireLength: count / 2, linkType: .ethernet, bytes: header))
                }
            }
        }
        return table.episodes
    }

    private func plan(_ episodes: [TrafficEpisode], _ rate: ReplayOptions.Rate) throws -> ReplayPlan {
        var options = ReplayOptions()
        options.rate = rate
        return ReplayPlan(episodes, topology: try Small.square(), policy: Small.policy, options: options)
    }

    @Test func `a flow asks for more and less as its rate changes, and keeps quiet while it stays near`() throws {
        let flow = try plan(episodes([1_000, 1_100, 5_000, 5_000, 500]), .changing).flows[0]
        #expect(flow.bandwidth.bitsPerSecond == 8_400, "the mean of 8000 and 8800")
        #expect(flow.changes.map(\.bandwidth.bitsPerSecond) == [40_000, 4_000])
        #expect(flow.changes.map(\.start.nanoseconds) == [2_100_000_000, 4_100_000_000])
        #expect(flow.end.nanoseconds == 5_100_000_000)
        #expect(flow.volume == 8 * 12_600 * 1_000_000_000, "what is asked for over time is what was sent")
    }

    @Test(
        arguments: [
            (.mean, 12_600 * 8 / 4.5), (.peak, 40_000), (.percentile(share: 0.5), 8_800),
            (.percentile(share: 0.2), 4_000),
        ] as [(ReplayOptions.Rate, Double)])
    func `a flow of one rate asks for its mean, its busiest window or a percentile`(
        rate: ReplayOptions.Rate, expected: Double
    ) throws {
        let flow = try plan(episodes([1_000, 1_100, 5_000, 5_000, 500]), rate).flows[0]
        #expect(flow.changes.isEmpty)
        #expect(flow.bandwidth.bitsPerSecond == Int(expected.rounded(.up)))
    }

    private func play(_ scheme: inout some ReplayScheme, _ episodes: [TrafficEpisode]) throws -> ReplayResult {
        let plan = try plan(episodes, .changing)
        return ReplayRun(plan, topology: try Small.square(), policy: Small.policy).play(&scheme).result
    }

    @Test func `every scheme follows a flow that changes its rate, and carries all of it`() throws {
        let topology = try Small.square()
        for routing in FirstComeScheme.Routing.allCases {
            var scheme = FirstComeScheme(topology, routing: routing)
            let result = try play(&scheme, episodes([250_000, 1_000_000, 125_000]))
            #expect(result.total.rateChanges == 2)
            #expect(result.total.rateChangesRefused == 0)
            #expect(result.total.bitsCarried == result.total.bitsOffered)
            #expect(topology.links.allSatisfy { scheme.held(on: $0.index) == .zero })
        }
        var sluice = SluiceScheme(topology, policy: Small.policy, seed: 1)
        let result = try play(&sluice, episodes([250_000, 1_000_000, 125_000]))
        #expect(result.total.rateChanges == 2)
        #expect(result.total.bitsCarried == result.total.bitsOffered)
        #expect(result.total.bitsOffered == 11_000_000)
    }

    @Test func `a flow that is refused more keeps what it has`() throws {
        let topology = try Small.square()
        // 2, then 16 Mbit/s, which no link carries.
        for routing in FirstComeScheme.Routing.allCases {
            var scheme = FirstComeScheme(topology, routing: routing)
            let result = try play(&scheme, episodes([250_000, 2_000_000]))
            #expect(result.total.rateChangesRefused == 1)
            #expect(result.total.bitsCarried == 4_000_000)
        }
        var sluice = SluiceScheme(topology, policy: Small.policy, seed: 1)
        let result = try play(&sluice, episodes([250_000, 2_000_000]))
        #expect(result.total.rateChangesRefused == 1)
        #expect(result.total.bitsCarried == 4_000_000)
    }

    @Test func `a flow that was refused asks again when it wants less`() throws {
        let topology = try Small.square()
        var sluice = SluiceScheme(topology, policy: Small.policy, seed: 1)
        let result = try play(&sluice, episodes([2_000_000, 250_000]))
        #expect(result.total.refused == 1)
        #expect(result.total.returned == 1)
        #expect(result.total.bitsCarried == 2_000_000)
    }
}

@Suite struct TimelineTests {
    @Test func `an interval is looked at when the most is offered in it`() throws {
        // Ten seconds each at 0, 1 and 2 s: all three from 2 to 10 s, none after 12 s.
        let plan = ReplayPlan(
            Small.flows(3), topology: try Small.square(), policy: Small.policy, options: ReplayOptions())
        let timeline = ReplayTimeline(plan, count: 3)
        #expect(timeline.nanoseconds == 4_000_000_000)
        #expect(timeline.samples.map(\.nanoseconds) == [2_000_000_000, 4_000_000_000, 8_000_000_000])
        #expect(timeline.interval(of: Instant(nanoseconds: 3_999_999_999)) == 0)
        #expect(timeline.interval(of: Instant(nanoseconds: 12_000_000_000)) == 2)
    }

    @Test func `no scheme carries more weight at an interval's busiest instant than the optimum's bound`() throws {
        let topology = try Small.square()
        // Ports 1 and 2 weigh 7 and 5, the others 3 each; two of six Mbit/s fit.
        let ports: [UInt16] = [7, 8, 1, 2, 9]
        let episodes = Small.episodes(
            ports.enumerated().map { (Small.tuple("10.0.0.1", "10.0.0.2", port: $1), Double($0), 20, 15_000_000) })
        let plan = ReplayPlan(episodes, topology: topology, policy: Small.policy, options: ReplayOptions())
        let run = ReplayRun(plan, topology: topology, policy: Small.policy, intervals: 4)
        let yardstick = ReplayYardstick(run, seed: 1)
        let optima = (0..<4).map { yardstick.optimum(of: $0) }
        #expect(optima[1].weight == 12)
        #expect(optima[1].weightOffered == 21)
        var first = FirstComeScheme(topology, routing: .constrained)
        var sluice = SluiceScheme(topology, policy: Small.policy, seed: 1)
        let (served, weighed) = (run.play(&first).result, run.play(&sluice).result)
        for interval in 0..<4 {
            #expect(served.intervals[interval].weightCarried <= optima[interval].bound)
            #expect(weighed.intervals[interval].weightCarried <= optima[interval].bound)
        }
        #expect(served.intervals[1].weightCarried == 6, "the first two, whoever comes later")
        #expect(weighed.intervals[1].weightCarried == 12, "the two most important")
    }

    @Test func `time stamps at both ends of the range are played`() throws {
        var table = EpisodeTable(idleTimeoutSeconds: 30)
        Small.tuple("10.0.0.1", "10.0.0.2").headerBytes(dscp: 0).withUnsafeBytes { bytes in
            for time in [Int64.min + 1, 0, .max] {
                table.count(
                    CapturedPacket(
                        time: Instant(nanoseconds: time), wireLength: 100, linkType: .ethernet, bytes: bytes))
            }
        }
        var options = ReplayOptions()
        options.rate = .changing
        let topology = try Small.square()
        let plan = ReplayPlan(table.episodes, topology: topology, policy: Small.policy, options: options)
        let run = ReplayRun(plan, topology: topology, policy: Small.policy, intervals: 5)
        var first = FirstComeScheme(topology, routing: .constrained)
        var sluice = SluiceScheme(topology, policy: Small.policy, seed: 1, telemetrySeconds: 1e7)
        #expect(run.play(&first).result.total.admitted == 3)
        #expect(run.play(&sluice).result.total.admitted == 3)
    }

    @Test func `intervals count every arrival once`() throws {
        let topology = try Small.square()
        let plan = ReplayPlan(
            Small.flows(5), topology: topology, policy: Small.policy, options: ReplayOptions())
        let run = ReplayRun(plan, topology: topology, policy: Small.policy, intervals: 7)
        var scheme = FirstComeScheme(topology, routing: .shortestPath)
        let result = run.play(&scheme).result
        let counts = result.intervals.flatMap(\.classes)
        #expect(counts.reduce(0) { $0 + $1.offered } == 5)
        #expect(counts.reduce(0) { $0 + $1.admitted } == result.total.admitted)
        #expect(counts.reduce(0) { $0 + $1.refused } == result.total.refused)
    }
}

@Suite struct EqualCostTests {
    /// Two ways of two hops, `a` and `b`, from h1 to h2.
    private func diamond() throws -> Topology {
        func node(_ id: String) -> Node { Node(id: NodeID(id), kind: .switch(Switch())) }
        func host(_ id: String, _ address: String) -> Node {
            Node(id: NodeID(id), kind: .host(Host(ipv4: IPv4Prefix(text: address))))
        }
        func end(_ id: String) -> Cable.End { Cable.End(node: NodeID(id)) }
        func cable(_ id: String, _ a: String, _ b: String) -> Cable {
            Cable(id: id, a: end(a), b: end(b), capacity: .megabits(10), latency: Latency(microseconds: 1_000))
        }
        return try Topology(
            name: "diamond",
            nodes: [node("s1"), node("a"), node("b"), node("s2"), host("h1", "10.0.0.1"), host("h2", "10.0.0.2")],
            cables: [
                cable("1a", "s1", "a"), cable("a2", "a", "s2"), cable("1b", "s1", "b"), cable("b2", "b", "s2"),
                .access(of: NodeID("h1"), to: end("s1")), .access(of: NodeID("h2"), to: end("s2")),
            ])
    }

    @Test func `flows spread over paths of equal hops by their hash, and stay there`() throws {
        let topology = try diamond()
        // 0.2 Mbit/s each, so that none is refused on either way.
        let episodes = Small.episodes(
            (0..<40).map { (Small.tuple("10.0.0.1", "10.0.0.2", port: UInt16($0 + 1)), Double($0) / 100, 20, 500_000) })
        let plan = ReplayPlan(episodes, topology: topology, policy: Small.policy, options: ReplayOptions())
        let run = ReplayRun(plan, topology: topology, policy: Small.policy)
        var scheme = FirstComeScheme(topology, routing: .equalCost, seed: 3)
        let result = run.play(&scheme).result
        #expect(result.total.admitted == 40)
        let peaks = ["1a>", "1b>"].map { name in
            result.links.first { topology[$0.link].id == LinkID(name) }?.peak.bitsPerSecond ?? 0
        }
        #expect(peaks[0] + peaks[1] == 8_000_000)
        #expect(peaks.allSatisfy { $0 >= 2_000_000 }, "neither way is left aside: \(peaks)")
        var again = FirstComeScheme(topology, routing: .equalCost, seed: 3)
        #expect(run.play(&again).result == result)
    }

    @Test func `the hash does not look for room`() throws {
        let topology = try diamond()
        let episodes = Small.episodes(
            (0..<8).map { (Small.tuple("10.0.0.1", "10.0.0.2", port: UInt16($0 + 1)), Double($0) / 10, 10, 6_250_000) })
        let plan = ReplayPlan(episodes, topology: topology, policy: Small.policy, options: ReplayOptions())
        var scheme = FirstComeScheme(topology, routing: .equalCost)
        let result = ReplayRun(plan, topology: topology, policy: Small.policy).play(&scheme).result
        #expect(result.total.admitted <= 4)
        #expect(result.total.refused == 8 - result.total.admitted)
        #expect(result.refusals.map(\.code) == ["no_capacity"])
    }
}
