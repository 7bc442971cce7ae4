// Members of params whose shape the method's schema has already been checked against.

import SluiceJSON
import SluiceModel
import SluiceProtocol

struct Fields {
    let node: JSONNode
    /// Where `node` stands in params, for faults; empty for params itself.
    let path: String

    init(_ node: JSONNode, path: String = "") {
        self.node = node
        self.path = path
    }

    func field(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    func text(_ name: String) -> String? { node[name]?.string }
    func integer(_ name: String) -> Int? { node[name]?.wholeNumber }
    func number(_ name: String) -> Double? { node[name]?.number }
    func flag(_ name: String) -> Bool { node[name]?.bool ?? false }
    func texts(_ name: String) -> [String]? { node[name]?.array?.compactMap(\.string) }
    func bandwidth(_ name: String) -> Bandwidth? { integer(name).flatMap { Bandwidth(exactly: $0) } }
    func latency(_ name: String) -> Latency? { integer(name).flatMap { Latency(exactly: $0) } }
    func instant(_ name: String) -> Instant? { text(name).flatMap { Instant(text: $0) } }
    func choice<Choice: RawRepresentable<String>>(_ name: String, _ type: Choice.Type) -> Choice? {
        text(name).flatMap(Choice.init)
    }
    func object(_ name: String) -> Fields? { node[name].map { Fields($0, path: field(name)) } }
    func objects(_ name: String) -> [Fields]? {
        node[name]?.array?.enumerated().map { Fields($1, path: "\(field(name))[\($0)]") }
    }

    /// `value`, which the schema requires: its absence means that the schema and the mapping disagree.
    func needed<Value>(_ name: String, _ value: Value?) throws(ProtocolFault) -> Value {
        guard let value else {
            throw ProtocolFault(.internalFailure, field: field(name), "passed its check and cannot be read")
        }
        return value
    }
}
