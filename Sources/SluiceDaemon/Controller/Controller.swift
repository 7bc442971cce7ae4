// The one owner of the network's state. It runs on the control socket's event loop, so that a request costs no thread
// hop, and nothing in it suspends: a decision is one synchronous call of the control plane, whose effects are handed
// over before anything else happens.

package import Logging
package import NIOCore
package import SluiceControlPlane
package import SluiceModel
import SluiceSolver
package import SluiceStore

package actor Controller {
    /// What the controller is given by the process around it.
    package struct Surroundings: Sendable {
        package let loop: any EventLoop
        package let log: Logger
        package let daemonUser: UInt32
        /// Reads the documents again; called on a thread of its own.
        package let reload: @Sendable () -> Reload
        package let service: ServiceNotification
        /// nil: everything is forgotten when the process ends.
        package let journal: Journal?
        /// Ends the process.
        package let journalFailed: @Sendable (StoreFailure) -> Void
        /// nil: nothing is audited.
        package let audit: AuditLog?
        /// All groups of a user; called on a thread of its own.
        package let groups: @Sendable (_ user: UInt32, _ primary: UInt32) -> [UInt32]

        package init(
            loop: any EventLoop, log: Logger, daemonUser: UInt32, service: ServiceNotification, audit: AuditLog? = nil,
            journal: Journal? = nil, journalFailed: @escaping @Sendable (StoreFailure) -> Void = { _ in },
            groups: @escaping @Sendable (_ user: UInt32, _ primary: UInt32) -> [UInt32] = {
                ClientCredentials.groups(of: $0, primary: $1)
            },
            reload: @escaping @Sendable () -> Reload
        ) {
            self.loop = loop
            self.log = log
            self.daemonUser = daemonUser
            self.service = service
            self.journal = journal
            self.journalFailed = journalFailed
            self.audit = audit
            self.groups = groups
            self.reload = reload
        }
    }

    package nonisolated let surroundings: Surroundings
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        surroundings.loop.executor.asUnownedSerialExecutor()
    }

    var plane: ControlPlane
    var policy: Policy
    var clock = SteadyClock()
    let started: NIODeadline
    let startedAt: Instant
    var metrics = DaemonMetrics()
    var connections: [ClientID: Connection] = [:]
    var connectionsOfUser: [UInt32: Int] = [:]
    var groups = GroupCache()
    var rates = RequestRates()
    /// Scrapes of the metrics listener that run.
    var scrapes = 0
    var pending: [Ticket: PendingReply] = [:]
    /// Rules subscriptions that wait for their answer.
    var subscribing: [Ticket: RulesSubscription] = [:]
    /// Connections with bytes to flush at the end of the turn.
    var dirty: Set<ClientID> = []
    var nextTicket: UInt64 = 1
    var nextClient: UInt64 = 1
    var wake: Scheduled<Void>?
    /// The next look at clients that say nothing.
    var sweep: Scheduled<Void>?
    /// Solves that wait for the one that runs.
    var orders: [SolveOrder] = []
    /// Ends the solve that runs; nil: none runs.
    var solving: CancellationToken?
    /// Clients that wait for the reload that runs; nil: none runs.
    var reloading: [Ticket]?
    /// Listens for reports by UDP; nil where the daemon was not told to.
    var telemetry: TelemetryListener?
    /// Counts replacements of the topology.
    var topologyEdition = 0
    var isStopping = false
    var commitPoint = CommitPoint()
    var journalFacts = JournalFacts()
    var southbound = Southbound()

    package init(plane: ControlPlane, policy: Policy, surroundings: Surroundings) {
        self.plane = plane
        self.policy = policy
        self.surroundings = surroundings
        started = .now()
        startedAt = .now()
        // Flows of an earlier run belong to clients of it; no new client is taken for one of them.
        nextClient = plane.greatestClient.raw + 1
        commitPoint.isShortOfSpace = surroundings.journal?.store.isShortOfSpace ?? false
    }
}
