// Sluice and Open vSwitch with real packets.

import Glibc
import SluiceJSON
import Testing

@Suite(
    .serialized, .enabled(if: DiamondFabric.isAvailable, "needs root and Open vSwitch (make test installs it)"))
struct RealSwitchTests {
    @Test func `an admitted flow's packets arrive, and nobody else's`() throws {
        let fabric = try DiamondFabric()
        let network = try SwitchedDaemon(fabric)
        try network.carry("web", "h1", "h2")
        // Addresses are resolved by the fabric's own rules, without a flow.
        #expect(try fabric.shell("on 1 ping -n -q -c 3 -i 0.05 -W 2 10.0.0.2").contains(" 3 received"))
        #expect(try fabric.shell("on 3 ping -n -q -c 2 -i 0.05 -W 1 10.0.0.4 || true").contains(" 0 received"))
        #expect(try fabric.shell("on 3 ip neigh show 10.0.0.4").contains("02:00:00:00:00:04"))
        _ = try network.client.call("flow.withdraw", #"{"id":"web"}"#)
        try network.awaitSwitches()
        #expect(try fabric.shell("on 1 ping -n -q -c 2 -i 0.05 -W 1 10.0.0.2 || true").contains(" 0 received"))
    }

    @Test func `a meter lets the admitted rate pass and no more`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(fabric)
        let params =
            #"{"id":"bulk","source":"h1","destination":"h2","bandwidth":10000000,"reverseBandwidth":10000000}"#
        _ = try network.client.call("flow.submit", params)
        try network.awaitEvent("flow.active", "bulk")
        let server = try fabric.start("on 2 iperf3 -s -1 --forceflush")
        try server.awaitOutput("listening")
        let report = try JSONNode(
            parsing: Array(try fabric.shell("on 1 iperf3 -c 10.0.0.2 -u -b 30M -l 1200 -t 2 --json").utf8))
        let sum = try #require(report["end"]?["sum"])
        let sent = try #require(sum["bits_per_second"]?.number)
        let lost = try #require(sum["lost_percent"]?.number)
        let arrived = sent * (100 - lost) / 100
        #expect(arrived > 8_000_000 && arrived < 12_500_000, "\(arrived) bit/s of 10 000 000 arrive")
    }

    @Test func `the first packet of a flow passes once it is answered, whatever was dropped before`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(fabric)
        // To each of 15 ports a datagram every 4 ms; who receives writes down when the first of each port came.
        let receiver = try fabric.start(
            """
            on 2 python3 -u -c '
            import select, socket, time
            sockets = {}
            for port in range(6000, 6015):
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", port)); sockets[s] = port
            print("ready")
            while sockets:
                for s in select.select(list(sockets), [], [])[0]:
                    print(sockets.pop(s), time.time_ns())
            '
            """)
        try receiver.awaitOutput("ready")
        let sender = try fabric.start(
            """
            on 1 python3 -c '
            import socket, time
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            while True:
                for port in range(6000, 6015): s.sendto(b"x", ("10.0.0.2", port))
                time.sleep(0.004)
            '
            """)
        defer { sender.signal(SIGKILL) }
        var answered: [Int: Int64] = [:]
        for port in 6_000..<6_015 {
            let params =
                #"{"id":"f\#(port)","source":"h1","destination":"h2","bandwidth":1000000,"#
                + #""match":{"eth_type":2048,"ip_proto":17,"ipv4_src":"10.0.0.1","ipv4_dst":"10.0.0.2","#
                + #""udp_dst":\#(port)}}"#
            let answer = try network.client.call("flow.submit", params)
            answered[port] = RealTime.nanoseconds()
            #expect(answer["result"]?["flow"]?["state"]?.string == "admitted")
            try network.awaitEvent("flow.active", "f\(port)")
        }
        let lines = try receiver.ending().output.split(separator: "\n").filter { $0.hasPrefix("60") }
        let delays = lines.compactMap { line -> Int64? in
            let words = line.split(separator: " ")
            guard words.count == 2, let port = Int(words[0]), let time = Int64(words[1]) else { return nil }
            return answered[port].map { time - $0 }
        }.sorted()
        #expect(delays.count == 15)
    }

    @Test func `a protected flow outlives a cut link, three packets of 300 at most are lost`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(fabric)
        try network.carry("voice", "h1", "h2", #","protection":"linkDisjoint""#)
        #expect(try fabric.shell("$OF dump-groups $R/s1.mgmt").contains("type=ff"))
        let lost = try network.pings("ip -n $N link set s2-s1 down")
        #expect(lost <= 3, "\(lost) of 300 are lost")
        try network.awaitEvent("link.changed", "s1-s2>")
    }

    @Test func `an unprotected flow is moved off a cut link, 40 packets of 300 at most are lost`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(fabric)
        try network.carry("web", "h1", "h2")
        let lost = try network.pings("ip -n $N link set s2-s1 down")
        #expect(lost <= 40, "\(lost) of 300 are lost")
        let path = try network.client.call("flow.get", #"{"id":"web"}"#)["result"]?["flow"]?["links"]?.array
        #expect(path?.contains { $0.string == "s1-s3>" } == true)
        try fabric.shell("ip -n $N link set s2-s1 up")
        while try network.awaitEvent("link.changed", "s1-s2>")["state"]?.string != "up" {}
    }

    @Test func `a move loses no packet`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(fabric)
        try network.carry("web", "h1", "h2")
        let sluice = try ChildProcess.program("sluice")
        let lost = try network.pings("\(sluice) link s1-s2 drained --socket \(network.daemon.socketPath) > /dev/null")
        #expect(lost == 0)
        let path = try network.client.call("flow.get", #"{"id":"web"}"#)["result"]?["flow"]?["links"]?.array
        #expect(path?.contains { $0.string == "s1-s3>" } == true)
    }

    @Test func `restarted switches get their rules again within a second, whatever others had there`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(fabric)
        try network.carry("web", "h1", "h2")
        let flows = (0..<1_000).map {
            #"{"id":"b\#($0)","source":"h1","destination":"h2","bandwidth":1000,"#
                + #""match":{"eth_type":2048,"ip_proto":17,"udp_dst":\#(10_000 + $0)}}"#
        }
        let batch = #"{"flows":[\#(flows.joined(separator: ","))]}"#
        #expect(try network.client.call("flow.submitBatch", batch)["error"] == nil)
        try network.awaitSwitches()
        let before = try fabric.shell("$OF dump-flows $R/s1.mgmt | grep -c cookie=0x51c")
        try fabric.restartSwitches()
        for _ in 1...4 { try network.awaitEvent("switch.owned") }
        let start = ContinuousClock.now
        try network.awaitSwitches()
        let elapsed = ContinuousClock.now - start
        #expect(elapsed < .seconds(1), "it takes \(elapsed)")
        #expect(try fabric.shell("$OF dump-flows $R/s1.mgmt | grep -c cookie=0x51c") == before)
        #expect(try fabric.shell("on 1 ping -n -q -c 3 -i 0.05 -W 2 10.0.0.2").contains(" 3 received"))
    }

    @Test func `rules of others stay, traffic outlives the daemon, and nothing is wiped on its return`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        try fabric.shell("$OF add-flow $R/s1.mgmt cookie=0xf00,priority=7,ip,nw_dst=192.0.2.1,actions=output:2")
        try fabric.shell("$OF add-meter $R/s1.mgmt meter=4000,kbps,band=type=drop,rate=1000")
        var network: SwitchedDaemon? = try SwitchedDaemon(fabric)
        try network?.carry("web", "h1", "h2")
        #expect(try network?.daemon.stop().status == 0)
        network = nil
        #expect(try fabric.shell("on 1 ping -n -q -c 3 -i 0.05 -W 2 10.0.0.2").contains(" 3 received"))
        let again = try SwitchedDaemon(fabric)
        try again.carry("web", "h1", "h2")
        // Until its rules are there: a daemon without a store has forgotten the flow, and installs it anew.
        try fabric.shell("on 1 ping -n -q -c 1 -w 5 10.0.0.2")
        #expect(try fabric.shell("on 1 ping -n -q -c 3 -i 0.05 -W 2 10.0.0.2").contains(" 3 received"))
        #expect(try fabric.shell("$OF dump-flows $R/s1.mgmt cookie=0xf00/-1").contains("192.0.2.1"))
        #expect(try fabric.shell("$OF dump-meters $R/s1.mgmt").contains("meter=4000"))
        // A rule of ours that somebody deletes comes back.
        try fabric.shell("$OF del-flows $R/s2.mgmt cookie=0x51c0000000000000/0xffe0000000000000")
        try fabric.shell(
            """
            timeout 5 sh -c 'until ovs-ofctl -O OpenFlow13 dump-flows $R/s2.mgmt | grep -q priority=3152; do :; done'
            """)
        #expect(try fabric.shell("on 1 ping -n -q -c 3 -i 0.05 -W 2 10.0.0.2").contains(" 3 received"))
    }

    @Test func `ovs-ofctl finds on each switch exactly what Sluice believes it has installed`() throws {
        let fabric = try DiamondFabric()
        let network = try SwitchedDaemon(fabric)
        try network.carry("voice", "h1", "h2", #","protection":"linkDisjoint""#)
        try network.carry("web", "h3", "h4", #","match":{"eth_type":2048,"ip_proto":6,"tcp_dst":443}"#)
        try network.awaitSwitches()
        for node in try network.client.call("rules.get")["result"]?["switches"]?.array ?? [] {
            let name = try #require(node["switch"]?.string)
            let believed = try (node["flows"]?.array ?? []).map { try RuleText.ofRule($0) }.sorted()
            let dump = try fabric.shell(
                "$OF --no-stats dump-flows $R/\(name).mgmt cookie=0x51c0000000000000/0xffe0000000000000")
            let found = dump.split(separator: "\n").filter { $0.contains("cookie=") && !$0.contains("0x88cc") }
                .map { RuleText.ofDump(String($0)) }.sorted()
            #expect(found == believed, "on \(name)")
            let groups = try fabric.shell("$OF dump-groups $R/\(name).mgmt | grep -c group_id || true")
            #expect(Int(groups.split(separator: "\n").first ?? "") == node["groups"]?.array?.count)
            let meters = try fabric.shell("$OF dump-meters $R/\(name).mgmt | grep -c meter= || true")
            #expect(Int(meters.split(separator: "\n").first ?? "") == node["meters"]?.array?.count)
        }
    }

    @Test func `switches may dial, over TCP and over a local socket`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let socket = fabric.runFolder + "/southbound.sock"
        let daemon = try DaemonUnderTest(
            topology: DiamondFabric.topology, arguments: ["--openflow", "unix:\(socket)"])
        let events = try daemon.connect()
        _ = try events.call("events.subscribe", #"{"kinds":["switch.owned"]}"#)
        try fabric.shell(
            "for i in 1 2 3 4; do $V set-controller s$i unix:\(socket) -- set controller s$i max_backoff=1000; done")
        var owned: Set<String> = []
        while owned.count < 4 {
            if let name = try events.answer()["params"]?["switch"]?.string { owned.insert(name) }
        }
        #expect(owned == ["s1", "s2", "s3", "s4"])
    }
}

/// Rules in one notation, from what Sluice says and from what ovs-ofctl says.
enum RuleText {
    /// Cookie, priority and actions; the match in ovs-ofctl's words where it has few.
    static func ofRule(_ rule: JSONNode) throws -> String {
        let cookie = try #require(rule["cookie"]?.integer)
        var words: [String] = []
        for action in rule["actions"]?.array ?? [] {
            switch action["type"]?.string {
            case "OUTPUT": words.append("output:\(action["port"]?.integer ?? -1)")
            case "METER": words.append("meter:\(action["meter_id"]?.integer ?? -1)")
            case "GROUP": words.append("group:\(action["group_id"]?.integer ?? -1)")
            case "PUSH_MPLS": words.append("push_mpls:0x8847")
            case "SET_FIELD":
                words.append("set_field:\(action["value"]?.integer ?? -1)->\(action["field"]?.string ?? "?")")
            case "POP_MPLS": words.append("pop_mpls:0x0800")
            default: words.append(action["type"]?.string ?? "?")
            }
        }
        let match = try #require(rule["match"])
        var fields: [String] = []
        for (ours, theirs) in [
            ("in_port", "in_port"), ("ipv4_src", "nw_src"), ("ipv4_dst", "nw_dst"), ("arp_tpa", "arp_tpa"),
            ("tcp_src", "tp_src"), ("tcp_dst", "tp_dst"), ("mpls_label", "mpls_label"),
        ] {
            if let value = match[ours] { fields.append("\(theirs)=\(value.string ?? String(value.integer ?? -1))") }
        }
        let priority = rule["priority"]?.integer ?? -1
        return "\(cookie) \(priority) \(fields.sorted().joined(separator: ",")) \(words.joined(separator: ","))"
    }

    static func ofDump(_ line: String) -> String {
        let text = line.trimmingSpaces()
        let halves = text.split(separator: " actions=", maxSplits: 1)
        var cookie = 0
        var priority = ""
        var fields: [String] = []
        for field in halves[0].split(whereSeparator: { $0 == "," || $0 == " " }) {
            let parts = field.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "cookie": cookie = Int(parts[1].dropFirst(2), radix: 16).map { $0 & 0x1f_ffff_ffff_ffff } ?? -1
            case "priority": priority = String(parts[1])
            case "table": break
            case "in_port": fields.append("in_port=" + portNumber(String(parts[1])))
            default: fields.append(String(field))
            }
        }
        let actions =
            halves.count > 1
            ? halves[1].split(separator: ",").map { action in
                action.hasPrefix("output:") ? "output:" + portNumber(String(action.dropFirst(7))) : String(action)
            } : []
        return "\(cookie) \(priority) \(fields.sorted().joined(separator: ",")) \(actions.joined(separator: ","))"
    }

    /// ovs-ofctl may name a port; names of the fabric's ports in the order of their numbers.
    private static func portNumber(_ text: String) -> String {
        let names: [String: String] = [
            "h1": "1", "s1-s2": "2", "s1-s3": "3", "h3": "4", "s2-s1": "1", "s2-s4": "2", "s3-s1": "1", "s3-s4": "2",
            "h2": "1", "s4-s2": "2", "s4-s3": "3", "h4": "4",
        ]
        let bare = text.trimmingCharacter("\"")
        return names[bare] ?? bare
    }
}

extension String {
    fileprivate func trimmingSpaces() -> String { String(drop { $0 == " " }) }
    fileprivate func trimmingCharacter(_ character: Character) -> String { filter { $0 != character } }
}

enum RealTime {
    /// Of the clock that time.time_ns() reads.
    static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
