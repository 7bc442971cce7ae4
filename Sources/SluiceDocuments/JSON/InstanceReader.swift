// Instances for offline interchange: nodes, directed links and flows in whole numbers without units, taken as bit/s and
// microseconds. Members that Sluice does not know (a generator's seed, say) are left to those who do.

import SluiceJSON
import SluiceModel

struct InstanceReader {
    static func read(
        _ root: JSONNode, options: ImportOptions, faults: FaultCollector
    ) throws(InvalidDocument) -> ImportedNetwork {
        var draft = NetworkDraft(.instance)
        draft.memberName = { field, _ in
            switch field {
            case "a.switch", "a.port": "from"
            case "b.switch", "b.port": "to"
            default: field
            }
        }
        if let object = ObjectReader(root, faults: faults) {
            draft.name = object.string("name") ?? ""
            for node in object.array("nodes", required: true) ?? [] {
                if let id = identifier(node, faults) { draft.addNode(id, at: .byte(node.offset)) }
            }
            for node in object.array("links", required: true) ?? [] { readLink(node, into: &draft, faults) }
            draft.demands = (object.array("flows") ?? []).enumerated().compactMap { position, node in
                readFlow(node, position: position, faults)
            }
        }
        return try draft.finish(options: options, faults: faults, isStrict: true)
    }

    private static func readLink(_ node: JSONNode, into draft: inout NetworkDraft, _ faults: FaultCollector) {
        guard let object = ObjectReader(node, faults: faults) else { return }
        let id = object.take("id", required: true) { identifier($0, faults) }
        let from = object.take("from", required: true) { identifier($0, faults) }
        let to = object.take("to", required: true) { identifier($0, faults) }
        let capacity = object.integer("capacity", in: 0...Bandwidth.largest, required: true)
        let delay = object.integer("delay", in: 0...Bandwidth.largest)
        guard let id, let from, let to, let capacity else { return }
        draft.add(
            Cable(
                id: id, a: Cable.End(node: NodeID(from)), b: Cable.End(node: NodeID(to)),
                capacity: Bandwidth(bitsPerSecond: capacity), latency: Latency(microseconds: delay ?? 0),
                isDirected: true),
            at: object.place)
    }

    private static func readFlow(_ node: JSONNode, position: Int, _ faults: FaultCollector) -> DemandEntry? {
        guard let object = ObjectReader(node, faults: faults) else { return nil }
        let id = object.take("id") { identifier($0, faults) }
        let source = object.take("source", required: true) { identifier($0, faults) }
        let destination = object.take("destination", required: true) { identifier($0, faults) }
        let bandwidth = object.integer("bandwidth", in: 1...Bandwidth.largest, required: true)
        let priority = object.integer("priority", in: 0...Limits.weight)
        let maxDelay = object.integer("maxDelay", in: 0...Bandwidth.largest)
        var constraints = object.take("constraints") { ConstraintsReader.read($0, faults: faults) }
        if let maxDelay {
            let bound = Latency(microseconds: maxDelay)
            var bounded = constraints ?? DemandEntry.Constraints()
            bounded.maxLatency = min(bounded.maxLatency ?? bound, bound)
            constraints = bounded
        }
        guard let source, let destination, let bandwidth else { return nil }
        return DemandEntry(
            id: id ?? "f\(position)", source: .name(source), destination: .name(destination),
            bandwidth: Bandwidth(bitsPerSecond: bandwidth),
            importance: priority.map { .priority(FlowPriority($0)) } ?? .unstated, constraints: constraints,
            place: object.place)
    }

    /// A string, or a whole number as its digits.
    static func identifier(_ node: JSONNode, _ faults: FaultCollector) -> String? {
        if let string = node.string { return string }
        if let integer = node.integer { return "\(integer)" }
        faults.report(.byte(node.offset), .wrongKind(found: node.kind, wanted: "an id: a string or a whole number"))
        return nil
    }
}
