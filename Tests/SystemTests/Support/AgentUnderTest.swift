// An agent that owns the triangle's switches, keeps their tables as it is told, acknowledges, and follows one packet of
// each flow from ha to hb through the tables after every single change.

import SluiceJSON

final class AgentUnderTest {
    /// Cookie of each flow whose packets are followed.
    var cookies: [String: Int] = [:]
    /// Packets that did not arrive after the flow's first did.
    private(set) var lost = 0
    /// Changes in the wrong order, in words.
    private(set) var reordered: [String] = []
    private let client: TestClient
    private var tables: [String: [String: JSONNode]] = [:]
    private var hasArrived: Set<String> = []

    init(_ daemon: DaemonUnderTest) throws {
        client = try daemon.connect()
        _ = try client.call("rules.subscribe", #"{"own":true}"#)
    }

    /// Takes and acknowledges transactions until none comes for a moment.
    func follow() throws {
        while true {
            let lines = try client.answers(withinMilliseconds: 10)
            if lines.isEmpty { return }
            for line in lines where line["method"]?.string == "rules.transaction" {
                guard let params = line["params"], let name = params["switch"]?.string,
                    let revision = params["revision"]?.integer
                else { throw SystemTestFailure("a transaction without a switch or revision") }
                apply(params, to: name)
                check()
                try client.send(
                    #"{"jsonrpc":"2.0","method":"rules.acknowledge","params":{"switch":"\#(name)","revision":\#(revision)}}"#
                        + "\n")
            }
        }
    }

    private func apply(_ params: JSONNode, to name: String) {
        if params["snapshot"]?.bool == true { tables[name] = [:] }
        for rule in params["flows"]?.array ?? [] {
            // Make before break: where the ingress changes its next hop, that next hop already knows the flow.
            if name == "a", let cookie = rule["cookie"]?.integer, cookies.values.contains(cookie),
                output(of: rule) == 3, next(at: "c", from: 2, cookie) == nil
            {
                reordered.append("a sends flow \(cookie) to c, which does not know it")
            }
            tables[name, default: [:]][key(rule)] = rule
        }
        for rule in params["delete"]?.array ?? [] {
            guard tables[name]?[key(rule)]?["cookie"]?.integer == rule["cookie"]?.integer else { continue }
            tables[name]?[key(rule)] = nil
        }
    }

    private func key(_ rule: JSONNode) -> String {
        var writer = JSONWriter()
        if let match = rule["match"] { writer.node(match) }
        return "\(rule["priority"]?.integer ?? 0) \(writer.text)"
    }

    private func output(of rule: JSONNode) -> Int? {
        rule["actions"]?.array?.compactMap { $0["type"]?.string == "OUTPUT" ? $0["port"]?.integer : nil }.first
    }

    private func next(at name: String, from port: Int, _ cookie: Int) -> Int? {
        tables[name]?.values.first {
            $0["cookie"]?.integer == cookie && $0["match"]?["in_port"]?.integer == port
        }.flatMap(output)
    }

    /// a: 1 ha, 2 b, 3 c; b: 1 hb, 2 a, 3 c; c: 2 a, 3 b.
    private func arrives(_ cookie: Int) -> Bool {
        switch next(at: "a", from: 1, cookie) {
        case 2: next(at: "b", from: 2, cookie) == 1
        case 3: next(at: "c", from: 2, cookie) == 3 && next(at: "b", from: 3, cookie) == 1
        default: false
        }
    }

    private func check() {
        for (name, cookie) in cookies {
            if arrives(cookie) {
                hasArrived.insert(name)
            } else if hasArrived.contains(name) {
                lost += 1
            }
        }
    }
}
