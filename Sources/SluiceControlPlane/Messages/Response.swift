// Answers to requests that were understood.

package import SluiceModel

/// Behind one reference: answers are large, and they are handed on many times.
package indirect enum Response: Hashable, Sendable {
    case flow(FlowResult)
    /// One for each flow of the batch, in order.
    case batch([BatchItem])
    case withdrawn(FlowResult)
    case flowDetails(FlowView)
    case flows([FlowView], cursor: String?)
    case explanation(Explanation)
    case topology(TopologyView)
    case linksSet(LinkChange)
    case rules([SwitchRules])
    case rulesSubscribed([SwitchRevision])
    case rulesAcknowledged(switch: NodeID, confirmedRevision: UInt64)
    case eventsSubscribed
    case telemetry(TelemetryReceipt)
    case telemetryStatus(TelemetryTotals)
    case automata([AutomatonView])
    case optimization(OptimizationReport)
    case optimizationStatus(OptimizationStatus)
    case status(SystemStatus)
    case policy(Policy)
    case policyReplaced(PolicyChange)
    case topologyReplaced(TopologyChange)
}

package enum BatchItem: Hashable, Sendable {
    case decided(FlowResult)
    case refused(RequestError)
}

/// What became of a submitted, updated or withdrawn flow.
package struct FlowResult: Hashable, Sendable {
    package var flow: FlowView
    package var companion: FlowView?
    package var preempted: [PreemptedFlow] = []
    package var moved: [MovedFlow] = []
    /// Flows that found their place again because of the room that was made.
    package var returned: [FlowID] = []
    package var rejection: Rejection?
    /// Nothing has changed: this is what would have.
    package var isDryRun = false

    package init(flow: FlowView) { self.flow = flow }
}

/// Why a flow is where it is.
package struct Explanation: Hashable, Sendable {
    /// A link of the present path, or of the path that came closest.
    package struct Hop: Hashable, Sendable {
        package var link: LinkID
        package var from: NodeID
        package var to: NodeID
        package var capacity: Bandwidth
        package var reserved: Bandwidth
        package var state: LinkState
    }

    package var flow: FlowView
    package var hops: [Hop]
    /// For a flow without a path: what stands in its way now.
    package var rejection: Rejection?
    /// What happened to it, oldest first; bounded by `ControlLimits.history`.
    package var history: [Occurrence]
}

package struct LinkChange: Hashable, Sendable {
    package var links: [LinkView]
    /// Flows that left the links by another path.
    package var moved: [MovedFlow] = []
    /// Flows that lost their place: those on the links, and those that gave way to them.
    package var preempted: [PreemptedFlow] = []
    /// Flows that found their place again.
    package var returned: [FlowID] = []
    /// Flows that stay on a drained link, since there is no other room.
    package var remaining: [FlowID] = []
    package var isDryRun = false

    package init(links: [LinkView]) { self.links = links }
}

package struct SwitchRevision: Hashable, Sendable {
    package var `switch`: NodeID
    package var datapath: DatapathID
    package var revision: UInt64
    package var confirmedRevision: UInt64
}

package struct TelemetryReceipt: Hashable, Sendable {
    package enum Refusal: String, Hashable, Sendable, CaseIterable {
        case unknownLink = "unknown_link"
        case ambiguousDirection = "ambiguous_direction"
        case outOfRange = "out_of_range"
        /// Older than what is known, or from the future.
        case badTime = "bad_time"
        /// Nothing was measured.
        case empty
    }

    package var accepted = 0
    package var refused: [Refusal: Int] = [:]
    /// Flows moved because of it.
    package var moved: [MovedFlow] = []
    /// Flows whose weights changed because of it.
    package var split: [FlowID] = []
    package init() {}
}

package struct OptimizationReport: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable {
        /// Adopted, and proven optimal for the problem as solved.
        case optimal
        case feasible
        /// The solver's solution was not better than the present one; nothing changed.
        case unchanged
        /// The network changed while it was solved, twice; nothing changed.
        case outdated
        /// The solver failed, or its solution did not pass the audit; nothing changed.
        case failed
    }

    package var status: Status
    /// What found the solution, as `exact`, `memetic` or `greedy`.
    package var method: String
    /// Sum of the weights of the admitted flows after, and before.
    package var objective: Int
    package var objectiveBefore: Int
    package var bound: Int
    /// (bound − objective) / max(1, objective).
    package var gap: Double
    package var elapsedSeconds: Double?
    package var moves: [MovedFlow] = []
    package var preempted: [PreemptedFlow] = []
    /// Flows that found their place.
    package var returned: [FlowID] = []
    /// Flows that stayed where they are because the solver cannot model them.
    package var frozen: Int = 0
    /// Moves that `maxMoves`, or the lack of a safe order, left out.
    package var movesLeftOut: Int = 0
    package var failure: String?
    package var isDryRun = false

    package init(
        status: Status, method: String, objective: Int, objectiveBefore: Int, bound: Int, elapsedSeconds: Double? = nil
    ) {
        self.status = status
        self.method = method
        self.objective = objective
        self.objectiveBefore = objectiveBefore
        self.bound = bound
        gap = Double(bound - objective) / Double(max(1, objective))
        self.elapsedSeconds = elapsedSeconds
    }
}

package struct OptimizationStatus: Hashable, Sendable {
    package var isRunning: Bool
    package var started: Instant?
    package var last: OptimizationReport?
    package var lastFinished: Instant?
}

package struct SystemStatus: Hashable, Sendable {
    package var topologyName: String
    package var revision: UInt64
    /// Number of flows in each state; every state is present.
    package var flows: [FlowState: Int]
    package var switches: Int
    package var ownedSwitches: Int
    package var hosts: Int
    package var links: Int
    package var linksNotUp: Int
    /// Sums over trunk links.
    package var reserved: Bandwidth
    package var reservable: Bandwidth
    package var decisions: Int
    package var isOptimizing: Bool
}

package struct PolicyChange: Hashable, Sendable {
    /// Live flows of classes that the new policy does not have keep their priority.
    package var flowsOfRemovedClasses: Int
}
