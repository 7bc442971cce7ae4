// Flows that Sluice moves by itself, with packets on their way: by what it has learned, by the optimiser, and in a closed
// loop with queues that fill.

import Glibc
import SluiceJSON
import Testing

@Suite(
    .serialized, .enabled(if: DiamondFabric.isAvailable, "needs root and Open vSwitch (make test installs it)"))
struct SwitchMoveTests {
    private func links(_ network: SwitchedDaemon, _ flow: String) throws -> [String] {
        try (network.client.call("flow.get", #"{"id":"\#(flow)"}"#)["result"]?["flow"]?["links"]?.array ?? [])
            .compactMap(\.string)
    }

    /// A script that pings from one host to another, 300 times in 1,5 s, and prints how many answers came.
    private func ping(_ from: Int, _ to: Int) -> String {
        "on \(from) ping -n -q -c 300 -i 0.005 -W 1 10.0.0.\(to) | sed -n 's/.* \\([0-9]*\\) received.*/received \\1/p'"
    }

    @Test func `a move by learning loses no packet, there or back`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(
            fabric, policy: "learning: {dwellSeconds: 0.1, smoothingSeconds: 0}\n")
        try network.carry("web", "h1", "h2")
        #expect(try links(network, "web").contains("s1-s2>"))
        let pings = try fabric.start(ping(1, 2))
        func samples(_ name: String, _ utilisation: Double) -> String {
            #"{"link":"\#(name)>","utilisation":\#(utilisation)},{"link":"\#(name)<","utilisation":\#(utilisation)}"#
        }
        let report =
            samples("s1-s2", 0.9) + "," + samples("s2-s4", 0.9) + "," + samples("s1-s3", 0.01) + ","
            + samples("s3-s4", 0.01)
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            _ = try network.client.call("telemetry.report", #"{"samples":[\#(report)]}"#)
            if try links(network, "web").contains("s1-s3>"), try links(network, "web~reverse").contains("s1-s3<") {
                break
            }
        }
        #expect(try links(network, "web").contains("s1-s3>"))
        #expect(try links(network, "web~reverse").contains("s1-s3<"))
        #expect(try pings.ending().output.trimmed() == "received 300")
    }

    @Test func `a move by re-optimisation loses no packet`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(
            fabric, topology: DiamondFabric.topology.replacing("1Gbps", with: "10Mbps"),
            policy: "admission: {groomingMoves: 0}\nlearning: {scheme: off}\n")
        func submit(_ id: String, _ bandwidth: Int, _ more: String) throws {
            let answer = try network.client.call(
                "flow.submit", #"{"id":"\#(id)","bandwidth":\#(bandwidth),\#(more)}"#)
            #expect(answer["result"]?["flow"]?["state"]?.string == "admitted", "\(answer)")
        }
        func match(_ port: Int) -> String {
            #""source":"h1","destination":"h2","match":{"eth_type":2048,"ip_proto":17,"ipv4_src":"10.0.0.1","#
                + #""ipv4_dst":"10.0.0.2","udp_dst":\#(port)}"#
        }
        // On one path 4 + 3, on the other 8. A second flow of 4 pushes the 8 out, and the 3 go: room for both, were the two
        // flows of 4 on one path. What comes back has flows of its own: the optimiser leaves companions where they are.
        try submit("first", 4_000_000, #""source":"h1","destination":"h2""#)
        try submit("first-back", 1_000_000, #""source":"h2","destination":"h1""#)
        try submit("filler", 3_000_000, match(7_001) + #","constraints":{"avoid":["s1-s3"]}"#)
        try submit("large", 8_000_000, match(7_002) + #","class":"bulk""#)
        try submit("second", 4_000_000, #""source":"h3","destination":"h4""#)
        try submit("second-back", 1_000_000, #""source":"h4","destination":"h3""#)
        _ = try network.client.call("flow.withdraw", #"{"id":"filler"}"#)
        try network.awaitSwitches()
        let before = try (links(network, "first"), links(network, "second"))
        let pings = try [fabric.start(ping(1, 2)), fabric.start(ping(3, 4))]
        let answer = try network.client.call("optimize.run", #"{"budgetSeconds":0.5,"method":"exact"}"#)
        #expect(answer["result"]?["moves"]?.array?.isEmpty == false, "\(answer)")
        for process in pings { #expect(try process.ending().output.trimmed() == "received 300") }
        let after = try (links(network, "first"), links(network, "second"))
        #expect(before.0 != after.0 || before.1 != after.1)
        #expect(!(try links(network, "large").isEmpty))
    }

    @Test func `in a closed loop a learning flow loses a fraction of what one on a fixed path does`() throws {
        // 8 Mbit/s of the flow and 17 Mbit/s of others on a link of 20 Mbit/s; the others' path never changes.
        func loss(isLearning: Bool) throws -> Double {
            let fabric = try DiamondFabric()
            try fabric.resolveNeighbours()
            let network = try SwitchedDaemon(
                fabric, topology: DiamondFabric.topology.replacing("1Gbps", with: "20Mbps"),
                policy: """
                    learning: {scheme: \(isLearning ? "pursuit" : "off"), pursuitStep: 1, memoryWeight: 1, \
                    drawsPerSecond: 100, margin: 0.05, dwellSeconds: 0.2, smoothingSeconds: 0, \
                    rewardWeights: {utilisation: 1, queue: 0, latency: 0, loss: 0}}
                    meters: {enabled: false}

                    """)
            let answer = try network.client.call(
                "flow.submit",
                #"{"id":"flow","source":"h1","destination":"h2","bandwidth":10000000,"reverseBandwidth":1000000}"#)
            #expect(answer["result"]?["flow"]?["state"]?.string == "admitted")
            try network.awaitEvent("flow.active", "flow")
            #expect(try links(network, "flow").contains("s1-s2>"))
            let sampler = try fabric.start(
                """
                for s in 1 2 4; do
                    forth=2 back=4
                    [ $s = 1 ] || forth=2 back=1
                    [ $s = 4 ] && forth=4 back=2
                    $OF add-flow $R/s$s.mgmt "cookie=3,priority=9000,ip,nw_dst=10.0.0.4,actions=output:$forth"
                    $OF add-flow $R/s$s.mgmt "cookie=3,priority=9000,ip,nw_dst=10.0.0.3,actions=output:$back"
                done
                $D shape 20mbit 40
                exec python3 -u -c '
                import json, socket, subprocess, sys, time
                control = socket.socket(socket.AF_UNIX); control.connect(sys.argv[1]); lines = control.makefile("rw")
                ways, former, then = [("s1-s2", "s2-s4"), ("s1-s3", "s3-s4")], None, 0
                print("ready")
                while True:
                    now, found = time.time(), {}
                    for first, second in ways:
                        text = subprocess.check_output(["ip", "netns", "exec", sys.argv[2], "tc", "-s", "-j", "qdisc", "show", "dev", first])
                        found[first] = [q["bytes"] for q in json.loads(text) if q["kind"] == "pfifo"][0]
                    if former:
                        samples = [{"link": link + ">", "utilisation": min(1, (found[way[0]] - former[way[0]]) * 8 / (now - then) / 20e6)}
                                   for way in ways for link in way]
                        print(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "telemetry.report", "params": {"samples": samples}}), file=lines, flush=True)
                        lines.readline()
                    former, then = found, now
                    time.sleep(max(0, 0.1 - (time.time() - now)))
                ' \(network.daemon.socketPath) $N
                """)
            defer { sampler.signal(SIGKILL) }
            try sampler.awaitOutput("ready")
            let traffic = try fabric.shell(
                """
                for host in 2 4; do
                    on $host iperf3 -s -1 -p 520$host --forceflush > $R/server$host 2>&1 &
                done
                timeout 10 sh -c 'until grep -q listening $R/server2 && grep -q listening $R/server4; do :; done'
                on 1 iperf3 -c 10.0.0.2 -p 5202 -u -b 8M -l 1200 -t 5 --json > $R/h1.json &
                first=$!
                on 3 iperf3 -c 10.0.0.4 -p 5204 -u -b 17M -l 1200 -t 4 --json > $R/h3.json
                wait $first
                python3 -c '
                import json, sys
                sums = [json.load(open(path))["end"]["sum"] for path in sys.argv[1:]]
                print([sum(s["lost_packets"] for s in sums), sum(s["packets"] for s in sums)])
                ' $R/h1.json $R/h3.json
                """)
            let numbers = try JSONNode(parsing: Array(traffic.utf8)).array?.compactMap(\.number) ?? []
            try #require(numbers.count == 2 && numbers[1] > 1_000, "\(traffic)")
            return numbers[0] / numbers[1]
        }
        let fixed = try loss(isLearning: false)
        let learned = try loss(isLearning: true)
        #expect(fixed > 0.05, "\(fixed) of all packets are lost on a fixed path: the link is not full")
        #expect(learned < fixed / 2, "learning loses \(learned), a fixed path \(fixed)")
    }
}
