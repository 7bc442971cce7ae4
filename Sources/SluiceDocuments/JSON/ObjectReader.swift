// One JSON object whose members are taken by name and kind; whatever is wrong goes to the collector, and the reader goes
// on with nil, so that one pass finds every fault.

import SluiceJSON
import SluiceModel

struct ObjectReader {
    let node: JSONNode
    let faults: FaultCollector

    /// nil, with a fault, where `node` is no object. `known` are the members that may occur; others are faults. Without
    /// `known`, as in foreign formats, other members are nobody's business.
    init?(_ node: JSONNode, known: [String]? = nil, faults: FaultCollector) {
        guard let members = node.object else {
            faults.report(.byte(node.offset), .wrongKind(found: node.kind, wanted: "an object"))
            return nil
        }
        self.node = node
        self.faults = faults
        guard let known else { return }
        for member in members where !known.contains(member.name) {
            faults.report(
                .byte(member.nameOffset),
                .unknownMember(member.name, nearest: faults.nearest(to: member.name, among: known)))
        }
    }

    var place: Place { .byte(node.offset) }

    func has(_ name: String) -> Bool { node[name] != nil }

    /// The member, which has to be there.
    func required(_ name: String) -> JSONNode? {
        if let member = node[name] { return member }
        faults.report(place.member(name), .missing(name))
        return nil
    }

    /// The member `name` read by `read`, or nil where it is absent and not `required`.
    func take<Value>(_ name: String, required: Bool = false, _ read: (JSONNode) -> Value?) -> Value? {
        guard let member = required ? self.required(name) : node[name] else { return nil }
        return read(member)
    }

    func string(_ name: String, required: Bool = false) -> String? {
        take(name, required: required) { member in
            if let string = member.string { return string }
            faults.report(.byte(member.offset), .wrongKind(found: member.kind, wanted: "a string"))
            return nil
        }
    }

    func bool(_ name: String) -> Bool? {
        take(name) { member in
            if let bool = member.bool { return bool }
            faults.report(.byte(member.offset), .wrongKind(found: member.kind, wanted: "true or false"))
            return nil
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int>, required: Bool = false) -> Int? {
        take(name, required: required) { member in
            let wanted = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            guard let integer = wholeNumber(member) else {
                faults.report(.byte(member.offset), .wrongKind(found: member.kind, wanted: wanted))
                return nil
            }
            if range.contains(integer) { return integer }
            faults.report(.byte(member.offset), .outOfRange("\(integer)", wanted: wanted))
            return nil
        }
    }

    func number(_ name: String, in range: ClosedRange<Double>, required: Bool = false) -> Double? {
        take(name, required: required) { member in
            let wanted = "a number from \(range.lowerBound) to \(range.upperBound)"
            guard let number = member.number else {
                faults.report(.byte(member.offset), .wrongKind(found: member.kind, wanted: wanted))
                return nil
            }
            if range.contains(number) { return number }
            faults.report(.byte(member.offset), .outOfRange("\(number)", wanted: wanted))
            return nil
        }
    }

    func array(_ name: String, required: Bool = false) -> [JSONNode]? {
        take(name, required: required) { member in
            if let array = member.array { return array }
            faults.report(.byte(member.offset), .wrongKind(found: member.kind, wanted: "an array"))
            return nil
        }
    }

    func strings(_ name: String) -> [String]? {
        array(name)?.compactMap { element in
            if let string = element.string { return string }
            faults.report(.byte(element.offset), .wrongKind(found: element.kind, wanted: "a string"))
            return nil
        }
    }

    /// A whole number of bit/s, or a string with an SI unit.
    func bandwidth(
        _ name: String, rounding: QuantityRounding, required: Bool = false
    ) -> Bandwidth? {
        quantity(
            name, wanted: "a bandwidth: whole bit/s, or a text such as \"10Gbps\"", required: required,
            text: { Bandwidth(text: $0, rounding: rounding) }, whole: Bandwidth.init(exactly:))
    }

    /// A whole number of microseconds, or a string with a unit.
    func latency(_ name: String) -> Latency? {
        quantity(
            name, wanted: "a latency: whole microseconds, or a text such as \"5ms\"", required: false,
            text: { Latency(text: $0) }, whole: Latency.init(exactly:))
    }

    /// A text that `parse` accepts.
    func parsed<Value>(_ name: String, wanted: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = string(name), let member = node[name] else { return nil }
        if let value = parse(text) { return value }
        faults.report(.byte(member.offset), .unreadable(text, wanted: wanted))
        return nil
    }

    private func quantity<Value>(
        _ name: String, wanted: String, required: Bool, text: (String) -> Value?, whole: (Int) -> Value?
    ) -> Value? {
        take(name, required: required) { member in
            if let string = member.string {
                if let value = text(string) { return value }
                faults.report(.byte(member.offset), .unreadable(string, wanted: wanted))
                return nil
            }
            if let integer = wholeNumber(member) {
                if let value = whole(integer) { return value }
                faults.report(.byte(member.offset), .outOfRange("\(integer)", wanted: "a number from 0 to 2^53 - 1"))
                return nil
            }
            faults.report(.byte(member.offset), .wrongKind(found: member.kind, wanted: wanted))
            return nil
        }
    }

    /// Also 1e9 and 5.0, which are whole.
    private func wholeNumber(_ member: JSONNode) -> Int? {
        if let integer = member.integer { return integer }
        return member.number.flatMap { Int(exactly: $0) }
    }
}
