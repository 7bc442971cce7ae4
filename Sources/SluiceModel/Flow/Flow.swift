// Traffic someone asked us to carry, with an identity.

/// How important a flow is; larger is more important (as in OpenFlow and arXiv 2009.10822).
package struct FlowPriority: Hashable, Comparable, Sendable {
    package let level: Int

    /// - Precondition: 0...2^31 − 1.
    package init(_ level: Int) {
        precondition((0...Limits.weight).contains(level), "priority \(level) is out of range")
        self.level = level
    }

    package static func < (left: FlowPriority, right: FlowPriority) -> Bool { left.level < right.level }
}

/// How a flow's path is protected against a failure.
package enum Protection: String, Hashable, Sendable, CaseIterable {
    /// Rerouted after a failure.
    case none
    /// A second path that shares no link with the first is reserved.
    case linkDisjoint
    /// A second path that shares no switch between the ends with the first is reserved.
    case nodeDisjoint
}

/// One direction of traffic between two ends.
package struct Flow: Hashable, Sendable {
    package let id: FlowID
    package let source: NodeIndex
    package let destination: NodeIndex
    package let bandwidth: Bandwidth
    /// The least the flow accepts where policy allows degrading; equal to `bandwidth` where it does not.
    package let minBandwidth: Bandwidth
    package let priority: FlowPriority
    /// Name of the policy class it was admitted under.
    package let className: String?
    package let match: FlowMatch?
    package let constraints: FlowConstraints
    package let protection: Protection
    /// When the flow begins to reserve; nil for at once.
    package let start: Instant?
    /// How long it lives from its start; nil for until withdrawn.
    package let lifetimeSeconds: Double?

    /// Whether any path with room will do.
    package var takesAnyPath: Bool {
        protection == .none && constraints.via.isEmpty && constraints.maxLatency == nil && constraints.maxHops == nil
    }

    package init(
        id: FlowID, source: NodeIndex, destination: NodeIndex, bandwidth: Bandwidth, minBandwidth: Bandwidth? = nil,
        priority: FlowPriority, className: String? = nil, match: FlowMatch? = nil,
        constraints: FlowConstraints = .none, protection: Protection = .none, start: Instant? = nil,
        lifetimeSeconds: Double? = nil
    ) {
        precondition(source != destination, "a flow joins two different nodes")
        precondition(bandwidth > .zero, "a flow has bandwidth")
        self.id = id
        self.source = source
        self.destination = destination
        self.bandwidth = bandwidth
        self.minBandwidth = minBandwidth ?? bandwidth
        self.priority = priority
        self.className = className
        self.match = match
        self.constraints = constraints
        self.protection = protection
        self.start = start
        self.lifetimeSeconds = lifetimeSeconds
    }
}
