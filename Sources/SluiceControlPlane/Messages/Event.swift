// What can happen to the control plane, and what it asks of the shell in return. The shell performs effects in order;
// every one is safe to repeat.

package import SluiceModel

/// Names one request that waits for its answer; the shell chooses it, unique among those that wait.
package struct Ticket: Hashable, Comparable, Sendable {
    package let raw: UInt64
    package init(_ raw: UInt64) { self.raw = raw }
    package static func < (left: Ticket, right: Ticket) -> Bool { left.raw < right.raw }
}

/// Names one connected client; the shell chooses it and never uses it again.
package struct ClientID: Hashable, Comparable, Sendable {
    package let raw: UInt64
    package init(_ raw: UInt64) { self.raw = raw }
    package static func < (left: ClientID, right: ClientID) -> Bool { left.raw < right.raw }

    /// Stands for all clients of one user, now and after a restart; no connection has it.
    package static func account(ofUser user: UInt32) -> ClientID { ClientID(1 << 52 | UInt64(user)) }
}

package enum Event: Sendable {
    /// A well-formed request; each gets exactly one `.reply` with its ticket, in this call or (an optimisation) later.
    case request(Ticket, from: ClientID, Request)
    /// Links were measured by someone who waits for no answer; what cannot be used is counted.
    case measured([LinkSample])
    /// A client has connected whose flows count for `account`. Without this they count for the client alone.
    case clientCame(ClientID, account: ClientID)
    /// A client's connection ended: its subscriptions and its ownership of switches end with it.
    case clientGone(ClientID)
    /// The instant asked for by the last `.wake` has come. Early and superfluous wakes do no harm.
    case timeReached
    /// A switch has told that packets can, or cannot, pass one of its ports.
    case portChanged(switch: NodeID, port: PortNumber, isUp: Bool)
    /// The answer to a `.solve`.
    case problemSolved(SolveID, SolveOutcome)
}

package enum Effect: Sendable {
    /// The one answer to a request.
    case reply(Ticket, Result<Response, RequestError>)
    /// Something a client has subscribed to.
    case notify(ClientID, Notification)
    /// Something worth a log line and a count; also sent to subscribers, by `.notify`.
    case report(Occurrence)
    /// Solve this on the solver's own thread and hand the outcome back as `.problemSolved`.
    case solve(SolveOrder)
    /// Send `.timeReached` at this instant; replaces every earlier wish. Nil: no wake is needed.
    case wake(at: Instant?)
}
