// A client of the control socket: lines out, lines in, and a list of what it has asked and not been told. When its
// connection ends it comes back and asks again for what it was not answered, with the same parameters, as the protocol
// says it may.

import SluiceJSON
import SluiceProtocol

final class SimulatedClient {
    enum Purpose {
        case submit(id: String)
        case withdraw(id: String)
        case other
    }

    struct Question {
        var purpose: Purpose
        var asked: Int64
        /// The method and params, to ask again.
        var body: String
    }

    let index: Int
    /// Nil: it has none.
    var connection: UInt64?
    private(set) var outstanding: [Int: Question] = [:]
    /// Ids of flows that it believes to be alive, in the order in which it learned of them.
    private(set) var flows: [String] = []
    private var places: [String: Int] = [:]
    /// Asked before the connection ended.
    private var again: [Question] = []
    private var nextID = 1
    private var framer = LineFramer(limit: 64 << 20)
    private(set) var answered = 0
    private(set) var notifications = 0

    init(index: Int) { self.index = index }

    /// A line that asks `body`.
    func ask(_ purpose: Purpose, _ body: String, at now: Int64) -> [UInt8] {
        let id = nextID
        nextID += 1
        outstanding[id] = Question(purpose: purpose, asked: now, body: body)
        return Array("{\"jsonrpc\":\"2.0\",\"id\":\(id),\(body)}\n".utf8)
    }

    func connected(_ connection: UInt64, at now: Int64) -> [UInt8] {
        self.connection = connection
        framer = LineFramer(limit: 64 << 20)
        let questions = again
        again = []
        return questions.flatMap { ask($0.purpose, $0.body, at: now) }
    }

    func disconnected() {
        connection = nil
        for id in outstanding.keys.sorted() {
            guard let question = outstanding[id], again.count < 64 else { continue }
            if case .other = question.purpose { continue }
            again.append(question)
        }
        outstanding = [:]
    }

    /// - Returns: what is wrong with the answers in `bytes`.
    func receive(_ bytes: [UInt8]) -> [String] {
        var faults: [String] = []
        framer.receive(bytes) { frame in
            guard case .line(let line) = frame, let node = try? JSONNode(parsing: line) else {
                faults.append("client \(index) was sent what is no line of JSON")
                return
            }
            if node["method"] != nil {
                notifications += 1
                return
            }
            // Answers to garbage have no id.
            guard let id = node["id"]?.integer else { return }
            guard let question = outstanding.removeValue(forKey: id) else {
                faults.append("client \(index) was answered twice, or what it never asked: id \(id)")
                return
            }
            guard (node["result"] == nil) != (node["error"] == nil) else {
                faults.append("client \(index): an answer is neither a result nor an error, or both")
                return
            }
            answered += 1
            take(node, to: question)
        }
        return faults
    }

    private func take(_ node: JSONNode, to question: Question) {
        switch question.purpose {
        case .submit(let id):
            let state = node["result"]?["flow"]?["state"]?.string
            let isDuplicate = node["error"]?["data"]?["code"]?.string == "flow.duplicate"
            if isDuplicate || state.map({ !["rejected", "withdrawn", "expired"].contains($0) }) ?? false {
                remember(id)
            }
        case .withdraw(let id): forget(id)
        case .other: break
        }
    }

    private func remember(_ id: String) {
        guard places[id] == nil else { return }
        places[id] = flows.count
        flows.append(id)
    }

    private func forget(_ id: String) {
        guard let place = places.removeValue(forKey: id) else { return }
        flows.swapAt(place, flows.count - 1)
        flows.removeLast()
        if place < flows.count { places[flows[place]] = place }
    }

    /// Flows of a batch whose ids are known.
    func rememberAll(_ ids: [String]) { for id in ids { remember(id) } }

    /// The oldest question that waits.
    var oldestQuestion: Question? { outstanding.values.min { $0.asked < $1.asked } }
}
