// Who is at the other end of a control connection (SO_PEERCRED, unix(7)), and what the policy lets them do.

private import Glibc
package import SluiceModel
package import SluiceProtocol

/// The kernel's word on the process that connected, at the time it did.
package struct ClientCredentials: Hashable, Sendable {
    package let processID: Int32
    package let user: UInt32
    /// The primary one: the kernel tells no other of a peer.
    package let group: UInt32

    package init(processID: Int32, user: UInt32, group: UInt32) {
        self.processID = processID
        self.user = user
        self.group = group
    }

    /// All groups of `user` by the system's group database, `primary` among them; just that one where it knows none.
    package static func groups(of user: UInt32, primary: UInt32) -> [UInt32] {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let size = 16_384
        // The record's texts lie in it.
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
        defer { buffer.deallocate() }
        guard getpwuid_r(user, &record, buffer, size, &found) == 0, found != nil, let name = record.pw_name
        else { return [primary] }
        // Linux lets a user be in 65 536 groups (NGROUPS_MAX); the first try says how many there are.
        var count: CInt = 256
        for _ in 0..<2 {
            var groups = [gid_t](repeating: 0, count: Int(count))
            if getgrouplist(name, primary, &groups, &count) >= 0 { return Array(groups[..<Int(count)]) }
            guard (1...65_537).contains(count) else { break }
        }
        return [primary]
    }
}

/// What one client may do.
package struct Permissions: Hashable, Sendable {
    /// nil: nothing.
    package let role: AccessRule.Role?

    private init(role: AccessRule.Role?) { self.role = role }

    /// What `access` says of the client without its groups; nil where a rule that names a group comes first.
    package static func byUser(
        of client: ClientCredentials, under access: [AccessRule], daemonUser: UInt32
    ) -> Permissions? {
        if client.user == 0 || client.user == daemonUser || access.isEmpty { return Permissions(role: .operator) }
        for rule in access {
            switch rule.subject {
            case .user(let user): if user == client.user { return Permissions(role: rule.role) }
            case .group: return nil
            }
        }
        return Permissions(role: nil)
    }

    /// The first rule of `access` that names the client's user or one of its groups decides. Root and the daemon's own
    /// user are always operators. Without rules, everyone whom the socket's file mode (0660) lets connect is one.
    ///
    /// - Parameter groups: all groups of the client.
    package init(
        of client: ClientCredentials, under access: [AccessRule], daemonUser: UInt32, groups: [UInt32]
    ) {
        if let permissions = Self.byUser(of: client, under: access, daemonUser: daemonUser) {
            self = permissions
            return
        }
        role =
            access.first { rule in
                switch rule.subject {
                case .user(let user): user == client.user
                case .group(let group): groups.contains(group)
                }
            }?.role
    }

    package func allow(_ access: MethodAccess) -> Bool {
        switch (role, access) {
        case (nil, _): false
        case (.operator, _): true
        case (.observer, .read): true
        case (.observer, .agent), (.observer, .change): false
        case (.agent, .read), (.agent, .agent): true
        case (.agent, .change): false
        }
    }
}
