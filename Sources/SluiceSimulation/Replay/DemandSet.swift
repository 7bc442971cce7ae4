// Captured traffic as demands without time: the input of an offline optimisation.

package import SluiceModel
import SluiceJSON

/// What the flows of a plan ask of a network, all at once.
package struct DemandSet: Hashable, Sendable {
    package enum Grouping: String, Hashable, Sendable, CaseIterable {
        /// One demand for each flow, with its own bandwidth: as if all were there at the same time.
        case flow
        /// One demand for each source, destination and class: its mean over the whole capture.
        case pair
    }

    package struct Demand: Hashable, Sendable {
        package let id: String
        package let source: NodeIndex
        package let destination: NodeIndex
        package let bandwidth: Bandwidth
        /// Position in the policy's classes.
        package let trafficClass: Int
    }

    package let demands: [Demand]

    package init(_ plan: ReplayPlan, by grouping: Grouping) {
        switch grouping {
        case .flow:
            demands = plan.flows.map {
                Demand(
                    id: $0.id.text, source: $0.source, destination: $0.destination, bandwidth: $0.bandwidth,
                    trafficClass: $0.trafficClass)
            }
        case .pair: demands = Self.means(plan)
        }
    }

    private struct Pair: Hashable {
        let source: NodeIndex
        let destination: NodeIndex
        let trafficClass: Int
    }

    private static func means(_ plan: ReplayPlan) -> [Demand] {
        guard let first = plan.flows.first?.start.nanoseconds,
            let last = plan.flows.lazy.map(\.end.nanoseconds).max()
        else { return [] }
        var volumes: [Pair: Int128] = [:]
        for flow in plan.flows {
            let pair = Pair(source: flow.source, destination: flow.destination, trafficClass: flow.trafficClass)
            volumes[pair, default: 0] += flow.volume
        }
        let sorted = volumes.sorted {
            ($0.key.source, $0.key.destination, $0.key.trafficClass)
                < ($1.key.source, $1.key.destination, $1.key.trafficClass)
        }
        // A flow lasts at least the window, so the whole is longer than nothing; demands round up.
        let duration = Int128(last - first)
        return sorted.enumerated().map { position, entry in
            let mean = Int(clamping: (entry.value + duration - 1) / duration)
            return Demand(
                id: "d\(position)", source: entry.key.source, destination: entry.key.destination,
                bandwidth: Bandwidth(bitsPerSecond: min(Bandwidth.largest, max(1, mean))),
                trafficClass: entry.key.trafficClass)
        }
    }

    /// A Sluice demands file; classes become their priorities, so that it can be solved without the policy.
    package func jsonText(_ topology: Topology, _ policy: Policy) -> String {
        var writer = JSONWriter(pretty: true)
        writer.beginObject()
        writer.name("demands")
        writer.beginArray()
        for demand in demands {
            writer.beginObject()
            writer.name("id")
            writer.string(demand.id)
            writer.name("source")
            writer.string(topology[demand.source].id.text)
            writer.name("destination")
            writer.string(topology[demand.destination].id.text)
            writer.name("bandwidth")
            writer.integer(demand.bandwidth.bitsPerSecond)
            writer.name("priority")
            writer.integer(policy.classes[demand.trafficClass].priority)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.text + "\n"
    }
}
