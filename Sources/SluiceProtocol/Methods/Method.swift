// The methods of the control socket: one table that decoding checks params against, that `rpc.discover` prints, that
// says who may call what, and that the tests hold every answer against.

/// A method by its name on the wire.
package enum Method: String, CaseIterable, Hashable, Sendable {
    case automataGet = "automata.get"
    case eventsSubscribe = "events.subscribe"
    case flowExplain = "flow.explain"
    case flowGet = "flow.get"
    case flowList = "flow.list"
    case flowSubmit = "flow.submit"
    case flowSubmitBatch = "flow.submitBatch"
    case flowUpdate = "flow.update"
    case flowWithdraw = "flow.withdraw"
    case optimizeRun = "optimize.run"
    case optimizeStatus = "optimize.status"
    case policyGet = "policy.get"
    case policyReplace = "policy.replace"
    case discover = "rpc.discover"
    case rulesAcknowledge = "rules.acknowledge"
    case rulesGet = "rules.get"
    case rulesSubscribe = "rules.subscribe"
    case systemMetrics = "system.metrics"
    case systemReload = "system.reload"
    case systemStatus = "system.status"
    case telemetryReport = "telemetry.report"
    case telemetryStatus = "telemetry.status"
    case topologyGet = "topology.get"
    case topologyReplace = "topology.replace"
    case topologySetLink = "topology.setLink"
}

/// What a client's role must allow.
package enum MethodAccess: String, Hashable, Sendable {
    /// Answers and changes nothing.
    case read
    /// Follows and acknowledges a switch's rules, or reports measurements.
    case agent
    /// Changes flows, links or the configuration.
    case change
}

/// What there is to know about a method.
package struct MethodDescription: Sendable {
    /// One sentence without its full stop.
    package let summary: String
    package let access: MethodAccess
    package let params: [Schema.Member]
    package let result: Schema
}

extension Method {
    package var description: MethodDescription {
        guard let description = Self.table[self] else { preconditionFailure("the table holds every method") }
        return description
    }

    /// Composed once: descriptions are looked at for every request.
    private static let table = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.composedDescription) })

    private var composedDescription: MethodDescription {
        switch self {
        case .flowSubmit, .flowSubmitBatch, .flowUpdate, .flowWithdraw, .flowGet, .flowList, .flowExplain:
            flowDescription
        case .topologyGet, .topologyReplace, .topologySetLink, .telemetryReport, .telemetryStatus, .automataGet,
            .rulesGet,
            .rulesSubscribe,
            .rulesAcknowledge:
            networkDescription
        case .optimizeRun, .optimizeStatus, .policyGet, .policyReplace, .eventsSubscribe, .systemMetrics, .systemReload,
            .systemStatus, .discover:
            systemDescription
        }
    }
}
