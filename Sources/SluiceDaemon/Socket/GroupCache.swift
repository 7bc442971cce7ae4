// The groups of clients, looked up by threads of their own: a slow directory service delays the client that it is asked
// about, and nobody else.

import NIOCore
import SluiceModel

/// A value of the controller: what is known, who is asked about, and who waits to be.
struct GroupCache {
    /// The kernel tells the primary group of the process, which need not be the user's.
    struct Key: Hashable, Sendable {
        let user: UInt32
        let group: UInt32
    }

    private var known: [Key: (groups: [UInt32], until: NIODeadline)] = [:]
    private var asking: Set<Key> = []
    private var waiting: [Key] = []

    /// What is known of `key` at `now`.
    func groups(of key: Key, at now: NIODeadline) -> [UInt32]? {
        known[key].flatMap { now < $0.until ? $0.groups : nil }
    }

    /// Notes that `key` is wanted; `next` then says what to ask.
    mutating func want(_ key: Key) {
        if asking.contains(key) || waiting.contains(key) { return }
        waiting.append(key)
    }

    /// The next key to ask about; nil where there is none, or enough are being asked about.
    mutating func next() -> Key? {
        guard asking.count < DaemonLimits.groupLookups, !waiting.isEmpty else { return nil }
        let key = waiting.removeFirst()
        asking.insert(key)
        return key
    }

    mutating func adopt(_ groups: [UInt32], of key: Key, at now: NIODeadline) {
        asking.remove(key)
        if known.count >= DaemonLimits.groupsKept { known = known.filter { now < $0.value.until } }
        if known.count >= DaemonLimits.groupsKept { known.removeAll() }
        known[key] = (groups, now + .seconds(DaemonLimits.groupsKeptSeconds))
    }

    /// Forgets all answers: the next client is asked about anew.
    mutating func forget() { known.removeAll() }
}
