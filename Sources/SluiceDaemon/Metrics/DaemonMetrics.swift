// What the daemon counts while it works. A value of the controller, touched on its event loop only; nothing in it
// grows with flows or clients.

import SluiceControlPlane
import SluiceModel
import SluiceProtocol

struct DaemonMetrics: Sendable {
    /// What became of a flow that was asked for.
    enum Decision: Hashable {
        case admitted
        case degraded
        case pending
        case rejected(Rejection.Code)

        init(_ result: FlowResult) {
            if let rejection = result.rejection {
                self = .rejected(rejection.code)
                return
            }
            switch result.flow.state {
            case .admitted, .active: self = .admitted
            case .degraded: self = .degraded
            case .pending, .preempted, .rejected, .withdrawn, .expired: self = .pending
            }
        }
    }

    /// Why a client was not let in, or let go.
    enum Refusal: String, CaseIterable { case connections, user, line, idle, stopping }

    private(set) var requests: [Method: Int] = [:]
    private(set) var errors: [String: Int] = [:]
    private(set) var decisions: [Decision: Int] = [:]
    private(set) var decisionSeconds = Histogram(Histogram.decisionBounds)
    private(set) var occurrences: [Occurrence.Kind: Int] = [:]
    private(set) var moves: [Occurrence.MoveReason: Int] = [:]
    private(set) var solves: [String: Int] = [:]
    private(set) var solveSeconds = Histogram(Histogram.solveBounds)
    /// Of the last solve; nil before the first.
    private(set) var solverGap: Double?
    private(set) var commitSeconds = Histogram(Histogram.commitBounds)
    private(set) var connectionsAccepted = 0
    private(set) var connectionsRefused: [Refusal: Int] = [:]
    private(set) var missedNotifications = 0
    private(set) var failedHandshakes = 0
    private(set) var reloads: [String: Int] = [:]

    mutating func count(_ method: Method) { requests[method, default: 0] += 1 }

    mutating func count(_ fault: ProtocolFault) { errors[fault.code, default: 0] += 1 }

    /// An answer that decided about flows; answers of another kind, and dry runs, count nothing.
    mutating func count(_ response: Response) {
        switch response {
        case .flow(let result): count(result)
        case .batch(let items):
            for case .decided(let result) in items { count(result) }
        default: break
        }
    }

    private mutating func count(_ result: FlowResult) {
        if result.isDryRun { return }
        decisions[Decision(result), default: 0] += 1
    }

    mutating func count(_ occurrence: Occurrence) {
        occurrences[occurrence.kind, default: 0] += 1
        if let reason = occurrence.moveReason, occurrence.kind == .flowMoved { moves[reason, default: 0] += 1 }
    }

    mutating func countSolve(status: String, seconds: Double?, gap: Double?) {
        solves[status, default: 0] += 1
        if let seconds { solveSeconds.observe(seconds) }
        if let gap { solverGap = gap }
    }

    mutating func countCommit(seconds: Double) { commitSeconds.observe(seconds) }
    mutating func countDecision(seconds: Double) { decisionSeconds.observe(seconds) }
    mutating func countConnection() { connectionsAccepted += 1 }
    mutating func count(_ refusal: Refusal) { connectionsRefused[refusal, default: 0] += 1 }
    mutating func countMissedNotification() { missedNotifications += 1 }
    mutating func countFailedHandshake() { failedHandshakes += 1 }
    mutating func countReload(_ result: String) { reloads[result, default: 0] += 1 }
}
