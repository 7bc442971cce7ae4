// How many rules each switch holds for the flows that are placed, against what the topology says it can hold. Counted are
// the rules that a placement compiles to, and the rules by which hosts find each other as if every link were up, so that
// a link that returns never finds its switch full of flows. Only networks that state a capacity pay for the counting.

import SluiceForwarding
import SluiceModel

struct RuleRoom: Sendable {
    /// Rules on one switch.
    struct Count: Hashable, Sendable {
        var node: Int
        var count: Int
    }

    /// What the topology says, by node.
    private let stated: [Int?]
    /// By node; nil where nothing is stated, and nothing learned.
    private(set) var capacity: [Int?]
    private(set) var isLimited: Bool
    /// Rules of no flow, by node.
    private(set) var base: [Int]
    /// Rules of placed units, by node.
    private(set) var used: [Int]
    /// What each placed unit has, by slot.
    private(set) var counts: [Int: [Count]] = [:]
    /// Nodes without room for another rule.
    private(set) var full: Set<Int> = []

    init(_ topology: Topology) {
        stated = topology.nodes.map { node in
            if case .switch(let description) = node.kind { description.ruleCapacity } else { nil }
        }
        capacity = stated
        isLimited = capacity.contains { $0 != nil }
        base = Array(repeating: 0, count: capacity.count)
        used = base
    }

    mutating func adopt(base: [Int]) {
        self.base = base
        for node in capacity.indices { note(node) }
    }

    mutating func set(_ slot: Int, _ rules: [Count]) {
        let former = counts[slot] ?? []
        for entry in former { used[entry.node] -= entry.count }
        for entry in rules { used[entry.node] += entry.count }
        counts[slot] = rules.isEmpty ? nil : rules
        for entry in former + rules { note(entry.node) }
    }

    /// The switch at `node` has shown that it holds no more than `most`.
    mutating func learn(_ most: Int, of node: Int) {
        capacity[node] = min(capacity[node] ?? .max, most)
        isLimited = true
        note(node)
    }

    /// The switch at `node` holds what is stated, as far as is known.
    ///
    /// - Returns: whether more was known.
    mutating func forget(_ node: Int) -> Bool {
        if capacity[node] == stated[node] { return false }
        capacity[node] = stated[node]
        full.remove(node)
        note(node)
        isLimited = capacity.contains { $0 != nil }
        if !isLimited {
            counts = [:]
            used = Array(repeating: 0, count: used.count)
        }
        return true
    }

    /// Rules that are placed on `node` beyond what it holds; at most 0 where all fit.
    func lacking(on node: Int) -> Int { capacity[node].map { base[node] + used[node] - $0 } ?? 0 }

    /// Rules of the unit at `slot` on `node`.
    func count(of slot: Int, on node: Int) -> Int { counts[slot]?.first { $0.node == node }?.count ?? 0 }

    /// The first of `rules` for which there is no room; nil where all fit.
    func overfilled(by rules: [Count]) -> Count? {
        rules.first { entry in
            capacity[entry.node].map { base[entry.node] + used[entry.node] + entry.count > $0 } ?? false
        }
    }

    private mutating func note(_ node: Int) {
        guard let most = capacity[node] else { return }
        if base[node] + used[node] >= most { full.insert(node) } else { full.remove(node) }
    }
}

extension ControlPlane {
    /// Rules that the unit needs on switches of stated capacity.
    func rulesNeeded(by unit: FlowUnit, at placements: [DirectionPlacement]) -> [RuleRoom.Count] {
        var counts: [Int: Int] = [:]
        for (direction, placement) in placements.enumerated() {
            for placed in target(of: unit, direction, placement).rules.rules {
                let node = placed.switch.position
                if ruleRoom.capacity[node] != nil { counts[node, default: 0] += 1 }
            }
        }
        return counts.sorted { $0.key < $1.key }.map { RuleRoom.Count(node: $0.key, count: $0.value) }
    }

    /// Whether the tables of every switch have room for what `placements` need. The unit's present rules, if any, must
    /// have been taken off the account.
    func tablesFit(_ unit: FlowUnit, at placements: [DirectionPlacement]) -> Bool {
        !ruleRoom.isLimited || ruleRoom.overfilled(by: rulesNeeded(by: unit, at: placements)) == nil
    }

    /// Counts the rules beside flows as if every link were up.
    mutating func countBaseRules() {
        guard ruleRoom.isLimited else { return }
        let all = Reachability(topology, passesUnadmitted: policy.unadmitted == .bestEffort) { _ in true }
        var base = [Int](repeating: 0, count: topology.nodes.count)
        for step in all.changes(from: nil) { base[step.switch.position] += step.change.rules.count }
        ruleRoom.adopt(base: base)
        installation.reserveTables(base: base)
    }

    /// Why the unit does not fit, where the switches' tables are all that is in its way.
    mutating func ruleRefusal(of unit: FlowUnit) -> Rejection? {
        guard ruleRoom.isLimited else { return nil }
        if let rejection = ruleRefusal(of: unit, rule: .free) { return rejection }
        guard mayPreempt(unit) else { return nil }
        return ruleRefusal(of: unit, rule: .displacing(level: unit.engineering.setup - 1))
    }

    private mutating func ruleRefusal(of unit: FlowUnit, rule: RoomView.Rule) -> Rejection? {
        ignoresRuleRoom = true
        defer { ignoresRuleRoom = false }
        var placements: [DirectionPlacement] = []
        for (direction, flow) in unit.directions.enumerated() {
            let need = direction == 0 ? flow.minBandwidth : flow.bandwidth
            guard case .found(let links, let backup) = route(flow, need: need, rule: rule),
                let path = Path(links: links, in: topology)
            else { return nil }
            placements.append(
                DirectionPlacement(
                    bandwidth: need, path: path, backup: backup.flatMap { Path(links: $0, in: topology) }))
        }
        let needed = rulesNeeded(by: unit, at: placements)
        guard let first = ruleRoom.overfilled(by: needed), let most = ruleRoom.capacity[first.node] else { return nil }
        return Rejection(
            code: .limitReached, detail: .ruleCapacity(topology.nodes[first.node].id, most),
            wouldFitIf: rule == .free ? tableRemedy(first, most: most, needed) : [])
    }

    /// That a switch on the way has no room for another rule; nil: each of them has.
    func ruleRefusal(along links: [Int32]) -> Rejection? {
        let nodes = links.map { topology[LinkIndex(Int($0))] }.flatMap { [$0.from.position, $0.to.position] }
        guard let node = nodes.first(where: ruleRoom.full.contains), let most = ruleRoom.capacity[node] else {
            return nil
        }
        return Rejection(code: .limitReached, detail: .ruleCapacity(topology.nodes[node].id, most))
    }

    /// The least important flows whose rules would make room on the one switch that is full.
    private func tableRemedy(_ first: RuleRoom.Count, most: Int, _ needed: [RuleRoom.Count]) -> [Rejection.Remedy] {
        let isOnlyOne = needed.allSatisfy { $0.node == first.node || ruleRoom.overfilled(by: [$0]) == nil }
        guard isOnlyOne, waiting.isEmpty else { return [] }
        let lacking = ruleRoom.base[first.node] + ruleRoom.used[first.node] + first.count - most
        var users: [(slot: Int, count: Int)] = []
        for (slot, rules) in ruleRoom.counts {
            if let entry = rules.first(where: { $0.node == first.node }) { users.append((slot, entry.count)) }
        }
        users.sort { FlowUnit.inImportanceOrder(flows[$1.slot], flows[$0.slot]) }
        var freed = 0
        var gone: [FlowID] = []
        for user in users where freed < lacking {
            freed += user.count
            gone.append(flows[user.slot].id)
        }
        return freed >= lacking && gone.count <= ControlLimits.remedyFlows ? [.flowsGone(gone)] : []
    }
}
