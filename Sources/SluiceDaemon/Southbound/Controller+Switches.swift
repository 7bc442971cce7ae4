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
                            RulesAcknowledgement.Failure(cookie: $0.cookie, message: $0.message)
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
        case .echoed: break
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
    private func request(_ request: Request, from client: ClientID) {
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
        connection.node = node
        connection.datapath = datapath
        connection.client = client
        for port in identity.ports { connection.ports[port.number] = port }
        southbound.ofNode[node] = connection.id
        southbound.ofClient[client] = connection.id
        surroundings.log.notice(
            "switch connected",
            metadata: [
                "switch": "\(node)", "dpid": "\(String(datapath.raw, radix: 16))", "peer": "\(connection.peer)",
                "software": "\(identity.description.software)", "bundles": "\(identity.takesBundles)",
            ])
        request(
            .subscribeRules(RulesSubscription(switches: [node], sinceRevision: nil, own: true)), from: client)
        // Decided at once; told, and followed, when the decision is durable.
        guard plane.agent(of: index) == client else {
            surroundings.log.warning(
                "switch refused: an agent on the control socket owns it", metadata: ["switch": "\(node)"])
            close(connection, why: "owned by an agent on the control socket")
            return
        }
        for port in plane.ports(of: index) {
            report(port: port.raw, isUp: connection.ports[port.raw]?.isUp ?? false, of: connection)
        }
        startRounds()
    }

    private func report(port: UInt32, isUp: Bool, of connection: SwitchConnection) {
        guard let node = connection.node, port <= Port.largestNumber else { return }
        if !isUp, let datapath = connection.datapath {
            southbound.discovery?.forget(PortPlace(datapath: datapath, port: port))
        }
        handle(.portChanged(switch: node, port: PortNumber(port), isUp: isUp))
    }
}
