// Clients as they come, stall, read again and go.

import Logging
package import NIOCore
package import SluiceControlPlane
import SluiceModel
package import SluiceProtocol
import SluiceSolver

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

    func permissions(of client: ClientCredentials) -> Permissions {
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
