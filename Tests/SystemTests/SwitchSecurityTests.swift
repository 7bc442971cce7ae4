// Open vSwitch and Sluice over TLS, each with a certificate, and strangers without one.

import Glibc
import SluiceJSON
import Testing

@Suite(
    .serialized,
    .enabled(
        if: DiamondFabric.isAvailable && access("/usr/bin/openssl", X_OK) == 0, "needs root, Open vSwitch and openssl"))
struct SwitchSecurityTests {
    /// An authority with a certificate for the daemon and one for the switches, and a stranger's of another authority.
    private static func makeCertificates(_ fabric: DiamondFabric) throws {
        try fabric.shell(
            """
            cd $R
            authority() {
                openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$1 -keyout $1.key -out $1.pem
            }
            certify() {
                openssl req -newkey rsa:2048 -nodes -subj /CN=$1 -keyout $1.key -out $1.csr
                openssl x509 -req -days 2 -in $1.csr -CA $2.pem -CAkey $2.key -CAcreateserial -out $1.pem
            }
            { authority ca; authority other; certify daemon ca; certify switch ca; certify stranger other; } 2> /dev/null
            $V set-ssl $R/switch.key $R/switch.pem $R/ca.pem
            """)
    }

    private static func start(_ fabric: DiamondFabric, _ arguments: [String]) throws -> DaemonUnderTest {
        let folder = fabric.runFolder
        return try DaemonUnderTest(
            topology: DiamondFabric.topology,
            arguments: [
                "--tls-certificate", folder + "/daemon.pem", "--tls-key", folder + "/daemon.key", "--tls-authority",
                folder + "/ca.pem",
            ] + arguments,
            // Where the switches are: their loopback is not ours.
            wrapper: ["/usr/sbin/ip", "netns", "exec", fabric.switchNamespace])
    }

    private static func awaitOwned(_ events: TestClient) throws {
        var owned: Set<String> = []
        while owned.count < 4 {
            if let name = try events.answer()["params"]?["switch"]?.string { owned.insert(name) }
        }
    }

    @Test func `switches dial over TLS, and who has no certificate of the authority is refused`() throws {
        let fabric = try DiamondFabric()
        try fabric.resolveNeighbours()
        try Self.makeCertificates(fabric)
        let daemon = try Self.start(fabric, ["--openflow", "ssl:127.0.0.1:6653"])
        let events = try daemon.connect()
        _ = try events.call("events.subscribe", #"{"kinds":["switch.owned"]}"#)
        // Without a certificate, with a stranger's, and without TLS: nobody gets as far as a greeting.
        let strangers = try fabric.shell(
            """
            cd $R
            say() { timeout 5 ip netns exec $N openssl s_client -quiet -connect 127.0.0.1:6653 "$@" 2>&1 < /dev/null; }
            say | od -c | head -40
            say -cert stranger.pem -key stranger.key | od -c | head -40
            printf '\\4\\0\\0\\10\\0\\0\\0\\1' | timeout 5 ip netns exec $N socat -t 4 - TCP:127.0.0.1:6653 | od -c
            """)
        #expect(!strangers.contains("004  \\0  \\0"), "\(strangers)")
        let client = try daemon.connect()
        let refused = try client.call("system.metrics")["result"]?["text"]?.string ?? ""
        #expect(refused.contains("sluice_switch_handshakes_failed_total 3"), "\(refused)")
        #expect(refused.contains("sluice_switch_connections 0"))
        try fabric.shell(
            "for i in 1 2 3 4; do $V set-controller s$i ssl:127.0.0.1:6653 -- set controller s$i max_backoff=1000; done"
        )
        try Self.awaitOwned(events)
        _ = try client.call(
            "flow.submit",
            #"{"id":"web","source":"h1","destination":"h2","bandwidth":1000000,"reverseBandwidth":1000000}"#
        )
        try fabric.shell("on 1 ping -n -q -c 1 -w 5 10.0.0.2")
    }

    @Test func `switches that listen are dialled over TLS`() throws {
        let fabric = try DiamondFabric()
        try Self.makeCertificates(fabric)
        try fabric.shell("for i in 1 2 3 4; do $V set-controller s$i pssl:$((6660 + i)):127.0.0.1; done")
        let daemon = try Self.start(
            fabric, (1...4).flatMap { ["--switch", "ssl:127.0.0.1:\(6_660 + $0)"] })
        let client = try daemon.connect()
        let deadline = ContinuousClock.now + .seconds(20)
        var owned = 0
        while owned < 4, ContinuousClock.now < deadline {
            owned = try (client.call("rules.get")["result"]?["switches"]?.array ?? []).count {
                $0["owned"]?.bool == true
            }
        }
        #expect(owned == 4)
    }

    @Test func `an endpoint with TLS needs all three files, and files that can be used`() throws {
        let program = try ChildProcess.program("sluiced")
        let folder = try TemporaryFolder()
        let topology = try folder.file("topology.json", DiamondFabric.topology)
        let junk = try folder.file("junk.pem", "no certificate")
        let socket = folder.path + "/control.sock"
        let arguments = ["--topology", topology, "--socket", socket, "--openflow", "ssl:127.0.0.1:0"]
        let without = try ChildProcess(program, arguments).ending()
        #expect(without.status == 2)
        #expect(without.errors.contains("ssl:127.0.0.1:0 needs --tls-certificate"))
        let files = ["--tls-certificate", junk, "--tls-key", junk, "--tls-authority", junk]
        let unusable = try ChildProcess(program, arguments + files).ending()
        #expect(unusable.status == 3)
        #expect(unusable.errors.contains(junk), "\(unusable.errors)")
    }
}
