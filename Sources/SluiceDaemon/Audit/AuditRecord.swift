// One line of the audit log: who, what, and what came of it.

import SluiceControlPlane
import SluiceJSON
import SluiceMapping
import SluiceModel
import SluiceProtocol

/// Who asked for what, kept until the answer is known; the client may be gone by then.
struct AuditedRequest {
    let client: ClientID
    let credentials: ClientCredentials
    let role: AccessRule.Role?
    let method: Method
    let params: JSONNode

    /// Whether `method` is audited: what changes something, or speaks for switches. Measurements come too often to be
    /// written down one by one.
    static func covers(_ method: Method) -> Bool {
        method.description.access != .read && method != .telemetryReport
    }
}

/// What came of a request.
enum AuditedOutcome {
    case done
    case flow(FlowResult)
    case batch([BatchItem])
    case refused(ProtocolFault)

    init(_ response: Response) {
        switch response {
        case .flow(let result), .withdrawn(let result): self = .flow(result)
        case .batch(let items): self = .batch(items)
        default: self = .done
        }
    }
}

enum AuditRecord {
    /// The lines for one request: one, and for a batch of flows one more for each flow.
    static func lines(
        of request: AuditedRequest, at time: Instant, outcome: AuditedOutcome
    ) -> [[UInt8]] {
        var lines = [
            line(request, time) { writer in
                params(request.params, &writer)
                write(outcome, &writer)
            }
        ]
        if case .batch(let items) = outcome {
            for item in items {
                lines.append(
                    line(request, time) { writer in
                        switch item {
                        case .decided(let result): write(.flow(result), &writer)
                        case .refused(let error):
                            writer.member("outcome", "error")
                            writer.member("code", error.code)
                        }
                    })
            }
        }
        return lines
    }

    private static func line(
        _ request: AuditedRequest, _ time: Instant, _ write: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 384)
        writer.object { writer in
            writer.member("time", time)
            writer.member("client", request.client.raw)
            writer.member("uid", Int(request.credentials.user))
            writer.member("pid", Int(request.credentials.processID))
            writer.member("role", request.role?.rawValue ?? "none")
            writer.member("method", request.method.rawValue)
            write(&writer)
        }
        return writer.bytes
    }

    /// Long params (a whole policy, a batch) are told by their length.
    private static func params(_ params: JSONNode, _ writer: inout JSONWriter) {
        var text = JSONWriter(reservingCapacity: 256)
        text.node(params)
        guard text.bytes.count <= DaemonLimits.auditedParamsBytes else {
            writer.member("paramsBytes", text.bytes.count)
            return
        }
        writer.name("params")
        writer.node(params)
    }

    private static func write(_ outcome: AuditedOutcome, _ writer: inout JSONWriter) {
        switch outcome {
        case .done: writer.member("outcome", "ok")
        case .flow(let result):
            writer.member("flow", result.flow.id.text)
            writer.member("outcome", result.flow.state.rawValue)
            writer.member("code", result.rejection?.code.rawValue)
            if !result.preempted.isEmpty { writer.member("preempted", result.preempted.map(\.id)) }
            if result.isDryRun { writer.member("dryRun", true) }
        case .batch(let items):
            writer.member("outcome", "ok")
            writer.member("flows", items.count)
        case .refused(let fault):
            writer.member("outcome", "error")
            writer.member("code", fault.code)
        }
    }
}
