// What clients may do: by user at once, by group as soon as the system's directory has answered on a thread of its own.

import NIOCore
import SluiceControlPlane
import SluiceModel

extension Controller {
    /// Settles what the client may do, or asks for its groups and leaves it open until they are known.
    func settlePermissions(of connection: Connection) {
        let (credentials, daemonUser) = (connection.credentials, surroundings.daemonUser)
        connection.permissions = Permissions.byUser(of: credentials, under: policy.access, daemonUser: daemonUser)
        if connection.permissions != nil { return }
        if let found = groups.groups(of: connection.groupKey, at: .now()) {
            connection.permissions = Permissions(
                of: credentials, under: policy.access, daemonUser: daemonUser, groups: found)
        } else {
            groups.want(connection.groupKey)
            askForGroups()
        }
    }

    /// Settles it anew, and goes on with the client's requests where they have waited for that.
    func resettlePermissions(of connection: Connection) {
        let hasWaited = connection.permissions == nil
        settlePermissions(of: connection)
        guard hasWaited, connection.permissions != nil else { return }
        connection.channel.pipeline.fireUserInboundEventTriggered(ControlHandler.MayProceed())
    }

    private func askForGroups() {
        let lookUp = surroundings.groups
        while let key = groups.next() {
            BackgroundThread.run {
                let found = lookUp(key.user, key.group)
                self.surroundings.loop.execute {
                    self.assumeIsolated { $0.adopt(found, of: key) }
                }
            }
        }
    }

    private func adopt(_ found: [UInt32], of key: GroupCache.Key) {
        guard !isStopping else { return }
        groups.adopt(found, of: key, at: .now())
        for client in connections.keys.sorted() {
            guard let connection = connections[client], connection.permissions == nil, connection.groupKey == key
            else { continue }
            resettlePermissions(of: connection)
        }
        askForGroups()
        flush()
    }
}
