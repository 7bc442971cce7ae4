// "Did you mean": the names of the network and its policy that a wrong one is compared with.

package import SluiceControlPlane
package import SluiceModel
import SluiceProtocol

/// A view of a control plane; nothing is gathered before it is asked for.
package struct KnownNames {
    private let topology: Topology
    private let policy: Policy

    package init(topology: Topology, policy: Policy) {
        self.topology = topology
        self.policy = policy
    }

    /// The known name that was probably meant by the one that `error` is about.
    package func nearest(to error: RequestError) -> String? {
        switch error {
        case .unknownNode(_, let name): nearest(to: name, among: topology.nodes.map(\.id.text))
        case .unknownLink(let field, let name):
            // Waypoints may be switches too; a filter or a report names a link.
            nearest(
                to: name,
                among: topology.cables.map(\.id)
                    + (field == "link" ? [] : topology.nodes.filter { !$0.isHost }.map(\.id.text)))
        case .unknownSwitch(let name):
            nearest(to: name, among: topology.nodes.filter { !$0.isHost }.map(\.id.text))
        case .unknownClass(let name): nearest(to: name, among: policy.classes.map(\.name))
        case .unknownAffinity(_, let name): nearest(to: name, among: topology.affinityNames)
        case .invalid, .duplicateFlow, .unknownFlow, .flowEnded, .switchOwned, .switchNotOwned, .unknownRevision,
            .optimizationRunning, .limitReached:
            nil
        }
    }

    private func nearest(to name: String, among names: [String]) -> String? {
        // Comparing costs about a microsecond a name, and decisions wait meanwhile.
        guard names.count <= MappingLimits.namesCompared else { return nil }
        return Suggestion.nearest(to: name, among: names)
    }
}
