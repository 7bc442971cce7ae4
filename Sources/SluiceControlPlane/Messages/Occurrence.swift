// What happened, for subscribers, logs and counters.

package import SluiceForwarding
package import SluiceModel

package struct Occurrence: Sendable {
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

    private struct Facts: Hashable, Sendable {
        var number: UInt64
        var time: Instant
        var kind: Kind
        var flow: FlowID?
        var link: LinkID?
        var `switch`: NodeID?
        var linkState: LinkState?
        var path: [LinkID] = []
        var formerPath: [LinkID] = []
        var shares: [PathShare] = []
        var moveReason: MoveReason?
        var by: FlowID?
        var formerReward: Double?
        var presentReward: Double?
        var reason: FlowReason?
        var rejectionCode: Rejection.Code?
        var message: String?
    }

    /// Sendable: the facts are only changed while this is their one reference (`isKnownUniquelyReferenced`), so no other
    /// thread can have them then.
    private final class Box: @unchecked Sendable {
        var facts: Facts
        init(_ facts: Facts) { self.facts = facts }
    }

    /// An occurrence goes to the history of its flow, to logs and to every subscriber.
    private var box: Box

    private mutating func own() { if !isKnownUniquelyReferenced(&box) { box = Box(box.facts) } }

    package var number: UInt64 {
        get { box.facts.number }
        _modify {
            own()
            yield &box.facts.number
        }
    }
    package var time: Instant {
        get { box.facts.time }
        _modify {
            own()
            yield &box.facts.time
        }
    }
    package var kind: Kind {
        get { box.facts.kind }
        _modify {
            own()
            yield &box.facts.kind
        }
    }
    package var flow: FlowID? {
        get { box.facts.flow }
        _modify {
            own()
            yield &box.facts.flow
        }
    }
    package var link: LinkID? {
        get { box.facts.link }
        _modify {
            own()
            yield &box.facts.link
        }
    }
    package var `switch`: NodeID? {
        get { box.facts.`switch` }
        _modify {
            own()
            yield &box.facts.`switch`
        }
    }
    package var linkState: LinkState? {
        get { box.facts.linkState }
        _modify {
            own()
            yield &box.facts.linkState
        }
    }
    package var path: [LinkID] {
        get { box.facts.path }
        _modify {
            own()
            yield &box.facts.path
        }
    }
    package var formerPath: [LinkID] {
        get { box.facts.formerPath }
        _modify {
            own()
            yield &box.facts.formerPath
        }
    }
    /// The paths of a split flow, `path` first; none for a flow on one path.
    package var shares: [PathShare] {
        get { box.facts.shares }
        _modify {
            own()
            yield &box.facts.shares
        }
    }
    package var moveReason: MoveReason? {
        get { box.facts.moveReason }
        _modify {
            own()
            yield &box.facts.moveReason
        }
    }
    /// For a move that made room: the flow that needed it.
    package var by: FlowID? {
        get { box.facts.by }
        _modify {
            own()
            yield &box.facts.by
        }
    }
    package var formerReward: Double? {
        get { box.facts.formerReward }
        _modify {
            own()
            yield &box.facts.formerReward
        }
    }
    package var presentReward: Double? {
        get { box.facts.presentReward }
        _modify {
            own()
            yield &box.facts.presentReward
        }
    }
    package var reason: FlowReason? {
        get { box.facts.reason }
        _modify {
            own()
            yield &box.facts.reason
        }
    }
    package var rejectionCode: Rejection.Code? {
        get { box.facts.rejectionCode }
        _modify {
            own()
            yield &box.facts.rejectionCode
        }
    }
    package var message: String? {
        get { box.facts.message }
        _modify {
            own()
            yield &box.facts.message
        }
    }
    /// For a move by learning: expected reward of the old and the new path, 0 to 1.
    package var rewards: (former: Double, present: Double)? {
        get { formerReward.flatMap { former in presentReward.map { (former, $0) } } }
        set {
            formerReward = newValue?.former
            presentReward = newValue?.present
        }
    }

    package init(number: UInt64, time: Instant, kind: Kind) {
        box = Box(Facts(number: number, time: time, kind: kind))
    }
}

extension Occurrence: Hashable {
    package static func == (left: Occurrence, right: Occurrence) -> Bool {
        left.box === right.box || left.box.facts == right.box.facts
    }

    package func hash(into hasher: inout Hasher) { box.facts.hash(into: &hasher) }
}

/// As if its facts were its own.
extension Occurrence: CustomReflectable {
    package var customMirror: Mirror { Mirror(reflecting: box.facts) }
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
