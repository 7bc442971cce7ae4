// Sluice's own demands file: `{"demands": [{"id"?, "source", "destination", "bandwidth", "class"? or "priority"?,
// "maxLatency"?, "constraints"?}]}`.

import SluiceJSON
import SluiceModel

struct DemandsReader {
    static let rootMembers = ["name", "description", "source", "demands"]
    private static let demandMembers = [
        "id", "source", "destination", "bandwidth", "class", "priority", "maxLatency", "constraints",
    ]

    static func read(_ root: JSONNode, faults: FaultCollector) -> [DemandEntry] {
        guard let object = ObjectReader(root, known: rootMembers, faults: faults) else { return [] }
        _ = object.string("name")
        _ = object.string("description")
        _ = object.string("source")
        let nodes = object.array("demands", required: true) ?? []
        let entries = nodes.compactMap { readDemand($0, faults: faults) }
        if !faults.isEmpty {
            // The file is refused now, so everything that would be found later is told with the rest, and ids are
            // compared among all demands, the broken ones included.
            let ids = nodes.enumerated().map { ($1["id"]?.string ?? "d\($0)", Place.byte($1.offset)) }
            checkIDs(ids, faults: faults)
            checkForm(entries, faults: faults)
        }
        return entries
    }

    /// Everything that can be told of demands without their network; `DemandResolver` finds the same with it.
    static func check(_ entries: [DemandEntry], faults: FaultCollector) {
        checkIDs(entries.enumerated().map { ($1.id ?? "d\($0)", $1.place) }, faults: faults)
        checkForm(entries, faults: faults)
    }

    private static func checkIDs(_ ids: [(id: String, place: Place)], faults: FaultCollector) {
        var seen: Set<String> = []
        for (id, place) in ids {
            if id.isEmpty { faults.report(place.member("id"), .topology(.emptyID)) }
            if id.utf8.count > Limits.identifierBytes { faults.report(place.member("id"), .topology(.idTooLong)) }
            if !seen.insert(id).inserted { faults.report(place.member("id"), .duplicate(id)) }
        }
    }

    private static func checkForm(_ entries: [DemandEntry], faults: FaultCollector) {
        for entry in entries {
            if entry.source == entry.destination {
                faults.report(entry.place.member("destination"), .sameEnds(entry.source.text))
            }
            if entry.bandwidth == .zero {
                faults.report(entry.place.member("bandwidth"), .outOfRange("0", wanted: "at least 1 bit/s"))
            }
        }
    }

    private static func readDemand(_ node: JSONNode, faults: FaultCollector) -> DemandEntry? {
        guard let object = ObjectReader(node, known: demandMembers, faults: faults) else { return nil }
        let id = object.string("id")
        let source = object.string("source", required: true)
        let destination = object.string("destination", required: true)
        let bandwidth = object.bandwidth("bandwidth", rounding: .up, required: true)
        let className = object.string("class")
        let priority = object.integer("priority", in: 0...Limits.weight)
        if object.has("class"), object.has("priority") {
            faults.report(object.place.member("priority"), .together("class", "priority"))
        }
        var constraints = object.take("constraints") { ConstraintsReader.read($0, faults: faults) }
        if let maxLatency = object.latency("maxLatency") {
            if constraints?.maxLatency != nil {
                faults.report(object.place.member("maxLatency"), .together("maxLatency", "constraints.maxLatency"))
            }
            constraints = constraints ?? DemandEntry.Constraints()
            constraints?.maxLatency = maxLatency
        }
        guard let source, let destination, let bandwidth else { return nil }
        let importance: DemandRecord.Importance =
            className.map { .trafficClass($0) } ?? priority.map { .priority(FlowPriority($0)) } ?? .unstated
        return DemandEntry(
            id: id, source: .name(source), destination: .name(destination), bandwidth: bandwidth,
            importance: importance, constraints: constraints, place: object.place)
    }
}

/// The `constraints` of a demand or a flow.
enum ConstraintsReader {
    private static let members = ["maxLatency", "maxHops", "avoid", "via", "affinity"]
    private static let affinityMembers = ["includeAny", "includeAll", "exclude"]

    static func read(_ node: JSONNode, faults: FaultCollector) -> DemandEntry.Constraints? {
        guard let object = ObjectReader(node, known: members, faults: faults) else { return nil }
        var constraints = DemandEntry.Constraints()
        constraints.maxLatency = object.latency("maxLatency")
        constraints.maxHops = object.integer("maxHops", in: 1...Limits.nodes)
        constraints.avoid = object.strings("avoid") ?? []
        constraints.via = object.strings("via") ?? []
        if let affinity = object.node["affinity"],
            let names = ObjectReader(affinity, known: affinityMembers, faults: faults)
        {
            constraints.includeAny = names.strings("includeAny") ?? []
            constraints.includeAll = names.strings("includeAll") ?? []
            constraints.exclude = names.strings("exclude") ?? []
        }
        return constraints
    }
}
