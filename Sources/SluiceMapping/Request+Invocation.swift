// From the wire to the control plane: one invocation, its params already checked against the schema, becomes one
// request. What cannot be said in a schema (addresses, members that exclude each other) is checked here.

package import SluiceControlPlane
import SluiceJSON
import SluiceModel
package import SluiceProtocol

/// What an invocation asks for: of the control plane, or of the daemon around it.
package enum Command {
    case plane(Request)
    /// The policy's document, not yet read.
    case replacePolicy([UInt8])
    /// The topology's document, not yet read.
    case replaceTopology([UInt8], dryRun: Bool)
    case reload
    case metrics
    case discover
}

extension Command {
    package init(_ invocation: Invocation) throws(ProtocolFault) {
        let fields = Fields(invocation.params)
        switch invocation.method {
        case .flowSubmit:
            self = .plane(.submit(try FlowRequest(fields), dryRun: fields.flag("dryRun")))
        case .flowSubmitBatch:
            var flows: [FlowRequest] = []
            for flow in fields.objects("flows") ?? [] { flows.append(try FlowRequest(flow)) }
            self = .plane(.submitBatch(flows, atomic: fields.flag("atomic"), dryRun: fields.flag("dryRun")))
        case .flowUpdate: self = .plane(.update(try FlowUpdate(fields), dryRun: fields.flag("dryRun")))
        case .flowWithdraw: self = .plane(.withdraw(try fields.flowID()))
        case .flowGet: self = .plane(.get(try fields.flowID()))
        case .flowList: self = .plane(.list(FlowFilter(fields)))
        case .flowExplain: self = .plane(.explain(try fields.flowID()))
        case .topologyGet: self = .plane(.topology)
        case .topologySetLink:
            self = .plane(
                .setLink(
                    link: try fields.needed("link", fields.text("link")),
                    state: try fields.needed("state", fields.choice("state", LinkState.self)),
                    dryRun: fields.flag("dryRun")))
        case .topologyReplace:
            var writer = JSONWriter(pretty: true)
            writer.node(try fields.needed("topology", invocation.params["topology"]))
            self = .replaceTopology(writer.bytes, dryRun: fields.flag("dryRun"))
        case .telemetryReport:
            var samples: [TelemetrySample] = []
            for sample in fields.objects("samples") ?? [] { samples.append(try TelemetrySample(sample)) }
            self = .plane(.reportTelemetry(samples))
        case .telemetryStatus: self = .plane(.telemetryStatus)
        case .automataGet: self = .plane(.automata(fields.text("flow").map { FlowID($0) }))
        case .rulesGet: self = .plane(.rules(switch: fields.text("switch").map { NodeID($0) }))
        case .rulesSubscribe:
            self = .plane(
                .subscribeRules(
                    RulesSubscription(
                        switches: fields.texts("switches")?.map { NodeID($0) },
                        sinceRevision: fields.integer("sinceRevision").map { UInt64($0) }, own: fields.flag("own"))))
        case .rulesAcknowledge: self = .plane(.acknowledgeRules(try RulesAcknowledgement(fields)))
        case .eventsSubscribe:
            self = .plane(.subscribeEvents(kinds: fields.texts("kinds")?.compactMap(Occurrence.Kind.init)))
        case .optimizeRun:
            self = .plane(
                .optimize(
                    OptimizeRequest(
                        budgetSeconds: fields.number("budgetSeconds"),
                        method: fields.choice("method", AdmissionPolicy.Method.self),
                        maxMoves: fields.integer("maxMoves"), dryRun: fields.flag("dryRun"))))
        case .optimizeStatus: self = .plane(.optimizeStatus)
        case .policyGet: self = .plane(.policy)
        case .policyReplace:
            var writer = JSONWriter(pretty: true)
            writer.node(try fields.needed("policy", invocation.params["policy"]))
            self = .replacePolicy(writer.bytes)
        case .systemStatus: self = .plane(.status)
        case .systemReload: self = .reload
        case .systemMetrics: self = .metrics
        case .discover: self = .discover
        }
    }
}

extension Fields {
    fileprivate func flowID() throws(ProtocolFault) -> FlowID { FlowID(try needed("id", text("id"))) }
}

extension FlowRequest {
    fileprivate init(_ fields: Fields) throws(ProtocolFault) {
        self.init(
            id: fields.text("id").map { FlowID($0) },
            source: NodeID(try fields.needed("source", fields.text("source"))),
            destination: NodeID(try fields.needed("destination", fields.text("destination"))),
            bandwidth: try fields.needed("bandwidth", fields.bandwidth("bandwidth")),
            reverseBandwidth: fields.bandwidth("reverseBandwidth"), minBandwidth: fields.bandwidth("minBandwidth"),
            className: fields.text("class"), priority: fields.integer("priority"), match: try FlowMatch(in: fields),
            constraints: fields.object("constraints").map { ConstraintRequest($0) } ?? ConstraintRequest(),
            protection: fields.choice("protection", Protection.self) ?? .none, start: fields.instant("startTime"),
            lifetimeSeconds: fields.number("lifetimeSeconds"))
    }
}

extension FlowUpdate {
    fileprivate init(_ fields: Fields) throws(ProtocolFault) {
        self.init(
            id: try fields.flowID(), bandwidth: fields.bandwidth("bandwidth"),
            reverseBandwidth: fields.bandwidth("reverseBandwidth"), minBandwidth: fields.bandwidth("minBandwidth"),
            className: fields.text("class"), priority: fields.integer("priority"), match: try FlowMatch(in: fields),
            constraints: fields.object("constraints").map { ConstraintRequest($0) },
            protection: fields.choice("protection", Protection.self), lifetimeSeconds: fields.number("lifetimeSeconds"))
    }
}

extension ConstraintRequest {
    fileprivate init(_ fields: Fields) {
        let affinity = fields.object("affinity")
        self.init(
            maxLatency: fields.latency("maxLatency"), maxHops: fields.integer("maxHops"),
            avoid: fields.texts("avoid") ?? [], via: fields.texts("via") ?? [],
            includeAny: affinity?.texts("includeAny") ?? [], includeAll: affinity?.texts("includeAll") ?? [],
            exclude: affinity?.texts("exclude") ?? [])
    }
}

extension FlowFilter {
    fileprivate init(_ fields: Fields) {
        self.init(
            states: fields.texts("states")?.compactMap(FlowState.init), className: fields.text("class"),
            source: fields.text("source").map { NodeID($0) },
            destination: fields.text("destination").map { NodeID($0) }, link: fields.text("link"),
            limit: fields.integer("limit"), cursor: fields.text("cursor"))
    }
}

extension TelemetrySample {
    fileprivate init(_ fields: Fields) throws(ProtocolFault) {
        self.init(
            link: try fields.needed("link", fields.text("link")), time: fields.instant("time"),
            utilisation: fields.number("utilisation"), queueDepthBytes: fields.integer("queueDepthBytes"),
            latency: fields.latency("latencyMicroseconds"), lossRatio: fields.number("lossRatio"))
    }
}

extension RulesAcknowledgement {
    fileprivate init(_ fields: Fields) throws(ProtocolFault) {
        var failures: [Failure] = []
        for failure in fields.objects("errors") ?? [] {
            failures.append(
                Failure(
                    cookie: UInt64(try failure.needed("cookie", failure.integer("cookie"))),
                    message: try failure.needed("message", failure.text("message"))))
        }
        self.init(
            switch: NodeID(try fields.needed("switch", fields.text("switch"))),
            revision: UInt64(try fields.needed("revision", fields.integer("revision"))), failures: failures)
    }
}
