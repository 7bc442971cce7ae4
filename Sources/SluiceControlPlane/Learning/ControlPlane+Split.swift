// Flows on several paths at once. The weights of a split flow's select groups follow its automaton's probabilities, in
// whole units, and change only where that is worth a rule update. The ledger holds the flow's whole bandwidth on every
// path of the group, so that whatever the switches' hashing makes of the weights, no reservation of others is touched.

import SluiceForwarding
import SluiceLearning
import SluiceModel

extension ControlPlane {
    /// Gives the flow the weights that its automaton recommends, as far as the ledger has room for the paths and they go
    /// together; false where it stays as it is.
    mutating func divide(
        _ slot: Int, _ direction: Int, _ selector: inout PathSelector, _ round: inout MoveRound
    ) -> Bool {
        guard let placement = flows[slot].placement?[direction] else { return false }
        let present = weights(of: placement, among: selector.paths)
        var possible = available(selector, placement, for: flows[slot].holder(direction))
        while let wanted = selector.weights(among: possible, present: present, at: now) {
            guard let place = self.placement(placement.bandwidth, on: selector.paths, weights: wanted) else {
                // They make a circle: without the newcomer that matters least, they may not.
                let newcomers = wanted.indices.filter { wanted[$0] > 0 && present[$0] == 0 }
                guard let least = newcomers.min(by: { wanted[$0] < wanted[$1] }) else { return false }
                possible.remove(ActionSet(action: least))
                continue
            }
            let (formerRound, formerExpected) = (round, learning.expected)
            guard
                let rewards = round.approve(
                    selector, bandwidth: placement.bandwidth, from: present, to: wanted,
                    tolerance: learning.policy.margin, estimates: &learning.expected)
            else { return false }
            guard relocate(slot, direction, to: place, rewards: rewards),
                let main = selector.paths.firstIndex(of: place.path)
            else {
                (round, learning.expected) = (formerRound, formerExpected)
                return false
            }
            selector.split(mainly: main, at: now)
            return true
        }
        return false
    }

    /// Brings a split flow back to its main path, where the policy does not split it any more, or a switch cannot.
    mutating func gather(_ slot: Int, _ direction: Int, reason: Occurrence.MoveReason = .learning) -> Bool {
        guard let placement = flows[slot].placement?[direction] else { return false }
        let place = DirectionPlacement(bandwidth: placement.bandwidth, path: placement.path)
        return relocate(slot, direction, to: place, rewards: nil, reason: reason)
    }

    /// The paths of positive weight, the greatest first; nil where they do not go together.
    private func placement(_ bandwidth: Bandwidth, on paths: [Path], weights: [Int]) -> DirectionPlacement? {
        let positions = weights.indices.filter { weights[$0] > 0 }.sorted {
            weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1
        }
        if positions.count == 1 { return DirectionPlacement(bandwidth: bandwidth, path: paths[positions[0]]) }
        return SplitPaths(positions.map { paths[$0] }, weights: positions.map { weights[$0] }, in: topology).map {
            DirectionPlacement(bandwidth: bandwidth, split: $0)
        }
    }

    /// The weight of each of `paths`; 1 for the one path of a flow that is not split.
    private func weights(of placement: DirectionPlacement, among paths: [Path]) -> [Int] {
        paths.map { path in
            guard let split = placement.split else { return path == placement.path ? 1 : 0 }
            return split.paths.firstIndex(of: path).map { split.weights[$0] } ?? 0
        }
    }

    /// The paths of a split flow, in names; none for a flow on one path.
    func shares(of placement: DirectionPlacement?) -> [PathShare] {
        guard let split = placement?.split else { return [] }
        return zip(split.paths, split.weights).map { PathShare(links: names(of: $0.links), weight: $1) }
    }
}
