// Room in the tables of switches while rules change: make-before-break holds old and new rules at once, and a switch of
// stated capacity must have room for both.

import SluiceForwarding
import SluiceModel

struct TableRoom: Sendable {
    private let stated: [Int?]
    private var capacity: [Int?]
    private var isLimited: Bool
    /// Rules beside those of flows, by node, if every link were up.
    var base: [Int]
    /// Rules that running carriers add, by node.
    private var reserved: [Int]
    private var reservations: [Carrier: [RuleRoom.Count]] = [:]

    init(_ topology: Topology) {
        stated = topology.nodes.map { node in
            if case .switch(let description) = node.kind { description.ruleCapacity } else { nil }
        }
        capacity = stated
        isLimited = capacity.contains { $0 != nil }
        base = Array(repeating: 0, count: capacity.count)
        reserved = base
    }

    /// The switch at `node` has shown that it holds no more than `most`.
    mutating func learn(_ most: Int, of node: Int) {
        capacity[node] = min(capacity[node] ?? .max, most)
        isLimited = true
    }

    /// The switch at `node` holds what is stated, as far as is known.
    mutating func forget(_ node: Int) {
        capacity[node] = stated[node]
        isLimited = capacity.contains { $0 != nil }
    }

    /// Reserves what `carrier` adds on its way from `installed` to `target`; false, and nothing, where a table lacks room.
    /// While it runs, rules that it has already added count twice: that delays others, and overfills nothing.
    mutating func reserve(
        _ carrier: Carrier, _ installed: FlowRules, _ target: FlowRules, _ switches: [SwitchInstallation]
    ) -> Bool {
        guard isLimited else { return true }
        release(carrier)
        var additions: [Int: Int] = [:]
        for placed in target.rules where installed.rule(like: placed) == nil {
            if capacity[placed.switch.position] != nil { additions[placed.switch.position, default: 0] += 1 }
        }
        for (node, count) in additions {
            let rules = switches[node].state.rules.values.count { $0.cookie != Reachability.cookie }
            if base[node] + rules + reserved[node] + count > capacity[node] ?? .max { return false }
        }
        for (node, count) in additions { reserved[node] += count }
        reservations[carrier] = additions.map { RuleRoom.Count(node: $0.key, count: $0.value) }
        return true
    }

    mutating func release(_ carrier: Carrier) {
        for entry in reservations.removeValue(forKey: carrier) ?? [] { reserved[entry.node] -= entry.count }
    }
}
