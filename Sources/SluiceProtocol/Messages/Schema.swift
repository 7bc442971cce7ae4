// The shape of a JSON value, said once: decoding checks params against it, `rpc.discover` prints it, and the tests
// check every answer against it.

package import SluiceJSON
internal import SluiceModel

package indirect enum Schema: Sendable {
    /// Any text of 1 to 255 bytes: the name of a switch, host, link, flow or class.
    case name
    case text
    /// A date and time in RFC 3339.
    case timestamp
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case boolean
    case choice([String])
    case list(Schema, count: ClosedRange<Int>)
    case object([Member])
    /// Any object: its members depend on the configuration.
    case anyObject

    /// One member of an object.
    package struct Member: Sendable {
        package let name: String
        package let schema: Schema
        package let isRequired: Bool
        package let summary: String

        package static func required(_ name: String, _ schema: Schema, _ summary: String) -> Member {
            Member(name: name, schema: schema, isRequired: true, summary: summary)
        }
        package static func optional(_ name: String, _ schema: Schema, _ summary: String) -> Member {
            Member(name: name, schema: schema, isRequired: false, summary: summary)
        }
    }
}

extension Schema {
    /// Whether `node` has this shape; throws the first fault, which names the member at `field`.
    package func check(_ node: JSONNode, field: String) throws(ProtocolFault) {
        switch self {
        case .name:
            guard case .string(let text) = node.value else { throw wrongType(field, node) }
            guard (1...255).contains(text.utf8.count) else {
                throw ProtocolFault(.parameterRange, field: field, "a name has 1 to 255 bytes")
            }
        case .text:
            guard case .string = node.value else { throw wrongType(field, node) }
        case .timestamp:
            guard case .string(let text) = node.value else { throw wrongType(field, node) }
            guard Instant(text: text) != nil else {
                throw ProtocolFault(
                    .parameterRange, field: field,
                    "must be a time of the years 1678 to 2261 in RFC 3339, such as 2026-01-31T12:00:00Z")
            }
        case .integer(let range):
            guard let integer = node.wholeNumber else { throw wrongType(field, node) }
            guard range.contains(integer) else {
                throw outOfRange(
                    field, "\(integer)", least: "\(range.lowerBound)",
                    most: range.upperBound == .max ? nil : "\(range.upperBound)")
            }
        case .number(let range):
            guard let number = node.number else { throw wrongType(field, node) }
            guard range.contains(number) else {
                throw outOfRange(
                    field, "\(number)", least: "\(range.lowerBound)",
                    most: range.upperBound.isFinite ? "\(range.upperBound)" : nil)
            }
        case .boolean:
            guard case .bool = node.value else { throw wrongType(field, node) }
        case .choice(let choices):
            guard case .string(let text) = node.value else { throw wrongType(field, node) }
            guard choices.contains(text) else {
                throw ProtocolFault(
                    .parameterRange, field: field,
                    "\"\(text)\" is not one of the words \(choices.joined(separator: ", "))"
                        + Suggestion.sentence(for: text, among: choices),
                    [("allowed", .texts(choices))])
            }
        case .list(let element, let count):
            guard case .array(let nodes) = node.value else { throw wrongType(field, node) }
            guard count.contains(nodes.count) else {
                throw outOfRange(
                    field, "\(nodes.count) entries", least: "\(count.lowerBound)", most: "\(count.upperBound)")
            }
            for (position, node) in nodes.enumerated() { try element.check(node, field: "\(field)[\(position)]") }
        case .object(let members):
            try Schema.check(node, members: members, field: field)
        case .anyObject:
            guard case .object = node.value else { throw wrongType(field, node) }
        }
    }

    /// Checks an object; `field` is empty for `params` itself.
    static func check(_ node: JSONNode, members: [Member], field: String) throws(ProtocolFault) {
        guard case .object(let given) = node.value else {
            throw Schema.object(members).wrongType(field.isEmpty ? "params" : field, node)
        }
        for member in given {
            guard let known = members.first(where: { $0.name == member.name }) else {
                throw unknownMember(member.name, field: path(field, member.name), among: members.map(\.name))
            }
            try known.schema.check(member.node, field: path(field, member.name))
        }
        for member in members where member.isRequired && !given.contains(where: { $0.name == member.name }) {
            throw ProtocolFault(.parameterMissing, field: path(field, member.name), "is missing: \(member.summary)")
        }
    }

    /// What a value of this shape is called in a message.
    private var noun: String {
        switch self {
        case .name, .text, .timestamp, .choice: "a string"
        case .integer: "an integer"
        case .number: "a number"
        case .boolean: "true or false"
        case .list: "an array"
        case .object, .anyObject: "an object"
        }
    }

    private func wrongType(_ field: String, _ node: JSONNode) -> ProtocolFault {
        ProtocolFault(.parameterType, field: field, "must be \(noun), not \(node.kind)")
    }

    private func outOfRange(_ field: String, _ value: String, least: String, most: String?) -> ProtocolFault {
        let bounds = most.map { "from \(least) to \($0)" } ?? "at least \(least)"
        return ProtocolFault(.parameterRange, field: field, "\(value) is out of range; it must be \(bounds)")
    }

    private static func unknownMember(_ name: String, field: String, among known: [String]) -> ProtocolFault {
        var facts: [(name: String, fact: ProtocolFault.Fact)] = []
        if let nearest = Suggestion.nearest(to: name, among: known) { facts.append(("didYouMean", .text(nearest))) }
        facts.append(("allowed", .texts(known)))
        return ProtocolFault(
            .parameterUnknown, field: field,
            known.isEmpty
                ? "is not known here; this method takes no parameters"
                : "is not known here" + Suggestion.sentence(for: name, among: known),
            facts)
    }

    private static func path(_ field: String, _ name: String) -> String { field.isEmpty ? name : "\(field).\(name)" }
}

extension JSONNode {
    /// The integer that the node is, also where it is written with a fraction of zero or an exponent (JSON Schema takes
    /// 1.0 and 1e3 for integers too).
    package var wholeNumber: Int? {
        switch value {
        case .integer(let integer): integer
        case .number(let number) where abs(number) <= 0x1p53: Int(exactly: number)
        default: nil
        }
    }
}
