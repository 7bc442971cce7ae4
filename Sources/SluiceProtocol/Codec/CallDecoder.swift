// Lines into calls, after the JSON-RPC 2.0 specification (2013-01-04). Where that leaves room: params are an object,
// never an array; an id is a string, an integer or null; and an object with a member that JSON-RPC does not know is
// refused, since `"param"` would otherwise be a request with all defaults.

internal import SluiceJSON
internal import SluiceModel

package enum CallDecoder {
    /// What `line` asks for. Every fault becomes a call whose content is that fault, so that each line has its answer.
    package static func decode(_ line: [UInt8]) -> Incoming {
        let node: JSONNode
        do {
            node = try JSONNode(parsing: line, depthLimit: Limits.jsonDepth)
        } catch {
            let fault = ProtocolFault(
                .jsonSyntax, "byte \(error.offset): \(error.reason.text)", [("offset", .integer(error.offset))])
            return .single(Call(id: .null, content: .failure(fault)))
        }
        guard case .array(let elements) = node.value else { return .single(call(node)) }
        if elements.isEmpty {
            return .single(Call(id: .null, content: .failure(ProtocolFault(.batchEmpty, "the batch is empty"))))
        }
        return .batch(elements.map(call))
    }

    private static func call(_ node: JSONNode) -> Call {
        // A fault before the id is known is answered with a null id, as section 5 wants it.
        guard case .object(let members) = node.value else {
            return invalid(.null, "a request is an object, not \(node.kind)")
        }
        var id: RequestID?
        if let given = node["id"] {
            switch given.value {
            case .string(let text): id = .text(text)
            case .integer(let integer): id = .integer(integer)
            case .null: id = .null
            case .bool, .number, .array, .object:
                return invalid(.null, "id: must be a string, an integer or null, not \(given.kind)", field: "id")
            }
        }
        for member in members where !envelope.contains(member.name) {
            return invalid(
                id ?? .null,
                "\(member.name): is not a member of a JSON-RPC request"
                    + Suggestion.sentence(for: member.name, among: envelope), field: member.name)
        }
        guard let version = node["jsonrpc"] else { return invalid(id ?? .null, missingVersion, field: "jsonrpc") }
        guard case .string("2.0") = version.value else {
            return invalid(id ?? .null, "jsonrpc: must be \"2.0\"", field: "jsonrpc")
        }
        guard case .string(let name) = node["method"]?.value else {
            return invalid(id ?? .null, "method: must be given, as a string", field: "method")
        }
        do throws(ProtocolFault) {
            return Call(id: id, content: .success(try invocation(name, node["params"], at: node.offset)))
        } catch {
            return Call(id: id, content: .failure(error))
        }
    }

    private static func invocation(
        _ name: String, _ params: JSONNode?, at offset: Int
    ) throws(ProtocolFault) -> Invocation {
        guard let method = Method(rawValue: name) else {
            let names = Method.allCases.map(\.rawValue)
            var facts: [(name: String, fact: ProtocolFault.Fact)] = []
            if let nearest = Suggestion.nearest(to: name, among: names) { facts = [("didYouMean", .text(nearest))] }
            throw ProtocolFault(
                .methodUnknown,
                "there is no method \"\(name.prefix(80))\"" + Suggestion.sentence(for: name, among: names)
                    + "; rpc.discover lists them all", facts)
        }
        let params = params ?? JSONNode(value: .object([]), offset: offset)
        try Schema.check(params, members: method.description.params, field: "")
        return Invocation(method: method, params: params)
    }

    private static let envelope = ["jsonrpc", "method", "params", "id"]
    private static let missingVersion = "jsonrpc: is missing; every request says \"jsonrpc\":\"2.0\""

    private static func invalid(_ id: RequestID, _ message: String, field: String? = nil) -> Call {
        let facts: [(name: String, fact: ProtocolFault.Fact)] = field.map { [("field", .text($0))] } ?? []
        return Call(id: id, content: .failure(ProtocolFault(.requestInvalid, message, facts)))
    }
}
