// Rules that nobody has asked for. What a flow's rules are follows from its place, so as long as no client follows a
// switch or reads its rules, only that is kept from which they can be made; decisions then cost a fraction, and so does
// a restart. Revisions count on, so that whoever held a switch's rules before learns that they have changed. The first
// client that asks has all rules made, as a restart makes them, and from then on every change is compiled and sent.

import SluiceForwarding
import SluiceModel

/// From what a carrier's rules are made when they are asked for.
struct RuleOutline: Hashable, Sendable {
    /// Every link held.
    var links: [LinkIndex]
    var meter: Meter?
    /// A flow without a match makes no rules.
    var makesRules: Bool
}

extension ControlPlane {
    /// Has the rules made, where nobody has asked for them before.
    mutating func wakeRules() {
        guard installation.isDormant else { return }
        let outlines = installation.outlines
        let states = linkStates
        installation.wake(
            Reachability(topology, passesUnadmitted: installation.passesUnadmitted) { states[$0.position] != .down })
        for slot in flows.liveSlots {
            let unit = flows[slot]
            for (direction, place) in (unit.placement ?? []).enumerated() {
                let carrier = unit.carrier(direction)
                // What a killed daemon left half sent is restored as that.
                guard Int(carrier) < outlines.count, let outline = outlines[Int(carrier)] else { continue }
                let target = target(of: unit, direction, place, meter: outline.meter)
                installation.restore(carrier, FlowInstallation(settledOn: target))
            }
        }
    }

    func ruleOutline(of unit: FlowUnit, _ direction: Int, _ placement: DirectionPlacement) -> RuleOutline {
        let makesRules = unit.directions[direction].match != nil
        return RuleOutline(
            links: placement.links, meter: makesRules ? meter(of: unit, direction, placement) : nil,
            makesRules: makesRules)
    }

    /// Meter ids follow the carrier, so they are dense and used by one live flow at a time.
    func meter(of unit: FlowUnit, _ direction: Int, _ placement: DirectionPlacement) -> Meter? {
        guard policy.meters.enabled else { return nil }
        return Meter(
            id: UInt32(unit.carrier(direction)) + 1, bandwidth: placement.bandwidth,
            burstMilliseconds: policy.meters.burstMilliseconds)
    }
}

extension FlowInstallation {
    /// Every switch has what it should.
    init(settledOn target: InstallationTarget) {
        self.init(number: target.number, level: target.level)
        self.target = target
        installed = target.rules
        occupied = target.links.map { Occupied(link: $0.position, bandwidth: target.bandwidth) }
    }
}
