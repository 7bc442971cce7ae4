// Requests that cannot be understood against the present state. Nothing has changed when one is returned. A "no" to a
// well-formed flow is not among them: that is a `Rejection`, inside a `Response`.

package import SluiceModel

package enum RequestError: Error, Hashable, Sendable {
    /// A member of the request is wrong in itself.
    case invalid(field: String, reason: InvalidReason)
    /// A live flow has this id and was submitted with other parameters.
    case duplicateFlow(FlowID)
    case unknownFlow(FlowID)
    /// The flow is over: `state` says how.
    case flowEnded(FlowID, state: FlowState)
    case unknownNode(field: String, name: String)
    case unknownLink(field: String, name: String)
    case unknownSwitch(name: String)
    case unknownClass(name: String)
    case unknownAffinity(field: String, name: String)
    /// Another client owns the switch.
    case switchOwned(NodeID)
    /// The client acknowledges for a switch that it does not own.
    case switchNotOwned(NodeID)
    /// The switch has not been sent this revision.
    case unknownRevision(NodeID, revision: UInt64)
    case optimizationRunning
    /// Subscriptions of one client, or switches of one subscription.
    case limitReached(Limit, maximum: Int)

    package enum Limit: String, Hashable, Sendable { case subscriptions, batch }

    package enum InvalidReason: Hashable, Sendable {
        case zeroBandwidth
        case aboveBandwidth
        case sameEnds
        case classAndPriority
        case priorityRange
        case badIdentifier
        /// Ids that end in `~reverse` belong to companions.
        case reservedIdentifier
        case notPositive
        case badCursor
        case emptyBatch
        case duplicateInBatch
        /// The companion is changed through the flow it accompanies.
        case companion
        /// A telemetry sample or filter names both directions of a link.
        case ambiguousDirection
        case outOfRange
        /// A flow cannot keep away from where it starts or ends.
        case endOfFlow
        /// Which of two disjoint paths should pass the waypoints is not defined.
        case viaWithProtection
    }

    /// JSON-RPC code.
    package var number: Int {
        switch self {
        case .invalid: -32_602
        case .duplicateFlow: -32_010
        case .unknownFlow: -32_011
        case .flowEnded: -32_012
        case .unknownNode: -32_013
        case .unknownLink: -32_014
        case .unknownSwitch: -32_015
        case .unknownClass: -32_016
        case .unknownAffinity: -32_017
        case .switchOwned: -32_018
        case .switchNotOwned: -32_019
        case .unknownRevision: -32_020
        case .optimizationRunning: -32_021
        case .limitReached: -32_022
        }
    }

    /// Stable `data.code`.
    package var code: String {
        switch self {
        case .invalid: "params.invalid"
        case .duplicateFlow: "flow.duplicate"
        case .unknownFlow: "flow.unknown"
        case .flowEnded: "flow.ended"
        case .unknownNode: "node.unknown"
        case .unknownLink: "link.unknown"
        case .unknownSwitch: "switch.unknown"
        case .unknownClass: "class.unknown"
        case .unknownAffinity: "affinity.unknown"
        case .switchOwned: "rules.owned"
        case .switchNotOwned: "rules.notOwner"
        case .unknownRevision: "rules.unknownRevision"
        case .optimizationRunning: "optimize.running"
        case .limitReached: "limit.reached"
        }
    }

    /// One sentence for people.
    package var message: String {
        switch self {
        case .invalid(let field, let reason): "\(field): \(reason.text)"
        case .duplicateFlow(let id): "flow \"\(id)\" exists with other parameters (use flow.update to change it)"
        case .unknownFlow(let id): "there is no flow \"\(id)\""
        case .flowEnded(let id, let state): "flow \"\(id)\" is \(state.rawValue)"
        case .unknownNode(let field, let name): "\(field): there is no switch or host \"\(name)\""
        case .unknownLink(let field, let name): "\(field): there is no link \"\(name)\""
        case .unknownSwitch(let name): "there is no switch \"\(name)\""
        case .unknownClass(let name): "the policy has no class \"\(name)\""
        case .unknownAffinity(let field, let name): "\(field): no link has the affinity \"\(name)\""
        case .switchOwned(let name): "another client owns switch \"\(name)\""
        case .switchNotOwned(let name): "this client does not own switch \"\(name)\" (subscribe with own)"
        case .unknownRevision(let name, let revision): "switch \"\(name)\" was not sent revision \(revision)"
        case .optimizationRunning: "an optimisation is running (ask optimize.status)"
        case .limitReached(let limit, let maximum): "at most \(maximum) \(limit.rawValue)"
        }
    }
}

extension RequestError.InvalidReason {
    package var text: String {
        switch self {
        case .zeroBandwidth: "must be at least 1 bit/s"
        case .aboveBandwidth: "must be at most the flow's bandwidth"
        case .sameEnds: "source and destination are the same"
        case .classAndPriority: "give class or priority, not both"
        case .priorityRange: "must be from 0 to \(Limits.weight)"
        case .badIdentifier: "must have 1 to \(Limits.identifierBytes) bytes and no control characters"
        case .reservedIdentifier: "must not end in \"~reverse\""
        case .notPositive: "must be positive"
        case .badCursor: "is not a cursor of ours"
        case .emptyBatch: "must not be empty"
        case .duplicateInBatch: "is given twice in the batch"
        case .companion: "is a companion; change the flow it belongs to"
        case .ambiguousDirection: "must name one direction, as \"ID>\" or \"ID<\""
        case .outOfRange: "is out of range"
        case .endOfFlow: "names an end of the flow"
        case .viaWithProtection: "cannot be combined with protection; give via or protection, not both"
        }
    }
}
