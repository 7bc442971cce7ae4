// Whatever comes in at the socket gets its one clear answer, changes nothing, and leaves the daemon up.

import SluiceJSON
import Testing

@Suite struct BadInputTests {
    /// What the daemon would show of any change.
    private func state(_ client: TestClient) throws -> [String] {
        try ["flow.list", "topology.get", "rules.get"].map { method in
            var writer = JSONWriter()
            writer.node(try client.call(method))
            return writer.text
        }
    }

    @Test(arguments: [
        (#"{"source":"nowhere","destination":"b","bandwidth":1}"#, "node.unknown"),
        (#"{"source":"a","destination":"nohost","bandwidth":1}"#, "node.unknown"),
        (#"{"source":"a","destination":"b","bandwidth":1,"constraints":{"avoid":["xy"]}}"#, "link.unknown"),
        (#"{"source":"a","destination":"b","bandwidth":0}"#, "params.outOfRange"),
        (#"{"source":"a","destination":"b","bandwidth":-5}"#, "params.outOfRange"),
        (#"{"source":"a","destination":"b","bandwidth":"10M"}"#, "params.wrongType"),
        (#"{"source":"a","destination":"a","bandwidth":1}"#, "params.invalid"),
        (#"{"source":"a","destination":"b","bandwidth":1,"bandwith":2}"#, "params.unknownMember"),
        (#"{"source":"a","destination":"b"}"#, "params.missingMember"),
        (#"{"source":"a","destination":"b","bandwidth":1,"class":"bulk","priority":3}"#, "params.invalid"),
        (#"{"source":"a","destination":"b","bandwidth":1,"class":"none"}"#, "class.unknown"),
        (#"{"source":"a","destination":"b","bandwidth":1,"priority":-1}"#, "params.outOfRange"),
        (#"{"id":"held","source":"a","destination":"b","bandwidth":2}"#, "flow.duplicate"),
        (#"{"source":"a","destination":"b","bandwidth":1,"match":{"ipv4_src":"10.0.0.256"}}"#, "params.outOfRange"),
        (#"{"source":"a","destination":"b","bandwidth":1,"match":{"tcp_dst":80,"udp_dst":80}}"#, "params.conflict"),
        (#"{"source":"a","destination":"b","bandwidth":1,"startTime":"soon"}"#, "params.outOfRange"),
    ])
    func `a faulty submission is an error with its code`(params: String, code: String) throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.connect()
        _ = try client.call("flow.submit", #"{"id":"held","source":"a","destination":"b","bandwidth":1}"#)
        let before = try state(client)
        let answer = try client.call("flow.submit", params, id: 7)
        #expect(answer["id"]?.integer == 7)
        #expect(answer["error"]?["data"]?["code"]?.string == code, "\(answer)")
        #expect(answer["error"]?["message"]?.string?.isEmpty == false)
        #expect(try state(client) == before)
    }

    @Test func `bandwidth above every link is a rejection that names the bottleneck`() throws {
        let client = try DaemonUnderTest().connect()
        let result = try client.call("flow.submit", #"{"source":"a","destination":"b","bandwidth":20000000}"#)["result"]
        #expect(result?["flow"]?["state"]?.string == "rejected")
        #expect(result?["rejection"]?["code"]?.string == "no_capacity")
        #expect(result?["rejection"]?["bottlenecks"]?.array?.isEmpty == false)
    }

    @Test(arguments: [
        ("topology.setLink", #"{"link":"xy","state":"down"}"#, "link.unknown"),
        ("topology.setLink", #"{"link":"ab","state":"broken"}"#, "params.outOfRange"),
        ("rules.get", #"{"switch":"z"}"#, "switch.unknown"),
        ("flow.withdraw", #"{"id":"none"}"#, "flow.unknown"),
        ("flow.get", #"{"id":"none"}"#, "flow.unknown"),
        ("rules.acknowledge", #"{"switch":"a","revision":1}"#, "rules.notOwner"),
        ("optimize.run", #"{"budgetSeconds":-1}"#, "params.outOfRange"),
        ("events.subscribe", #"{"kinds":["flow.admited"]}"#, "params.outOfRange"),
        ("flow.admit", "{}", "method.unknown"),
    ])
    func `so is every other faulty request`(method: String, params: String, code: String) throws {
        let client = try DaemonUnderTest().connect()
        let before = try state(client)
        let answer = try client.call(method, params)
        #expect(answer["error"]?["data"]?["code"]?.string == code, "\(answer)")
        #expect(try state(client) == before)
    }

    @Test func `a line of two mebibytes gets one error and the connection goes on`() throws {
        let client = try DaemonUnderTest().connect()
        try client.send([UInt8](repeating: 0x20, count: 2 << 20) + [10])
        let answer = try client.answer()
        #expect(answer["error"]?["data"]?["code"]?.string == "request.tooLong")
        #expect(answer["id"]?.isNull == true)
        #expect(try client.call("system.status", id: 9)["id"]?.integer == 9)
    }

    @Test func `bytes that are not UTF-8, and nesting without end, are syntax errors`() throws {
        let client = try DaemonUnderTest().connect()
        try client.send(Array(#"{"jsonrpc":"2.0","id":1,"method":"#.utf8) + [0x22, 0xff, 0xfe, 0x22, 0x7d, 10])
        #expect(try client.answer()["error"]?["code"]?.integer == -32700)
        try client.send([UInt8](repeating: 0x5b, count: 900_000) + [10])
        #expect(try client.answer()["error"]?["code"]?.integer == -32700)
        #expect(try client.call("system.status")["result"] != nil)
    }

    @Test func `half a line and a hang-up change nothing`() throws {
        let daemon = try DaemonUnderTest()
        let watcher = try daemon.connect()
        let before = try state(watcher)
        do {
            let client = try daemon.connect()
            try client.send(
                #"{"jsonrpc":"2.0","id":1,"method":"flow.submit","params":{"source":"a","destination":"b","ban"#)
            client.endInput()
            #expect(try client.line() == nil, "half a line has no answer")
        }
        #expect(try state(watcher) == before)
    }

    @Test func `an empty batch is one error, a batch of notifications has no answer`() throws {
        let client = try DaemonUnderTest().connect()
        try client.send("[]\n")
        #expect(try client.answer()["error"]?["data"]?["code"]?.string == "request.batchEmpty")
        try client.send(#"[{"jsonrpc":"2.0","method":"system.status"},{"jsonrpc":"2.0","method":"nope"}]"# + "\n")
        #expect(try client.call("system.status", id: 3)["id"]?.integer == 3)
    }

    @Test func `a batch is answered in one array, in order`() throws {
        let client = try DaemonUnderTest().connect()
        try client.send(
            #"[{"jsonrpc":"2.0","id":"x","method":"system.status"},5,{"jsonrpc":"2.0","id":2,"method":"nope"}]"# + "\n")
        let answers = try #require(try client.answer().array)
        #expect(answers.map { $0["id"]?.string } == ["x", nil, nil])
        #expect(answers.map { $0["error"]?["code"]?.integer } == [nil, -32600, -32601])
    }
}
