// From a line to a decision: decoded, checked against the client's permissions and limits, handed to the control plane.

package import SluiceControlPlane
import SluiceJSON
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
        let ticket = Ticket(nextTicket)
        nextTicket += 1
        pending[ticket] = reply
        connection.inFlight += 1
        do throws(ProtocolFault) {
            let invocation = try call.content.get()
            try check(invocation.method, for: connection)
            switch try Command(invocation) {
            case .plane(let request):
                try limitSubscriptions(request, of: connection)
                if case .subscribeRules(let subscription) = request { subscribing[ticket] = subscription }
                handle(.request(ticket, from: connection.id, request))
            case .replacePolicy(let document): replacePolicy(document, answering: ticket)
            case .reload: reload(answering: ticket)
            case .discover: answer(ticket, .success({ Discovery.write(to: &$0) }))
            }
        } catch {
            answer(ticket, .failure(error))
        }
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
        guard connection.permissions.allow(method.description.access) else {
            let role = connection.permissions.role.map { "role \($0.rawValue)" } ?? "no role"
            throw ProtocolFault(
                .accessDenied, "\(method.rawValue) is not allowed: uid \(connection.credentials.user) has \(role)",
                [("role", .text(connection.permissions.role?.rawValue ?? "none"))])
        }
        guard connection.inFlight <= DaemonLimits.requestsInFlight else {
            throw ProtocolFault(
                .requestsInFlight,
                "\(DaemonLimits.requestsInFlight) requests of this connection wait for their answers; take those first",
                [("maximum", .integer(DaemonLimits.requestsInFlight))])
        }
    }
}
