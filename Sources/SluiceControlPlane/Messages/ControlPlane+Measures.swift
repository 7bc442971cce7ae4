// What monitoring asks: the network in numbers, without a request, an event or a change.

package import SluiceModel

/// One directed link in ratios of its capacity.
package struct LinkMeasure: Hashable, Sendable {
    package var id: LinkID
    package var isUp: Bool
    /// What admission holds over what it may hold; 0 where it may hold nothing.
    package var reserved: Double
    /// What telemetry measured, 0 to 1; nil where nothing fresh is known.
    package var utilisation: Double?
}

extension ControlPlane {
    /// In the topology's order.
    package var linkMeasures: [LinkMeasure] {
        topology.links.map { link in
            let held = holdings.ledger.held(on: link.index).bitsPerSecond
            let reservable = link.reservable.bitsPerSecond
            return LinkMeasure(
                id: link.id, isUp: linkStates[link.index.position] == .up,
                reserved: reservable > 0 ? Double(held) / Double(reservable) : 0,
                utilisation: learning.utilisation(of: link.index, at: now))
        }
    }

    package var systemStatus: SystemStatus { status }

    /// Flows without a place that are tried again when room is made.
    package var waitingCount: Int { waiting.count }
}
