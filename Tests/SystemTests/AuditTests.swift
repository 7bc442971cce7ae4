// The audit log of a real daemon: who asked for what, with which outcome.

import Glibc
import SluiceJSON
import Testing

@Suite struct AuditTests {
    private func records(_ path: String) throws -> [JSONNode] {
        try readText(path).split(separator: "\n").map { try JSONNode(parsing: Array($0.utf8)) }
    }

    @Test func `each change asked for has its line, with client, params and outcome`() throws {
        let daemon = try DaemonUnderTest(arguments: ["--audit-log", "./audit.log"])
        let client = try daemon.connect()
        _ = try client.call("flow.submit", #"{"id":"one","source":"a","destination":"b","bandwidth":1000}"#)
        _ = try client.call("flow.submit", #"{"id":"two","source":"a","destination":"b","bandwidth":1000000000}"#)
        _ = try client.call("flow.submit", #"{"id":"one","source":"a","destination":"c","bandwidth":1000}"#)
        _ = try client.call("flow.list")
        _ = try client.call("telemetry.report", #"{"samples":[]}"#)
        _ = try client.call("topology.setLink", #"{"link":"ab","state":"down"}"#)
        _ = try client.call(
            "flow.submitBatch",
            #"{"flows":[{"id":"x","source":"a","destination":"c","bandwidth":1},{"source":"a","destination":"z","bandwidth":1}]}"#
        )
        _ = try client.call("flow.withdraw", #"{"id":"one"}"#)
        #expect(try daemon.stop().status == 0)
        let records = try records(daemon.folder.path + "/audit.log")
        let seen = records.map { record in
            ["method", "flow", "outcome", "code"].map { record[$0]?.string ?? "-" }.joined(separator: " ")
        }
        #expect(
            seen == [
                "flow.submit one admitted -", "flow.submit two rejected no_capacity",
                "flow.submit - error flow.duplicate", "topology.setLink - ok -", "flow.submitBatch - ok -",
                "flow.submitBatch x admitted -", "flow.submitBatch - error node.unknown",
                "flow.withdraw one withdrawn -",
            ])
        for record in records {
            #expect(record["uid"]?.integer == Int(getuid()))
            #expect(record["pid"]?.integer == Int(getpid()))
            #expect(record["role"]?.string == "operator")
            #expect(record["time"]?.string?.hasSuffix("Z") == true)
        }
        #expect(records[3]["params"]?["state"]?.string == "down")
    }

    @Test(.enabled(if: DaemonUnderTest.canBecomeNobody, "needs root, setpriv and socat"))
    func `what a role forbids is on record too`() throws {
        let daemon = try DaemonUnderTest(
            policy: "access: [{user: 65534, role: observer}]\n", arguments: ["--audit-log", "./audit.log"])
        _ = try daemon.answers(toNobody: [
            #"{"jsonrpc":"2.0","id":0,"method":"system.status"}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"flow.withdraw","params":{"id":"x"}}"#,
        ])
        #expect(try daemon.stop().status == 0)
        let records = try records(daemon.folder.path + "/audit.log")
        #expect(records.count == 1)
        #expect(records.first?["uid"]?.integer == 65_534)
        #expect(records.first?["role"]?.string == "observer")
        #expect(records.first?["code"]?.string == "access.denied")
    }

    @Test func `after a rotation and SIGHUP the new file is written`() throws {
        let daemon = try DaemonUnderTest(arguments: ["--audit-log", "./audit.log"])
        let client = try daemon.connect()
        let path = daemon.folder.path + "/audit.log"
        _ = try client.call("flow.submit", #"{"id":"before","source":"a","destination":"b","bandwidth":1000}"#)
        try #require(rename(path, path + ".1") == 0)
        daemon.signal(SIGHUP)
        try daemon.awaitNotice("RELOADING=1")
        try daemon.awaitNotice("READY=1")
        _ = try client.call("flow.submit", #"{"id":"after","source":"a","destination":"b","bandwidth":1000}"#)
        #expect(try daemon.stop().status == 0)
        let flows = try (records(path + ".1") + records(path)).compactMap { $0["flow"]?.string }
        #expect(flows == ["before", "after"])
        #expect(try records(path).compactMap { $0["flow"]?.string } == ["after"])
    }

    @Test func `a log whose disk is full stops no decision, and says what it lost`() throws {
        let daemon = try DaemonUnderTest(arguments: ["--audit-log", "/dev/full"])
        let client = try daemon.connect()
        let answer = try client.call("flow.submit", #"{"id":"f","source":"a","destination":"b","bandwidth":1000}"#)
        #expect(answer["result"]?["flow"]?["state"]?.string == "admitted")
        let ending = try daemon.stop()
        #expect(ending.status == 0)
        #expect(ending.errors.contains("the audit log cannot be written"), "\(ending.errors)")
        #expect(ending.errors.contains("No space left on device"))
    }

    @Test func `a log that cannot be opened keeps the daemon from starting`() throws {
        let folder = try TemporaryFolder()
        let topology = try folder.file("t.json", DaemonUnderTest.triangle)
        let ending = try ChildProcess.run(
            "sluiced",
            ["--topology", topology, "--socket", folder.path + "/s", "--audit-log", folder.path + "/none/audit.log"])
        #expect(ending.status == 5)
        #expect(ending.errors.contains("/none/audit.log: No such file or directory"), "\(ending.errors)")
    }
}
