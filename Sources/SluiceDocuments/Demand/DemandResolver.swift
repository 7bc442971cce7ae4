// Looks the names of demands up in a topology.

import SluiceModel

struct DemandResolver {
    let topology: Topology
    let faults: FaultCollector
    private(set) var warnings: [DocumentWarning] = []

    init(topology: Topology, faults: FaultCollector) {
        self.topology = topology
        self.faults = faults
    }

    /// The demands that can be flows. Demands of nothing and demands from a node to itself are left out of foreign
    /// files with a warning, and are faults in our own (`isStrict`).
    mutating func resolve(_ entries: [DemandEntry], isStrict: Bool) -> [DemandRecord] {
        var records: [DemandRecord] = []
        records.reserveCapacity(entries.count)
        var ids: Set<String> = []
        var empty: [String] = []
        var selfEnding: [String] = []
        for (position, entry) in entries.enumerated() {
            let id = entry.id ?? "d\(position)"
            checkID(id, entry, among: &ids)
            let source = end(entry.source, entry.place.member(entry.endNames.source))
            let destination = end(entry.destination, entry.place.member(entry.endNames.destination))
            let constraints = entry.constraints.map { resolve($0, entry.place) } ?? .none
            if entry.bandwidth == .zero {
                if isStrict {
                    faults.report(
                        entry.place.member("bandwidth"), .outOfRange("0", wanted: "at least 1 bit/s"))
                } else {
                    empty.append(id)
                }
                continue
            }
            guard let source, let destination else { continue }
            guard source != destination else {
                if isStrict {
                    faults.report(entry.place.member(entry.endNames.destination), .sameEnds(entry.source.text))
                } else {
                    selfEnding.append(id)
                }
                continue
            }
            records.append(
                DemandRecord(
                    id: FlowID(id), source: source, destination: destination, bandwidth: entry.bandwidth,
                    importance: entry.importance, constraints: constraints))
        }
        if let first = empty.first { warnings.append(.emptyDemandsDropped(demands: empty.count, first: first)) }
        if let first = selfEnding.first {
            warnings.append(.selfDemandsDropped(demands: selfEnding.count, first: first))
        }
        return records
    }

    private func checkID(_ id: String, _ entry: DemandEntry, among ids: inout Set<String>) {
        let place = entry.place.member("id")
        if id.isEmpty { faults.report(place, .topology(.emptyID)) }
        if id.utf8.count > Limits.identifierBytes { faults.report(place, .topology(.idTooLong)) }
        if !ids.insert(id).inserted { faults.report(place, .duplicate(id)) }
    }

    private func end(_ end: DemandEntry.End, _ place: Place) -> NodeIndex? {
        switch end {
        case .name(let name):
            if let index = topology.index(of: NodeID(name)) { return index }
            faults.report(
                place, .unknownNode(name, nearest: faults.nearest(to: name, among: topology.nodes.map(\.id.text))))
            return nil
        case .position(let position):
            if topology.nodes.indices.contains(position) { return NodeIndex(position) }
            faults.report(place, .unknownNodePosition(position, count: topology.nodes.count))
            return nil
        }
    }

    private func resolve(_ names: DemandEntry.Constraints, _ place: Place) -> FlowConstraints {
        var avoidNodes: [NodeIndex] = []
        var avoidLinks: [LinkIndex] = []
        for name in names.avoid {
            switch waypoint(name, place.member("constraints.avoid")) {
            case .node(let node): avoidNodes.append(node)
            case .link(let links): avoidLinks += links
            case nil: break
            }
        }
        let affinity = AffinityConstraint(
            includeAny: bits(names.includeAny, place.member("constraints.affinity.includeAny")),
            includeAll: bits(names.includeAll, place.member("constraints.affinity.includeAll")),
            exclude: bits(names.exclude, place.member("constraints.affinity.exclude")))
        return FlowConstraints(
            maxLatency: names.maxLatency, maxHops: names.maxHops, avoidNodes: avoidNodes, avoidLinks: avoidLinks,
            via: names.via.compactMap { waypoint($0, place.member("constraints.via")) }, affinity: affinity)
    }

    private func waypoint(_ name: String, _ place: Place) -> FlowConstraints.Waypoint? {
        if let node = topology.index(of: NodeID(name)), !topology[node].isHost { return .node(node) }
        let links = topology.links(named: name)
        if !links.isEmpty { return .link(links) }
        let known = topology.nodes.filter { !$0.isHost }.map(\.id.text) + topology.cables.map(\.id)
        faults.report(place, .unknownSwitchOrLink(name, nearest: faults.nearest(to: name, among: known)))
        return nil
    }

    private func bits(_ names: [String], _ place: Place) -> AffinityBits {
        var bits: AffinityBits = []
        for name in names {
            if let bit = topology.affinityNames.firstIndex(of: name) {
                bits.insert(AffinityBits(rawValue: 1 << UInt64(bit)))
            } else {
                let nearest = faults.nearest(to: name, among: topology.affinityNames)
                faults.report(place, .unknownAffinity(name, nearest: nearest))
            }
        }
        return bits
    }
}
