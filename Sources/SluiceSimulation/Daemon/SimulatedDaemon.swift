// The daemon without its process: the control plane, the control socket's framer and codec, the mapping between the two,
// the commit point, and for every switch that is connected the OpenFlow agent that the daemon uses. Sockets, threads and
// clocks are the world's. What stands here in place of `Controller` keeps its contract: decisions are taken at once, what
// they changed is committed, and nothing of a batch is told before its commit is done.

import SluiceControlPlane
import SluiceJSON
import SluiceMapping
import SluiceModel
import SluiceOpenFlow
import SluiceProtocol
import SluiceStore

/// What the daemon does to the world.
enum DaemonAction {
    /// Bytes for a client.
    case send(connection: UInt64, [UInt8])
    case close(connection: UInt64)
    /// Bytes for a switch.
    case program(connection: UInt64, [UInt8])
    case drop(connection: UInt64)
    case commit([UInt8], [PlaneChange])
    case solve(SolveOrder)
    /// Wake the control plane after so many seconds; nil: no wake is needed.
    case wake(seconds: Double?)
    case wakeAgent(connection: UInt64, seconds: Double)
}

/// One call of the control plane, for the checker.
struct Decision {
    var event: Event
    var effects: [Effect]
    var changes: [PlaneChange]
    var at: Instant
}

/// What was decided and is not told.
struct HeldBatch {
    var effects: [[Effect]] = []
    var changes: [PlaneChange] = []
}

final class SimulatedDaemon {
    struct ClientConnection {
        var id: ClientID
        var framer = LineFramer(limit: Limits.requestBytes)
        /// It was here before, in this life of the daemon.
        var hasReconnected: Bool
        var inFlight = 0
    }

    final class SwitchConnection {
        var agent: SwitchAgent
        var node: NodeIndex?
        var client: ClientID?
        var ports: [UInt32: Port] = [:]
        var counters = PortCounters()
        var polls: Set<UInt32> = []
        init(at now: Instant) { agent = SwitchAgent(at: now) }
    }

    private struct PendingReply {
        var connection: UInt64
        var id: RequestID?
    }

    var plane: ControlPlane
    let defect: PlantedDefect?
    private(set) var clients: [UInt64: ClientConnection] = [:]
    private(set) var switches: [UInt64: SwitchConnection] = [:]
    private var ofClient: [ClientID: UInt64] = [:]
    private var ofNode: [NodeIndex: UInt64] = [:]
    private var pending: [Ticket: PendingReply] = [:]
    private var nextTicket: UInt64 = 1
    private var nextClient: UInt64
    private var held = HeldBatch()
    private var committing: HeldBatch?
    private var outbox: [(UInt64, [SwitchAgent.Output])] = []
    private var isDraining = false
    private var touched: Set<UInt64> = []
    private var orders: [SolveOrder] = []
    private var isSolving = false
    var isShortOfSpace = false
    private var clock = Instant.epoch
    private var seenUsers: Set<Int> = []
    private var outgoing: [UInt64: [UInt8]] = [:]

    var actions: [DaemonAction] = []
    var decisions: [Decision] = []
    /// Changes of the batches that were told since the last look.
    var told: [[PlaneChange]] = []

    init(plane: ControlPlane, defect: PlantedDefect?) {
        self.plane = plane
        self.defect = defect
        nextClient = plane.greatestClient.raw + 1
    }

    /// Requests without their answer.
    var pendingCount: Int { pending.count }
    var isIdle: Bool { held.effects.isEmpty && committing == nil && pending.isEmpty && !isSolving && orders.isEmpty }
    var heldCount: Int { held.effects.count + (committing?.effects.count ?? 0) }

    /// Whether the agent of `node` has done everything it was told.
    func isSettled(_ node: NodeIndex) -> Bool {
        ofNode[node].flatMap { switches[$0] }.map { $0.agent.isSettled } ?? false
    }

    // Whoever reads a part of `plane` from outside has all of it copied for that.

    /// Bits a second that the ledger holds on `link`.
    func held(on link: LinkIndex) -> Int { plane.heldBitsPerSecond(on: link) }

    /// Whether a switch is believed to have no room for another rule.
    var hasFullTables: Bool { plane.hasFullTables() }

    /// The session that drives the switch at `node`.
    func connection(of node: NodeIndex) -> UInt64? { ofNode[node] }

    // MARK: Deciding

    /// The wall clock, which never goes back here.
    func tick(_ now: Instant) { clock = max(clock, now) }
    var now: Instant { clock }

    func handle(_ event: Event) {
        let effects = plane.handle(event, at: clock)
        let changes = plane.takeChanges()
        decisions.append(Decision(event: event, effects: effects, changes: changes, at: clock))
        held.effects.append(effects)
        held.changes += changes
    }

    func start() {
        handle(.timeReached)
        flush()
    }

    func wake() {
        handle(.timeReached)
        flush()
    }

    // MARK: Committing

    private func commit() {
        guard committing == nil, !held.effects.isEmpty else { return }
        let batch = held
        held = HeldBatch()
        guard !batch.changes.isEmpty else {
            tell(batch)
            return
        }
        committing = batch
        actions.append(.commit(JournalEntry.bytes(of: batch.changes), batch.changes))
    }

    /// The entry is on the disk.
    func committed() {
        guard let batch = committing else { return }
        committing = nil
        tell(batch)
        flush()
    }

    private func tell(_ batch: HeldBatch) {
        told.append(batch.changes)
        for effects in batch.effects { perform(effects) }
    }

    // MARK: Effects

    private func perform(_ effects: [Effect]) {
        for case .reply(let ticket, let result) in effects {
            switch result {
            case .success(let response): succeed(ticket, response)
            case .failure(let error):
                let names = KnownNames(topology: plane.topology, policy: plane.policy)
                answer(ticket, .failure(ProtocolFault(error, nearest: names.nearest(to: error))))
            }
        }
        for effect in effects {
            switch effect {
            case .reply, .report: break
            case .notify(let client, let notification): notify(client, notification)
            case .solve(let order):
                orders.append(order)
                solveNext()
            case .wake(let instant):
                actions.append(.wake(seconds: instant.map { max(0.001, $0.seconds(since: clock)) }))
            }
        }
        drainSwitches()
    }

    private func solveNext() {
        guard !isSolving, !orders.isEmpty else { return }
        isSolving = true
        actions.append(.solve(orders.removeFirst()))
    }

    func solved(_ id: SolveID, _ outcome: SolveOutcome) {
        isSolving = false
        handle(.problemSolved(id, outcome))
        solveNext()
        flush()
    }

    private func succeed(_ ticket: Ticket, _ response: Response) {
        let facts = DaemonFacts(uptimeSeconds: 0, clients: clients.count)
        let names = KnownNames(topology: plane.topology, policy: plane.policy)
        answer(ticket, .success({ $0.response(response, facts, names) }))
    }

    private func answer(_ ticket: Ticket, _ answer: Result<(inout JSONWriter) -> Void, ProtocolFault>) {
        guard let reply = pending.removeValue(forKey: ticket), let connection = clients[reply.connection] else {
            return
        }
        clients[reply.connection]?.inFlight -= 1
        guard let id = reply.id else { return }
        if defect == .lostReply, connection.hasReconnected {
            clients[reply.connection]?.hasReconnected = false
            return
        }
        var writer = JSONWriter(reservingCapacity: 512)
        switch answer {
        case .success(let write): ReplyEncoder.result(id, to: &writer, write)
        case .failure(let fault): ReplyEncoder.fault(id, fault, to: &writer)
        }
        outgoing[reply.connection, default: []] += writer.bytes + [UInt8(ascii: "\n")]
    }

    private func notify(_ client: ClientID, _ notification: Notification) {
        if let id = ofClient[client] {
            guard case .rules(let transaction) = notification, let connection = switches[id] else { return }
            post(
                connection.agent.follow(
                    transaction.change, revision: transaction.revision, isSnapshot: transaction.isSnapshot, at: clock),
                of: id)
            return
        }
        guard let connection = clients.first(where: { $0.value.id == client })?.key else { return }
        var writer = JSONWriter(reservingCapacity: 512)
        writer.notification(notification)
        outgoing[connection, default: []] += writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Sends what has gathered; at the end of each turn.
    func flush() {
        commit()
        drainSwitches()
        for id in touched.sorted() {
            guard let connection = switches[id] else { continue }
            let bytes = connection.agent.takeOutgoing()
            if !bytes.isEmpty { actions.append(.program(connection: id, bytes)) }
            let seconds = min(max(0.001, connection.agent.nextWake.seconds(since: clock)), 3_600)
            actions.append(.wakeAgent(connection: id, seconds: seconds))
        }
        touched = []
        for connection in outgoing.keys.sorted() {
            if let bytes = outgoing[connection] { actions.append(.send(connection: connection, bytes)) }
        }
        outgoing = [:]
    }
}

// MARK: Clients

extension SimulatedDaemon {
    func clientCame(_ connection: UInt64, user: Int) {
        let id = ClientID(nextClient)
        nextClient += 1
        clients[connection] = ClientConnection(id: id, hasReconnected: !seenUsers.insert(user).inserted)
        handle(.clientCame(id, account: .account(ofUser: UInt32(user))))
        flush()
    }

    func clientGone(_ connection: UInt64) {
        guard let client = clients.removeValue(forKey: connection) else { return }
        outgoing[connection] = nil
        handle(.clientGone(client.id))
        flush()
    }

    func clientSent(_ bytes: [UInt8], over connection: UInt64) {
        var frames: [Frame] = []
        guard clients[connection] != nil else { return }
        clients[connection]?.framer.receive(bytes) { frames.append($0) }
        for frame in frames { receive(frame, from: connection) }
        flush()
    }

    private func receive(_ frame: Frame, from connection: UInt64) {
        switch frame {
        case .tooLong:
            perform(
                Call(id: .null, content: .failure(ProtocolFault(.requestTooLong, "the line is too long", []))),
                for: connection)
        case .line(let bytes):
            switch CallDecoder.decode(bytes) {
            case .single(let call): perform(call, for: connection)
            case .batch(let calls): for call in calls { perform(call, for: connection) }
            }
        }
    }

    private func perform(_ call: Call, for connection: UInt64) {
        guard let client = clients[connection] else { return }
        let ticket = Ticket(nextTicket)
        nextTicket += 1
        clients[connection]?.inFlight += 1
        pending[ticket] = PendingReply(connection: connection, id: call.id)
        do throws(ProtocolFault) {
            switch try Command(try call.content.get()) {
            case .plane(let request):
                if isShortOfSpace, request.takesRoom {
                    throw ProtocolFault(.storageFull, "the disk is full", [])
                }
                handle(.request(ticket, from: client.id, request))
            case .discover: answer(ticket, .success({ Discovery.write(to: &$0) }))
            case .replacePolicy, .replaceTopology, .reload, .metrics:
                answer(ticket, .failure(ProtocolFault(.accessDenied, "there is no such daemon here", [])))
            }
        } catch {
            answer(ticket, .failure(error))
        }
    }
}

// MARK: Switches

extension SimulatedDaemon {
    func switchConnected(_ id: UInt64) {
        switches[id] = SwitchConnection(at: clock)
        touched.insert(id)
        flush()
    }

    func switchSent(_ bytes: [UInt8], over id: UInt64) {
        guard let connection = switches[id] else { return }
        post(connection.agent.receive(bytes, at: clock), of: id)
        flush()
    }

    func switchGone(_ id: UInt64) {
        forgetSwitch(id)
        flush()
    }

    func wakeAgent(_ id: UInt64) {
        guard let connection = switches[id] else { return }
        post(connection.agent.timeReached(clock), of: id)
        flush()
    }

    /// Asks every switch for the counters of its ports.
    func poll() {
        for id in ofNode.values.sorted() {
            guard let connection = switches[id], connection.polls.isEmpty,
                let xid = connection.agent.ask(.ports(MultipartRequest.allPorts), at: clock)
            else { continue }
            connection.polls.insert(xid)
            touched.insert(id)
        }
        flush()
    }

    private func forgetSwitch(_ id: UInt64) {
        guard let connection = switches.removeValue(forKey: id) else { return }
        touched.remove(id)
        if let node = connection.node, ofNode[node] == id { ofNode[node] = nil }
        if let client = connection.client {
            ofClient[client] = nil
            handle(.clientGone(client))
        }
    }

    private func close(_ id: UInt64) {
        if let bytes = switches[id]?.agent.takeOutgoing(), !bytes.isEmpty {
            actions.append(.program(connection: id, bytes))
        }
        actions.append(.drop(connection: id))
        forgetSwitch(id)
    }

    private func post(_ outputs: [SwitchAgent.Output], of id: UInt64) {
        touched.insert(id)
        if !outputs.isEmpty { outbox.append((id, outputs)) }
    }

    private func drainSwitches() {
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        while !outbox.isEmpty {
            let batch = outbox
            outbox = []
            for (id, outputs) in batch { for output in outputs { take(output, of: id) } }
        }
        // What switches have told may be decided by now, and wants its commit.
        commit()
    }

    private func take(_ output: SwitchAgent.Output, of id: UInt64) {
        guard let connection = switches[id] else { return }
        switch output {
        case .identified(let identity): bind(connection, id, to: identity)
        case .acknowledged(let revision, let failures):
            guard let node = connection.node, let client = connection.client else { return }
            ask(
                .acknowledgeRules(
                    RulesAcknowledgement(
                        switch: plane.topology.name(of: node), revision: revision,
                        failures: failures.map {
                            RulesAcknowledgement.Failure(
                                cookie: $0.cookie, message: $0.message, isTableFull: $0.isTableFull)
                        })), from: client)
        case .portChanged(let status):
            let isThere = status.reason != .deleted
            connection.ports[status.port.number] = isThere ? status.port : nil
            report(port: status.port.number, isUp: isThere && status.port.isUp, of: connection)
        case .answered(let xid, let parts):
            guard connection.polls.remove(xid) != nil else { return }
            takeCounters(parts, of: connection)
        case .refused(let xid): connection.polls.remove(xid)
        case .resynchronised, .restored, .packetIn, .echoed: break
        case .ended: close(id)
        }
    }

    private func ask(_ request: Request, from client: ClientID) {
        let ticket = Ticket(nextTicket)
        nextTicket += 1
        handle(.request(ticket, from: client, request))
    }

    private func bind(_ connection: SwitchConnection, _ id: UInt64, to identity: SwitchIdentity) {
        let topology = plane.topology
        let datapath = identity.features.datapath
        guard let index = topology.switches.first(where: { topology.datapath(of: $0) == datapath }) else {
            close(id)
            return
        }
        if let former = ofNode[index] { close(former) }
        let client = ClientID(nextClient)
        nextClient += 1
        connection.node = index
        connection.client = client
        for port in identity.ports { connection.ports[port.number] = port }
        ofNode[index] = id
        ofClient[client] = id
        ask(
            .subscribeRules(
                RulesSubscription(switches: [topology.name(of: index)], sinceRevision: nil, own: true)), from: client)
        guard plane.agent(of: index) == client else {
            close(id)
            return
        }
        for port in plane.ports(of: index) {
            report(port: port.raw, isUp: connection.ports[port.raw]?.isUp ?? false, of: connection)
        }
    }

    private func report(port: UInt32, isUp: Bool, of connection: SwitchConnection) {
        guard let node = connection.node, port <= Port.largestNumber else { return }
        handle(.portChanged(switch: plane.topology.name(of: node), port: PortNumber(port), isUp: isUp))
    }

    private func takeCounters(_ parts: [MultipartBody], of connection: SwitchConnection) {
        var statistics: [PortStatistics] = []
        for case .ports(let entries) in parts { statistics += entries }
        let rates = connection.counters.record(statistics, at: clock)
        guard let index = connection.node else { return }
        var samples: [LinkSample] = []
        for link in plane.topology.links(leaving: index) {
            let link = plane.topology[link]
            guard let port = link.fromPort, let rate = rates.first(where: { $0.port == port.raw }) else { continue }
            let capacity = Double(link.capacity.bitsPerSecond)
            guard capacity > 0, link.capacity != .unlimited else { continue }
            samples.append(
                LinkSample(
                    link: link.index, time: clock, utilisation: min(1, rate.bitsPerSecond / capacity),
                    lossRatio: rate.lossRatio))
        }
        if !samples.isEmpty { handle(.measured(samples)) }
    }
}

extension Request {
    /// Whether it may add to what has to be kept.
    fileprivate var takesRoom: Bool {
        switch self {
        case .submit(_, let dryRun), .update(_, let dryRun): !dryRun
        case .submitBatch(_, _, let dryRun): !dryRun
        default: false
        }
    }
}
