// What SNDlib's two forms, native and XML, have in common: what their capacities, units and coordinates mean.

import SluiceModel

struct SNDlibNetwork {
    enum Coordinates {
        case degrees
        /// On some map.
        case pixels
        /// The native form does not say: degrees if all of them can be.
        case unstated
    }

    var unit: String?
    var origin: String?
    var coordinates: Coordinates = .unstated

    private struct NodeEntry {
        var id: String
        var x: Double?
        var y: Double?
        var place: Place
    }
    private struct LinkEntry {
        var id: String
        var from: String
        var to: String
        /// In the file's unit; the first that is positive counts.
        var capacities: [String]
        var place: Place
    }
    private struct Demand {
        var id: String
        var from: String
        var to: String
        var value: String
        var maxHops: Int?
        var place: Place
    }

    private let format: DocumentFormat
    private var nodes: [NodeEntry] = []
    private var links: [LinkEntry] = []
    private var demands: [Demand] = []
    private var earlyWarnings: [DocumentWarning] = []

    init(_ format: DocumentFormat) { self.format = format }

    mutating func warn(_ warning: DocumentWarning) { earlyWarnings.append(warning) }

    mutating func addNode(_ id: String, x: Double?, y: Double?, at place: Place) {
        nodes.append(NodeEntry(id: id, x: x, y: y, place: place))
    }

    /// - Parameters:
    ///   - installed: pre-installed capacity, which counts where it is positive.
    ///   - modules: capacities that could be installed, the largest of which counts otherwise.
    mutating func addLink(
        _ id: String, from: String, to: String, installed: String?, modules: [String], at place: Place,
        faults: FaultCollector
    ) {
        var values: [(value: Double, text: String)] = []
        for (text, member) in [(installed, "preInstalledCapacity")] + modules.map({ ($0, "moduleCapacity") }) {
            guard let text else { continue }
            guard let value = DecimalText.value(text), value >= 0 else {
                faults.report(place.member(member), .unreadable(text, wanted: "a capacity: a number from 0"))
                continue
            }
            values.append((value, text))
        }
        let hasInstalled = installed != nil && values.first.map { $0.value > 0 && $0.text == installed } == true
        let chosen =
            hasInstalled ? values.first : values.dropFirst(installed == nil ? 0 : 1).max { $0.value < $1.value }
        links.append(
            LinkEntry(id: id, from: from, to: to, capacities: chosen.map { [$0.text] } ?? [], place: place))
    }

    mutating func addDemand(
        _ id: String, from: String, to: String, value: String, maxHops: String?, at place: Place, faults: FaultCollector
    ) {
        var hops: Int?
        if let maxHops, maxHops != "UNLIMITED" {
            if let count = Int(maxHops), (1...Limits.nodes).contains(count) {
                hops = count
            } else {
                faults.report(
                    place.member("maxPathLength"), .unreadable(maxHops, wanted: "a number of links, or UNLIMITED"))
            }
        }
        demands.append(Demand(id: id, from: from, to: to, value: value, maxHops: hops, place: place))
    }

    func finish(options: ImportOptions, faults: FaultCollector) throws(InvalidDocument) -> ImportedNetwork {
        var draft = NetworkDraft(format)
        draft.memberName = { field, _ in
            switch field {
            case "a.switch", "a.port": "source"
            case "b.switch", "b.port": "target"
            default: field
            }
        }
        draft.source = origin
        draft.warnings = earlyWarnings
        let power = unitPower(&draft, faults)
        addNodes(to: &draft)
        for link in links {
            let capacity = link.capacities.first.flatMap { text in
                bandwidth(text, power: power, rounding: .down, link.place.member("capacity"), faults)
            }
            draft.addForeignLink(
                id: link.id, from: link.from, to: link.to, capacity: capacity, isDirected: false, options: options,
                at: link.place)
        }
        if areBothDirectionsListed {
            draft.makeDirected()
            draft.warnings.append(.bothDirectionsListed)
        }
        draft.setLatenciesFromLocations()
        for demand in demands {
            let place = demand.place.member("demandValue")
            guard let value = bandwidth(demand.value, power: power, rounding: .up, place, faults) else { continue }
            draft.demands.append(
                DemandEntry(
                    id: demand.id, source: .name(demand.from), destination: .name(demand.to), bandwidth: value,
                    constraints: demand.maxHops.map { DemandEntry.Constraints(maxHops: $0) }, place: demand.place,
                    endNames: ("source", "target")))
        }
        return try draft.finish(options: options, faults: faults, isStrict: false)
    }

    /// Power of ten of the file's unit in bit/s.
    private func unitPower(_ draft: inout NetworkDraft, _ faults: FaultCollector) -> Int {
        guard let unit, !unit.isEmpty else {
            if !links.isEmpty || !demands.isEmpty {
                draft.warnings.append(.unitAssumed(of: "capacities and demands", unit: "Mbit/s"))
            }
            return 6
        }
        switch unit.uppercased() {
        case "BITPERSEC", "BIT/S", "BPS": return 0
        case "KBITPERSEC", "KBIT/S", "KBPS": return 3
        case "MBITPERSEC", "MBIT/S", "MBPS": return 6
        case "GBITPERSEC", "GBIT/S", "GBPS": return 9
        case "TBITPERSEC", "TBIT/S", "TBPS": return 12
        default:
            faults.report(
                .document,
                .noneOf(unit, choices: ["BITPERSEC", "KBITPERSEC", "MBITPERSEC", "GBITPERSEC", "TBITPERSEC"]))
            return 6
        }
    }

    private func bandwidth(
        _ text: String, power: Int, rounding: QuantityRounding, _ place: Place, _ faults: FaultCollector
    ) -> Bandwidth? {
        if let value = DecimalText.scaled(text, power: power, rounding: rounding) { return Bandwidth(exactly: value) }
        faults.report(place, .unreadable(text, wanted: "a number from 0 to 2^53 - 1 bit/s in the file's unit"))
        return nil
    }

    private func addNodes(to draft: inout NetworkDraft) {
        let known = nodes.compactMap { node in node.x.flatMap { x in node.y.map { (x, $0) } } }
        let canBeDegrees = known.allSatisfy { (-180...180).contains($0.0) && (-90...90).contains($0.1) }
        let areDegrees: Bool
        switch coordinates {
        case .degrees: areDegrees = canBeDegrees
        case .pixels: areDegrees = false
        case .unstated: areDegrees = canBeDegrees
        }
        if !areDegrees, !known.isEmpty, !links.isEmpty { draft.warnings.append(.coordinatesIgnored) }
        for node in nodes {
            var location: Location?
            if areDegrees, let x = node.x, let y = node.y { location = Location(latitude: y, longitude: x) }
            draft.addNode(node.id, location: location, at: node.place)
        }
    }

    /// A few of the networks list each direction as a link of its own.
    private var areBothDirectionsListed: Bool {
        guard !links.isEmpty else { return false }
        var counts: [[String]: Int] = [:]
        for link in links { counts[[link.from, link.to], default: 0] += 1 }
        return links.allSatisfy { link in
            link.from != link.to && counts[[link.from, link.to]] == counts[[link.to, link.from]]
        }
    }
}
