// What happened, for subscribers, logs and counters.

package import SluiceForwarding
package import SluiceModel

package struct Occurrence: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case flowAdmitted = "flow.admitted"
        case flowRejected = "flow.rejected"
        case flowPending = "flow.pending"
        case flowPreempted = "flow.preempted"
        case flowMoved = "flow.moved"
        /// It takes several paths at once by weights, or others than before, or one again.
        case flowSplit = "flow.split"
        case flowDegraded = "flow.degraded"
        /// It has got back what it lacked.
        case flowRestored = "flow.restored"
        case flowActive = "flow.active"
        case flowUpdated = "flow.updated"
        case flowWithdrawn = "flow.withdrawn"
        case flowExpired = "flow.expired"
        /// Its rules had to be taken away before the new ones could be set.
        case flowInterrupted = "flow.interrupted"
        case linkChanged = "link.changed"
        case rulesRefused = "rules.refused"
        case switchOwned = "switch.owned"
        case switchReleased = "switch.released"
        case optimizationFinished = "optimization.finished"
        case policyReplaced = "policy.replaced"
        case topologyReplaced = "topology.replaced"
    }

    package enum MoveReason: String, Hashable, Sendable, CaseIterable {
        case update
        case failure
        case drain
        case preemption
        case optimization
        /// To let another flow in.
        case grooming
        /// The automaton preferred the path by more than the policy's margin.
        case learning
    }

    package var number: UInt64
    package var time: Instant
    package var kind: Kind
    package var flow: FlowID?
    package var link: LinkID?
    package var `switch`: NodeID?
    package var linkState: LinkState?
    package var path: [LinkID]
    package var formerPath: [LinkID]
    /// The paths of a split flow, `path` first; none for a flow on one path.
    package var shares: [PathShare] = []
    package var moveReason: MoveReason?
    /// For a move that made room: the flow that needed it.
    package var by: FlowID?
    /// For a move by learning: expected reward of the old and the new path, 0 to 1.
    package var rewards: (former: Double, present: Double)? {
        get { formerReward.flatMap { former in presentReward.map { (former, $0) } } }
        set {
            formerReward = newValue?.former
            presentReward = newValue?.present
        }
    }
    package var formerReward: Double?
    package var presentReward: Double?
    package var reason: FlowReason?
    package var rejectionCode: Rejection.Code?
    package var message: String?

    package init(number: UInt64, time: Instant, kind: Kind) {
        self.number = number
        self.time = time
        self.kind = kind
        path = []
        formerPath = []
    }
}

package enum Notification: Hashable, Sendable {
    case occurrence(Occurrence)
    case rules(RulesTransaction)
}

/// Takes a switch from revision n − 1 to n; with `isSnapshot` from anything to n: what it does not list is not there.
package struct RulesTransaction: Hashable, Sendable {
    package var `switch`: NodeID
    package var datapath: DatapathID
    package var revision: UInt64
    /// Counts the transactions that one change of the network takes, from 1; 0 for a snapshot.
    package var round: Int
    package var isSnapshot: Bool
    package var change: SwitchChange
}
