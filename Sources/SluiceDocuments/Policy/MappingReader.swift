// One YAML mapping whose keys are taken by name and kind, as `ObjectReader` does for JSON: every fault goes to the
// collector with its line, and reading goes on.

import SluiceJSON
import SluiceModel
import Yams

struct MappingReader {
    private let entries: [(key: String, keyPlace: Place, value: Yams.Node)]
    /// Path from the root, `classes[2]`.
    let field: String
    private let position: TextPosition
    private let faults: FaultCollector

    /// nil, with a fault, where `node` is no mapping. Keys that are not `known` are faults.
    init?(_ node: Yams.Node, field: String, known: [String], faults: FaultCollector) {
        let place = Self.place(of: node, field)
        guard case .mapping(let mapping) = node else {
            faults.report(place, .wrongKind(found: Self.kind(of: node), wanted: "a mapping of keys to values"))
            return nil
        }
        self.field = field
        self.faults = faults
        position = Self.position(of: node)
        var entries: [(key: String, keyPlace: Place, value: Yams.Node)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                faults.report(Self.place(of: key, field), .wrongKind(found: Self.kind(of: key), wanted: "a key"))
                continue
            }
            let keyPlace = Self.place(of: key, Self.join(field, scalar.string))
            if !known.contains(scalar.string) {
                faults.report(
                    keyPlace, .unknownMember(scalar.string, nearest: faults.nearest(to: scalar.string, among: known)))
            }
            entries.append((scalar.string, keyPlace, value))
        }
        self.entries = entries
    }

    /// Where the value of `key` stands, or the mapping where it has none.
    func place(_ key: String) -> Place {
        guard let value = entries.first(where: { $0.key == key })?.value else {
            return .text(position, field: Self.join(field, key))
        }
        return Self.place(of: value, Self.join(field, key))
    }

    /// The value of `key`; nil where it is absent or null, which both mean the default.
    func value(_ key: String) -> Yams.Node? {
        guard let value = entries.first(where: { $0.key == key })?.value, !Self.isNull(value) else { return nil }
        return value
    }

    func has(_ key: String) -> Bool { value(key) != nil }

    func reportMissing(_ key: String) { faults.report(place(key), .missing(key)) }

    func text(_ key: String, wanted: String = "a text") -> String? {
        guard let value = value(key) else { return nil }
        if case .scalar(let scalar) = value { return scalar.string }
        faults.report(place(key), .wrongKind(found: Self.kind(of: value), wanted: wanted))
        return nil
    }

    func bool(_ key: String) -> Bool? {
        parsed(key, wanted: "true or false") { $0 == "true" ? true : $0 == "false" ? false : nil }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        let wanted = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let value = parsed(key, wanted: wanted, Self.wholeNumber) else { return nil }
        if range.contains(value) { return value }
        faults.report(place(key), .outOfRange("\(value)", wanted: wanted))
        return nil
    }

    func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        let wanted = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let value = parsed(key, wanted: wanted, { DecimalText.value($0) }) else { return nil }
        if range.contains(value) { return value }
        faults.report(place(key), .outOfRange("\(value)", wanted: wanted))
        return nil
    }

    /// One of the cases of an enumeration, by its raw value.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, of type: Choice.Type) -> Choice? {
        guard let text = text(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        faults.report(place(key), .noneOf(text, choices: Choice.allCases.map(\.rawValue)))
        return nil
    }

    /// A text that `parse` accepts.
    func parsed<Value>(_ key: String, wanted: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = text(key, wanted: wanted) else { return nil }
        if let value = parse(text) { return value }
        faults.report(place(key), .unreadable(text, wanted: wanted))
        return nil
    }

    /// The elements of a sequence with their paths.
    func elements(_ key: String) -> [(node: Yams.Node, field: String)]? {
        guard let value = value(key) else { return nil }
        guard case .sequence(let sequence) = value else {
            faults.report(place(key), .wrongKind(found: Self.kind(of: value), wanted: "a list"))
            return nil
        }
        return sequence.enumerated().map { ($1, "\(Self.join(field, key))[\($0)]") }
    }

    /// The mapping that `key` holds.
    func mapping(_ key: String, known: [String]) -> MappingReader? {
        value(key).flatMap { MappingReader($0, field: Self.join(field, key), known: known, faults: faults) }
    }

    /// Decimal, or hexadecimal after `0x`.
    private static func wholeNumber(_ text: String) -> Int? {
        text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    }

    private static func join(_ field: String, _ key: String) -> String { field.isEmpty ? key : "\(field).\(key)" }

    private static func isNull(_ node: Yams.Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }

    private static func position(of node: Yams.Node) -> TextPosition {
        TextPosition(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    private static func place(of node: Yams.Node, _ field: String) -> Place {
        .text(position(of: node), field: field)
    }

    private static func kind(of node: Yams.Node) -> String {
        switch node {
        case .scalar(let scalar): "\"\(scalar.string)\""
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}
