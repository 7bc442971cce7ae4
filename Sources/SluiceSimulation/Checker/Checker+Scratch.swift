// Everything from scratch, every thousand events and at the end.

import SluiceControlPlane
import SluiceModel

extension Checker {
    /// Requests, effects and switches that may wait at a time.
    private static let pendingLimit = 20_000

    func checkEverything(_ daemon: SimulatedDaemon, switches: [SimulatedSwitch?], isDown: [Bool]) {
        for fault in daemon.plane.checkInvariants() { report(.invariant, fault) }
        var now = Shadow(linkCount: topology.links.count)
        _ = now.apply(daemon.plane.records)
        require(now.held == shadow.held, .ledger, "sums over all flows are not those of their changes")
        require(now.units == shadow.units, .durability, "a change was not noted for the journal")
        for cookie in carried.keys.sorted() {
            if let flow = carried[cookie] { check(flow, cookie, switches, isDown) }
        }
        require(daemon.pendingCount < Self.pendingLimit, .growth, "\(daemon.pendingCount) requests wait")
        require(daemon.heldCount < Self.pendingLimit, .growth, "\(daemon.heldCount) decisions wait for a commit")
        let sizes = daemon.plane.queueLengths
        require(sizes.timers <= 40 * max(100, shadow.units.count), .growth, "\(sizes.timers) timers are armed")
        require(
            sizes.transactions <= 2 * ControlLimits.transactions, .growth,
            "a switch has \(sizes.transactions) transactions")
        require(sizes.ended <= ControlLimits.endedFlows, .growth, "\(sizes.ended) flows that are over are kept")
    }

    /// What is not as it should be once everything has come to rest.
    func restFault(_ daemon: SimulatedDaemon, switches: [SimulatedSwitch?], isDown: [Bool]) -> Fault? {
        for link in topology.links.indices where shadow.state(of: link) != .up {
            return Fault(
                kind: .convergence, message: "\(topology.links[link].id) is still \(shadow.state(of: link).rawValue)")
        }
        for slot in shadow.units.keys.sorted() {
            guard let unit = shadow.units[slot] else { continue }
            if let expires = unit.expires, expires < daemon.now, !unit.waitsForStart {
                return Fault(kind: .overdue, message: "\(unit.ids[0]) should have expired at \(expires.text)")
            }
            for (direction, flow) in unit.directions.enumerated() where unit.placement != nil {
                guard let packet = WalkedPacket(flow.match) else { continue }
                if unit.state == .admitted {
                    return Fault(kind: .convergence, message: "\(flow.id) is admitted and does not become active")
                }
                let end = walk.end(of: packet, from: flow.source, on: switches, isDown: isDown)
                if end != .delivered(flow.destination) {
                    let id = unit.ids[direction]
                    return Fault(kind: .packet, message: "at rest, a packet of \(id) was \(end)")
                }
            }
        }
        return nil
    }
}
