// Everything that is ours on one switch, and the smallest change from one such state to another.

import SluiceModel

/// What one switch should hold, or holds.
package struct SwitchState: Hashable, Sendable {
    package private(set) var rules: [Rule.Key: Rule] = [:]
    package private(set) var groups: [UInt32: Group] = [:]
    package private(set) var meters: [UInt32: Meter] = [:]

    package init() {}

    package var isEmpty: Bool { rules.isEmpty && groups.isEmpty && meters.isEmpty }

    /// Applies a change as a switch does: meters and groups first, then rules, then removals.
    package mutating func apply(_ change: SwitchChange) {
        for meter in change.meters { meters[meter.id] = meter }
        for group in change.groups { groups[group.id] = group }
        for rule in change.rules { rules[rule.key] = rule }
        // Another flow may have taken the row over meanwhile: only the rule of the named flow goes.
        for deletion in change.deletedRules where rules[deletion.key]?.cookie == deletion.cookie {
            rules[deletion.key] = nil
        }
        for group in change.deletedGroups { groups[group] = nil }
        for meter in change.deletedMeters { meters[meter] = nil }
    }

    /// Everything as one change from nothing, in a defined order.
    package var snapshot: SwitchChange {
        var change = SwitchChange()
        change.meters = meters.values.sorted { $0.id < $1.id }
        change.groups = groups.values.sorted { $0.id < $1.id }
        change.rules = rules.values.sorted(by: Rule.inListingOrder)
        return change
    }
}

extension Rule {
    /// Highest priority first, then by flow, then by port, then by the addresses matched.
    package static func inListingOrder(_ left: Rule, _ right: Rule) -> Bool {
        if left.key.priority != right.key.priority { return left.key.priority > right.key.priority }
        if left.cookie != right.cookie { return left.cookie < right.cookie }
        let (leftPort, rightPort) = (left.key.match.inPort?.raw ?? 0, right.key.match.inPort?.raw ?? 0)
        return leftPort != rightPort ? leftPort < rightPort : left.key.match.fields.precedes(right.key.match.fields)
    }
}

/// What to add to, replace in and remove from one switch, together.
package struct SwitchChange: Hashable, Sendable {
    package struct DeletedRule: Hashable, Sendable {
        package let key: Rule.Key
        package let cookie: UInt64
        package init(key: Rule.Key, cookie: UInt64) {
            self.key = key
            self.cookie = cookie
        }
    }

    package var meters: [Meter] = []
    package var groups: [Group] = []
    package var rules: [Rule] = []
    package var deletedRules: [DeletedRule] = []
    package var deletedGroups: [UInt32] = []
    package var deletedMeters: [UInt32] = []

    package init() {}

    package var isEmpty: Bool {
        meters.isEmpty && groups.isEmpty && rules.isEmpty && deletedRules.isEmpty && deletedGroups.isEmpty
            && deletedMeters.isEmpty
    }

    /// Adds what `other` does after this change; the two touch different rules, meters and groups.
    package mutating func merge(_ other: SwitchChange) {
        meters += other.meters
        groups += other.groups
        rules += other.rules
        deletedRules += other.deletedRules
        deletedGroups += other.deletedGroups
        deletedMeters += other.deletedMeters
    }
}
