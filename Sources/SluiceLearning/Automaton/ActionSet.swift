// Which actions of an automaton can be taken just now. A path whose link is down, or whose links are full, is not
// available for a while; its probability waits until it is (variable action sets: Thathachar and Harita, "Learning
// automata with changing number of actions", IEEE Trans. SMC 17(6), 1987).

/// A set of the actions 0 to 63.
package struct ActionSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Most actions of one automaton.
    package static let limit = 64

    /// Actions 0 to `count` − 1.
    /// - Precondition: `count` is in 0...64.
    package static func all(_ count: Int) -> ActionSet {
        precondition(count >= 0 && count <= limit, "an automaton has at most \(limit) actions, not \(count)")
        return ActionSet(rawValue: count == limit ? .max : (1 << UInt64(count)) - 1)
    }

    package init(actions: some Sequence<Int>) {
        self = actions.reduce(into: []) { $0.insert(ActionSet(action: $1)) }
    }

    /// - Precondition: `action` is in 0...63.
    package init(action: Int) {
        precondition(action >= 0 && action < Self.limit, "no automaton has an action \(action)")
        rawValue = 1 << UInt64(action)
    }

    package var count: Int { rawValue.nonzeroBitCount }

    package func contains(action: Int) -> Bool { rawValue >> UInt64(action) & 1 == 1 }
}
