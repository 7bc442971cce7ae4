// The answer "no", with its facts. A value, not an error: the request was understood and considered.

package import SluiceModel

package struct Rejection: Hashable, Sendable {
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// Proved: no path of usable links joins the ends under the constraints, even if nothing were reserved.
        case noPath = "no_path"
        /// Proved: paths exist, but each has a link without enough room: too narrow, or full of flows that are as
        /// important or that may not be preempted.
        case noCapacity = "no_capacity"
        /// Proved: every path of usable links is slower than the flow's bound.
        case latencyUnreachable = "latency_unreachable"
        /// The policy forbids the flow whatever the network's state.
        case policyDenied = "policy_denied"
        /// Proved: there would be room, but only in the place of strictly more important flows.
        case outranked
        /// No path was found by a search that does not prove that there is none (waypoints, disjoint pairs).
        case notFoundInBudget = "not_found_in_budget"
        case limitReached = "limit_reached"
        /// Its packets could not be told from those of another flow.
        case matchConflict = "match_conflict"
        /// Another flow of the same atomic batch was rejected.
        case batchAborted = "batch_aborted"
    }

    /// A link that is in the way.
    package struct Bottleneck: Hashable, Sendable {
        package var link: LinkID
        package var residual: Bandwidth
        package var needed: Bandwidth
        package var capacity: Bandwidth
        package var state: LinkState

        package init(link: LinkID, residual: Bandwidth, needed: Bandwidth, capacity: Bandwidth, state: LinkState) {
            self.link = link
            self.residual = residual
            self.needed = needed
            self.capacity = capacity
            self.state = state
        }
    }

    /// One thing that would let the flow in.
    package enum Remedy: Hashable, Sendable {
        /// At most this much bandwidth fits now.
        case bandwidth(atMost: Bandwidth)
        /// A latency bound of at least this can be met now.
        case latency(atLeast: Latency)
        /// These flows would have to go from the best path found: the smallest set found, least important first.
        case flowsGone([FlowID])
        /// These flows would have to take other paths, which have room for them; the policy moves fewer.
        case flowsMoved([FlowID])
        /// This priority at least, by which those flows would give way.
        case priority(atLeast: Int)
        /// These links would have to be up.
        case linksUp([LinkID])
    }

    package enum Detail: Hashable, Sendable {
        case bandwidthAboveClassLimit(Bandwidth)
        case conflictsWith(FlowID)
        case flowLimit(Int)
        case clientFlowLimit(Int)
        case ruleCapacity(NodeID, Int)
        case abortedBy(FlowID)
        case fastestLatency(Latency)
        case labelsExhausted
        /// The path had to pass these.
        case waypoints([String])
    }

    package var code: Code
    package var detail: Detail?
    package var bottlenecks: [Bottleneck]
    package var wouldFitIf: [Remedy]

    package init(
        code: Code, detail: Detail? = nil, bottlenecks: [Bottleneck] = [], wouldFitIf: [Remedy] = []
    ) {
        self.code = code
        self.detail = detail
        self.bottlenecks = bottlenecks
        self.wouldFitIf = wouldFitIf
    }

    /// Whether the answer is proved, or only what a bounded search found.
    package var isProved: Bool { code != .notFoundInBudget }

    /// One sentence for people.
    package var message: String {
        switch code {
        case .noPath:
            "no path of usable links joins the ends under the constraints" + (detail.map { ": " + $0.text } ?? "")
        case .noCapacity:
            bottlenecks.isEmpty
                ? "no path has room"
                : "no path has room; bottlenecks: " + bottlenecks.map(\.text).joined(separator: ", ")
        case .latencyUnreachable:
            if case .fastestLatency(let latency) = detail {
                "the fastest path takes \(latency.text), more than the flow allows"
            } else {
                "every path is slower than the flow allows"
            }
        case .policyDenied: "the policy forbids it: " + (detail?.text ?? "no rule allows it")
        case .outranked:
            "there is room only in the place of more important flows; bottlenecks: "
                + bottlenecks.map(\.text).joined(separator: ", ")
        case .notFoundInBudget:
            "no path was found, though there may be one" + (detail.map { ": " + $0.text } ?? "")
        case .limitReached: "a limit is reached: " + (detail?.text ?? "too many flows")
        case .matchConflict:
            "its packets could not be told from those of another flow" + (detail.map { ": " + $0.text } ?? "")
        case .batchAborted: "another flow of the atomic batch was rejected" + (detail.map { ": " + $0.text } ?? "")
        }
    }
}

extension Rejection.Bottleneck {
    package var text: String {
        state == .up ? "\(link) (\(residual.text) left, \(needed.text) needed)" : "\(link) (\(state.rawValue))"
    }
}

extension Rejection.Detail {
    package var text: String {
        switch self {
        case .bandwidthAboveClassLimit(let limit): "its class may ask for at most \(limit.text)"
        case .conflictsWith(let flow): "flow \"\(flow)\""
        case .flowLimit(let limit): "at most \(limit) flows"
        case .clientFlowLimit(let limit): "at most \(limit) flows of one user"
        case .ruleCapacity(let name, let limit): "switch \"\(name)\" holds at most \(limit) rules"
        case .abortedBy(let flow): "flow \"\(flow)\""
        case .fastestLatency(let latency): "the fastest path takes \(latency.text)"
        case .waypoints(let names): "by way of " + names.map { "\"\($0)\"" }.joined(separator: ", ")
        case .labelsExhausted: "every label that tells such flows apart is in use"
        }
    }
}

extension Rejection.Remedy {
    package var text: String {
        switch self {
        case .bandwidth(let bandwidth): "it asked for at most \(bandwidth.text)"
        case .latency(let latency): "it allowed at least \(latency.text)"
        case .flowsGone(let flows):
            flows.count == 1
                ? "flow \"\(flows[0])\" went"
                : "these \(flows.count) flows went: "
                    + flows.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ") + (flows.count > 8 ? ", ..." : "")
        case .flowsMoved(let flows):
            "\(flows.count == 1 ? "flow" : "flows") "
                + flows.map { "\"\($0)\"" }.joined(separator: ", ")
                + " took other paths, which the policy's groomingMoves does not allow"
        case .priority(let level): "its priority were at least \(level)"
        case .linksUp(let links): "these links were up: " + links.map(\.text).joined(separator: ", ")
        }
    }
}
