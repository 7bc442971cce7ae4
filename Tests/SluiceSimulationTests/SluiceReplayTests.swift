import SluiceCapture
import SluiceJSON
import SluiceModel
import SluiceSimulation
import Testing

@Suite struct SluiceReplayTests {
    private func play(
        _ episodes: [TrafficEpisode], faults: [ReplayFault] = [], policy: Policy = Small.policy
    ) throws -> ReplayResult {
        let topology = try Small.square()
        let plan = ReplayPlan(episodes, topology: topology, policy: policy, options: ReplayOptions())
        var scheme = SluiceScheme(topology, policy: policy, seed: 1)
        return ReplayRun(plan, topology: topology, policy: policy, faults: faults).play(&scheme).result
    }

    private func fault(_ link: String, _ state: LinkState, at seconds: Int64) throws -> ReplayFault {
        ReplayFault(
            links: try Small.square().links(named: link), state: state,
            time: Instant(nanoseconds: seconds * 1_000_000_000))
    }

    /// Flows of 6 Mbit/s, one a second, ten seconds each, to these ports: 1 is critical, 2 interactive, others standard.
    private func arrivals(_ ports: [UInt16]) -> [TrafficEpisode] {
        Small.episodes(
            ports.enumerated().map {
                (Small.tuple("10.0.0.1", "10.0.0.2", port: $1), Double($0), 10, 7_500_000)
            })
    }

    @Test func `equal flows fill both paths and the third is refused`() throws {
        let result = try play(arrivals([7, 8, 9]))
        #expect(result.total.admitted == 2)
        #expect(result.total.refused == 1)
        #expect(result.total.preempted == 0)
        #expect(result.total.bitsCarried == 120_000_000)
        #expect(result.refusals.first?.count == 1)
    }

    @Test func `a more important flow pushes one out, which comes back when there is room`() throws {
        let result = try play(arrivals([7, 8, 1]))
        let critical = result.classes[0]
        let standard = result.classes[2]
        #expect(critical.admitted == 1 && critical.preempted == 0)
        #expect(standard.admitted == 2)
        #expect(standard.preempted == 1)
        #expect(standard.returned <= 1)
        #expect(result.weightAdmitted == 7 + 3 + 3)
        // What is carried can be no more than the two paths hold, and no less than without the return.
        #expect(result.total.bitsCarried >= 120_000_000 && result.total.bitsCarried < 180_000_000)
    }

    @Test func `the same flows in the opposite order need no preemption`() throws {
        let result = try play(arrivals([1, 8, 7]))
        #expect(result.total.preempted == 0)
        #expect(result.total.admitted == 2)
    }

    @Test func `a fault moves a flow to the other path, and back nobody need go`() throws {
        let result = try play(
            arrivals([7]), faults: [try fault("short", .down, at: 3), try fault("short", .up, at: 6)])
        #expect(result.total.moved == 1)
        #expect(result.total.displaced == 0)
        #expect(result.total.bitsCarried == 60_000_000)
    }

    @Test func `a flow without any path loses what it would have carried meanwhile`() throws {
        let faults = [
            try fault("long-a", .down, at: 2), try fault("short", .down, at: 3), try fault("short", .up, at: 6),
        ]
        let result = try play(arrivals([7]), faults: faults)
        #expect(result.total.displaced == 1)
        #expect(result.total.returned == 1)
        #expect(result.total.bitsCarried == 42_000_000)
    }

    @Test func `a class that may not ask for so much is refused by policy`() throws {
        var policy = Small.policy
        policy.classes[2].maxBandwidth = .megabits(5)
        let result = try play(arrivals([7, 8]), policy: policy)
        #expect(result.refusals.map(\.code) == ["policy_denied"])
        #expect(result.refusals.map(\.count) == [2])
    }

    @Test func `telemetry teaches a flow to leave a busy link, which it does not without`() throws {
        let topology = try Small.square()
        var policy = Small.policy
        policy.learning.dwellSeconds = 1
        // The first fills the short way and leaves after 20 s; the second goes round, where it fills both links.
        let episodes = Small.episodes([
            (Small.tuple("10.0.0.1", "10.0.0.2", port: 7), 0, 20, 22_500_000),
            (Small.tuple("10.0.0.1", "10.0.0.2", port: 8), 1, 60, 67_500_000),
        ])
        let plan = ReplayPlan(episodes, topology: topology, policy: policy, options: ReplayOptions())
        let run = ReplayRun(plan, topology: topology, policy: policy)
        var learning = SluiceScheme(topology, policy: policy, seed: 1, telemetrySeconds: 1)
        var without = SluiceScheme.withoutLearning(topology, policy: policy, seed: 1)
        let (taught, untaught) = (run.play(&learning).result, run.play(&without).result)
        #expect(untaught.total.moved == 0)
        #expect(untaught.scheme == "sluice-without-learning")
        #expect(taught.total.movedByLearning > 0)
        #expect(taught.total.moved == taught.total.movedByLearning)
        #expect(taught.total.bitsCarried == untaught.total.bitsCarried, "moving loses nothing")
        var again = SluiceScheme(topology, policy: policy, seed: 1, telemetrySeconds: 1)
        #expect(run.play(&again).result == taught)
    }

    @Test func `links hold nothing at the end of the last flow`() throws {
        let topology = try Small.square()
        let plan = ReplayPlan(
            arrivals([7, 8, 1, 2, 9]), topology: topology, policy: Small.policy, options: ReplayOptions())
        var scheme = SluiceScheme(topology, policy: Small.policy, seed: 1)
        _ = ReplayRun(plan, topology: topology, policy: Small.policy).play(&scheme)
        #expect(topology.links.allSatisfy { scheme.held(on: $0.index) == .zero })
    }

    /// A busy replay of made-up traffic, as its JSON without what was measured.
    private func report(seed: UInt64) throws -> String {
        let topology = try Small.square()
        var model = TrafficModel(addresses: (1...20).map { IPv4Prefix(0xc0a8_0000 + $0) })
        model.flows = 200
        model.durationSeconds = 20
        var generator = TrafficGenerator(model)
        var table = EpisodeTable(idleTimeoutSeconds: 30)
        while let packet = generator.next() {
            table.count(packet)
        }
        var options = ReplayOptions()
        options.seed = seed
        options.rate = .changing
        let plan = ReplayPlan(table.episodes, topology: topology, policy: Small.policy, options: options)
        let run = ReplayRun(plan, topology: topology, policy: Small.policy)
        var report = ReplayReport(
            captures: ["made up"], truncations: [], policyName: "small", topology: topology, policy: Small.policy,
            options: options, traffic: ReplayReport.Traffic(table), plan: plan, timeline: run.timeline,
            measured: ReplayReport.Measurement(readSeconds: 1, packets: table.packets))
        var scheme = SluiceScheme(topology, policy: Small.policy, seed: seed, telemetrySeconds: 1)
        report.results.append(run.play(&scheme).result)
        return report.jsonText(withMeasurements: false)
    }

    @Test func `the same input and seed give the same bytes, another seed another replay`() throws {
        let first = try report(seed: 1)
        #expect(try report(seed: 1) == first)
        #expect(try report(seed: 2) != first)
    }

    @Test func `the report adds up`() throws {
        let root = try JSONNode(parsing: Array(try report(seed: 1).utf8))
        let scheme = try #require(root["schemes"]?.array?.first)
        let count = { (name: String) in scheme[name]?.integer ?? -1 }
        #expect(count("offered") == root["traffic"]?["flows"]?.integer)
        #expect(count("admitted") + count("refused") + count("waiting") == count("offered"))
        #expect(count("refused") > 0, "a replay without contention shows nothing")
        #expect(count("bitsCarried") <= count("bitsOffered"))
        for name in ["offered", "admitted", "refused", "preempted", "bitsCarried"] {
            let sum = scheme["classes"]?.array?.reduce(0) { $0 + ($1[name]?.integer ?? 0) }
            #expect(sum == count(name), "\(name)")
        }
        let refusals = scheme["refusals"]?.array?.reduce(0) { $0 + ($1["count"]?.integer ?? 0) }
        #expect(refusals == count("refused"))
        for link in scheme["links"]?.array ?? [] {
            #expect((link["peakReserved"]?.integer ?? 0) <= (link["reservable"]?.integer ?? 0))
        }
    }
}

@Suite struct DemandSetTests {
    private func plan() throws -> (ReplayPlan, Topology) {
        let topology = try Small.square()
        return (
            ReplayPlan(
                Small.flows(3), topology: topology, policy: Small.policy, options: ReplayOptions()), topology
        )
    }

    @Test func `each flow is a demand with its own bandwidth`() throws {
        let (plan, topology) = try plan()
        let root = try JSONNode(parsing: Array(DemandSet(plan, by: .flow).jsonText(topology, Small.policy).utf8))
        let demands = try #require(root["demands"]?.array)
        #expect(demands.map { $0["bandwidth"]?.integer } == [6_000_000, 6_000_000, 6_000_000])
        #expect(demands.map { $0["priority"]?.integer } == [7, 5, 3])
        #expect(demands.allSatisfy { $0["source"]?.string == "h1" && $0["destination"]?.string == "h2" })
    }

    @Test func `pairs are means over the whole capture, rounded up`() throws {
        let (plan, _) = try plan()
        // 60 Mbit in each class over 12 seconds.
        #expect(DemandSet(plan, by: .pair).demands.map(\.bandwidth.bitsPerSecond) == [5_000_000, 5_000_000, 5_000_000])
    }
}
