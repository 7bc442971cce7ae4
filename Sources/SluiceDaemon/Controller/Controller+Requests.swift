// From a line to a decision: decoded, checked against the client's permissions and limits, handed to the control plane.

import NIOCore
package import SluiceControlPlane
import SluiceJSON
import SluiceMapping
import SluiceModel
package import SluiceProtocol

extension Controller {
    /// One line of `client`, whole or too long.
    package func receive(_ frame: Frame, from client: ClientID) {
        guard let connection = connections[client], !isStopping else { return }
        let incoming: Incoming
        switch frame {
        case .tooLong:
            let fault = ProtocolFault(
                .requestTooLong, "the line is longer than \(Limits.requestBytes) bytes; it was skipped",
                [("maximum", .integer(Limits.requestBytes))])
            incoming = .single(Call(id: .null, content: .failure(fault)))
        case .line(let bytes): incoming = CallDecoder.decode(bytes)
        }
        switch incoming {
        case .single(let call):
            perform(call, for: connection, PendingReply(client: client, id: call.id, destination: .line))
        case .batch(let calls):
            let reply = BatchReply(count: calls.count)
            for (position, call) in calls.enumerated() {
                let destination = PendingReply.Destination.batch(reply, position: position)
                perform(call, for: connection, PendingReply(client: client, id: call.id, destination: destination))
            }
        }
    }

    private func perform(_ call: Call, for connection: Connection, _ reply: PendingReply) {
        let ticket = newTicket()
        connection.inFlight += 1
        var reply = reply
        if case .success(let invocation) = call.content {
            metrics.count(invocation.method)
            reply.audited = audited(invocation, of: connection)
        }
        pending[ticket] = reply
        do throws(ProtocolFault) {
            try checkRate(of: call, for: connection)
            let invocation = try call.content.get()
            try check(invocation.method, for: connection)
            switch try Command(invocation) {
            case .plane(let request):
                try limitSubscriptions(request, of: connection)
                try checkSpace(for: request)
                if case .subscribeRules(let subscription) = request { subscribing[ticket] = subscription }
                handle(.request(ticket, from: connection.id, request))
            case .replaceTopology(let document, let dryRun):
                replaceTopology(document, dryRun: dryRun, answering: ticket)
            case .replacePolicy(let document): replacePolicy(document, answering: ticket)
            case .reload: reload(answering: ticket)
            case .metrics:
                let text = String(decoding: metricsText(), as: UTF8.self)
                answer(ticket, .success({ writer in writer.object { $0.member("text", text) } }))
            case .discover: answer(ticket, .success({ Discovery.write(to: &$0) }))
            }
        } catch {
            answer(ticket, .failure(error))
        }
    }

    /// What the audit log will want to know; nil where it need not know of the request. Whatever a role forbids is
    /// audited too.
    private func audited(_ invocation: Invocation, of connection: Connection) -> AuditedRequest? {
        guard surroundings.audit != nil else { return nil }
        let isAllowed = connection.permissions?.allow(invocation.method.description.access) ?? false
        guard AuditedRequest.covers(invocation.method) || !isAllowed else { return nil }
        return AuditedRequest(
            client: connection.id, credentials: connection.credentials, role: connection.permissions?.role,
            method: invocation.method, params: invocation.params)
    }

    /// Each call counts, also where it fails, and a batch of flows for each of its flows.
    private func checkRate(of call: Call, for connection: Connection) throws(ProtocolFault) {
        guard let rate = policy.limits.requestsPerSecond else { return }
        var cost = 1
        if case .success(let invocation) = call.content, invocation.method == .flowSubmitBatch {
            cost = max(1, invocation.params["flows"]?.array?.count ?? 1)
        }
        let user = connection.credentials.user
        guard let seconds = rates.take(cost, of: user, perSecond: rate, at: .now()) else { return }
        throw ProtocolFault(
            .rateLimit, "uid \(user) asks more than \(rate) times a second",
            [("retryAfterMilliseconds", .integer(Int((seconds * 1_000).rounded(.up))))])
    }

    private func limitSubscriptions(_ request: Request, of connection: Connection) throws(ProtocolFault) {
        switch request {
        case .subscribeRules, .subscribeEvents: break
        default: return
        }
        let maximum = policy.limits.subscriptionsPerClient
        guard connection.subscriptions < maximum else {
            throw ProtocolFault(.limitReached(.subscriptions, maximum: maximum))
        }
    }

    private func check(_ method: Method, for connection: Connection) throws(ProtocolFault) {
        let permissions = connection.permissions
        guard permissions?.allow(method.description.access) ?? false else {
            let role = permissions?.role.map { "role \($0.rawValue)" } ?? "no role"
            throw ProtocolFault(
                .accessDenied, "\(method.rawValue) is not allowed: uid \(connection.credentials.user) has \(role)",
                [("role", .text(permissions?.role?.rawValue ?? "none"))])
        }
        guard connection.inFlight - connection.decided <= DaemonLimits.requestsInFlight else {
            throw ProtocolFault(
                .requestsInFlight,
                "\(DaemonLimits.requestsInFlight) requests of this connection wait for their answers; take those first",
                [("maximum", .integer(DaemonLimits.requestsInFlight))])
        }
    }
}
