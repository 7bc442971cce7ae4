// One demand of a file, resolved against a topology: a flow as someone wrote it down.

package import SluiceModel

package struct DemandRecord: Hashable, Sendable {
    /// How the file says how important the demand is.
    package enum Importance: Hashable, Sendable {
        /// A policy decides; where there is none, the priority is 1.
        case unstated
        case priority(FlowPriority)
        /// The name of a policy class.
        case trafficClass(String)
    }

    package let id: FlowID
    package let source: NodeIndex
    /// Differs from `source`.
    package let destination: NodeIndex
    /// Above zero.
    package let bandwidth: Bandwidth
    package let importance: Importance
    package let constraints: FlowConstraints

    package init(
        id: FlowID, source: NodeIndex, destination: NodeIndex, bandwidth: Bandwidth,
        importance: Importance = .unstated, constraints: FlowConstraints = .none
    ) {
        precondition(source != destination, "a demand joins two different nodes")
        precondition(bandwidth > .zero, "a demand has bandwidth")
        self.id = id
        self.source = source
        self.destination = destination
        self.bandwidth = bandwidth
        self.importance = importance
        self.constraints = constraints
    }

    /// The priority where the file states one or none; 1 where it states none. nil for a class, which only a policy
    /// can turn into a priority.
    package var priority: FlowPriority? {
        switch importance {
        case .unstated: FlowPriority(1)
        case .priority(let priority): priority
        case .trafficClass: nil
        }
    }
}
