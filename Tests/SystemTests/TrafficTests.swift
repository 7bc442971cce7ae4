// Many requests at once, and clients that do not read.

import SluiceJSON
import SluiceProtocol
import Testing

@Suite struct TrafficTests {
    @Test func `a thousand pipelined requests have a thousand answers with their ids`() throws {
        let client = try DaemonUnderTest().connect()
        var lines = ""
        for id in 0..<1_000 {
            let method = id % 2 == 0 ? "flow.submit" : "flow.list"
            let params =
                id % 2 == 0 ? #"{"id":"f\#(id)","source":"a","destination":"b","bandwidth":10000}"# : #"{"limit":1}"#
            lines += #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"# + "\n"
        }
        try client.send(lines)
        var ids: Set<Int> = []
        for _ in 0..<1_000 {
            let answer = try client.answer()
            #expect(answer["result"] != nil)
            if let id = answer["id"]?.integer { ids.insert(id) }
        }
        #expect(ids == Set(0..<1_000))
        let status = try client.call("system.status")["result"]
        #expect(status?["flows"]?["admitted"]?.integer == 500)
    }

    @Test func `a subscriber that does not read is told what it missed, and others are served`() throws {
        let daemon = try DaemonUnderTest()
        let slow = try daemon.connect()
        #expect(try slow.call("events.subscribe")["result"]?["subscribed"]?.bool == true)
        #expect(try slow.call("rules.subscribe")["result"] != nil)
        let busy = try daemon.connect()
        for round in 0..<20 {
            var lines = ""
            for id in 0..<200 {
                lines +=
                    #"{"jsonrpc":"2.0","id":1,"method":"flow.submit","params":{"id":"f\#(round)-\#(id)","#
                    + #""source":"ha","destination":"hb","bandwidth":1000,"#
                    + #""match":{"eth_type":2048,"ip_proto":17,"udp_dst":\#(round * 200 + id)}}}"# + "\n"
            }
            try busy.send(lines)
            for _ in 0..<200 { #expect(try busy.answer()["result"]?["flow"]?["state"]?.string == "admitted") }
        }
        // Now it reads: what was buffered, then the number of events that were not, then a whole snapshot.
        let wanted = try #require(
            try busy.call("rules.get", #"{"switch":"a"}"#)["result"]?["switches"]?.array?.first)
        var missed = 0
        var rules: Set<Int> = []
        var revision = 0
        var events = 0
        while missed + events < 4_000 || revision != wanted["revision"]?.integer {
            let notification = try slow.answer()
            let params = try #require(notification["params"])
            switch notification["method"]?.string {
            case "event": events += 1
            case "events.missed": missed += params["count"]?.integer ?? 0
            case "rules.transaction" where params["switch"]?.string == "a":
                if params["snapshot"]?.bool == true { rules = [] }
                for rule in params["flows"]?.array ?? [] { rules.insert(rule["cookie"]?.integer ?? -1) }
                revision = params["revision"]?.integer ?? 0
            default: break
            }
        }
        #expect(missed > 0, "the daemon buffered everything")
        let cookies = (wanted["flows"]?.array ?? []).compactMap { $0["cookie"]?.integer }
        #expect(rules == Set(cookies))
    }

    @Test func `a client that asks for much and reads nothing does not stop the others`() throws {
        let daemon = try DaemonUnderTest()
        let greedy = try daemon.connect()
        let request = #"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"# + "\n"
        try greedy.send(String(repeating: request, count: 400))
        let other = try daemon.connect()
        #expect(try other.call("system.status")["result"] != nil)
        // It gets all of its answers once it reads.
        for _ in 0..<400 { #expect(try greedy.answer()["result"]?["openrpc"]?.string == "1.3.2") }
    }

    @Test func `a client that has ended its input still gets its answers, then the connection closes`() throws {
        let client = try DaemonUnderTest().connect()
        try client.send(#"{"jsonrpc":"2.0","id":1,"method":"optimize.run","params":{"budgetSeconds":0.05}}"# + "\n")
        client.endInput()
        #expect(try client.answer()["id"]?.integer == 1)
        #expect(try client.line() == nil)
    }

    @Test func `subscriptions beyond the policy's limit are refused with the reason`() throws {
        let client = try DaemonUnderTest(policy: "limits:\n  subscriptionsPerClient: 1\n").connect()
        #expect(try client.call("events.subscribe", #"{"kinds":["link.changed"]}"#)["result"] != nil)
        let refused = try client.call("events.subscribe")["error"]?["data"]
        #expect(refused?["code"]?.string == "limit.reached")
        #expect(refused?["maximum"]?.integer == 1)
    }

    @Test func `connections beyond the policy's limit are refused with the reason`() throws {
        let daemon = try DaemonUnderTest(policy: "limits:\n  connections: 2\n")
        let first = try daemon.connect()
        let second = try daemon.connect()
        #expect(try first.call("system.status")["result"] != nil)
        #expect(try second.call("system.status")["result"]?["clients"]?.integer == 2)
        let third = try daemon.connect()
        #expect(try third.answer()["error"]?["data"]?["code"]?.string == "limit.connections")
        #expect(try third.line() == nil)
    }
}
