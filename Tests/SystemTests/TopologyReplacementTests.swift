// Another network under a daemon that runs, with clients that follow its rules, and across a restart.

import Glibc
import SluiceJSON
import Testing

@Suite struct TopologyReplacementTests {
    private static let line = """
        {"name":"line",
         "switches":[{"id":"a","dpid":1},{"id":"b","dpid":2},{"id":"c","dpid":3}],
         "hosts":[{"id":"ha","ipv4":"10.0.0.1","attachment":{"switch":"a","port":1}},
                  {"id":"hb","ipv4":"10.0.0.2","attachment":{"switch":"b","port":1}}],
         "links":[{"id":"bc","a":{"switch":"b","port":3},"b":{"switch":"c","port":3},"capacity":10000000,"latency":1000},
                  {"id":"ac","a":{"switch":"a","port":3},"b":{"switch":"c","port":2},"capacity":10000000,"latency":1000}]}
        """

    private static var params: String {
        #"{"topology":\#(line.split(separator: "\n").joined())}"#
    }

    @Test func `a flow moves off a link that is gone, and who follows the rules gets them anew`() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.connect()
        let agent = try daemon.connect()
        _ = try client.call("flow.submit", #"{"id":"f","source":"ha","destination":"hb","bandwidth":1000000}"#)
        #expect(try agent.call("rules.subscribe", #"{"switches":["c"],"own":true}"#)["result"] != nil)
        #expect(try agent.answer()["params"]?["snapshot"]?.bool == true)
        let answer = try client.call("topology.replace", Self.params)
        let result = try #require(answer["result"], "\(answer)")
        #expect(result["moved"]?.array?.compactMap { $0["id"]?.string } == ["f"])
        #expect(result["nodes"]?["removed"]?.array?.compactMap(\.string) == ["hc"])
        let flow = try client.call("flow.get", #"{"id":"f"}"#)["result"]?["flow"]
        #expect(flow?["path"]?.array?.compactMap(\.string) == ["ha", "a", "c", "b", "hb"])
        // Switch c carries the flow now; its agent learns so, and still owns it.
        let transaction = try #require(try agent.answer()["params"])
        #expect(transaction["switch"]?.string == "c")
        #expect(transaction["snapshot"]?.bool == true)
        #expect(
            try client.call("rules.get", #"{"switch":"c"}"#)["result"]?["switches"]?.array?[0]["owned"]?.bool == true)
        #expect(try client.call("system.status")["result"]?["topology"]?.string == "line")
    }

    @Test func `reports by UDP are of the network that is in force`() throws {
        let daemon = try DaemonUnderTest(
            policy: "telemetry: {sources: [127.0.0.1]}", arguments: ["--telemetry", "127.0.0.1:0"])
        let client = try daemon.connect()
        let addresses = try client.call("telemetry.status")["result"]?["listening"]?.array ?? []
        let reports = try ReportSender(try #require(addresses.first?.string))
        /// Reports on the link from a to c until the daemon has taken notice.
        func measure(_ percent: UInt32) throws -> [String: Double] {
            for _ in 0..<100_000 {
                try reports.send(node: 1, port: 3, utilisation: percent)
                let links = try client.call("topology.get")["result"]?["links"]?.array ?? []
                let known = links.compactMap { link in
                    link["utilisation"]?.number.map { (link["id"]?.string ?? "", ($0 * 100).rounded()) }
                }
                if known.contains(where: { $0.1 == Double(percent) }) { return Dictionary(uniqueKeysWithValues: known) }
            }
            return [:]
        }
        #expect(try measure(40) == ["ac>": 40])
        // The new network has fewer links, and others in the place of those that reports spoke of.
        #expect(try client.call("topology.replace", Self.params)["result"] != nil)
        #expect(try measure(70) == ["ac>": 70])
        #expect(try daemon.stop().status == 0)
    }

    @Test func `a faulty network is refused with all its faults, and the old one stays`() throws {
        let client = try DaemonUnderTest().connect()
        let answer = try client.call(
            "topology.replace",
            #"{"topology":{"name":"x","switches":[{"id":"a"},{"id":"a"}],"links":[{"id":"l","a":{"switch":"a"},"b":{"switch":"q"},"capacity":1}]}}"#
        )
        #expect(answer["error"]?["data"]?["code"]?.string == "document.invalid")
        #expect((answer["error"]?["data"]?["faults"]?.array ?? []).count >= 2)
        #expect(try client.call("system.status")["result"]?["topology"]?.string == "triangle")
    }

    @Test func `what a replaced network has decided survives a restart on it`() throws {
        let state = try TemporaryFolder()
        do {
            let daemon = try DaemonUnderTest(state: state.path)
            let client = try daemon.connect()
            _ = try client.call("flow.submit", #"{"id":"f","source":"ha","destination":"hb","bandwidth":1000000}"#)
            #expect(try client.call("topology.replace", Self.params)["result"] != nil)
            daemon.signal(SIGKILL)
            _ = try daemon.stop()
        }
        let next = try DaemonUnderTest(topology: Self.line, state: state.path)
        let flow = try next.connect().call("flow.get", #"{"id":"f"}"#)["result"]?["flow"]
        #expect(flow?["path"]?.array?.compactMap(\.string) == ["ha", "a", "c", "b", "hb"])
        #expect(try !next.stop().errors.contains("the topology is not the one of the last run"))
        withExtendedLifetime(state) {}
    }

    @Test func `sluice topology apply says what it did, and a dry run does nothing`() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.connect()
        _ = try client.call("flow.submit", #"{"id":"f","source":"ha","destination":"hb","bandwidth":1000000}"#)
        let file = try daemon.folder.file("line.json", Self.line)
        let foretold = try ChildProcess.run(
            "sluice", ["topology", "apply", "--dry-run", file, "--socket", daemon.socketPath])
        #expect(foretold.status == 0, "\(foretold.errors)")
        #expect(foretold.output.contains("flows: 1 moved, 0 without a path, 0 over"), "\(foretold.output)")
        #expect(try client.call("system.status")["result"]?["topology"]?.string == "triangle")
        let done = try ChildProcess.run("sluice", ["topology", "apply", file, "--socket", daemon.socketPath])
        #expect(done.output.contains("is in force"))
        #expect(try client.call("system.status")["result"]?["topology"]?.string == "line")
    }
}
