// Why a request has no result: the JSON-RPC error object as a value.

package struct ProtocolFault: Error, Sendable {
    /// A value of `data`, beside `code`.
    package enum Fact: Hashable, Sendable {
        case text(String)
        case integer(Int)
        case texts([String])
    }

    /// JSON-RPC `code`.
    package let number: Int
    /// `data.code`: stable and dotted.
    package let code: String
    /// For people: what is wrong and what to do about it.
    package let message: String
    /// Members of `data` in the order they are written.
    package let facts: [(name: String, fact: Fact)]

    package init(number: Int, code: String, message: String, facts: [(name: String, fact: Fact)] = []) {
        self.number = number
        self.code = code
        self.message = message
        self.facts = facts
    }

    package init(_ code: ErrorCode, _ message: String, _ facts: [(name: String, fact: Fact)] = []) {
        self.init(number: code.number, code: code.rawValue, message: message, facts: facts)
    }

    /// A fault of the member at `field`, as `constraints.maxLatency` or `flows[2].bandwidth`.
    package init(_ code: ErrorCode, field: String, _ message: String, _ facts: [(name: String, fact: Fact)] = []) {
        self.init(code, "\(field): \(message)", [("field", .text(field))] + facts)
    }
}
