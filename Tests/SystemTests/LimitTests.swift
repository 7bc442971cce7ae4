// What each client and each user may have of the daemon: connections, requests, patience, and a role.

import Glibc
import SluiceJSON
import Testing

@Suite struct LimitTests {
    private func code(_ answer: JSONNode) -> String? { answer["error"]?["data"]?["code"]?.string }

    @Test func `no user, not even root, takes all connections`() throws {
        let daemon = try DaemonUnderTest(policy: "limits: {connections: 8, connectionsPerUser: 2}\n")
        let first = try daemon.connect()
        let second = try daemon.connect()
        #expect(try first.call("system.status")["result"] != nil)
        #expect(try second.call("system.status")["result"] != nil)
        let third = try daemon.connect()
        let answer = try third.answer()
        #expect(code(answer) == "limit.connections")
        #expect(answer["error"]?["data"]?["maximum"]?.integer == 2)
        #expect(try third.line() == nil)
    }

    @Test func `a place that was left can be taken again`() throws {
        let daemon = try DaemonUnderTest(policy: "limits: {connectionsPerUser: 1}\n")
        for _ in 0..<3 {
            let client = try daemon.connect()
            #expect(try client.call("system.status")["result"] != nil)
            client.endInput()
            #expect(try client.line() == nil)
        }
    }

    @Test func `requests beyond the rate are refused with when to go on, and their ids`() throws {
        let daemon = try DaemonUnderTest(policy: "limits: {requestsPerSecond: 5}\n")
        let client = try daemon.connect()
        for id in 0..<5 { #expect(try client.call("system.status", id: id)["result"] != nil) }
        var refused: JSONNode?
        // The bucket fills while this runs, so how many pass is a matter of time; one of a hundred at once cannot.
        for id in 5..<105 where refused == nil {
            let answer = try client.call("system.status", id: id)
            if answer["error"] != nil { refused = answer }
            #expect(answer["id"]?.integer == id)
        }
        let error = try #require(refused)
        #expect(code(error) == "limit.rate")
        let wait = try #require(error["error"]?["data"]?["retryAfterMilliseconds"]?.integer)
        #expect((1...200).contains(wait))
        // Another connection of the same user has the same bucket.
        #expect(code(try daemon.connect().call("system.status")) == "limit.rate")
    }

    @Test func `a batch of flows counts each of them`() throws {
        let client = try DaemonUnderTest(policy: "limits: {requestsPerSecond: 10}\n").connect()
        let flows = (0..<40).map { #"{"id":"f\#($0)","source":"a","destination":"b","bandwidth":1}"# }
        #expect(try client.call("flow.submitBatch", #"{"flows":[\#(flows.joined(separator: ","))]}"#)["result"] != nil)
        let answer = try client.call("system.status")
        #expect(code(answer) == "limit.rate")
        #expect(answer["error"]?["data"]?["retryAfterMilliseconds"]?.integer ?? 0 > 1_000)
    }

    @Test func `half a line is given up after the policy's patience, and its client told`() throws {
        let client = try DaemonUnderTest(policy: "limits: {lineSeconds: 0.1}\n").connect()
        #expect(try client.call("system.status")["result"] != nil)
        try client.send(#"{"jsonrpc":"2.0","#)
        let answer = try client.answer()
        #expect(code(answer) == "request.incomplete")
        #expect(answer["id"] != nil)
        #expect(try client.line() == nil)
    }

    @Test func `half a line too long for its limit is given up too`() throws {
        let client = try DaemonUnderTest(policy: "limits: {lineSeconds: 0.1}\n").connect()
        try client.send(String(repeating: "x", count: (1 << 20) + 10))
        #expect(code(try client.answer()) == "request.tooLong")
        #expect(code(try client.answer()) == "request.incomplete")
    }

    @Test func `whole lines, however far apart, are not half lines`() throws {
        let daemon = try DaemonUnderTest(policy: "limits: {lineSeconds: 0.1}\n")
        let steady = try daemon.connect()
        #expect(try steady.call("system.status")["result"] != nil)
        let hanging = try daemon.connect()
        try hanging.send("{")
        #expect(code(try hanging.answer()) == "request.incomplete")
        // The other one has said nothing for at least as long.
        #expect(try steady.call("system.status")["result"] != nil)
    }

    @Test func `a client that asks for nothing is let go, one that follows events is not`() throws {
        let daemon = try DaemonUnderTest(policy: "limits: {idleSeconds: 0.1}\n")
        let subscriber = try daemon.connect()
        #expect(try subscriber.call("events.subscribe")["result"] != nil)
        let idle = try daemon.connect()
        #expect(code(try idle.answer()) == "connection.idle")
        #expect(try idle.line() == nil)
        #expect(try subscriber.call("system.status")["result"]?["clients"]?.integer == 1)
    }

    @Test func `a client that waits for a long answer is not idle`() throws {
        let client = try DaemonUnderTest(policy: "limits: {idleSeconds: 0.05}\n").connect()
        let flow = #"{"id":"f","source":"a","destination":"b","bandwidth":1000}"#
        #expect(try client.call("flow.submit", flow)["result"] != nil)
        let answer = try client.call("optimize.run", #"{"budgetSeconds":0.4,"method":"genetic"}"#)
        #expect(answer["result"] != nil)
    }

    @Test(
        .enabled(if: DaemonUnderTest.canBecomeNobody, "needs root, setpriv and socat"),
        arguments: [
            ("[{group: 65534, role: observer}]", [true, false, false]),
            ("[{user: 65534, role: agent}]", [true, true, false]),
            ("[{user: 65534, role: operator}]", [true, true, true]),
            ("[{user: 1, role: operator}]", [false, false, false]),
            ("[{group: 1, role: operator}, {group: 65534, role: observer}]", [true, false, false]),
            ("[]", [true, true, true]),
        ])
    func `another user may do what its role says`(access: String, allowed: [Bool]) throws {
        let daemon = try DaemonUnderTest(policy: "access: \(access)\n")
        let answers = try daemon.answers(toNobody: [
            #"{"jsonrpc":"2.0","id":0,"method":"system.status"}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"telemetry.report","params":{"samples":[]}}"#,
            #"{"jsonrpc":"2.0","id":2,"method":"flow.submit","params":{"source":"a","destination":"b","bandwidth":1}}"#,
        ])
        #expect(answers.compactMap { $0["id"]?.integer } == [0, 1, 2])
        for (answer, isAllowed) in zip(answers, allowed) {
            #expect((answer["result"] != nil) == isAllowed, "\(answer)")
            if !isAllowed { #expect(code(answer) == "access.denied") }
        }
    }
}
