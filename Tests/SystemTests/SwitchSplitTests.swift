// A flow on two ways at once, by the select groups of real switches.

import SluiceJSON
import Testing

@Suite(
    .serialized, .enabled(if: DiamondFabric.isAvailable, "needs root and Open vSwitch (make test installs it)"))
struct SwitchSplitTests {
    private func samples(_ upper: Double, _ lower: Double) -> String {
        [("s1-s2", upper), ("s2-s4", upper), ("s1-s3", lower), ("s3-s4", lower)].map { name, utilisation in
            #"{"link":"\#(name)>","utilisation":\#(utilisation)},{"link":"\#(name)<","utilisation":\#(utilisation)}"#
        }.joined(separator: ",")
    }

    /// How much of the flow's 16 units of weight take the lower way; 0 for a flow that is whole and takes the upper one.
    private func lowerWeight(_ network: SwitchedDaemon, _ flow: String) throws -> Int {
        let answer = try network.client.call("flow.get", #"{"id":"\#(flow)"}"#)["result"]?["flow"]
        func isLower(_ node: JSONNode?) -> Bool {
            node?["links"]?.array?.contains { $0.string?.hasPrefix("s1-s3") == true } ?? false
        }
        guard let shares = answer?["shares"]?.array, !shares.isEmpty else { return isLower(answer) ? 16 : 0 }
        return shares.first { isLower($0) }?["weight"]?.integer ?? 0
    }

    /// Reports the same utilisations until the flow and its companion have such a weight on the lower way.
    private func teach(
        _ network: SwitchedDaemon, _ upper: Double, _ lower: Double, until isReached: (Int) -> Bool
    ) throws {
        let deadline = ContinuousClock.now + .seconds(20)
        var weights: [Int] = []
        while ContinuousClock.now < deadline {
            _ = try network.client.call("telemetry.report", #"{"samples":[\#(samples(upper, lower))]}"#)
            weights = try [lowerWeight(network, "web"), lowerWeight(network, "web~reverse")]
            if weights.allSatisfy(isReached) { return }
        }
        throw SystemTestFailure("the weights are \(weights) after 20 s")
    }

    @Test func `connections of a split flow take both ways, and no packet is lost when its weights change`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        let network = try SwitchedDaemon(
            fabric,
            policy: """
                learning: {action: split, dwellSeconds: 0.1, smoothingSeconds: 0}
                meters: {enabled: false}

                """)
        try network.carry("web", "h1", "h2")
        try teach(network, 0.1, 0.1) { (4...12).contains($0) }
        try network.awaitSwitches()
        let group = try fabric.shell("$OF dump-groups $R/s1.mgmt")
        #expect(group.contains("type=select") && group.contains("output:2") && group.contains("output:3"), "\(group)")
        let server = try fabric.start(
            """
            on 2 python3 -u -c '
            import socket
            s = socket.socket(); s.bind(("", 8000)); s.listen(64)
            print("ready")
            while True:
                c = s.accept()[0]
                c.sendall(c.recv(1000, socket.MSG_WAITALL)); c.close()
            '
            """)
        defer { server.signal(9) }
        try server.awaitOutput("ready")
        let answered = try fabric.shell(
            """
            on 1 python3 -c '
            import socket
            answered = 0
            for _ in range(48):
                c = socket.create_connection(("10.0.0.2", 8000), 20)
                c.sendall(b"x" * 1000)
                answered += len(c.recv(1000, socket.MSG_WAITALL)) == 1000
                c.close()
            print("answered", answered)
            '
            """)
        #expect(answered.trimmed() == "answered 48")
        // Counters of buckets follow the packets within a second or so.
        try fabric.shell(
            """
            timeout 20 sh -c 'until $OF dump-group-stats $R/s1.mgmt \
                | grep -q "bucket0:packet_count=[1-9].*bucket1:packet_count=[1-9]"; do :; done'
            """)
        let pings = try fabric.start(
            "on 1 ping -n -q -c 300 -i 0.005 -W 1 10.0.0.2 | sed -n 's/.* \\([0-9]*\\) received.*/received \\1/p'")
        try teach(network, 0.9, 0.1) { $0 >= 14 }
        #expect(try pings.ending().output.trimmed() == "received 300")
    }
}
