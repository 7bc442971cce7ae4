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

    /// What every occurrence has.
    private struct Facts: Sendable {
        var number: UInt64
        var time: Instant
        var kind: Kind
        var flow: FlowID?
        var path = NamedLinks.names([])
        var formerPath = NamedLinks.names([])
        /// Nil where there is nothing in it: the one occurrence that every flow remembers is its admission.
        var details: DetailBox?
    }

    /// Links of a path in names, or as the path itself has them, which then need no room of their own.
    private enum NamedLinks: Sendable {
        case names([LinkID])
        case links([LinkIndex], of: [Link])

        var names: [LinkID] {
            switch self {
            case .names(let names): names
            case .links(let links, let network): links.map { network[$0.position].id }
            }
        }
    }

    /// What some kinds of occurrence have.
    private struct Details: Hashable, Sendable {
        var link: LinkID?
        var `switch`: NodeID?
        var linkState: LinkState?
        var shares: [PathShare] = []
        var moveReason: MoveReason?
        var by: FlowID?
        var formerReward: Double?
        var presentReward: Double?
        var reason: FlowReason?
        var rejectionCode: Rejection.Code?
        var message: String?
    }

    private final class DetailBox: Sendable {
        let details: Details
        init(_ details: Details) { self.details = details }
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

    private mutating func detail(_ change: (inout Details) -> Void) {
        own()
        var details = box.facts.details?.details ?? Details()
        change(&details)
        box.facts.details = details == Details() ? nil : DetailBox(details)
    }

    package var number: UInt64 {
        get { box.facts.number }
        set {
            own()
            box.facts.number = newValue
        }
    }
    package var time: Instant {
        get { box.facts.time }
        set {
            own()
            box.facts.time = newValue
        }
    }
    package var kind: Kind {
        get { box.facts.kind }
        set {
            own()
            box.facts.kind = newValue
        }
    }
    package var flow: FlowID? {
        get { box.facts.flow }
        set {
            own()
            box.facts.flow = newValue
        }
    }
    package var path: [LinkID] {
        get { box.facts.path.names }
        set {
            own()
            box.facts.path = .names(newValue)
        }
    }
    package var formerPath: [LinkID] {
        get { box.facts.formerPath.names }
        set {
            own()
            box.facts.formerPath = .names(newValue)
        }
    }
    package var link: LinkID? {
        get { box.facts.details?.details.link }
        set { if box.facts.details != nil || newValue != nil { detail { $0.link = newValue } } }
    }
    package var `switch`: NodeID? {
        get { box.facts.details?.details.`switch` }
        set { if box.facts.details != nil || newValue != nil { detail { $0.`switch` = newValue } } }
    }
    package var linkState: LinkState? {
        get { box.facts.details?.details.linkState }
        set { if box.facts.details != nil || newValue != nil { detail { $0.linkState = newValue } } }
    }
    /// The paths of a split flow, `path` first; none for a flow on one path.
    package var shares: [PathShare] {
        get { box.facts.details?.details.shares ?? [] }
        set { if box.facts.details != nil || !newValue.isEmpty { detail { $0.shares = newValue } } }
    }
    package var moveReason: MoveReason? {
        get { box.facts.details?.details.moveReason }
        set { if box.facts.details != nil || newValue != nil { detail { $0.moveReason = newValue } } }
    }
    /// For a move that made room: the flow that needed it.
    package var by: FlowID? {
        get { box.facts.details?.details.by }
        set { if box.facts.details != nil || newValue != nil { detail { $0.by = newValue } } }
    }
    package var formerReward: Double? {
        get { box.facts.details?.details.formerReward }
        set { if box.facts.details != nil || newValue != nil { detail { $0.formerReward = newValue } } }
    }
    package var presentReward: Double? {
        get { box.facts.details?.details.presentReward }
        set { if box.facts.details != nil || newValue != nil { detail { $0.presentReward = newValue } } }
    }
    package var reason: FlowReason? {
        get { box.facts.details?.details.reason }
        set { if box.facts.details != nil || newValue != nil { detail { $0.reason = newValue } } }
    }
    package var rejectionCode: Rejection.Code? {
        get { box.facts.details?.details.rejectionCode }
        set { if box.facts.details != nil || newValue != nil { detail { $0.rejectionCode = newValue } } }
    }
    package var message: String? {
        get { box.facts.details?.details.message }
        set { if box.facts.details != nil || newValue != nil { detail { $0.message = newValue } } }
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

extension Occurrence {
    /// Sets `path` without making names.
    ///
    /// - Parameter network: every link of the topology.
    mutating func setPath(_ links: [LinkIndex], of network: [Link]) {
        own()
        box.facts.path = .links(links, of: network)
    }

    /// The same for `formerPath`.
    mutating func setFormerPath(_ links: [LinkIndex], of network: [Link]) {
        own()
        box.facts.formerPath = .links(links, of: network)
    }
}

extension Occurrence: Hashable {
    package static func == (left: Occurrence, right: Occurrence) -> Bool {
        if left.box === right.box { return true }
        let (mine, theirs) = (left.box.facts, right.box.facts)
        return mine.number == theirs.number && mine.time == theirs.time && mine.kind == theirs.kind
            && mine.flow == theirs.flow && mine.details?.details == theirs.details?.details
            && mine.path.names == theirs.path.names && mine.formerPath.names == theirs.formerPath.names
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(number)
        hasher.combine(time)
        hasher.combine(kind)
        hasher.combine(flow)
    }
}

/// By what it means, however it keeps that.
extension Occurrence: CustomReflectable {
    package var customMirror: Mirror {
        let details = box.facts.details?.details ?? Details()
        return Mirror(
            self,
            children: [
                "number": number, "time": time, "kind": kind, "flow": flow as Any, "path": path,
                "formerPath": formerPath, "details": details,
            ])
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
