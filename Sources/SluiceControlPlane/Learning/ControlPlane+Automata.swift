// What was learned, for those who ask.

import SluiceForwarding
import SluiceLearning
package import SluiceModel

/// What one flow's automaton has learned.
package struct AutomatonView: Hashable, Sendable {
    package struct Candidate: Hashable, Sendable {
        package var links: [LinkID]
        package var probability: Double
        /// 0 to 1; nil where not every link of it has a fresh sample.
        package var reward: Double?
        package var isPresent: Bool
        /// Share of the flow's traffic that it is given, in units of the weights' sum; nil where the flow is not split.
        package var weight: Int?
    }

    package var flow: FlowID
    /// Where the candidates part, and where they have all come together again.
    package var decisionSwitch: NodeID
    package var endSwitch: NodeID
    package var candidates: [Candidate]
    /// Where the flow has been put, and why, oldest first; as far back as its history goes.
    package var choices: [Occurrence]
}

extension ControlPlane {
    /// What the automata of a flow, or of all, have learned; flows without one are left out.
    func automata(of id: FlowID?) throws(RequestError) -> [AutomatonView] {
        var wanted: Carrier?
        if let id {
            guard let known = flows.slot(of: id) else { throw .unknownFlow(id) }
            wanted = Carrier(2 * known.slot + known.direction)
        }
        let carriers = wanted.map { [$0] } ?? learning.selectors.keys.sorted()
        return carriers.compactMap { carrier in
            let slot = Int(carrier / 2)
            let direction = Int(carrier % 2)
            guard let selector = learning.selectors[carrier], slot < flows.slots.count, let unit = flows.slots[slot],
                let placement = unit.placement.flatMap({ $0.count > direction ? $0[direction] : nil })
            else { return nil }
            let id = unit.directions[direction].id
            let (decision, end) = domain(of: selector.paths)
            return AutomatonView(
                flow: id, decisionSwitch: topology[decision].id, endSwitch: topology[end].id,
                candidates: selector.paths.indices.map { index in
                    let path = selector.paths[index]
                    let share = placement.split.map { split in
                        split.paths.firstIndex(of: path).map { split.weights[$0] } ?? 0
                    }
                    return AutomatonView.Candidate(
                        links: names(of: path.links), probability: selector.automaton.probability(of: index),
                        reward: selector.rewards[index], isPresent: placement.pathsInUse.contains(path), weight: share)
                },
                choices: unit.history.filter { occurrence in
                    guard occurrence.flow == id else { return false }
                    switch occurrence.kind {
                    case .flowAdmitted, .flowMoved, .flowSplit, .flowUpdated: return true
                    default: return false
                    }
                })
        }
    }

    /// The domain of a flow (arXiv 2508.13806): the node at which its candidates part, and that from which on they are
    /// one again. What lies between are the path segments to choose among.
    private func domain(of paths: [Path]) -> (decision: NodeIndex, end: NodeIndex) {
        let nodes = paths.map { $0.nodes(in: topology) }
        var common = 0
        while nodes.allSatisfy({ common + 1 < $0.count && $0[common + 1] == nodes[0][common + 1] }) { common += 1 }
        var tail = 0
        while nodes.allSatisfy({ tail + 1 < $0.count && $0[$0.count - 2 - tail] == nodes[0][nodes[0].count - 2 - tail] }
        ) {
            tail += 1
        }
        return (nodes[0][common], nodes[0][nodes[0].count - 1 - tail])
    }
}
