// Demands as Sluice's own demands file, one a line.

import SluiceJSON
package import SluiceModel

package enum DemandsWriter {
    package static func write(_ demands: [DemandRecord], of topology: Topology) -> [UInt8] {
        var text = "{\"demands\": ["
        for (position, demand) in demands.enumerated() {
            text += (position == 0 ? "\n  " : ",\n  ") + line(demand, topology)
        }
        return Array((text + "\n]}\n").utf8)
    }

    private static func line(_ demand: DemandRecord, _ topology: Topology) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", demand.id.text)
        writer.member("source", topology[demand.source].id.text)
        writer.member("destination", topology[demand.destination].id.text)
        writer.member("bandwidth", demand.bandwidth.bitsPerSecond)
        switch demand.importance {
        case .unstated: break
        case .priority(let priority): writer.member("priority", priority.level)
        case .trafficClass(let name): writer.member("class", name)
        }
        if demand.constraints != .none { write(demand.constraints, topology, to: &writer) }
        writer.endObject()
        return writer.text
    }

    private static func write(_ constraints: FlowConstraints, _ topology: Topology, to writer: inout JSONWriter) {
        writer.name("constraints")
        writer.beginObject()
        if let latency = constraints.maxLatency { writer.member("maxLatency", latency.microseconds) }
        if let hops = constraints.maxHops { writer.member("maxHops", hops) }
        let avoid =
            constraints.avoidNodes.map { topology[$0].id.text } + constraints.avoidLinks.map { topology[$0].id.text }
        if !avoid.isEmpty { writer.member("avoid", avoid) }
        let via = constraints.via.compactMap { waypoint -> String? in
            switch waypoint {
            case .node(let node): topology[node].id.text
            case .link(let links):
                // Both directions of a full-duplex link go by the cable's own name.
                links.count == 1
                    ? topology[links[0]].id.text : links.first.map { topology.cables[topology[$0].cable].id }
            }
        }
        if !via.isEmpty { writer.member("via", via) }
        let affinity = constraints.affinity
        if affinity != .none {
            writer.name("affinity")
            writer.beginObject()
            for (name, bits) in [
                ("includeAny", affinity.includeAny), ("includeAll", affinity.includeAll), ("exclude", affinity.exclude),
            ] where !bits.isEmpty {
                let names = topology.affinityNames.enumerated().filter { bits.rawValue >> UInt64($0.offset) & 1 == 1 }
                writer.member(name, names.map(\.element))
            }
            writer.endObject()
        }
        writer.endObject()
    }
}
