// What clients ask, as values: the wire's names are already texts and numbers of the right kind, but nothing has been
// looked up in the topology or the policy yet.

package import SluiceModel

package enum Request: Hashable, Sendable {
    case submit(FlowRequest, dryRun: Bool)
    /// Atomic: all are admitted or none.
    case submitBatch([FlowRequest], atomic: Bool, dryRun: Bool = false)
    case update(FlowUpdate, dryRun: Bool)
    case withdraw(FlowID)
    case get(FlowID)
    case list(FlowFilter)
    case explain(FlowID)
    case topology
    /// `link` as in constraints: `ID` for both directions, `ID>` or `ID<` for one; or a switch, for all its links.
    case setLink(link: String, state: LinkState, dryRun: Bool)
    /// All switches where nil.
    case rules(switch: NodeID?)
    case subscribeRules(RulesSubscription)
    case acknowledgeRules(RulesAcknowledgement)
    /// All kinds where nil.
    case subscribeEvents(kinds: [Occurrence.Kind]?)
    case reportTelemetry([TelemetrySample])
    case telemetryStatus
    /// What automata have learned; of all flows where nil.
    case automata(FlowID?)
    case optimize(OptimizeRequest)
    case optimizeStatus
    case status
    case policy
    case replacePolicy(Policy)
    case replaceTopology(TopologyProposal, dryRun: Bool)
}

/// A flow as it is asked for.
///
/// One reference to facts that never change, since a request is handed on many times and kept with its flow; setting a
/// member makes new ones.
package struct FlowRequest: Sendable {
    private struct Facts: Hashable, Sendable {
        var id: FlowID?
        var source: NodeID
        var destination: NodeID
        var bandwidth: Bandwidth
        var reverseBandwidth: Bandwidth?
        var minBandwidth: Bandwidth?
        var className: String?
        var priority: Int?
        var match: FlowMatch?
        /// Nil for none, which is what most flows ask for.
        var constraintBox: ConstraintBox?
        var protection: Protection
        var start: Instant?
        var lifetimeSeconds: Double?
    }

    private final class ConstraintBox: Hashable, Sendable {
        let constraints: ConstraintRequest

        /// Nil where they are empty.
        init?(_ constraints: ConstraintRequest) {
            if constraints.isEmpty { return nil }
            self.constraints = constraints
        }

        static func == (left: ConstraintBox, right: ConstraintBox) -> Bool { left.constraints == right.constraints }
        func hash(into hasher: inout Hasher) { hasher.combine(constraints) }
    }

    private final class Box: Sendable {
        let facts: Facts
        init(_ facts: Facts) { self.facts = facts }
    }

    private var box: Box

    private mutating func change(_ body: (inout Facts) -> Void) {
        var facts = box.facts
        body(&facts)
        box = Box(facts)
    }

    /// Chosen by the control plane where nil.
    package var id: FlowID? {
        get { box.facts.id }
        set { change { $0.id = newValue } }
    }
    package var source: NodeID {
        get { box.facts.source }
        set { change { $0.source = newValue } }
    }
    package var destination: NodeID {
        get { box.facts.destination }
        set { change { $0.destination = newValue } }
    }
    package var bandwidth: Bandwidth {
        get { box.facts.bandwidth }
        set { change { $0.bandwidth = newValue } }
    }
    /// Asks for the companion flow `ID~reverse`.
    package var reverseBandwidth: Bandwidth? {
        get { box.facts.reverseBandwidth }
        set { change { $0.reverseBandwidth = newValue } }
    }
    /// The least that is acceptable where `bandwidth` does not fit; nil: all or nothing.
    package var minBandwidth: Bandwidth? {
        get { box.facts.minBandwidth }
        set { change { $0.minBandwidth = newValue } }
    }
    /// Not together with `priority`; neither means the policy's default class.
    package var className: String? {
        get { box.facts.className }
        set { change { $0.className = newValue } }
    }
    package var priority: Int? {
        get { box.facts.priority }
        set { change { $0.priority = newValue } }
    }
    package var match: FlowMatch? {
        get { box.facts.match }
        set { change { $0.match = newValue } }
    }
    package var constraints: ConstraintRequest {
        get { box.facts.constraintBox?.constraints ?? ConstraintRequest() }
        set { change { $0.constraintBox = ConstraintBox(newValue) } }
    }
    package var protection: Protection {
        get { box.facts.protection }
        set { change { $0.protection = newValue } }
    }
    package var start: Instant? {
        get { box.facts.start }
        set { change { $0.start = newValue } }
    }
    package var lifetimeSeconds: Double? {
        get { box.facts.lifetimeSeconds }
        set { change { $0.lifetimeSeconds = newValue } }
    }

    package init(
        id: FlowID? = nil, source: NodeID, destination: NodeID, bandwidth: Bandwidth,
        reverseBandwidth: Bandwidth? = nil, minBandwidth: Bandwidth? = nil, className: String? = nil,
        priority: Int? = nil, match: FlowMatch? = nil, constraints: ConstraintRequest = ConstraintRequest(),
        protection: Protection = .none, start: Instant? = nil, lifetimeSeconds: Double? = nil
    ) {
        box = Box(
            Facts(
                id: id, source: source, destination: destination, bandwidth: bandwidth,
                reverseBandwidth: reverseBandwidth, minBandwidth: minBandwidth, className: className,
                priority: priority, match: match, constraintBox: ConstraintBox(constraints), protection: protection,
                start: start, lifetimeSeconds: lifetimeSeconds))
    }
}

extension FlowRequest: Hashable {
    package static func == (left: FlowRequest, right: FlowRequest) -> Bool {
        left.box === right.box || left.box.facts == right.box.facts
    }

    package func hash(into hasher: inout Hasher) { box.facts.hash(into: &hasher) }
}

/// As if its facts were its own.
extension FlowRequest: CustomReflectable {
    package var customMirror: Mirror { Mirror(reflecting: box.facts) }
}

/// `FlowConstraints` in names.
package struct ConstraintRequest: Hashable, Sendable {
    package var maxLatency: Latency?
    package var maxHops: Int?
    /// Switch or link ids; a link as `ID`, `ID>` or `ID<`.
    package var avoid: [String]
    package var via: [String]
    package var includeAny: [String]
    package var includeAll: [String]
    package var exclude: [String]

    package init(
        maxLatency: Latency? = nil, maxHops: Int? = nil, avoid: [String] = [], via: [String] = [],
        includeAny: [String] = [], includeAll: [String] = [], exclude: [String] = []
    ) {
        self.maxLatency = maxLatency
        self.maxHops = maxHops
        self.avoid = avoid
        self.via = via
        self.includeAny = includeAny
        self.includeAll = includeAll
        self.exclude = exclude
    }
}

extension ConstraintRequest {
    /// Whether any path will do.
    var isEmpty: Bool {
        maxLatency == nil && maxHops == nil && avoid.isEmpty && via.isEmpty && includeAny.isEmpty && includeAll.isEmpty
            && exclude.isEmpty
    }
}

/// Changes to a live flow; what is nil stays.
package struct FlowUpdate: Hashable, Sendable {
    package var id: FlowID
    package var bandwidth: Bandwidth?
    package var reverseBandwidth: Bandwidth?
    package var minBandwidth: Bandwidth?
    package var className: String?
    package var priority: Int?
    package var match: FlowMatch?
    package var constraints: ConstraintRequest?
    package var protection: Protection?
    /// Counted anew from the moment of the update.
    package var lifetimeSeconds: Double?

    package init(
        id: FlowID, bandwidth: Bandwidth? = nil, reverseBandwidth: Bandwidth? = nil, minBandwidth: Bandwidth? = nil,
        className: String? = nil, priority: Int? = nil, match: FlowMatch? = nil,
        constraints: ConstraintRequest? = nil, protection: Protection? = nil, lifetimeSeconds: Double? = nil
    ) {
        self.id = id
        self.bandwidth = bandwidth
        self.reverseBandwidth = reverseBandwidth
        self.minBandwidth = minBandwidth
        self.className = className
        self.priority = priority
        self.match = match
        self.constraints = constraints
        self.protection = protection
        self.lifetimeSeconds = lifetimeSeconds
    }
}

/// Which flows to list; nil takes all.
package struct FlowFilter: Hashable, Sendable {
    package var states: [FlowState]?
    package var className: String?
    package var source: NodeID?
    package var destination: NodeID?
    /// Flows whose path uses the link, in either or the named direction.
    package var link: String?
    /// At most this many, at most `ControlLimits.listPage`.
    package var limit: Int?
    /// As an earlier answer gave it.
    package var cursor: String?

    package init(
        states: [FlowState]? = nil, className: String? = nil, source: NodeID? = nil, destination: NodeID? = nil,
        link: String? = nil, limit: Int? = nil, cursor: String? = nil
    ) {
        self.states = states
        self.className = className
        self.source = source
        self.destination = destination
        self.link = link
        self.limit = limit
        self.cursor = cursor
    }
}

package struct RulesSubscription: Hashable, Sendable {
    /// All switches where nil.
    package var switches: [NodeID]?
    /// Revision that the subscriber holds of every one of them; nil: it holds nothing.
    package var sinceRevision: UInt64?
    /// Takes over the switches: its acknowledgements release the next rounds.
    package var own: Bool

    package init(switches: [NodeID]? = nil, sinceRevision: UInt64? = nil, own: Bool = false) {
        self.switches = switches
        self.sinceRevision = sinceRevision
        self.own = own
    }
}

package struct RulesAcknowledgement: Hashable, Sendable {
    /// A rule that the switch refused, by its flow's cookie.
    package struct Failure: Hashable, Sendable {
        package var cookie: UInt64
        package var message: String
        /// The switch holds as many rules as it can: it would take this one in place of another.
        package var isTableFull: Bool
        package init(cookie: UInt64, message: String, isTableFull: Bool = false) {
            self.cookie = cookie
            self.message = message
            self.isTableFull = isTableFull
        }
    }

    package var `switch`: NodeID
    package var revision: UInt64
    package var failures: [Failure]

    package init(switch: NodeID, revision: UInt64, failures: [Failure] = []) {
        self.switch = `switch`
        self.revision = revision
        self.failures = failures
    }
}

/// A `LinkSample` in names.
package struct TelemetrySample: Hashable, Sendable {
    /// `ID>` or `ID<`, or `ID` of a directed link: a measurement has one direction.
    package var link: String
    package var time: Instant?
    package var utilisation: Double?
    package var queueDepthBytes: Int?
    package var latency: Latency?
    package var lossRatio: Double?

    package init(
        link: String, time: Instant? = nil, utilisation: Double? = nil, queueDepthBytes: Int? = nil,
        latency: Latency? = nil, lossRatio: Double? = nil
    ) {
        self.link = link
        self.time = time
        self.utilisation = utilisation
        self.queueDepthBytes = queueDepthBytes
        self.latency = latency
        self.lossRatio = lossRatio
    }
}

package struct OptimizeRequest: Hashable, Sendable {
    /// The policy's where nil.
    package var budgetSeconds: Double?
    package var method: AdmissionPolicy.Method?
    package var maxMoves: Int?
    package var dryRun: Bool

    package init(
        budgetSeconds: Double? = nil, method: AdmissionPolicy.Method? = nil, maxMoves: Int? = nil, dryRun: Bool = false
    ) {
        self.budgetSeconds = budgetSeconds
        self.method = method
        self.maxMoves = maxMoves
        self.dryRun = dryRun
    }
}
