// Node-link JSON as networkx writes it, with what TopoHub and others add: `edges` or `links`, `dist` in kilometres,
// `demands` of the graph in Mbit/s, `capacity` or `capacity_mbps`, `delay_us`, nodes of `type` "host".

import SluiceJSON
import SluiceModel

struct NodeLinkReader {
    private var draft = NetworkDraft(.nodeLink)
    private let faults: FaultCollector
    private let options: ImportOptions
    private var hosts: Set<String> = []
    private var unitIsAssumed = false

    static func read(
        _ root: JSONNode, options: ImportOptions, faults: FaultCollector
    ) throws(InvalidDocument) -> ImportedNetwork {
        var reader = NodeLinkReader(faults: faults, options: options)
        reader.read(root)
        return try reader.draft.finish(options: options, faults: faults, isStrict: false)
    }

    private init(faults: FaultCollector, options: ImportOptions) {
        self.faults = faults
        self.options = options
        draft.memberName = { field, _ in
            switch field {
            case "a.switch", "a.port": "source"
            case "b.switch", "b.port": "target"
            default: field
            }
        }
    }

    private mutating func read(_ root: JSONNode) {
        guard let object = ObjectReader(root, faults: faults) else { return }
        let isDirected = object.bool("directed") ?? false
        for node in object.array("nodes", required: true) ?? [] { readNode(node) }
        let links = object.has("edges") ? object.array("edges") : object.array("links", required: true)
        for node in links ?? [] { readLink(node, isDirected: isDirected) }
        draft.setLatenciesFromLocations()
        draft.makeHosts(of: hosts)
        if unitIsAssumed { draft.warnings.append(.unitAssumed(of: "capacity", unit: "Mbit/s")) }
        guard let graph = root["graph"], let attributes = ObjectReader(graph, faults: faults) else { return }
        draft.name = attributes.string("name") ?? ""
        if let demands = graph["demands"] { readDemands(demands) }
    }

    private mutating func readNode(_ node: JSONNode) {
        guard let object = ObjectReader(node, faults: faults),
            let id = object.take("id", required: true, { InstanceReader.identifier($0, faults) })
        else { return }
        // Plane coordinates of generated graphs look like degrees too; `dist` says what the lengths are.
        var location: Location?
        if let position = node["pos"]?.array, position.count == 2, let x = position[0].number,
            let y = position[1].number, (-180...180).contains(x), (-90...90).contains(y)
        {
            location = Location(latitude: y, longitude: x)
        }
        if node["type"]?.string == "host" { hosts.insert(id) }
        draft.addNode(id, location: location, at: object.place)
    }

    private mutating func readLink(_ node: JSONNode, isDirected: Bool) {
        guard let object = ObjectReader(node, faults: faults) else { return }
        let from = object.take("source", required: true) { InstanceReader.identifier($0, faults) }
        let to = object.take("target", required: true) { InstanceReader.identifier($0, faults) }
        let id = object.take("id") { InstanceReader.identifier($0, faults) }
        var capacity = object.take("capacity_mbps") { megabits($0, rounding: .down) }
        if capacity == nil, let plain = object.take("capacity", { megabits($0, rounding: .down) }) {
            capacity = plain
            unitIsAssumed = true
        }
        var latency = object.take("delay_us") { microseconds($0) }
        if latency == nil, let distance = object.number("dist", in: 0...1e6) {
            latency = .fibre(kilometres: distance)
        }
        guard let from, let to else { return }
        draft.addForeignLink(
            id: id, from: from, to: to, capacity: capacity, latency: latency, isDirected: isDirected,
            options: options, at: object.place)
    }

    /// `{"SOURCE": {"DESTINATION": Mbit/s}}`.
    private mutating func readDemands(_ node: JSONNode) {
        guard let sources = node.object else {
            faults.report(.byte(node.offset), .wrongKind(found: node.kind, wanted: "an object"))
            return
        }
        for source in sources {
            guard let destinations = source.node.object else {
                faults.report(
                    .byte(source.node.offset), .wrongKind(found: source.node.kind, wanted: "an object"))
                continue
            }
            for destination in destinations {
                guard let bandwidth = megabits(destination.node, rounding: .up) else { continue }
                draft.demands.append(
                    DemandEntry(
                        source: .name(source.name), destination: .name(destination.name), bandwidth: bandwidth,
                        place: .byte(destination.nameOffset), endNames: ("", "")))
            }
        }
    }

    private func megabits(_ node: JSONNode, rounding: QuantityRounding) -> Bandwidth? {
        scaled(node, power: 6, rounding: rounding, wanted: "a number of Mbit/s").flatMap { Bandwidth(exactly: $0) }
    }

    private func microseconds(_ node: JSONNode) -> Latency? {
        scaled(node, power: 0, rounding: .up, wanted: "a number of microseconds").flatMap { Latency(exactly: $0) }
    }

    private func scaled(
        _ node: JSONNode, power: Int, rounding: QuantityRounding, wanted: String
    ) -> Int? {
        guard let number = node.number else {
            faults.report(.byte(node.offset), .wrongKind(found: node.kind, wanted: wanted))
            return nil
        }
        // The shortest decimal that reads as this double is what the file said.
        let text = node.integer.map { "\($0)" } ?? number.description
        if let value = DecimalText.scaled(text, power: power, rounding: rounding) { return value }
        faults.report(.byte(node.offset), .outOfRange(text, wanted: "\(wanted) from 0 to 2^53 - 1 of the least unit"))
        return nil
    }
}
