// The whole daemon learns: telemetry by the socket and by UDP makes a path bad, flows leave it by rules that never drop a
// packet, and return when it has recovered.

import Glibc
import SluiceJSON
import Synchronization
import Testing

@Suite struct LearningTests {
    private static let policy = """
        learning: {dwellSeconds: 2, smoothingSeconds: 0, drawsPerSecond: 200}
        telemetry: {sources: [127.0.0.1]}
        """
    private static let dwellSeconds = 2.0

    @Test func `flows leave a path that telemetry makes bad and return when it recovers`() throws {
        let daemon = try DaemonUnderTest(policy: Self.policy, arguments: ["--telemetry", "127.0.0.1:0"])
        let agent = try AgentUnderTest(daemon)
        let client = try daemon.connect()
        let reports = try ReportSender(try listening(client))
        let events = try daemon.connect()
        _ = try events.call("events.subscribe", #"{"kinds":["flow.moved"]}"#)

        // Two paths from a to b: direct, and by c, where one flow is held.
        for (id, port, extra) in [("f1", 1, ""), ("f2", 2, ""), ("g", 3, #","constraints":{"avoid":["ab"]}"#)] {
            let answer = try client.call(
                "flow.submit",
                #"{"id":"\#(id)","source":"ha","destination":"hb","bandwidth":2000000,"#
                    + #""match":{"ipv4_src":"10.0.0.1","ipv4_dst":"10.0.0.2","tcp_dst":\#(port)}\#(extra)}"#)
            #expect(answer["result"]?["flow"]?["state"]?.string == "admitted")
            agent.cookies[id] = answer["result"]?["flow"]?["cookie"]?.integer
        }
        try agent.follow()
        #expect(try link(of: "f1", client) == "ab>" && link(of: "f2", client) == "ab>")
        #expect(try link(of: "g", client) == "ac>")
        for id in ["f1", "f2", "g"] { try settle(id, agent, client) }

        // By the socket: the direct link is full, the way round is idle.
        var moved: Set<String> = []
        var begun = now()
        while moved.count < 2 {
            try #require(now() - begun < 30, "only \(moved) moved")
            let answer = try client.call(
                "telemetry.report",
                #"{"samples":[{"link":"ab>","utilisation":0.98},{"link":"ac>","utilisation":0.1},"#
                    + #"{"link":"bc<","utilisation":0.1}]}"#)
            #expect(answer["result"]?["accepted"]?.integer == 3)
            try absorb(events, into: &moved, from: "ab>", to: "ac>")
            try agent.follow()
        }
        #expect(now() - begun < Self.dwellSeconds + 1, "two reports after the dwell time at the latest")
        #expect(try link(of: "f1", client) == "ac>" && link(of: "f2", client) == "ac>")
        #expect(agent.reordered.isEmpty, "\(agent.reordered)")

        // By UDP: the direct link is idle again and the way round busy. They return, but not before the dwell time.
        var returned: Set<String> = []
        begun = now()
        while returned.count < 2 {
            try #require(now() - begun < 30, "only \(returned) returned")
            try reports.send(node: 1, port: 2, utilisation: 5)
            try reports.send(node: 1, port: 3, utilisation: 70)
            try reports.send(node: 3, port: 3, utilisation: 70)
            try absorb(events, into: &returned, from: "ac>", to: "ab>")
            try agent.follow()
        }
        #expect(now() - begun > Self.dwellSeconds / 2)
        #expect(try link(of: "f1", client) == "ab>" && link(of: "g", client) == "ac>")
        for id in ["f1", "f2", "g"] { try settle(id, agent, client) }
        #expect(agent.lost == 0, "a packet of a flow that moved was dropped on the way")
        #expect(agent.reordered.isEmpty, "\(agent.reordered)")

        let automaton = try client.call("automata.get", #"{"flow":"f1"}"#)["result"]?["automata"]?.array?.first
        let choices = automaton?["choices"]?.array ?? []
        #expect(choices.compactMap { $0["kind"]?.string } == ["flow.admitted", "flow.moved", "flow.moved"])
        #expect(choices.last?["moveReason"]?.string == "learning")
        #expect(automaton?["decisionSwitch"]?.string == "a" && automaton?["endSwitch"]?.string == "b")
        let shown = try ChildProcess.run(
            "sluice", ["automata", "f1"], environment: ["SLUICE_SOCKET": daemon.socketPath])
        #expect(shown.output.contains("f1, chooses from a to b:"), "\(shown)")
        #expect(shown.output.contains("(learning: reward "), "\(shown)")
        let counts = try ChildProcess.run("sluice", ["telemetry"], environment: ["SLUICE_SOCKET": daemon.socketPath])
        #expect(counts.output.contains("listening on udp 127.0.0.1:"), "\(counts)")
        #expect(try daemon.stop().status == 0)
    }

    @Test func `reports that cannot be believed are counted by reason and change nothing`() throws {
        let policy = "telemetry: {sources: [127.0.0.1], clockToleranceSeconds: 2}"
        let daemon = try DaemonUnderTest(policy: policy, arguments: ["--telemetry", "127.0.0.1:0"])
        let client = try daemon.connect()
        let reports = try ReportSender(try listening(client))
        try reports.send(node: 1, port: 2, utilisation: 5)
        try reports.send(node: 9, port: 2, utilisation: 5)
        try reports.send(node: 1, port: 99, utilisation: 5)
        try reports.send(node: 1, port: 2, utilisation: 150)
        reports.sequence -= 1
        try reports.send(node: 1, port: 2, utilisation: 99)
        reports.sequence -= 2
        try reports.send(node: 1, port: 2, utilisation: 99)
        reports.sequence += 1
        try reports.send(node: 1, port: 2, utilisation: 99, egressNanoseconds: 1_000)
        try reports.send([0x20, 0, 0])
        try reports.send([0x30, 0, 0, 0, 0, 0, 0, 1])
        let stranger = try ReportSender(try listening(client), from: "127.0.0.2")
        try stranger.send(node: 1, port: 2, utilisation: 99)
        let wanted = [
            "unknown_node": 1, "unknown_interface": 1, "impossible_value": 1, "duplicate": 1, "reordered": 1,
            "clock_skew": 1, "truncated": 1, "unsupported_version": 1, "unknown_source": 1,
        ]
        let status = try statusAfter(10, client)
        for (reason, count) in wanted {
            #expect(status["udp"]?["reasons"]?[reason]?.integer == count, "\(reason)")
        }
        #expect(status["udp"]?["refused"]?.integer == wanted.count)
        #expect(status["udp"]?["samples"]?.integer == 1)
        #expect(try daemon.stop().status == 0)
    }

    @Test func `a flood of reports keeps nobody waiting and the newest wins`() throws {
        let daemon = try DaemonUnderTest(
            policy: "telemetry: {sources: [127.0.0.1]}", arguments: ["--telemetry", "127.0.0.1:0"])
        let client = try daemon.connect()
        let address = try listening(client)
        let flood = try Flood(address)
        defer { flood.end() }
        // Another client is served all the while, and the flood has begun before it and ends after it.
        _ = try statusAfter(1_000, client)
        for round in 0..<200 {
            let answer = try client.call(
                "flow.submit", #"{"source":"a","destination":"b","bandwidth":1000}"#, id: round)
            #expect(answer["result"]?["flow"]?["state"]?.string == "admitted")
        }
        let reports = flood.end()
        let begun = now()
        var seen = 0.0
        while seen < 0.98 {
            try #require(now() - begun < 30, "the newest measurement is not shown: \(seen)")
            try reports.send(node: 1, port: 2, utilisation: 99)
            let links = try client.call("topology.get")["result"]?["links"]?.array ?? []
            seen = links.first { $0["id"]?.string == "ab>" }?["utilisation"]?.number ?? 0
        }
        let status = try client.call("telemetry.status")["result"]?["udp"]
        let (samples, handedOver) = (status?["samples"]?.integer ?? 0, status?["handedOver"]?.integer ?? 0)
        #expect(samples > 1_000 && handedOver >= 1 && handedOver < samples / 10, "\(handedOver) of \(samples)")
        #expect(try daemon.stop().status == 0)
    }

    @Test(arguments: ["nowhere", "127.0.0.1", "127.0.0.1:99999", "300.1.1.1:5"])
    func `an address that is none ends the daemon with 5`(address: String) throws {
        let folder = try TemporaryFolder()
        let ending = try ChildProcess.run(
            "sluiced",
            [
                "--topology", try folder.file("topology.json", DaemonUnderTest.triangle), "--socket",
                folder.path + "/control.sock", "--telemetry", address,
            ])
        #expect(ending.status == 5)
        #expect(ending.errors.contains(address))
    }

    private func listening(_ client: TestClient) throws -> String {
        let addresses = try client.call("telemetry.status")["result"]?["listening"]?.array ?? []
        return try #require(addresses.first?.string)
    }

    /// The listener's account once it has seen so many datagrams.
    private func statusAfter(_ datagrams: Int, _ client: TestClient) throws -> JSONNode {
        let begun = now()
        while true {
            let status = try #require(try client.call("telemetry.status")["result"])
            if status["udp"]?["datagrams"]?.integer ?? 0 >= datagrams { return status }
            try #require(now() - begun < 30, "only \(String(describing: status["udp"]?["datagrams"]?.integer)) came")
        }
    }

    private func absorb(_ events: TestClient, into moved: inout Set<String>, from: String, to: String) throws {
        for event in try events.answers(withinMilliseconds: 10) {
            guard let params = event["params"], let flow = params["flow"]?.string else { continue }
            #expect(params["moveReason"]?.string == "learning")
            #expect(params["formerLinks"]?.array?.contains { $0.string == from } == true)
            #expect(params["links"]?.array?.contains { $0.string == to } == true)
            #expect((params["reward"]?.number ?? 0) > (params["formerReward"]?.number ?? 1))
            moved.insert(flow)
        }
    }

    private func link(of id: String, _ client: TestClient) throws -> String? {
        let flow = try client.call("flow.get", #"{"id":"\#(id)"}"#)["result"]?["flow"]
        return flow?["links"]?.array?.dropFirst().first?.string
    }

    /// Acknowledges until the flow is active.
    private func settle(_ id: String, _ agent: AgentUnderTest, _ client: TestClient) throws {
        let begun = now()
        while true {
            try agent.follow()
            let flow = try client.call("flow.get", #"{"id":"\#(id)"}"#)["result"]?["flow"]
            if flow?["state"]?.string == "active" { return }
            try #require(now() - begun < 30, "\(id) is \(String(describing: flow?["state"]?.string))")
        }
    }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// Reports about one link as fast as the system takes them, from a thread of its own: tests that wait hold all those of
/// Swift's pool.
private final class Flood {
    private let shot: Shot
    private var thread = pthread_t()
    private var isRunning = true

    /// What the thread has; the sender is its own until it is joined.
    private final class Shot {
        let reports: ReportSender
        let isOver = Atomic(false)
        init(_ reports: ReportSender) { self.reports = reports }
    }

    init(_ listening: String) throws {
        shot = Shot(try ReportSender(listening))
        let status = pthread_create(
            &thread, nil,
            { argument in
                // Balances passRetained below.
                guard let argument else { return nil }
                let shot = Unmanaged<Shot>.fromOpaque(argument).takeRetainedValue()
                while !shot.isOver.load(ordering: .relaxed) {
                    // What the system does not take is lost, as reports are.
                    try? shot.reports.send(node: 1, port: 2, utilisation: shot.reports.sequence % 50)
                }
                return nil
            }, Unmanaged.passRetained(shot).toOpaque())
        guard status == 0 else { throw SystemTestFailure("no thread: \(String(cString: strerror(status)))") }
    }

    /// Waits until it has ended; the sender, which has its last number.
    @discardableResult
    func end() -> ReportSender {
        shot.isOver.store(true, ordering: .relaxed)
        if isRunning { pthread_join(thread, nil) }
        isRunning = false
        return shot.reports
    }
}
