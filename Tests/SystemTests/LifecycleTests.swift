// The daemon's life as an operator and systemd see it.

import Glibc
import SluiceJSON
import Testing

@Suite struct LifecycleTests {
    @Test func `SIGTERM and SIGINT end it with 0 and remove the socket`() throws {
        for signal in [SIGTERM, SIGINT] {
            let daemon = try DaemonUnderTest()
            daemon.signal(signal)
            try daemon.awaitNotice("STOPPING=1")
            let ending = try daemon.stop()
            #expect(ending.status == 0)
            #expect(ending.errors.contains("notice: stopped"))
            #expect(access(daemon.socketPath, F_OK) != 0)
        }
    }

    @Test func `the socket is for its owner and its group`() throws {
        let daemon = try DaemonUnderTest()
        var status = stat()
        #expect(lstat(daemon.socketPath, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
    }

    @Test func `a second daemon on the same socket is refused, and the first stays`() throws {
        let daemon = try DaemonUnderTest()
        let second = try ChildProcess.run(
            "sluiced", ["--topology", daemon.folder.path + "/topology.json", "--socket", daemon.socketPath])
        #expect(second.status == 5)
        #expect(second.errors.contains("another daemon answers on it"))
        #expect(try daemon.connect().call("system.status")["result"] != nil)
    }

    @Test func `a socket file that a killed daemon left is replaced`() throws {
        let daemon = try DaemonUnderTest()
        daemon.signal(SIGKILL)
        _ = try daemon.stop()
        #expect(access(daemon.socketPath, F_OK) == 0)
        let notify = daemon.folder.path
        let next = try ChildProcess(
            try ChildProcess.program("sluiced"),
            ["--topology", notify + "/topology.json", "--socket", daemon.socketPath],
            environment: ["NOTIFY_SOCKET": notify + "/notify.sock"])
        try daemon.awaitNotice("READY=1")
        #expect(try daemon.connect().call("system.status")["result"] != nil)
        next.signal(SIGTERM)
        #expect(try next.ending().status == 0)
    }

    @Test func `a file that is no socket is left alone`() throws {
        let folder = try TemporaryFolder()
        let topology = try folder.file("t.json", DaemonUnderTest.triangle)
        let file = try folder.file("precious", "do not remove")
        let ending = try ChildProcess.run("sluiced", ["--topology", topology, "--socket", file])
        #expect(ending.status == 5)
        #expect(ending.errors.contains("is no socket"))
        #expect(access(file, F_OK) == 0)
    }

    @Test(arguments: [
        (["--topology", "/"], 3, "this is a directory"),
        (["--topology", "/nonexistent.json"], 3, "No such file"),
        (["--topology", "/dev/null", "--check"], 1, "the file is empty"),
        ([], 2, "--topology"),
        (["--topology", "x", "--polcy", "y"], 2, "Unknown option"),
    ])
    func `what cannot be used is said, with its exit code`(arguments: [String], status: Int32, text: String) throws {
        let ending = try ChildProcess.run("sluiced", arguments)
        #expect(ending.status == status)
        #expect(ending.errors.contains(text), "\(ending.errors)")
    }

    @Test(arguments: [
        (
            #"{"name":"x","switches":[{"id":"a"}],"links":[{"id":"l","a":{"switch":"a"},"b":{"switch":"a"},"capacity":1}]}"#,
            "to itself"
        ),
        (#"{"name":"x","switches":[{"id":"a"},{"id":"a"}],"links":[]}"#, "given twice"),
    ])
    func `a topology with a fault is refused with file and remedy`(topology: String, text: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("t.json", topology)
        let ending = try ChildProcess.run("sluiced", ["--topology", file, "--check"])
        #expect(ending.status == 1)
        #expect(ending.errors.contains(file))
        #expect(ending.errors.contains(text), "\(ending.errors)")
    }

    @Test func `parallel links, an isolated switch and two halves are networks too`() throws {
        let daemon = try DaemonUnderTest(
            topology: """
                {"name":"odd","switches":[{"id":"a"},{"id":"b"},{"id":"c"},{"id":"d"},{"id":"alone"}],
                 "links":[{"id":"one","a":{"switch":"a"},"b":{"switch":"b"},"capacity":5},
                          {"id":"two","a":{"switch":"a"},"b":{"switch":"b"},"capacity":5},
                          {"id":"far","a":{"switch":"c"},"b":{"switch":"d"},"capacity":5}]}
                """)
        let client = try daemon.connect()
        for _ in 0..<2 {
            let answer = try client.call("flow.submit", #"{"source":"a","destination":"b","bandwidth":5}"#)
            #expect(answer["result"]?["flow"]?["state"]?.string == "admitted")
        }
        for destination in ["c", "alone"] {
            let answer = try client.call(
                "flow.submit", #"{"source":"a","destination":"\#(destination)","bandwidth":1}"#)
            #expect(answer["result"]?["flow"]?["state"]?.string == "rejected")
            #expect(answer["result"]?["rejection"]?["code"]?.string == "no_path")
        }
    }

    @Test func `SIGHUP takes up a new policy, and keeps the old where the new has faults`() throws {
        let policy = "classes:\n  - {name: gold, priority: 9}\ndefaultClass: gold\n"
        let daemon = try DaemonUnderTest(policy: policy)
        let client = try daemon.connect()
        func classes() throws -> [String] {
            let nodes = try client.call("policy.get")["result"]?["policy"]?["classes"]?.array ?? []
            return nodes.compactMap { $0["name"]?.string }
        }
        #expect(try classes() == ["gold"])
        _ = try daemon.folder.file("policy.yaml", "classes: [{name: silver, priority: 4}]\ndefaultClass: silver\n")
        daemon.signal(SIGHUP)
        #expect(try daemon.awaitNotice("RELOADING=1").contains("MONOTONIC_USEC="))
        try daemon.awaitNotice("READY=1")
        #expect(try classes() == ["silver"])
        _ = try daemon.folder.file("policy.yaml", "classes: [{name: silver, priorty: 4}]\ndefaultClass: bronze\n")
        daemon.signal(SIGHUP)
        let notice = try daemon.awaitNotice("READY=1")
        #expect(notice.contains("STATUS=serving; the last reload was refused: "), "\(notice)")
        #expect(try classes() == ["silver"])
        let refused = try client.call("system.reload")["error"]
        #expect(refused?["data"]?["code"]?.string == "document.invalid")
        #expect((refused?["data"]?["faults"]?.array ?? []).count >= 2, "all faults at once")
        let ending = try daemon.stop()
        #expect(ending.errors.contains("reload refused"))
        #expect(ending.errors.contains("priorty"))
    }

    @Test func `a socket that systemd passes is served and left in place`() throws {
        let daemon = try DaemonUnderTest(isActivated: true)
        #expect(try daemon.connect().call("system.status")["result"] != nil)
        let ending = try daemon.stop()
        #expect(ending.status == 0)
        #expect(ending.errors.contains("passed by systemd"))
        #expect(access(daemon.socketPath, F_OK) == 0)
    }

    private static let activator = "/usr/bin/systemd-socket-activate"
    private static let canActivate =
        access(activator, X_OK) == 0 && access("/usr/bin/socat", X_OK) == 0

    /// Starts the daemon by systemd's own tool, whose process it becomes with the first connection.
    private func activate(_ listeners: [String], in folder: TemporaryFolder) throws -> ChildProcess {
        let topology = try folder.file("topology.json", DaemonUnderTest.triangle)
        return try ChildProcess(
            Self.activator, listeners + [try ChildProcess.program("sluiced"), "--topology", topology])
    }

    /// What the socket at `path` answers to one request, as soon as somebody listens.
    private func status(at path: String) throws -> String {
        let request = #"{"jsonrpc":"2.0","id":1,"method":"system.status"}"#
        return try ChildProcess(
            "/bin/sh",
            ["-c", "echo '\(request)' | socat -t 30 - UNIX-CONNECT:\(path),retry=3000,interval=0.02"]
        ).ending().output
    }

    @Test(.enabled(if: canActivate, "needs systemd-socket-activate and socat"))
    func `it serves what systemd-socket-activate opens`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/activated.sock"
        let daemon = try activate(["--listen=\(path)"], in: folder)
        #expect(try status(at: path).contains(#""topology":"triangle""#))
        daemon.signal(SIGTERM)
        let ending = try daemon.ending()
        #expect(ending.status == 0)
        #expect(ending.errors.contains("passed by systemd"), "\(ending.errors)")
        #expect(access(path, F_OK) == 0)
    }

    @Test(.enabled(if: canActivate, "needs systemd-socket-activate and socat"))
    func `of several sockets it serves the one named control`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/second.sock"
        let daemon = try activate(
            ["--listen=\(folder.path)/first.sock", "--listen=\(path)", "--fdname=other:control"], in: folder)
        #expect(try status(at: path).contains(#""topology":"triangle""#))
        daemon.signal(SIGTERM)
        #expect(try daemon.ending().status == 0)
    }

    @Test(.enabled(if: canActivate, "needs systemd-socket-activate and socat"))
    func `a passed socket that no client could connect to is refused`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/datagrams.sock"
        let daemon = try activate(["--datagram", "--listen=\(path)"], in: folder)
        _ = try ChildProcess(
            "/bin/sh", ["-c", "for n in $(seq 3000); do echo x | socat -u - UNIX-SENDTO:\(path) && exit; done"]
        ).ending()
        let ending = try daemon.ending()
        #expect(ending.status == 5)
        #expect(ending.errors.contains("is no listening Unix stream socket"), "\(ending.errors)")
    }

    @Test func `the watchdog hears from it`() throws {
        let daemon = try DaemonUnderTest(environment: ["WATCHDOG_USEC": "200000"])
        try daemon.awaitNotice("WATCHDOG=1")
        try daemon.awaitNotice("WATCHDOG=1")
    }
}
