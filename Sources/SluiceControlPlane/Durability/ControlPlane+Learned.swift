// What automata have learned, back from a snapshot.

import SluiceLearning
import SluiceModel

extension ControlPlane {
    /// Gives a carrier back what its automaton had learned, where the flow is where it was then and the policy still has
    /// a use for it; what was learned is a hint, and a missing one does no harm.
    mutating func restoreAutomaton(_ number: Int, _ record: AutomatonRecord) {
        guard let carrier = Carrier(exactly: number), carrier >= 0 else { return }
        recorded?.automata.insert(carrier)
        let (slot, direction) = (number / 2, number % 2)
        guard learning.policy.scheme != .off, slot < flows.slots.count, let unit = flows.slots[slot], !unit.isProtected,
            let placement = unit.placement, direction < placement.count, record.paths.indices.contains(record.current),
            record.paths.count > 1, record.paths.count <= ActionSet.limit,
            record.paths.joined().allSatisfy({ $0.raw >= 0 && $0.position < topology.links.count })
        else { return }
        let paths = record.paths.compactMap { Path($0, in: topology) }
        guard paths.count == record.paths.count, Set(paths).count == paths.count,
            paths[record.current] == placement[direction].path
        else { return }
        let flow = unit.directions[direction]
        let weights =
            flow.className.flatMap { policy.trafficClass(named: $0)?.rewardWeights } ?? learning.policy.rewardWeights
        var selector = PathSelector(
            paths: paths, current: record.current, weights: weights, policy: learning.policy, topology: topology,
            at: unit.placedAt)
        if selector.remember(record.probabilities) { learning.selectors[carrier] = selector }
    }
}
