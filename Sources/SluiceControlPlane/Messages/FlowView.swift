// What clients are told about flows, links and the whole: names instead of indices, and nothing that could change
// behind their back.

package import SluiceForwarding
package import SluiceModel

package enum FlowState: String, Hashable, Sendable, CaseIterable {
    /// Wants to be admitted and is not: its start is in the future, or a failure has taken its path.
    case pending
    /// Holds its bandwidth on its path.
    case admitted
    /// Admitted, and every switch on its path has confirmed its rules.
    case active
    /// Admitted with less than it asked for; `FlowView.reasons` says with how much less of what.
    case degraded
    /// Gave way to more important flows; returns when there is room.
    case preempted
    case rejected
    case withdrawn
    case expired

    /// Whether the flow still wants, or has, its bandwidth.
    package var isLive: Bool {
        switch self {
        case .pending, .admitted, .active, .degraded, .preempted: true
        case .rejected, .withdrawn, .expired: false
        }
    }
}

/// Why a flow is in its state, where the state alone does not say.
package enum FlowReason: Hashable, Sendable {
    case waitsForStart(Instant)
    /// Pushed out by this flow.
    case preemptedBy(FlowID)
    /// This link went down, or was drained away, and there was no other room.
    case linkLost(LinkID)
    /// The last re-optimisation gave its place to others.
    case displacedByOptimization
    case reducedBandwidth(wanted: Bandwidth)
    /// The second path of a protected flow was lost.
    case unprotected
    /// This switch refused a rule.
    case installationFailed(switch: NodeID, message: String)
    /// Nothing says which packets are its: it has no match, and an end that is a switch has no address.
    case reservesOnly

    /// Stable snake_case code.
    package var code: String {
        switch self {
        case .waitsForStart: "waits_for_start"
        case .preemptedBy: "preempted_by"
        case .linkLost: "link_lost"
        case .displacedByOptimization: "displaced_by_optimization"
        case .reducedBandwidth: "reduced_bandwidth"
        case .unprotected: "unprotected"
        case .installationFailed: "installation_failed"
        case .reservesOnly: "reserves_only"
        }
    }

    package var text: String {
        switch self {
        case .waitsForStart(let start):
            "it starts at \(start.text); nothing is held for it before, and it is decided then"
        case .preemptedBy(let flow): "the more important flow \"\(flow)\" needed its place"
        case .linkLost(let link): "link \(link) was lost, and no other path has room"
        case .displacedByOptimization: "a re-optimisation gave its place to other flows"
        case .reducedBandwidth(let wanted): "it asked for \(wanted.text)"
        case .unprotected: "its second path was lost, and there is no other"
        case .installationFailed(let name, let message): "switch \"\(name)\" refused a rule: \(message)"
        case .reservesOnly: "it has no match, so it reserves bandwidth and makes no rules"
        }
    }
}

package struct FlowView: Hashable, Sendable {
    package var id: FlowID
    package var state: FlowState
    package var reasons: [FlowReason]
    package var source: NodeID
    package var destination: NodeID
    /// What is held where the flow is admitted, else what it asked for.
    package var bandwidth: Bandwidth
    package var requestedBandwidth: Bandwidth
    package var priority: Int
    package var className: String?
    /// Nodes of the path, source first; empty where the flow has none.
    package var path: [NodeID]
    package var links: [LinkID]
    package var latency: Latency?
    /// The paths of a split flow, the one that gets most first; none for a flow on one path.
    package var shares: [PathShare] = []
    /// Links of the second path of a protected flow.
    package var backupLinks: [LinkID]
    package var protection: Protection
    package var match: FlowMatch?
    package var constraints: ConstraintRequest
    /// The other flow of a pair made by `reverseBandwidth`.
    package var companion: FlowID?
    package var start: Instant?
    package var expires: Instant?
    package var submitted: Instant
    /// Cookie of its rules; fits 53 bits.
    package var cookie: UInt64
    /// Why it is `rejected`.
    package var rejection: Rejection?

    package init(
        id: FlowID, state: FlowState, reasons: [FlowReason], source: NodeID, destination: NodeID, bandwidth: Bandwidth,
        requestedBandwidth: Bandwidth, priority: Int, className: String?, path: [NodeID], links: [LinkID],
        latency: Latency?, shares: [PathShare] = [], backupLinks: [LinkID], protection: Protection, match: FlowMatch?,
        constraints: ConstraintRequest, companion: FlowID?, start: Instant?, expires: Instant?, submitted: Instant,
        cookie: UInt64, rejection: Rejection?
    ) {
        self.id = id
        self.state = state
        self.reasons = reasons
        self.source = source
        self.destination = destination
        self.bandwidth = bandwidth
        self.requestedBandwidth = requestedBandwidth
        self.priority = priority
        self.className = className
        self.path = path
        self.links = links
        self.latency = latency
        self.shares = shares
        self.backupLinks = backupLinks
        self.protection = protection
        self.match = match
        self.constraints = constraints
        self.companion = companion
        self.start = start
        self.expires = expires
        self.submitted = submitted
        self.cookie = cookie
        self.rejection = rejection
    }
}

/// One path of a split flow.
package struct PathShare: Hashable, Sendable {
    package var links: [LinkID]
    /// Its part of the flow's traffic, over the sum of all weights of the flow.
    package var weight: Int

    package init(links: [LinkID], weight: Int) {
        self.links = links
        self.weight = weight
    }
}

/// A flow that had to give way, and what became of it.
package struct PreemptedFlow: Hashable, Sendable {
    package var id: FlowID
    package var priority: Int
    package var bandwidth: Bandwidth
    package var state: FlowState
}

/// An admitted flow that now takes another path.
package struct MovedFlow: Hashable, Sendable {
    package var id: FlowID
    package var from: [LinkID]
    package var to: [LinkID]
}

package struct LinkView: Hashable, Sendable {
    package var id: LinkID
    package var from: NodeID
    package var to: NodeID
    package var fromPort: PortNumber?
    package var toPort: PortNumber?
    package var isAccess: Bool
    package var state: LinkState
    package var capacity: Bandwidth
    package var reservable: Bandwidth
    package var reserved: Bandwidth
    package var residual: Bandwidth
    package var latency: Latency
    package var affinity: [String]
    package var sharedRisk: [String]
    /// Admitted flows that use it.
    package var flows: Int
    /// What telemetry measured, 0 to 1; nil where nothing fresh is known.
    package var utilisation: Double?
    /// Up, and closed to flows until then, since it has failed repeatedly.
    package var heldUntil: Instant?
    /// Pools under the policy's bandwidth constraints; empty where there are none.
    package var classTypes: [ClassTypeView] = []

    /// What a class type's pool holds and may hold: of the class type itself (MAM), or of it and those above (RDM).
    package struct ClassTypeView: Hashable, Sendable {
        package var classType: Int
        package var limit: Bandwidth
        package var held: Bandwidth
    }
}

package struct NodeView: Hashable, Sendable {
    package var id: NodeID
    /// Where a host hangs.
    package struct Attachment: Hashable, Sendable {
        package var `switch`: NodeID
        package var port: PortNumber
    }

    package var isHost: Bool
    package var datapath: DatapathID?
    package var location: Location?
    /// Most rules a switch holds, where the topology says.
    package var ruleCapacity: Int?
    package var host: Host?
    package var attachment: Attachment?
}

package struct TopologyView: Hashable, Sendable {
    package var name: String
    package var nodes: [NodeView]
    package var links: [LinkView]
}

/// What one switch should hold at `revision`.
package struct SwitchRules: Hashable, Sendable {
    package var `switch`: NodeID
    package var datapath: DatapathID
    package var revision: UInt64
    /// Last revision that the switch's owner confirmed.
    package var confirmedRevision: UInt64
    package var isOwned: Bool
    package var content: SwitchChange
}
