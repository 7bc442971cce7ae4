// What Sluice makes of real switches besides carrying flows: full tables, wiring that is not as written, marking,
// counters; and another agent than its own.

import Glibc
import SluiceJSON
import Testing

@Suite(
    .serialized, .enabled(if: DiamondFabric.isAvailable, "needs root and Open vSwitch (make test installs it)"))
struct SwitchFeatureTests {
    @Test func `of a full table the more important flow gets its rows, and others give way`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(fabric)
        func submit(_ id: String, _ port: Int, _ className: String) throws {
            let answer = try network.client.call(
                "flow.submit",
                #"{"id":"\#(id)","source":"h1","destination":"h2","bandwidth":1000,"class":"\#(className)","#
                    + #""match":{"eth_type":2048,"ip_proto":17,"ipv4_src":"10.0.0.1","ipv4_dst":"10.0.0.2","#
                    + #""udp_dst":\#(port)}}"#)
            #expect(answer["result"]?["flow"]?["state"]?.string == "admitted")
        }
        for number in 0..<4 { try submit("bulk\(number)", 7_000 + number, "bulk") }
        try network.awaitSwitches()
        // Switch s1, which every one of them enters by, takes no row more than it has now.
        let rows = try fabric.shell("$OF dump-flows $R/s1.mgmt | grep -c cookie=")
        try fabric.shell(
            """
            $V -- --id=@t create Flow_Table flow_limit=\(rows.trimmed()) overflow_policy=refuse \
                -- set Bridge s1 flow_tables=0=@t
            """)
        try submit("voice", 6_000, "critical")
        try network.awaitEvent("rules.refused", "voice")
        try network.awaitEvent("flow.preempted", "bulk3")
        try network.awaitEvent("flow.active", "voice")
        #expect(try fabric.shell("$OF dump-flows $R/s1.mgmt").contains("tp_dst=6000"))
        let states = try (0..<4).map { number in
            try network.client.call("flow.get", #"{"id":"bulk\#(number)"}"#)["result"]?["flow"]?["state"]?.string
        }
        #expect(states == ["active", "active", "active", "preempted"])
        // Now it is known what the table holds: the next one of least importance is refused with the reason.
        let refused = try network.client.call(
            "flow.submit",
            #"{"id":"late","source":"h1","destination":"h2","bandwidth":1000,"class":"bulk","#
                + #""match":{"eth_type":2048,"ip_proto":17,"udp_dst":8000}}"#)
        #expect(refused["result"]?["rejection"]?["code"]?.string == "limit_reached", "\(refused)")
    }

    @Test func `links that run elsewhere than the topology says are adopted where the policy says so`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        // As if somebody had exchanged the two cables of s1.
        let wrong = DiamondFabric.topology
            .replacing(#""a":{"switch":"s1","port":2}"#, with: #""a":{"switch":"s1","port":9}"#)
            .replacing(#""a":{"switch":"s1","port":3}"#, with: #""a":{"switch":"s1","port":2}"#)
            .replacing(#""a":{"switch":"s1","port":9}"#, with: #""a":{"switch":"s1","port":3}"#)
        let network = try SwitchedDaemon(fabric, topology: wrong, policy: "switches: {wiring: adopt}\n")
        try network.awaitEvent("topology.replaced")
        try network.awaitSwitches()
        try network.carry("web", "h1", "h2")
        #expect(try fabric.shell("on 1 ping -n -q -c 3 -i 0.05 -W 2 10.0.0.2").contains(" 3 received"))
    }

    @Test func `a class marks the packets of its flows at the ingress`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(
            fabric, policy: "classes: [{name: voice, priority: 5, dscp: 46}]\ndefaultClass: voice\n")
        try network.carry("call", "h1", "h2")
        let receiver = try fabric.start(
            """
            on 2 python3 -u -c '
            import socket
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1); s.settimeout(20); s.bind(("", 6000))
            print("ready")
            print("tos", s.recvmsg(100, 100)[1][0][2][0])
            '
            """)
        try receiver.awaitOutput("ready")
        try fabric.shell(
            "on 1 python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b\"x\", (\"10.0.0.2\", 6000))'"
        )
        #expect(try receiver.ending().output.contains("tos \(46 << 2)"))
        #expect(try fabric.shell("$OF dump-flows $R/s1.mgmt").contains("set_field:46->ip_dscp"))
        #expect(!(try fabric.shell("$OF dump-flows $R/s2.mgmt").contains("ip_dscp")))
    }

    @Test func `counters and the health of the control channel are among the metrics`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(fabric, policy: "switches: {pollSeconds: 0.05}\n")
        try network.carry("voice", "h1", "h2", #","protection":"linkDisjoint""#)
        try fabric.shell("on 1 ping -n -q -c 20 -i 0.01 -W 2 10.0.0.2")
        func value(_ name: String) throws -> Double? {
            let text = try network.client.call("system.metrics")["result"]?["text"]?.string ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            return line.flatMap { Double($0.dropFirst(name.count + 1)) }
        }
        let deadline = ContinuousClock.now + .seconds(20)
        func eventually(_ name: String, _ isReached: (Double) -> Bool) throws -> Bool {
            while ContinuousClock.now < deadline { if let found = try value(name), isReached(found) { return true } }
            return false
        }
        #expect(try eventually(#"sluice_switch_rule_packets{switch="s1"}"#) { $0 >= 20 })
        #expect(try eventually(#"sluice_switch_group_packets{switch="s1"}"#) { $0 >= 20 })
        #expect(try eventually(#"sluice_switch_echo_seconds{switch="s1"}"#) { $0 > 0 && $0 < 1 })
        #expect(try eventually(#"sluice_link_utilisation_ratio{link="s1-s2>"}"#) { $0 >= 0 })
    }

    @Test func `the agent of docs/protocol.md, in thirty lines, makes a network of bridges`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let document = try readText(PackageFiles.path("docs/protocol.md"))
        let section = try #require(document.ranges(of: "### An agent in thirty lines").first).upperBound
        let start = try #require(document[section...].ranges(of: "```python\n").first).upperBound
        let end = try #require(document[start...].ranges(of: "```").first).lowerBound
        let source = String(document[start..<end])
        #expect(source.split(separator: "\n").count <= 30)
        let folder = try TemporaryFolder()
        let agent = try folder.file("agent.py", source)
        let daemon = try DaemonUnderTest(topology: DiamondFabric.topology)
        let events = try daemon.connect()
        _ = try events.call("events.subscribe")
        let agents = try (1...4).map {
            try fabric.start("exec python3 \(agent) \(daemon.socketPath) s\($0) $R/s\($0).mgmt")
        }
        defer { for agent in agents { agent.signal(SIGKILL) } }
        func awaitNews(_ kind: String, _ subject: String) throws {
            while true {
                let params = try #require(try events.answer()["params"])
                if params["kind"]?.string == kind, [params["flow"]?.string, params["switch"]?.string].contains(subject)
                {
                    return
                }
            }
        }
        var owned: Set<String> = []
        while owned.count < 4 {
            let params = try #require(try events.answer()["params"])
            if params["kind"]?.string == "switch.owned", let name = params["switch"]?.string { owned.insert(name) }
        }
        let client = try daemon.connect()
        // With a meter, with a group, with a label and with marks.
        let flow = #""bandwidth":5000000,"reverseBandwidth":5000000,"protection":"linkDisjoint""#
        _ = try client.call("flow.submit", #"{"id":"web","source":"h1","destination":"h2",\#(flow)}"#)
        try awaitNews("flow.active", "web")
        #expect(try fabric.shell("on 1 ping -n -q -c 3 -i 0.05 -W 2 10.0.0.2").contains(" 3 received"))
        #expect(try fabric.shell("$OF dump-meters $R/s1.mgmt").contains("meter="))
        #expect(try fabric.shell("$OF dump-groups $R/s1.mgmt").contains("type=ff"))
        _ = try client.call("topology.setLink", #"{"link":"s1-s2","state":"down"}"#)
        try fabric.shell("on 1 ping -n -q -c 1 -w 5 10.0.0.2")
        _ = try client.call("flow.withdraw", #"{"id":"web"}"#)
        try fabric.shell(
            "timeout 20 sh -c 'while ovs-ofctl -O OpenFlow13 dump-flows $R/s4.mgmt | grep -q in_port; do :; done'")
        #expect(try fabric.shell("on 1 ping -n -q -c 2 -i 0.05 -W 1 10.0.0.2 || true").contains(" 0 received"))
    }
}
