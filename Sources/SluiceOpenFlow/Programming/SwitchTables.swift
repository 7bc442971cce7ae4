// What one switch should hold, what it has confirmed to hold, and what lies between the two.

import SluiceForwarding
import SluiceModel

/// What a switch answered when it was asked for everything that it holds.
package struct TableReading: Hashable, Sendable {
    package var flows: [FlowStatistics]
    package var groups: [GroupDescription]
    package var meters: [MeterConfiguration]

    package init(flows: [FlowStatistics], groups: [GroupDescription], meters: [MeterConfiguration]) {
        self.flows = flows
        self.groups = groups
        self.meters = meters
    }
}

/// One change of a switch's tables and whom it concerns.
struct Step: Hashable, Sendable {
    enum Change: Hashable, Sendable {
        case meter(Meter, isNew: Bool)
        case group(Group, isNew: Bool)
        case rule(Rule, RowKey)
        case removeRule(Rule.Key, cookie: UInt64)
        /// A row of ours that nobody knows any more, as the switch describes it.
        case removeStray(RowKey, wireCookie: UInt64)
        case removeGroup(UInt32)
        case removeMeter(UInt32)
    }

    var change: Change
    /// Flows that it is about; they have failed where it is refused.
    var cookies: [UInt64]
    /// Whether packets that went one way go another way from now on.
    var diverts = false
}

struct SwitchTables: Sendable {
    // Invariants: whatever differs between `desired` and `installed` is dirty, has been refused, or is on its way.
    private(set) var desired = SwitchState()
    private var installedRules: [Rule.Key: Rule] = [:]
    /// The same, by the rows they take.
    private var installedRows: [RowKey: Rule.Key] = [:]
    private var installedGroups: [UInt32: Group] = [:]
    private var installedMeters: [UInt32: Meter] = [:]
    /// In the order in which they became dirty.
    private var dirtyRules: [Rule.Key] = []
    private var dirtyRuleSet: Set<Rule.Key> = []
    private var dirtyGroups: Set<UInt32> = []
    private var dirtyMeters: Set<UInt32> = []
    /// Rows of ours that nobody knows any more, in the order in which the switch lists them.
    private var strays: [(row: RowKey, wireCookie: UInt64)] = []
    private var foreignRows: [RowKey: UInt64] = [:]
    private var foreignGroups: Set<UInt32> = []
    private var foreignMeters: Set<UInt32> = []
    /// On the switch and used by no rule: left alone until one is wanted, and then taken over. A session that ends between
    /// the removal of a rule and that of its meter or group leaves such behind.
    private var idleGroups: Set<UInt32> = []
    private var idleMeters: Set<UInt32> = []

    var isDirty: Bool {
        !dirtyRules.isEmpty || !dirtyGroups.isEmpty || !dirtyMeters.isEmpty || !strays.isEmpty
    }

    var installedCount: Int { installedRules.count }

    private mutating func touch(_ key: Rule.Key) {
        if dirtyRuleSet.insert(key).inserted { dirtyRules.append(key) }
    }

    mutating func apply(_ change: SwitchChange) {
        desired.apply(change)
        for rule in change.rules { touch(rule.key) }
        for deletion in change.deletedRules { touch(deletion.key) }
        dirtyGroups.formUnion(change.groups.map(\.id))
        dirtyGroups.formUnion(change.deletedGroups)
        dirtyMeters.formUnion(change.meters.map(\.id))
        dirtyMeters.formUnion(change.deletedMeters)
    }

    /// What is desired is exactly `snapshot`.
    mutating func replace(by snapshot: SwitchChange) {
        for key in desired.rules.keys.sorted(by: Self.inOrder) { touch(key) }
        dirtyGroups.formUnion(desired.groups.keys)
        dirtyMeters.formUnion(desired.meters.keys)
        desired = SwitchState()
        apply(snapshot)
        apply(LinkDiscovery.standingRules)
    }

    private static func inOrder(_ left: Rule.Key, _ right: Rule.Key) -> Bool {
        if left.priority != right.priority { return left.priority > right.priority }
        if left.match.fields.precedes(right.match.fields) { return true }
        if right.match.fields.precedes(left.match.fields) { return false }
        // One flow may come by several ports, and labelled packets are known by nothing else.
        return (left.match.inPort?.raw ?? 0, left.match.label ?? 0)
            < (right.match.inPort?.raw ?? 0, right.match.label ?? 0)
    }

    /// Takes note of what the switch holds: what is as desired is confirmed, what differs is dirty, what is ours and
    /// unknown is to go, and what is somebody else's is left alone.
    mutating func compare(with reading: TableReading) {
        installedRules = [:]
        installedRows = [:]
        installedGroups = [:]
        installedMeters = [:]
        strays = []
        foreignRows = [:]
        var wanted: [RowKey: Rule] = [:]
        for rule in desired.rules.values { if let row = try? rule.row() { wanted[row] = rule } }
        var foreignUses: (groups: Set<UInt32>, meters: Set<UInt32>) = ([], [])
        var ownUses: (groups: Set<UInt32>, meters: Set<UInt32>) = ([], [])
        for flow in reading.flows {
            let row = RowKey(table: flow.table, priority: flow.priority, match: flow.match.canonical)
            let uses = flow.instructions.uses
            guard let cookie = CookieMark.cookie(flow.cookie) else {
                foreignRows[row] = flow.cookie
                foreignUses.groups.formUnion(uses.groups)
                foreignUses.meters.formUnion(uses.meters)
                continue
            }
            ownUses.groups.formUnion(uses.groups)
            ownUses.meters.formUnion(uses.meters)
            if let rule = wanted[row] {
                if rule.cookie == cookie, rule.instructions == flow.instructions { remember(rule, at: row) }
            } else {
                strays.append((row, flow.cookie))
            }
        }
        // What a group that is not ours leads to is its owner's too.
        for group in reading.groups
        where !ownUses.groups.contains(group.group) && desired.groups[group.group] == nil {
            let next = [Instruction.applyActions(group.buckets.flatMap(\.actions))].uses.groups
            if !next.isEmpty { foreignUses.groups.formUnion(next + [group.group]) }
        }
        compareGroups(reading.groups, usedByOthers: foreignUses.groups, usedByUs: ownUses.groups)
        compareMeters(reading.meters, usedByOthers: foreignUses.meters, usedByUs: ownUses.meters)
        dirtyRules = []
        dirtyRuleSet = []
        for rule in desired.rules.values.sorted(by: Rule.inListingOrder) where installedRules[rule.key] != rule {
            touch(rule.key)
        }
        dirtyGroups = Set(desired.groups.values.filter { installedGroups[$0.id] != $0 }.map(\.id))
        dirtyGroups.formUnion(installedGroups.keys.filter { desired.groups[$0] == nil })
        dirtyMeters = Set(desired.meters.values.filter { installedMeters[$0.id] != $0 }.map(\.id))
        dirtyMeters.formUnion(installedMeters.keys.filter { desired.meters[$0] == nil })
    }

    private mutating func compareGroups(
        _ groups: [GroupDescription], usedByOthers: Set<UInt32>, usedByUs: Set<UInt32>
    ) {
        foreignGroups = usedByOthers
        idleGroups = []
        for group in groups where !usedByOthers.contains(group.group) {
            guard usedByUs.contains(group.group) || desired.groups[group.group] != nil else {
                idleGroups.insert(group.group)
                continue
            }
            if let wanted = desired.groups[group.group], wanted.wireType == group.type,
                wanted.wireBuckets == group.buckets
            {
                installedGroups[group.group] = wanted
            } else {
                // There, but not as wanted: an empty group stands for "something else".
                installedGroups[group.group] = Group(id: group.group, kind: .all, buckets: [])
            }
        }
    }

    private mutating func compareMeters(
        _ meters: [MeterConfiguration], usedByOthers: Set<UInt32>, usedByUs: Set<UInt32>
    ) {
        foreignMeters = usedByOthers
        idleMeters = []
        for meter in meters where !usedByOthers.contains(meter.meter) {
            guard usedByUs.contains(meter.meter) || desired.meters[meter.meter] != nil else {
                idleMeters.insert(meter.meter)
                continue
            }
            if let wanted = desired.meters[meter.meter], wanted.wireBands == meter.bands {
                installedMeters[meter.meter] = wanted
            } else {
                installedMeters[meter.meter] = Meter(id: meter.meter, rateKilobitsPerSecond: 0, burstKilobits: 0)
            }
        }
    }

    /// A rule of ours went away without our doing.
    ///
    /// - Returns: whether it is to be set again.
    mutating func lost(_ removed: FlowRemoved) -> Bool {
        guard let cookie = CookieMark.cookie(removed.cookie) else { return false }
        let row = RowKey(table: removed.table, priority: removed.priority, match: removed.match.canonical)
        guard let key = installedRows[row], let rule = installedRules[key], rule.cookie == cookie,
            desired.rules[key] == rule
        else { return false }
        forget(key)
        touch(key)
        return true
    }

    private mutating func remember(_ rule: Rule, at row: RowKey) {
        installedRules[rule.key] = rule
        installedRows[row] = rule.key
    }

    private mutating func forget(_ key: Rule.Key) {
        guard let rule = installedRules.removeValue(forKey: key) else { return }
        if let row = try? rule.row() { installedRows[row] = nil }
    }
}

// MARK: Steps

extension SwitchTables {
    /// Why a step cannot be taken, found before the switch is asked.
    struct Refusal {
        var cookies: [UInt64]
        var message: String
    }

    /// Everything between installed and desired, in the order in which it may be done: meters, groups, rules, removals
    /// of rules, groups and, last of all, meters. Nothing is dirty afterwards.
    ///
    /// - Parameter hasPort: whether the switch has a port; switches accept rules that lead nowhere.
    mutating func takeSteps(hasPort: (UInt32) -> Bool, refusals: inout [Refusal]) -> [Step] {
        var users = (groups: [UInt32: [UInt64]](), meters: [UInt32: [UInt64]]())
        var rules: [Step] = []
        var removals: [Step] = []
        for key in dirtyRules {
            guard let rule = desired.rules[key] else {
                if let old = installedRules[key] {
                    removals.append(Step(change: .removeRule(key, cookie: old.cookie), cookies: []))
                }
                continue
            }
            if installedRules[key] == rule { continue }
            let row: RowKey
            do throws(Inexpressible) {
                row = try rule.row()
            } catch {
                refusals.append(Refusal(cookies: [rule.cookie], message: error.text))
                continue
            }
            if let reason = obstacle(to: rule, row, hasPort: hasPort) {
                refusals.append(Refusal(cookies: [rule.cookie], message: reason))
                continue
            }
            for group in rule.groups { users.groups[group, default: []].append(rule.cookie) }
            for meter in rule.meters { users.meters[meter, default: []].append(rule.cookie) }
            rules.append(
                Step(change: .rule(rule, row), cookies: [rule.cookie], diverts: installedRules[key] != nil))
        }
        for stray in strays {
            removals.append(Step(change: .removeStray(stray.row, wireCookie: stray.wireCookie), cookies: []))
        }
        var (meters, lateMeters): ([Step], [Step]) = ([], [])
        for id in dirtyMeters.sorted() where !foreignMeters.contains(id) {
            if let meter = desired.meters[id] {
                if installedMeters[id] == meter { continue }
                let cookies = users.meters[id] ?? desired.rules.values.filter { $0.meters.contains(id) }.map(\.cookie)
                let isNew = installedMeters[id] == nil && !idleMeters.contains(id)
                meters.append(Step(change: .meter(meter, isNew: isNew), cookies: cookies.sorted()))
            } else if installedMeters[id] != nil {
                lateMeters.append(Step(change: .removeMeter(id), cookies: []))
            }
        }
        var (groups, lateGroups): ([Step], [Step]) = ([], [])
        for id in dirtyGroups.sorted() where !foreignGroups.contains(id) {
            if let group = desired.groups[id] {
                if installedGroups[id] == group { continue }
                let cookies = users.groups[id] ?? desired.rules.values.filter { $0.groups.contains(id) }.map(\.cookie)
                let isNew = installedGroups[id] == nil && !idleGroups.contains(id)
                groups.append(
                    Step(change: .group(group, isNew: isNew), cookies: cookies.sorted(), diverts: !isNew))
            } else if installedGroups[id] != nil {
                lateGroups.append(Step(change: .removeGroup(id), cookies: []))
            }
        }
        dirtyRules = []
        dirtyRuleSet = []
        dirtyGroups = []
        dirtyMeters = []
        strays = []
        return meters + groups + rules + removals + lateGroups + lateMeters
    }

    /// What keeps a rule from being installed as far as we know; nil: nothing.
    private func obstacle(to rule: Rule, _ row: RowKey, hasPort: (UInt32) -> Bool) -> String? {
        if !foreignRows.isEmpty, let foreign = foreignRows[row] {
            return "a rule of somebody else (cookie 0x\(String(foreign, radix: 16))) has this match and priority"
        }
        if let group = rule.groups.first(where: foreignGroups.contains) {
            return "group \(group) is somebody else's"
        }
        if let meter = rule.meters.first(where: foreignMeters.contains) {
            return "meter \(meter) is somebody else's"
        }
        let ports = rule.outputs.map(\.raw) + (rule.key.match.inPort.map { [$0.raw] } ?? [])
        if let missing = ports.first(where: { $0 <= Port.largestNumber && !hasPort($0) }) {
            return "port \(missing) does not exist"
        }
        return nil
    }

    /// Makes room for `count` rules more.
    mutating func reserve(_ count: Int) {
        // Small changes grow the tables as they grow anyway.
        guard count > installedRules.count else { return }
        installedRules.reserveCapacity(installedRules.count + count)
        installedRows.reserveCapacity(installedRows.count + count)
    }

    /// The switch has done the step.
    mutating func confirm(_ step: Step) {
        switch step.change {
        case .meter(let meter, _):
            installedMeters[meter.id] = meter
            idleMeters.remove(meter.id)
        case .group(let group, _):
            installedGroups[group.id] = group
            idleGroups.remove(group.id)
        case .rule(let rule, let row): remember(rule, at: row)
        case .removeRule(let key, _): forget(key)
        case .removeStray: break
        case .removeGroup(let id): installedGroups[id] = nil
        // With a meter go the rules that use it (section A.3.4.4); none of ours does any more.
        case .removeMeter(let id): installedMeters[id] = nil
        }
    }
}

extension [Instruction] {
    /// Groups and meters that it leads to.
    var uses: (groups: [UInt32], meters: [UInt32]) {
        var uses: (groups: [UInt32], meters: [UInt32]) = ([], [])
        for instruction in self {
            switch instruction {
            case .meter(let id): uses.meters.append(id)
            case .applyActions(let actions), .writeActions(let actions):
                for case .group(let id) in actions { uses.groups.append(id) }
            default: break
            }
        }
        return uses
    }
}
