// The daemon with --state: what it has answered is there in the next run, a store that cannot be trusted keeps it from
// starting, and every answer comes after a sync.

import Glibc
import SluiceJSON
import Testing

@Suite struct DurabilityTests {
    private static func submit(_ id: String, kilobits: Int = 1_000, _ more: String = "") -> String {
        #"{"id":"\#(id)","source":"ha","destination":"hb","bandwidth":\#(kilobits * 1_000),"match":{"eth_type":2048,"#
            + #""ip_proto":6,"tcp_dst":\#(1 + abs(id.hashValue) % 60_000)}\#(more)}"#
    }

    @Test func `flows, link states and revisions are there in the next run, and nothing is sent again`() throws {
        let state = try TemporaryFolder()
        var daemon = try DaemonUnderTest(state: state.path)
        var client = try daemon.connect()
        let agent = try daemon.connect()
        #expect(try agent.call("rules.subscribe", #"{"own":true}"#)["result"] != nil)
        let answer = try client.call("flow.submit", Self.submit("one"))
        #expect(answer["result"]?["flow"]?["state"]?.string == "admitted")
        #expect(try client.call("flow.submit", Self.submit("two", kilobits: 99_000))["result"]?["rejection"] != nil)
        #expect(try client.call("flow.submit", Self.submit("three"))["result"] != nil)
        #expect(try client.call("flow.withdraw", #"{"id":"three"}"#)["result"] != nil)
        #expect(try client.call("topology.setLink", #"{"link":"bc","state":"drained"}"#)["result"] != nil)
        // The agent takes everything, so that nothing is left to be sent.
        let rules = try Self.settle(agent, client)
        let before = Answers.comparable(try client.call("flow.list", #"{"states":["admitted","active","rejected"]}"#))
        #expect(try daemon.stop().status == 0)

        daemon = try DaemonUnderTest(state: state.path)
        client = try daemon.connect()
        let after = Answers.comparable(try client.call("flow.list", #"{"states":["admitted","active","rejected"]}"#))
        #expect(after == before.replacing("active", with: "admitted"))
        #expect(try client.call("flow.get", #"{"id":"three"}"#)["result"]?["flow"]?["state"]?.string == "withdrawn")
        let again = try client.call("rules.get")["result"]?["switches"]?.array ?? []
        for entry in again {
            let name = try #require(entry["switch"]?.string)
            #expect(entry["revision"]?.integer == rules[name], "switch \(name) has a new revision")
        }
        let links = try client.call("topology.get")["result"]?["links"]?.array ?? []
        #expect(
            links.filter { $0["id"]?.string?.hasPrefix("bc") == true }.allSatisfy { $0["state"]?.string == "drained" })
        // The same submission again is the same flow.
        let repeated = try client.call("flow.submit", Self.submit("one"))
        #expect(
            repeated["result"]?["flow"]?["links"]?.array?.count == answer["result"]?["flow"]?["links"]?.array?.count)
        // An agent that holds what it held is sent nothing but its answer.
        let returned = try daemon.connect()
        let revision = try #require(rules["a"])
        let subscribed = try returned.call(
            "rules.subscribe", #"{"switches":["a"],"sinceRevision":\#(revision),"own":true}"#)
        #expect(subscribed["result"] != nil)
        #expect(try returned.call("system.status", id: 7)["id"]?.integer == 7)
    }

    /// Acknowledges until every switch has confirmed its revision; tells the revisions.
    private static func settle(_ agent: TestClient, _ client: TestClient) throws -> [String: Int] {
        for _ in 0..<100 {
            let switches = try client.call("rules.get")["result"]?["switches"]?.array ?? []
            let waiting = switches.filter { $0["revision"]?.integer != $0["confirmedRevision"]?.integer }
            if waiting.isEmpty {
                return Dictionary(
                    uniqueKeysWithValues: switches.compactMap { entry in
                        entry["switch"]?.string.flatMap { name in entry["revision"]?.integer.map { (name, $0) } }
                    })
            }
            for entry in waiting {
                let (name, revision) = (entry["switch"]?.string ?? "", entry["revision"]?.integer ?? 0)
                try agent.send(
                    #"{"jsonrpc":"2.0","id":999,"method":"rules.acknowledge","params":{"switch":"\#(name)","revision":\#(revision)}}"#
                        + "\n")
                // Transactions come in between.
                while try agent.answer()["id"]?.integer != 999 {}
            }
        }
        throw SystemTestFailure("the switches do not settle")
    }

    @Test func `a damaged store keeps the daemon from starting and names itself and what to do`() throws {
        let state = try TemporaryFolder()
        let daemon = try DaemonUnderTest(state: state.path)
        #expect(try daemon.connect().call("flow.submit", Self.submit("one"))["result"] != nil)
        #expect(try daemon.stop().status == 0)
        let file = state.path + "/sluice.db"
        let descriptor = open(file, O_WRONLY)
        #expect(pwrite(descriptor, "not SQLite", 10, 0) == 10)
        close(descriptor)
        let folder = try TemporaryFolder()
        let topology = try folder.file("topology.json", DaemonUnderTest.triangle)
        let ending = try ChildProcess.run(
            "sluiced", ["--topology", topology, "--socket", folder.path + "/s", "--state", state.path])
        #expect(ending.status == 3)
        #expect(ending.errors.contains(file) && ending.errors.contains("store export"), "\(ending.errors)")
    }

    @Test func `a second daemon does not take the store, nor the socket, from the first`() throws {
        let state = try TemporaryFolder()
        let daemon = try DaemonUnderTest(state: state.path)
        let topology = try daemon.folder.file("again.json", DaemonUnderTest.triangle)
        let ending = try ChildProcess.run(
            "sluiced", ["--topology", topology, "--socket", daemon.socketPath, "--state", state.path])
        #expect(ending.status == 5)
        #expect(ending.errors.contains("in use"), "\(ending.errors)")
        #expect(try daemon.connect().call("system.status")["result"] != nil)
    }

    @Test func `sluice store checks, exports and imports what the daemon left`() throws {
        let (state, copy, folder) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
        var daemon = try DaemonUnderTest(state: state.path)
        for number in 1...5 {
            #expect(try daemon.connect().call("flow.submit", Self.submit("f\(number)"))["result"] != nil)
        }
        let busy = try ChildProcess.run("sluice", ["store", "check", state.path])
        #expect(busy.status == 3 && busy.errors.contains("in use"))
        #expect(try daemon.stop().status == 0)

        let topology = try folder.file("topology.json", DaemonUnderTest.triangle)
        let checked = try ChildProcess.run("sluice", ["store", "check", state.path, "--topology", topology, "--json"])
        #expect(checked.status == 0, "\(checked.errors)")
        let report = try JSONNode(parsing: Array(checked.output.utf8))
        #expect(report["records"]?["flow"]?.integer == 5)
        #expect(report["faults"]?.array?.isEmpty == true)
        let file = folder.path + "/flows.json"
        #expect(try ChildProcess.run("sluice", ["store", "export", state.path, "--output", file]).status == 0)
        let full = try ChildProcess.run("sluice", ["store", "import", file, state.path])
        #expect(full.status == 3 && full.errors.contains("holds a state already"))
        #expect(try ChildProcess.run("sluice", ["store", "import", file, copy.path]).status == 0)
        daemon = try DaemonUnderTest(state: copy.path)
        let status = try daemon.connect().call("system.status")["result"]
        #expect(status?["flows"]?["admitted"]?.integer == 5)
    }

    // MARK: Syncs

    private static let canTrace: Bool = {
        guard access("/usr/bin/strace", X_OK) == 0 else { return false }
        let ending = try? ChildProcess("/usr/bin/strace", ["-o", "/dev/null", "/bin/true"]).ending()
        return ending?.status == 0
    }()

    @Test(.enabled(if: canTrace, "needs strace and the right to trace"))
    func `a sync precedes each answer that admits, moves or withdraws`() throws {
        let (state, folder) = (try TemporaryFolder(), try TemporaryFolder())
        let trace = folder.path + "/trace"
        let calls = "trace=fsync,fdatasync,read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg"
        let daemon = try DaemonUnderTest(
            state: state.path,
            wrapper: ["/usr/bin/strace", "-D", "-f", "-y", "-s", "200", "-e", calls, "-o", trace])
        let client = try daemon.connect()
        for number in 1...20 {
            #expect(try client.call("flow.submit", Self.submit("f\(number)", kilobits: 100))["result"] != nil)
        }
        for number in 1...5 { #expect(try client.call("flow.withdraw", #"{"id":"f\#(number)"}"#)["result"] != nil) }
        #expect(try daemon.stop().status == 0)
        // What the tracer writes is complete when it has seen the daemon's end.
        let lines = try Self.completeTrace(trace)
        #expect(Self.unsyncedAnswers(lines) == SyncCount(answers: 25, unsynced: 0))
        // The same trace without its syncs must not pass.
        let without = lines.filter { !$0.contains("sync") }
        #expect(Self.unsyncedAnswers(without).unsynced == 25)
    }

    private struct SyncCount: Equatable {
        var answers = 0
        var unsynced = 0
    }

    /// Answers on a socket, and those that no sync of the log preceded since their request was read.
    private static func unsyncedAnswers(_ lines: [String]) -> SyncCount {
        var count = SyncCount()
        var isSynced = true
        // Syncs under way, by thread: a call that another one interrupts in the trace ends on a line of its own.
        var syncing: [Substring: Bool] = [:]
        for line in lines {
            guard let thread = line.split(separator: " ").first else { continue }
            if line.contains("sync(") {
                guard line.contains("sluice.db-wal") else { continue }
                if line.contains("unfinished") { syncing[thread] = true } else { isSynced = line.hasSuffix("= 0") }
            } else if line.contains("sync resumed") {
                if syncing.removeValue(forKey: thread) == true { isSynced = line.hasSuffix("= 0") }
            } else if line.contains("flow.submit") || line.contains("flow.withdraw") {
                isSynced = false
            } else if line.contains(#"\"result\":{\"flow\""#) {
                count.answers += 1
                if !isSynced { count.unsynced += 1 }
            }
        }
        return count
    }

    private static func completeTrace(_ file: String) throws -> [String] {
        for _ in 0..<1_000 {
            let text = try readText(file)
            if text.contains("+++ exited with") { return text.split(separator: "\n").map(String.init) }
            // A pipe that nobody writes: a pause of 10 ms at most.
            var none = pollfd(fd: -1, events: 0, revents: 0)
            _ = poll(&none, 1, 10)
        }
        throw SystemTestFailure("the trace does not end")
    }

    // MARK: A full disk

    private static let canMount = geteuid() == 0 && access("/usr/bin/mount", X_OK) == 0

    @Test(.enabled(if: canMount, "needs root, to mount a small file system"))
    func `a full disk stops admission, says so, and lets the rest go on until there is room`() throws {
        let disk = try TemporaryFolder()
        let mounted = try ChildProcess("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", disk.path]).ending()
        try #require(mounted.status == 0, "\(mounted.errors)")
        defer { _ = try? ChildProcess("/usr/bin/umount", ["-l", disk.path]).ending() }
        let daemon = try DaemonUnderTest(state: disk.path + "/state")
        let client = try daemon.connect()
        #expect(try client.call("flow.submit", Self.submit("first", kilobits: 10))["result"] != nil)
        // Everything that is left goes to somebody else.
        let filler = disk.path + "/filler"
        let descriptor = open(filler, O_WRONLY | O_CREAT, 0o600)
        let block = [UInt8](repeating: 1, count: 4_096)
        while write(descriptor, block, block.count) > 0 {}
        close(descriptor)

        // The decision that meets the full disk is kept in the reserve; after it nothing more is admitted.
        var refused: JSONNode?
        var admitted = 1
        for number in 0..<2_000 where refused == nil {
            let answer = try client.call("flow.submit", Self.submit("f\(number)", kilobits: 1))
            if let error = answer["error"] { refused = error } else { admitted += 1 }
        }
        #expect(refused?["code"]?.integer == -32_051)
        #expect(refused?["data"]?["code"]?.string == "storage.full")
        #expect(refused?["data"]?["file"]?.string == disk.path + "/state/sluice.db")
        // Reading, withdrawing and link changes go on, and so does a dry run.
        let status = try client.call("system.status")["result"]
        #expect(status?["flows"]?["admitted"]?.integer == admitted)
        #expect(try client.call("flow.withdraw", #"{"id":"first"}"#)["result"] != nil)
        #expect(try client.call("topology.setLink", #"{"link":"bc","state":"down"}"#)["result"] != nil)
        #expect(try client.call("flow.submit", Self.submit("dry", kilobits: 1, #","dryRun":true"#))["result"] != nil)

        unlink(filler)
        var recovered = false
        for _ in 0..<200 where !recovered {
            recovered = try client.call("flow.submit", Self.submit("again", kilobits: 1))["result"] != nil
            var none = pollfd(fd: -1, events: 0, revents: 0)
            if !recovered { _ = poll(&none, 1, 50) }
        }
        #expect(recovered, "admission goes on when there is room")
        let state = disk.path + "/state"
        #expect(try daemon.stop().status == 0)
        let restarted = try DaemonUnderTest(state: state)
        let after = try restarted.connect().call("system.status")["result"]
        // One withdrawn, one added.
        #expect(after?["flows"]?["admitted"]?.integer == admitted)
        #expect(try restarted.stop().status == 0)
    }
}
