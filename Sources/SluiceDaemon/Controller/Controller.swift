// The one owner of the network's state. It runs on the control socket's event loop, so that a request costs no thread
// hop, and nothing in it suspends: a decision is one synchronous call of the control plane, whose effects are handed
// over before anything else happens.

package import Logging
package import NIOCore
package import SluiceControlPlane
import SluiceGLPK
import SluiceJSON
package import SluiceModel
package import SluiceProtocol
import SluiceSolver

package actor Controller {
    /// What the controller is given by the process around it.
    package struct Surroundings: Sendable {
        package let loop: any EventLoop
        package let log: Logger
        package let daemonUser: UInt32
        /// Reads the documents again; called on a thread of its own.
        package let reload: @Sendable () -> Reload
        package let service: ServiceNotification

        package init(
            loop: any EventLoop, log: Logger, daemonUser: UInt32, service: ServiceNotification,
            reload: @escaping @Sendable () -> Reload
        ) {
            self.loop = loop
            self.log = log
            self.daemonUser = daemonUser
            self.service = service
            self.reload = reload
        }
    }

    package nonisolated let surroundings: Surroundings
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        surroundings.loop.executor.asUnownedSerialExecutor()
    }

    private var plane: ControlPlane
    private var policy: Policy
    private var clock = SteadyClock()
    private let started: NIODeadline
    private var connections: [ClientID: Connection] = [:]
    private var pending: [Ticket: PendingReply] = [:]
    /// Rules subscriptions that wait for their answer.
    private var subscribing: [Ticket: RulesSubscription] = [:]
    /// Connections with bytes to flush at the end of the turn.
    private var dirty: Set<ClientID> = []
    private var nextTicket: UInt64 = 1
    private var nextClient: UInt64 = 1
    private var wake: Scheduled<Void>?
    /// Solves that wait for the one that runs.
    private var orders: [SolveOrder] = []
    /// Ends the solve that runs; nil: none runs.
    private var solving: CancellationToken?
    /// Clients that wait for the reload that runs; nil: none runs.
    private var reloading: [Ticket]?
    private(set) var isStopping = false

    package init(plane: ControlPlane, policy: Policy, surroundings: Surroundings) {
        self.plane = plane
        self.policy = policy
        self.surroundings = surroundings
        started = .now()
    }
}

// MARK: Clients

extension Controller {
    /// Takes a new client in, or says why not.
    package func connect(
        _ channel: any Channel, _ credentials: ClientCredentials
    ) -> Result<ClientID, ProtocolFault> {
        if isStopping { return .failure(ProtocolFault(.shuttingDown, "the daemon is stopping")) }
        let isOwner = credentials.user == 0 || credentials.user == surroundings.daemonUser
        let reserved = isOwner ? 0 : min(DaemonLimits.connectionsReserved, policy.limits.connections / 4)
        guard connections.count < policy.limits.connections - reserved else {
            surroundings.log.warning(
                "client refused: too many connections", metadata: ["limit": "\(policy.limits.connections)"])
            return .failure(
                ProtocolFault(
                    .connections, "at most \(policy.limits.connections) clients may be connected",
                    [("maximum", .integer(policy.limits.connections))]))
        }
        let id = ClientID(nextClient)
        nextClient += 1
        connections[id] = Connection(
            id: id, channel: channel, credentials: credentials, permissions: permissions(of: credentials))
        surroundings.log.debug(
            "client connected",
            metadata: ["client": "\(id.raw)", "pid": "\(credentials.processID)", "uid": "\(credentials.user)"])
        return .success(id)
    }

    private func permissions(of client: ClientCredentials) -> Permissions {
        Permissions(of: client, under: policy.access, daemonUser: surroundings.daemonUser) {
            ClientCredentials.groups(of: $0.user, primary: $0.group)
        }
    }

    package func disconnect(_ client: ClientID) {
        guard connections.removeValue(forKey: client) != nil else { return }
        dirty.remove(client)
        handle(.clientGone(client))
        flush()
        surroundings.log.debug("client gone", metadata: ["client": "\(client.raw)"])
    }

    /// The client will send nothing more.
    package func inputEnded(_ client: ClientID) {
        guard let connection = connections[client] else { return }
        connection.inputHasEnded = true
        closeIfDone(connection)
    }

    /// Whether so much waits for the client that nothing more should be read from it.
    package func isCongested(_ client: ClientID) -> Bool { connections[client]?.isCongested ?? false }

    /// The client reads again: what a slow subscriber missed is made good.
    package func reads(_ client: ClientID) {
        guard let connection = connections[client], !connection.isCongested else { return }
        resynchronise(connection)
        flush()
    }

    /// Sends what has gathered; at the end of each turn.
    package func flush() {
        for client in dirty.sorted() {
            guard let connection = connections[client] else { continue }
            connection.flush()
            closeIfDone(connection)
        }
        dirty.removeAll(keepingCapacity: true)
    }

    private func closeIfDone(_ connection: Connection) {
        guard connection.inputHasEnded, connection.inFlight == 0, !connection.isSubscriber else { return }
        connection.flush()
        connection.channel.close(promise: nil)
    }

    /// Everyone is told, and let go.
    package func stop() {
        isStopping = true
        solving?.cancel()
        orders.removeAll()
        for ticket in pending.keys.sorted() {
            answer(ticket, .failure(ProtocolFault(.shuttingDown, "the daemon is stopping")))
        }
        for client in connections.keys.sorted() {
            connections[client]?.flush()
            connections[client]?.channel.close(promise: nil)
        }
        connections.removeAll()
        wake?.cancel()
    }
}

// MARK: Requests

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

// MARK: Effects

extension Controller {
    private func handle(_ event: Event) {
        let effects = plane.handle(event, at: clock.now())
        // Answers first: a subscriber learns that it is one before the first notification.
        for case .reply(let ticket, let result) in effects {
            switch result {
            case .success(let response): succeed(ticket, response)
            case .failure(let error):
                let names = KnownNames(topology: plane.topology, policy: policy)
                answer(ticket, .failure(ProtocolFault(error, nearest: names.nearest(to: error))))
            }
        }
        for effect in effects {
            switch effect {
            case .reply: break
            case .notify(let client, let notification): notify(client, notification)
            case .report(let occurrence): OccurrenceLog.write(occurrence, to: surroundings.log)
            case .solve(let order):
                orders.append(order)
                solveNext()
            case .wake(let instant): arm(instant)
            }
        }
    }

    private func succeed(_ ticket: Ticket, _ response: Response) {
        if let reply = pending[ticket], let connection = connections[reply.client] {
            switch response {
            case .rulesSubscribed(let switches):
                let owns = subscribing[ticket]?.own ?? false
                if reply.isAwaited { connection.subscriptions += 1 }
                for revision in switches { connection.followedRules[revision.switch, default: false] = owns }
            case .eventsSubscribed:
                connection.subscriptions += 1
                connection.followsEvents = true
            default: break
            }
        }
        let uptime = Double((NIODeadline.now() - started).nanoseconds) / 1e9
        let facts = DaemonFacts(uptimeSeconds: uptime, clients: connections.count)
        let names = KnownNames(topology: plane.topology, policy: policy)
        answer(ticket, .success({ $0.response(response, facts, names) }))
    }

    func answer(_ ticket: Ticket, _ answer: Result<(inout JSONWriter) -> Void, ProtocolFault>) {
        subscribing[ticket] = nil
        guard let reply = pending.removeValue(forKey: ticket), let connection = connections[reply.client] else {
            return
        }
        if case .nowhere = reply.destination { return }
        connection.inFlight -= 1
        var bytes: [UInt8]?
        if let id = reply.id {
            var writer = JSONWriter(reservingCapacity: 512)
            switch answer {
            case .success(let write): ReplyEncoder.result(id, to: &writer, write)
            case .failure(let fault): ReplyEncoder.fault(id, fault, to: &writer)
            }
            bytes = writer.bytes
        }
        if case .batch(let batch, let position) = reply.destination { bytes = batch.complete(position, with: bytes) }
        dirty.insert(connection.id)
        if let bytes { connection.send(bytes) }
    }

    private func notify(_ client: ClientID, _ notification: Notification) {
        guard let connection = connections[client] else { return }
        guard !connection.isCongested else {
            switch notification {
            case .occurrence: connection.missedEvents += 1
            case .rules(let transaction): connection.missedRules.insert(transaction.switch)
            }
            return
        }
        // What comes after a gap waits for the snapshot that closes it.
        if case .rules(let transaction) = notification, connection.missedRules.contains(transaction.switch) { return }
        send(notification, to: connection)
    }

    private func send(_ notification: Notification, to connection: Connection) {
        var writer = JSONWriter(reservingCapacity: 512)
        writer.notification(notification)
        connection.send(writer.bytes)
        dirty.insert(connection.id)
    }

    /// Says how many events were missed, and follows the rules anew from a snapshot.
    private func resynchronise(_ connection: Connection) {
        if connection.missedEvents > 0 {
            var writer = JSONWriter()
            let count = connection.missedEvents
            ReplyEncoder.notification(NotificationName.missed, to: &writer) { writer in
                writer.object { $0.member("count", count) }
            }
            connection.missedEvents = 0
            connection.send(writer.bytes)
            dirty.insert(connection.id)
        }
        for owns in [true, false] {
            let switches = connection.missedRules.filter { connection.followedRules[$0] == owns }.sorted()
            guard !switches.isEmpty else { continue }
            connection.missedRules.subtract(switches)
            let ticket = Ticket(nextTicket)
            nextTicket += 1
            pending[ticket] = PendingReply(client: connection.id, id: nil, destination: .nowhere)
            let subscription = RulesSubscription(switches: switches, sinceRevision: nil, own: owns)
            handle(.request(ticket, from: connection.id, .subscribeRules(subscription)))
        }
    }

    private func arm(_ instant: Instant?) {
        wake?.cancel()
        wake = nil
        guard let instant, !isStopping else { return }
        let seconds = min(max(0.001, instant.seconds(since: clock.now())), 86_400 * 365)
        wake = surroundings.loop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) {
            self.assumeIsolated { controller in
                controller.handle(.timeReached)
                controller.flush()
            }
        }
    }
}

// MARK: Solving

extension Controller {
    /// One solve at a time: a second would take the processor from the first, and both from the decisions.
    private func solveNext() {
        guard solving == nil, !orders.isEmpty else { return }
        let order = orders.removeFirst()
        let cancellation = CancellationToken()
        solving = cancellation
        BackgroundThread.run(stackBytes: DaemonLimits.solverStackBytes, niceness: 10) {
            let options = SolveOptions(
                method: order.method,
                budget: SolveBudget(
                    .wallTime(seconds: order.budgetSeconds, clock: MonotonicClock.seconds), cancellation: cancellation),
                seed: order.seed)
            let solution = AdmissionSolver.solve(order.problem, options: options, engine: GLPKEngine())
            self.surroundings.loop.execute {
                self.assumeIsolated { controller in
                    controller.solving = nil
                    guard !controller.isStopping else { return }
                    controller.handle(.problemSolved(order.id, .solved(solution)))
                    controller.solveNext()
                    controller.flush()
                }
            }
        }
    }
}

// MARK: Reloading

extension Controller {
    /// Reads the documents again, for `system.reload` (with its ticket) or SIGHUP (nil).
    package func reload(answering ticket: Ticket?) {
        if reloading != nil {
            // The one that runs may have read the old files already: another follows it.
            if let ticket { reloading?.append(ticket) }
            return
        }
        reloading = ticket.map { [$0] } ?? []
        surroundings.service.reloading()
        BackgroundThread.run {
            let result = self.surroundings.reload()
            self.surroundings.loop.execute {
                self.assumeIsolated { controller in
                    controller.adopt(result)
                    controller.flush()
                }
            }
        }
    }

    private func adopt(_ reload: Reload) {
        let tickets = reloading ?? []
        reloading = nil
        surroundings.service.ready("serving")
        switch reload {
        case .faults(let lines):
            for line in lines {
                surroundings.log.error("reload refused, the old configuration stays", metadata: ["fault": "\(line)"])
            }
            for ticket in tickets { answer(ticket, .failure(.document(lines))) }
        case .documents(let documents):
            var outcome = "none"
            if let fresh = documents.policy {
                outcome = fresh == policy ? "unchanged" : "replaced"
                if fresh != policy { replace(fresh) }
            }
            if documents.topologyHasChanged {
                surroundings.log.warning("the topology file has changed; restart to take it up")
            }
            surroundings.log.notice("reloaded", metadata: ["policy": "\(outcome)"])
            for ticket in tickets {
                answer(
                    ticket,
                    .success({ writer in
                        writer.object { writer in
                            writer.member("policy", outcome)
                            writer.member("topology", documents.topologyHasChanged ? "changed" : "unchanged")
                        }
                    }))
            }
        }
    }

    /// Puts `fresh` in force: for clients at once, for flows by the control plane.
    ///
    /// - Parameter ticket: of the request that asked for it; nil: nobody waits.
    func replace(_ fresh: Policy, answering ticket: Ticket? = nil) {
        policy = fresh
        for connection in connections.values {
            connection.permissions = permissions(of: connection.credentials)
        }
        handle(.request(ticket ?? newTicket(), from: ClientID(0), .replacePolicy(fresh)))
    }

    private func newTicket() -> Ticket {
        defer { nextTicket += 1 }
        return Ticket(nextTicket)
    }
}
