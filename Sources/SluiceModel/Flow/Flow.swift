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
///
/// One reference to facts that never change: a flow is handed on many times while it is decided about.
package struct Flow: Sendable {
    @usableFromInline
    final class Facts: Hashable, Sendable {
        @usableFromInline let id: FlowID
        @usableFromInline let source: NodeIndex
        @usableFromInline let destination: NodeIndex
        @usableFromInline let bandwidth: Bandwidth
        @usableFromInline let minBandwidth: Bandwidth
        @usableFromInline let priority: FlowPriority
        @usableFromInline let className: String?
        @usableFromInline let match: FlowMatch?
        /// Nil for none, which is what most flows have.
        @usableFromInline let constraintBox: ConstraintBox?
        @usableFromInline let protection: Protection
        @usableFromInline let start: Instant?
        @usableFromInline let lifetimeSeconds: Double?
        @usableFromInline let takesAnyPath: Bool

        init(
            id: FlowID, source: NodeIndex, destination: NodeIndex, bandwidth: Bandwidth, minBandwidth: Bandwidth,
            priority: FlowPriority, className: String?, match: FlowMatch?, constraints: FlowConstraints,
            protection: Protection, start: Instant?, lifetimeSeconds: Double?
        ) {
            self.id = id
            self.source = source
            self.destination = destination
            self.bandwidth = bandwidth
            self.minBandwidth = minBandwidth
            self.priority = priority
            self.className = className
            self.match = match
            constraintBox = constraints == .none ? nil : ConstraintBox(constraints)
            self.protection = protection
            self.start = start
            self.lifetimeSeconds = lifetimeSeconds
            takesAnyPath =
                protection == .none && constraints.via.isEmpty && constraints.maxLatency == nil
                && constraints.maxHops == nil
        }

        @usableFromInline var constraints: FlowConstraints { constraintBox?.constraints ?? .none }

        @usableFromInline
        static func == (left: Facts, right: Facts) -> Bool {
            left.id == right.id && left.source == right.source && left.destination == right.destination
                && left.bandwidth == right.bandwidth && left.minBandwidth == right.minBandwidth
                && left.priority == right.priority && left.className == right.className && left.match == right.match
                && left.constraints == right.constraints && left.protection == right.protection
                && left.start == right.start && left.lifetimeSeconds == right.lifetimeSeconds
        }

        @usableFromInline
        func hash(into hasher: inout Hasher) {
            hasher.combine(id)
            hasher.combine(source)
            hasher.combine(destination)
            hasher.combine(bandwidth)
        }
    }

    @usableFromInline
    final class ConstraintBox: Sendable {
        @usableFromInline let constraints: FlowConstraints
        init(_ constraints: FlowConstraints) { self.constraints = constraints }
    }

    @usableFromInline let facts: Facts

    @inlinable package var id: FlowID { facts.id }
    @inlinable package var source: NodeIndex { facts.source }
    @inlinable package var destination: NodeIndex { facts.destination }
    @inlinable package var bandwidth: Bandwidth { facts.bandwidth }
    /// The least the flow accepts where policy allows degrading; equal to `bandwidth` where it does not.
    @inlinable package var minBandwidth: Bandwidth { facts.minBandwidth }
    @inlinable package var priority: FlowPriority { facts.priority }
    /// Name of the policy class it was admitted under.
    @inlinable package var className: String? { facts.className }
    @inlinable package var match: FlowMatch? { facts.match }
    @inlinable package var constraints: FlowConstraints { facts.constraints }
    /// Whether it requires anything of its path beside room.
    @inlinable package var isConstrained: Bool { facts.constraintBox != nil }
    @inlinable package var protection: Protection { facts.protection }
    /// When the flow begins to reserve; nil for at once.
    @inlinable package var start: Instant? { facts.start }
    /// How long it lives from its start; nil for until withdrawn.
    @inlinable package var lifetimeSeconds: Double? { facts.lifetimeSeconds }

    /// Whether any path with room will do.
    @inlinable package var takesAnyPath: Bool { facts.takesAnyPath }

    package init(
        id: FlowID, source: NodeIndex, destination: NodeIndex, bandwidth: Bandwidth, minBandwidth: Bandwidth? = nil,
        priority: FlowPriority, className: String? = nil, match: FlowMatch? = nil,
        constraints: FlowConstraints = .none, protection: Protection = .none, start: Instant? = nil,
        lifetimeSeconds: Double? = nil
    ) {
        precondition(source != destination, "a flow joins two different nodes")
        precondition(bandwidth > .zero, "a flow has bandwidth")
        facts = Facts(
            id: id, source: source, destination: destination, bandwidth: bandwidth,
            minBandwidth: minBandwidth ?? bandwidth, priority: priority, className: className, match: match,
            constraints: constraints, protection: protection, start: start, lifetimeSeconds: lifetimeSeconds)
    }
}

extension Flow: Hashable {
    @inlinable
    package static func == (left: Flow, right: Flow) -> Bool { left.facts === right.facts || left.facts == right.facts }

    package func hash(into hasher: inout Hasher) { facts.hash(into: &hasher) }
}

/// As if its facts were its own.
extension Flow: CustomReflectable {
    package var customMirror: Mirror { Mirror(reflecting: facts) }
}
