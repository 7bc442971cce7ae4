// What automata have learned, back from a snapshot.

import SluiceLearning
import SluiceModel

extension ControlPlane {
    /// Gives a carrier back what its automaton had learned, where the flow has one of the paths that it chose among and
    /// the policy still has a use for it, whichever scheme it is now; what was learned is a hint, and a missing one does
    /// no harm.
    mutating func restoreAutomaton(_ number: Int, _ record: AutomatonRecord) {
        guard let carrier = Carrier(exactly: number), carrier >= 0 else { return }
        recorded?.automata.insert(carrier)
        let (slot, direction) = (number / 2, number % 2)
        guard learning.policy.scheme != .off, slot < flows.slots.count, let unit = flows.slots[slot], !unit.isProtected,
            let placement = unit.placement, direction < placement.count,
            record.paths.count > 1, record.paths.count <= ActionSet.limit,
            record.paths.joined().allSatisfy({ $0.raw >= 0 && $0.position < topology.links.count })
        else { return }
        let flow = unit.directions[direction]
        let paths = record.paths.compactMap { Path($0, in: topology) }.filter {
            $0.source(in: topology) == flow.source && $0.destination(in: topology) == flow.destination
        }
        guard paths.count == record.paths.count, Set(paths).count == paths.count,
            let current = paths.firstIndex(of: placement[direction].path)
        else { return }
        learning.selectors[carrier] = PathSelector(
            paths: paths, current: current, weights: rewardWeights(of: flow), policy: learning.policy,
            topology: topology, remembering: AutomatonMemory(record), at: unit.placedAt)
        // Links may have failed, or the policy have changed, since it was written.
        learning.outdated.insert(carrier)
    }
}

extension AutomatonRecord {
    init(_ selector: PathSelector) {
        let memory = selector.automaton.memory
        self.init(
            paths: selector.paths.map(\.links), probabilities: memory.probabilities,
            estimates: memory.estimates.map { Estimate(mean: $0.mean, count: $0.count) })
    }
}

extension AutomatonMemory {
    /// Not checked; `recall` is.
    fileprivate init(_ record: AutomatonRecord) {
        self.init(
            probabilities: record.probabilities,
            estimates: record.estimates.map { Estimate(mean: $0.mean, count: $0.count) })
    }
}
