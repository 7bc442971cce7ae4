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
        if isStopping {
            metrics.count(.stopping)
            return .failure(ProtocolFault(.shuttingDown, "the daemon is stopping"))
        }
        if let fault = refusal(of: credentials) { return .failure(fault) }
        let id = ClientID(nextClient)
        nextClient += 1
        let connection = Connection(id: id, channel: channel, credentials: credentials)
        connections[id] = connection
        connectionsOfUser[credentials.user, default: 0] += 1
        metrics.countConnection()
        handle(.clientCame(id, account: .account(ofUser: credentials.user)))
        settlePermissions(of: connection)
        surroundings.log.debug(
            "client connected",
            metadata: ["client": "\(id.raw)", "pid": "\(credentials.processID)", "uid": "\(credentials.user)"])
        return .success(id)
    }

    /// Why a client of these credentials cannot be let in; nil: it can.
    private func refusal(of credentials: ClientCredentials) -> ProtocolFault? {
        let limits = policy.limits
        let isOwner = credentials.user == 0 || credentials.user == surroundings.daemonUser
        let reserved = isOwner ? 0 : min(DaemonLimits.connectionsReserved, limits.connections / 4)
        let reason: DaemonMetrics.Refusal
        let (message, maximum): (String, Int)
        if connectionsOfUser[credentials.user] ?? 0 >= limits.connectionsPerUser {
            reason = .user
            maximum = limits.connectionsPerUser
            message = "at most \(maximum) clients of one user may be connected"
        } else if connections.count >= limits.connections - reserved {
            reason = .connections
            maximum = limits.connections
            message = "at most \(maximum) clients may be connected"
        } else {
            return nil
        }
        metrics.count(reason)
        surroundings.log.warning(
            "client refused: too many connections", metadata: ["uid": "\(credentials.user)", "limit": "\(maximum)"])
        return ProtocolFault(.connections, message, [("maximum", .integer(maximum))])
    }

    package func disconnect(_ client: ClientID) {
        guard let connection = connections.removeValue(forKey: client) else { return }
        let user = connection.credentials.user
        connectionsOfUser[user, default: 1] -= 1
        if connectionsOfUser[user] == 0 { connectionsOfUser[user] = nil }
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

    /// Whether the client's requests have to wait: for it to read what waits for it, for its permissions, or for the
    /// commit of those that are decided.
    package func mustWait(_ client: ClientID) -> Bool {
        guard let connection = connections[client] else { return false }
        if connection.decided >= DaemonLimits.requestsHeld {
            connection.waitsForCommit = true
            return true
        }
        return connection.permissions == nil || connection.isCongested
    }

    /// The client has sent something.
    ///
    /// - Parameters:
    ///   - completesLine: a line has ended in it.
    ///   - isMidLine: what it ends with is half a line.
    package func hears(_ client: ClientID, completesLine: Bool, isMidLine: Bool) {
        guard let connection = connections[client] else { return }
        connection.lastActive = .now()
        if !isMidLine {
            connection.lineBegan = nil
        } else if completesLine || connection.lineBegan == nil {
            connection.lineBegan = connection.lastActive
        }
    }

    /// Reading from the client stops, or goes on.
    package func pause(_ client: ClientID, _ isPaused: Bool) {
        guard let connection = connections[client] else { return }
        connection.isPaused = isPaused
        // The rest of a line may have waited for us meanwhile.
        if !isPaused, connection.lineBegan != nil { connection.lineBegan = .now() }
    }

    /// The client reads again: what a slow subscriber missed is made good.
    package func reads(_ client: ClientID) {
        guard let connection = connections[client], !connection.isCongested else { return }
        resynchronise(connection)
        flush()
    }

    /// Sends what has gathered; at the end of each turn.
    package func flush() {
        commit()
        flushSwitches()
        for client in dirty.sorted() {
            guard let connection = connections[client] else { continue }
            connection.flush()
            closeIfDone(connection)
        }
        dirty.removeAll(keepingCapacity: true)
        surroundings.audit?.flush()
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
        connectionsOfUser.removeAll()
        stopSwitches()
        wake?.cancel()
        sweep?.cancel()
        surroundings.audit?.flush()
    }
}
