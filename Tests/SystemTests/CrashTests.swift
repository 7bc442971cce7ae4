// SIGKILL at random instants under load: every answer that was given before it holds in the next run. SLUICE_CRASHES
// says how often (make check-long: 200); the seed is printed with a failure.

import Glibc
import SluiceJSON
import SluiceModel
import Testing

@Suite struct CrashTests {
    @Test func `nothing that was acknowledged is lost or doubled by SIGKILL, and no link is overbooked`() throws {
        let crashes = getenv("SLUICE_CRASHES").flatMap { Int(String(cString: $0)) } ?? 12
        let seed = UInt64(time(nil))
        let state = try TemporaryFolder()
        var load = CrashLoad(seed: seed)
        for crash in 1...crashes {
            let daemon = try DaemonUnderTest(state: state.path)
            let client = try daemon.connect()
            let faults = try load.compare(with: client)
            #expect(faults.isEmpty, "seed \(seed), crash \(crash): \(faults.prefix(5))")
            if !faults.isEmpty { break }
            try load.run(on: client, of: daemon)
        }
        // The last crash too.
        let daemon = try DaemonUnderTest(state: state.path)
        #expect(try load.compare(with: daemon.connect()).isEmpty, "seed \(seed)")
        #expect(load.acknowledged > 5 * crashes, "the load was too light: \(load.acknowledged) answers")
        #expect(try daemon.stop().status == 0)
        let folder = try TemporaryFolder()
        let topology = try folder.file("topology.json", DaemonUnderTest.triangle)
        let checked = try ChildProcess.run("sluice", ["store", "check", state.path, "--topology", topology])
        #expect(checked.status == 0, "\(checked.output)")
    }
}

/// Submissions and withdrawals, and what is known of each flow from the answers.
private struct CrashLoad {
    /// What the daemon may say of a flow.
    private struct Known {
        var kilobits: Int
        /// Links it was admitted on; nil: not known, or not admitted.
        var links: [String]?
        /// States of which it must have one; "unknown" is having never been heard of.
        var states: Set<String>
    }

    private var random: RandomStream
    private var flows: [String: Known] = [:]
    private var nextNumber = 1
    private(set) var acknowledged = 0

    init(seed: UInt64) { random = RandomStream(seed: seed, purpose: "crash") }

    /// Keeps a window of requests open until the daemon is killed by a thread that waits a random time.
    mutating func run(on client: TestClient, of daemon: DaemonUnderTest) throws {
        var sent: [Int: (id: String, isSubmission: Bool)] = [:]
        var nextRequest = 1
        let window = 1 + random.below(64)
        let reaper = Reaper(daemon, milliseconds: 1 + random.below(120))
        defer { reaper.join() }
        do {
            while true {
                while sent.count < window {
                    let (id, isSubmission, line) = request(nextRequest)
                    try client.send(line)
                    sent[nextRequest] = (id, isSubmission)
                    nextRequest += 1
                }
                guard let line = try client.line() else { break }
                let answer = try JSONNode(parsing: Array(line.utf8))
                guard let number = answer["id"]?.integer, let request = sent.removeValue(forKey: number) else {
                    throw SystemTestFailure("an answer to no request: \(line)")
                }
                try take(answer, to: request, line)
            }
        } catch let failure as SystemTestFailure {
            // The daemon went away while a request was being written; whatever it answered before can still be read.
            guard failure.description.hasPrefix("send") else { throw failure }
            while let line = try client.line() {
                let answer = try JSONNode(parsing: Array(line.utf8))
                if let number = answer["id"]?.integer, let request = sent.removeValue(forKey: number) {
                    try take(answer, to: request, line)
                }
            }
        }
    }

    private mutating func request(_ number: Int) -> (id: String, isSubmission: Bool, line: String) {
        let live = flows.keys.filter { flows[$0]?.states == ["admitted"] }
        if live.count > 40, random.below(2) == 0 {
            let id = live.sorted()[random.below(live.count)]
            flows[id]?.states = ["admitted", "withdrawn"]
            return (
                id, false,
                #"{"jsonrpc":"2.0","id":\#(number),"method":"flow.withdraw","params":{"id":"\#(id)"}}"# + "\n"
            )
        }
        let id = "f\(nextNumber)"
        nextNumber += 1
        // Some are larger than any link.
        let kilobits = random.below(12) == 0 ? 20_000 : 1 + random.below(300)
        flows[id] = Known(kilobits: kilobits, links: nil, states: ["unknown", "admitted", "rejected"])
        return (id, true, Self.submission(id, kilobits, number))
    }

    private static func submission(_ id: String, _ kilobits: Int, _ number: Int) -> String {
        #"{"jsonrpc":"2.0","id":\#(number),"method":"flow.submit","params":{"id":"\#(id)","source":"a","#
            + #""destination":"b","bandwidth":\#(kilobits * 1_000)}}"# + "\n"
    }

    private mutating func take(
        _ answer: JSONNode, to request: (id: String, isSubmission: Bool), _ line: String
    ) throws {
        acknowledged += 1
        guard let flow = answer["result"]?["flow"], let state = flow["state"]?.string else {
            throw SystemTestFailure("no result: \(line)")
        }
        flows[request.id]?.states = [state]
        if state == "admitted" { flows[request.id]?.links = flow["links"]?.array?.compactMap(\.string) }
    }

    /// What the daemon says that contradicts its answers; from then on its word counts.
    mutating func compare(with client: TestClient) throws -> [String] {
        var faults: [String] = []
        var found: [String: JSONNode] = [:]
        var cursor: String?
        repeat {
            let more = cursor.map { #","cursor":"\#($0)""# } ?? ""
            let page = try client.call(
                "flow.list",
                #"{"states":["pending","admitted","active","degraded","preempted","rejected","withdrawn"]"#
                    + more + "}")["result"]
            for flow in page?["flows"]?.array ?? [] {
                let id = flow["id"]?.string ?? ""
                if found.updateValue(flow, forKey: id) != nil { faults.append("\(id) is listed twice") }
            }
            cursor = page?["cursor"]?.string
        } while cursor != nil
        var held: [String: Int] = [:]
        for (id, flow) in found {
            guard let known = flows[id] else {
                faults.append("\(id) was never submitted")
                continue
            }
            let state = flow["state"]?.string ?? ""
            let links = flow["links"]?.array?.compactMap(\.string) ?? []
            if !known.states.contains(state) { faults.append("\(id) is \(state), not \(known.states.sorted())") }
            if state == "admitted" {
                if let wanted = known.links, wanted != links { faults.append("\(id) is on \(links), not \(wanted)") }
                for link in links { held[link, default: 0] += known.kilobits * 1_000 }
            }
            flows[id]?.states = [state]
            flows[id]?.links = state == "admitted" ? links : nil
        }
        for (id, known) in flows where found[id] == nil {
            if !known.states.contains("unknown") {
                faults.append("\(id) is lost; it was \(known.states.sorted())")
            }
            // It never came in; submitting it again is a new flow.
            flows[id] = nil
        }
        for link in try client.call("topology.get")["result"]?["links"]?.array ?? [] {
            let (id, reserved) = (link["id"]?.string ?? "", link["reserved"]?.integer ?? -1)
            if reserved != held[id] ?? 0 { faults.append("\(id) holds \(reserved), its flows \(held[id] ?? 0)") }
            if reserved > link["capacity"]?.integer ?? 0 { faults.append("\(id) is overbooked") }
        }
        return faults
    }
}

/// Kills a daemon after some time, from a thread of its own.
private final class Reaper {
    private var thread = pthread_t()

    init(_ daemon: DaemonUnderTest, milliseconds: Int) {
        let order = Unmanaged.passRetained(Order(daemon, milliseconds))
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                // Balances passRetained above.
                let order = Unmanaged<Order>.fromOpaque(argument).takeRetainedValue()
                var none = pollfd(fd: -1, events: 0, revents: 0)
                _ = poll(&none, 1, CInt(order.milliseconds))
                order.daemon.signal(SIGKILL)
                return nil
            }, order.toOpaque())
    }

    func join() { pthread_join(thread, nil) }

    private final class Order {
        let daemon: DaemonUnderTest
        let milliseconds: Int
        init(_ daemon: DaemonUnderTest, _ milliseconds: Int) {
            self.daemon = daemon
            self.milliseconds = milliseconds
        }
    }
}
