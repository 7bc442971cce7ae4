// What a decision asks for, handed over: answers, notifications, log lines, solves, the next wake.

import NIOCore
import SluiceControlPlane
import SluiceJSON
import SluiceMapping
import SluiceModel
import SluiceProtocol

extension Controller {
    func perform(_ effects: [Effect]) {
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
            case .report(let occurrence):
                metrics.count(occurrence)
                OccurrenceLog.write(occurrence, to: surroundings.log)
            case .solve(let order):
                orders.append(order)
                solveNext()
            case .wake(let instant): arm(instant)
            }
        }
        drainSwitches()
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
        if case .topologyReplaced(let change) = response { follow(change) }
        let uptime = Double((NIODeadline.now() - started).nanoseconds) / 1e9
        let listener = telemetry
        let facts = DaemonFacts(uptimeSeconds: uptime, clients: connections.count) { listener?.facts }
        let names = KnownNames(topology: plane.topology, policy: policy)
        metrics.count(response)
        answer(ticket, .success({ $0.response(response, facts, names) }), outcome: AuditedOutcome(response))
    }

    /// - Parameter outcome: what the audit log is told where the answer is no fault.
    func answer(
        _ ticket: Ticket, _ answer: Result<(inout JSONWriter) -> Void, ProtocolFault>,
        outcome: AuditedOutcome = .done
    ) {
        subscribing[ticket] = nil
        guard let reply = pending.removeValue(forKey: ticket) else { return }
        var outcome = outcome
        if case .failure(let fault) = answer {
            metrics.count(fault)
            outcome = .refused(fault)
        }
        if let request = reply.audited, let audit = surroundings.audit {
            for line in AuditRecord.lines(of: request, at: .now(), outcome: outcome) { audit.append(line) }
        }
        guard let connection = connections[reply.client] else { return }
        if case .nowhere = reply.destination { return }
        connection.inFlight -= 1
        connection.lastActive = .now()
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

    func notify(_ client: ClientID, _ notification: Notification) {
        if notifySwitch(client, notification) { return }
        guard let connection = connections[client] else { return }
        guard !connection.isCongested else {
            metrics.countMissedNotification()
            switch notification {
            case .occurrence: connection.missedEvents += 1
            case .rules(let transaction):
                connection.missedRules.insert(transaction.switch)
                if transaction.isSnapshot { connection.requestedRules.remove(transaction.switch) }
            }
            return
        }
        // What comes after a gap waits for the snapshot that closes it.
        if case .rules(let transaction) = notification {
            if transaction.isSnapshot {
                connection.missedRules.remove(transaction.switch)
                connection.requestedRules.remove(transaction.switch)
            } else if connection.missedRules.contains(transaction.switch) {
                metrics.countMissedNotification()
                return
            }
        }
        send(notification, to: connection)
    }

    private func send(_ notification: Notification, to connection: Connection) {
        var writer = JSONWriter(reservingCapacity: 512)
        writer.notification(notification)
        connection.send(writer.bytes)
        dirty.insert(connection.id)
    }

    /// Says how many events were missed, and follows the rules anew from a snapshot.
    func resynchronise(_ connection: Connection) {
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
            let switches = connection.missedRules.subtracting(connection.requestedRules)
                .filter { connection.followedRules[$0] == owns }.sorted()
            guard !switches.isEmpty else { continue }
            connection.requestedRules.formUnion(switches)
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

extension Event {
    /// A request that may change what is admitted, or where.
    var isDecision: Bool {
        switch self {
        case .request(_, from: _, let request):
            switch request {
            case .submit, .submitBatch, .update, .withdraw, .setLink: true
            default: false
            }
        default: false
        }
    }
}
