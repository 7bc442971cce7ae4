// Switches under the controller. To the control plane a switch is one more agent: it owns its rules, follows their
// transactions and acknowledges them. What the OpenFlow machine tells is turned into requests and events here; nothing is
// decided.

import Logging
import NIOCore
import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import SluiceOpenFlow

extension Controller {
    func switchConnected(_ channel: any Channel, peer: String) -> SwitchConnectionID? {
        guard !isStopping, southbound.connections.count < OpenFlowLimits.sessions else { return nil }
        let id = SwitchConnectionID(raw: southbound.nextID)
        southbound.nextID += 1
        southbound.connections[id] = SwitchConnection(id: id, channel: channel, peer: peer, at: clock.now())
        southbound.touched.insert(id)
        flush()
        return id
    }

    /// Whether one more TLS handshake may begin; `endHandshake` ends it.
    func beginHandshake() -> Bool {
        guard !isStopping, southbound.handshakes < DaemonLimits.handshakes else { return false }
        southbound.handshakes += 1
        return true
    }

    func endHandshake() { southbound.handshakes -= 1 }

    /// Somebody could not show a certificate of the authority, or did not accept ours.
    func handshakeFailed(peer: String, reason: String) {
        metrics.countFailedHandshake()
        let now = clock.now()
        if let warned = southbound.handshakeWarned,
            now.seconds(since: warned) < DaemonLimits.handshakeWarningSeconds
        {
            return
        }
        southbound.handshakeWarned = now
        surroundings.log.warning("TLS with a switch failed", metadata: ["peer": "\(peer)", "reason": "\(reason)"])
    }

    func switchSent(_ bytes: [UInt8], over id: SwitchConnectionID) {
        guard let connection = southbound.connections[id], !connection.isEnded else { return }
        post(connection.agent.receive(bytes, at: clock.now()), of: connection)
        drainSwitches()
    }

    func switchGone(_ id: SwitchConnectionID, why: String) {
        guard let connection = southbound.connections.removeValue(forKey: id) else { return }
        connection.wake?.cancel()
        connection.isEnded = true
        southbound.touched.remove(id)
        guard let node = connection.node else { return }
        if southbound.ofNode[node] == id { southbound.ofNode[node] = nil }
        surroundings.log.notice(
            "switch disconnected", metadata: ["switch": "\(node)", "peer": "\(connection.peer)", "reason": "\(why)"])
        if let client = connection.client {
            southbound.ofClient[client] = nil
            handle(.clientGone(client))
        }
        flush()
    }

    /// A transaction for a switch that Sluice drives itself; false where the client is none.
    func notifySwitch(_ client: ClientID, _ notification: Notification) -> Bool {
        guard let id = southbound.ofClient[client], let connection = southbound.connections[id] else { return false }
        guard case .rules(let transaction) = notification else { return true }
        post(
            connection.agent.follow(
                transaction.change, revision: transaction.revision, isSnapshot: transaction.isSnapshot,
                at: clock.now()), of: connection)
        return true
    }

    private func post(_ outputs: [SwitchAgent.Output], of connection: SwitchConnection) {
        southbound.touched.insert(connection.id)
        if !outputs.isEmpty { southbound.outbox.append((connection.id, outputs)) }
    }

    /// Handles what agents have told, and what comes of that. A decision that runs is handed over first: its
    /// transactions reach an agent in their order.
    func drainSwitches() {
        guard !southbound.isDraining else { return }
        southbound.isDraining = true
        defer { southbound.isDraining = false }
        while !southbound.outbox.isEmpty {
            let batch = southbound.outbox
            southbound.outbox = []
            for (id, outputs) in batch {
                for output in outputs {
                    guard let connection = southbound.connections[id], !connection.isEnded else { break }
                    take(output, of: connection)
                }
            }
        }
    }

    /// Hands gathered bytes over and arms the agents' wakes, at the end of a turn.
    func flushSwitches() {
        drainSwitches()
        for id in southbound.touched.sorted() {
            guard let connection = southbound.connections[id], !connection.isEnded else { continue }
            connection.flush()
            arm(connection)
        }
        southbound.touched = []
    }

    private func arm(_ connection: SwitchConnection) {
        connection.wake?.cancel()
        let seconds = min(max(0.001, connection.agent.nextWake.seconds(since: clock.now())), 3_600)
        let id = connection.id
        connection.wake = surroundings.loop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) {
            self.assumeIsolated { controller in
                guard let connection = controller.southbound.connections[id], !connection.isEnded else { return }
                controller.post(connection.agent.timeReached(controller.clock.now()), of: connection)
                controller.flush()
            }
        }
    }

    func stopSwitches() {
        southbound.polling?.cancel()
        southbound.probing?.cancel()
        for id in southbound.connections.keys.sorted() {
            guard let connection = southbound.connections.removeValue(forKey: id) else { continue }
            connection.wake?.cancel()
            connection.isEnded = true
            connection.flush()
            connection.channel.close(promise: nil)
        }
        southbound = Southbound()
    }
}

// MARK: News

extension Controller {
    private func take(_ output: SwitchAgent.Output, of connection: SwitchConnection) {
        switch output {
        case .identified(let identity): bind(connection, to: identity)
        case .acknowledged(let revision, let failures):
            guard let node = connection.node, let client = connection.client else { return }
            for failure in failures {
                surroundings.log.warning(
                    "rule refused",
                    metadata: ["switch": "\(node)", "cookie": "\(failure.cookie)", "reason": "\(failure.message)"])
            }
            request(
                .acknowledgeRules(
                    RulesAcknowledgement(
                        switch: node, revision: revision,
                        failures: failures.map {
                            RulesAcknowledgement.Failure(
                                cookie: $0.cookie, message: $0.message, isTableFull: $0.isTableFull)
                        })),
                from: client)
        case .resynchronised(let changed, let installed):
            surroundings.log.notice(
                "switch resynchronised",
                metadata: [
                    "switch": "\(connection.node?.text ?? "?")", "changed": "\(changed)", "rules": "\(installed)",
                ])
        case .restored(let cookie):
            surroundings.log.warning(
                "a rule was removed by somebody else and is set again",
                metadata: ["switch": "\(connection.node?.text ?? "?")", "cookie": "\(cookie)"])
        case .portChanged(let status):
            let isThere = status.reason != .deleted
            connection.ports[status.port.number] = isThere ? status.port : nil
            report(port: status.port.number, isUp: isThere && status.port.isUp, of: connection)
        case .packetIn(let packet): discover(packet, by: connection)
        case .answered(let xid, let parts):
            guard connection.polls.remove(xid) != nil else { return }
            takeCounters(parts, of: connection)
        case .refused(let xid): connection.polls.remove(xid)
        case .echoed(let seconds): connection.echoSeconds = seconds
        case .ended(let ending):
            surroundings.log.warning(
                "switch session ended",
                metadata: [
                    "switch": "\(connection.node?.text ?? "?")", "peer": "\(connection.peer)",
                    "reason": "\(ending.text)",
                ])
            close(connection, why: ending.text)
        }
    }

    /// Asks the control plane for something whose answer nobody waits for.
    func request(_ request: Request, from client: ClientID) {
        let ticket = Ticket(nextTicket)
        nextTicket += 1
        handle(.request(ticket, from: client, request))
    }

    private func close(_ connection: SwitchConnection, why: String) {
        connection.flush()
        connection.channel.close(promise: nil)
        switchGone(connection.id, why: why)
    }

    private func bind(_ connection: SwitchConnection, to identity: SwitchIdentity) {
        let datapath = identity.features.datapath
        let topology = plane.topology
        guard let index = topology.switches.first(where: { topology.datapath(of: $0) == datapath }) else {
            surroundings.log.warning(
                "switch refused: the topology has no switch with its datapath id",
                metadata: ["dpid": "\(String(datapath.raw, radix: 16))", "peer": "\(connection.peer)"])
            close(connection, why: "unknown datapath id")
            return
        }
        let node = topology[index].id
        // The newer connection is the living one: a switch that restarts comes back before the old one has timed out.
        if let former = southbound.ofNode[node].flatMap({ southbound.connections[$0] }) {
            close(former, why: "the switch has connected anew")
        }
        let client = ClientID(nextClient)
        nextClient += 1
        connection.datapath = datapath
        connection.client = client
        for port in identity.ports { connection.ports[port.number] = port }
        southbound.ofClient[client] = connection.id
        surroundings.log.notice(
            "switch connected",
            metadata: [
                "switch": "\(node)", "dpid": "\(String(datapath.raw, radix: 16))", "peer": "\(connection.peer)",
                "software": "\(identity.description.software)", "bundles": "\(identity.takesBundles)",
            ])
        if own(index, by: connection, as: client) { startRounds() }
    }

    /// Makes the connection the agent of the switch at `index`; false, and it is closed, where that has another.
    private func own(_ index: NodeIndex, by connection: SwitchConnection, as client: ClientID) -> Bool {
        let node = plane.topology[index].id
        connection.node = node
        southbound.ofNode[node] = connection.id
        request(
            .subscribeRules(RulesSubscription(switches: [node], sinceRevision: nil, own: true)), from: client)
        // Decided at once; told, and followed, when the decision is durable.
        guard plane.agent(of: index) == client else {
            surroundings.log.warning(
                "switch refused: an agent on the control socket owns it", metadata: ["switch": "\(node)"])
            close(connection, why: "owned by an agent on the control socket")
            return false
        }
        for port in plane.ports(of: index) {
            report(port: port.raw, isUp: connection.ports[port.raw]?.isUp ?? false, of: connection)
        }
        return true
    }

    /// After a change of topology: the switches that are connected own what they are in the new one, and those that are
    /// not in it any more are let go.
    func rebindSwitches() {
        let topology = plane.topology
        southbound.ofNode = [:]
        if !southbound.isAdopting { southbound.document = nil }
        southbound.isAdopting = false
        southbound.discovery?.follow(topology)
        for id in southbound.connections.keys.sorted() {
            guard let connection = southbound.connections[id], let datapath = connection.datapath,
                let client = connection.client
            else { continue }
            connection.counters.forget()
            if let index = topology.switches.first(where: { topology.datapath(of: $0) == datapath }) {
                _ = own(index, by: connection, as: client)
            } else {
                surroundings.log.notice(
                    "switch let go: the topology has it no more",
                    metadata: ["dpid": "\(String(datapath.raw, radix: 16))", "peer": "\(connection.peer)"])
                close(connection, why: "the topology has it no more")
            }
        }
    }

    private func report(port: UInt32, isUp: Bool, of connection: SwitchConnection) {
        guard let node = connection.node, port <= Port.largestNumber else { return }
        if !isUp, let datapath = connection.datapath {
            southbound.discovery?.forget(PortPlace(datapath: datapath, port: port))
        }
        handle(.portChanged(switch: node, port: PortNumber(port), isUp: isUp))
    }
}
