// Which records have changed since the store last got them. Whoever changes a slot, a switch or the list of ended flows
// notes its number (nothing more, so a decision stays cheap); the records themselves are made once, at the end of a
// batch, however often a flow changed in it.

import SluiceForwarding
import SluiceLearning
import SluiceModel

/// What the store was last given of things that are few.
struct RecordedState: Sendable {
    var counters: PlaneCounters
    var linkStates: [LinkState]
    var health: [LinkIndex: LinkHealth]
    var automata: Set<Carrier> = []
}

extension ControlPlane {
    /// From here on changes are noted, for `takeChanges`; the first of them is the whole state.
    package mutating func startRecording() {
        flows.changes = ChangedNumbers(isNoting: true)
        ended.changes = ChangedNumbers(isNoting: true)
        installation.changes = InstallationChanges(isNoting: true)
        recorded = nil
    }

    var isRecording: Bool { flows.changes.isNoting }

    mutating func stopRecording() {
        flows.changes = ChangedNumbers()
        ended.changes = ChangedNumbers()
        installation.changes = InstallationChanges()
        recorded = nil
    }

    /// The records that are not what they were at the last call, in the order of their keys; empty where nothing has
    /// changed that must outlive the process.
    ///
    /// - Precondition: `startRecording` was called.
    package mutating func takeChanges() -> [PlaneChange] {
        guard let recorded else { return takeEverything() }
        var changes: [PlaneChange] = []
        if recorded.linkStates != linkStates || recorded.health != health {
            for link in linkStates.indices
            where linkStates[link] != recorded.linkStates[link]
                || health[LinkIndex(link)] != recorded.health[LinkIndex(link)]
            {
                changes.append(linkChange(link))
            }
        }
        for node in installation.changes.switches.take() {
            changes.append(
                PlaneChange(key: .switch(node), record: .switch(revision: installation.switches[node].revision)))
        }
        let carriers = installation.changes.carriers.take()
        let slots = Set(flows.changes.take()).union(carriers.map { $0 / 2 }).sorted()
        for slot in slots { changes.append(slotChange(slot)) }
        for order in ended.changes.take() {
            changes.append(
                PlaneChange(key: .ended(UInt64(order)), record: ended.record(UInt64(order)).map { .ended($0) }))
        }
        let counters = self.counters
        if counters != recorded.counters {
            changes.insert(PlaneChange(key: .counters, record: .counters(counters)), at: 0)
        }
        self.recorded = RecordedState(
            counters: counters, linkStates: linkStates, health: health, automata: recorded.automata)
        return changes
    }

    /// What automata have learned, as a snapshot: not a decision, so it is not in the changes of the events it came
    /// from. Costs as much as there are automata.
    ///
    /// - Precondition: `takeChanges` was called.
    package mutating func takeLearned() -> [PlaneChange] {
        precondition(recorded != nil, "what was learned goes with the flows that learned it")
        var changes = learning.selectors.keys.sorted().compactMap { carrier in
            learning.selectors[carrier].map { selector in
                PlaneChange(key: .automaton(Int(carrier)), record: .automaton(AutomatonRecord(selector)))
            }
        }
        let gone = recorded?.automata.subtracting(learning.selectors.keys) ?? []
        changes += gone.sorted().map { PlaneChange(key: .automaton(Int($0)), record: nil) }
        recorded?.automata = Set(learning.selectors.keys)
        return changes
    }

    /// Every record there is.
    private mutating func takeEverything() -> [PlaneChange] {
        countAsRecorded()
        return records
    }

    /// The store has everything as it is.
    mutating func countAsRecorded() {
        _ = (installation.changes.switches.take(), installation.changes.carriers.take(), flows.changes.take())
        _ = ended.changes.take()
        recorded = RecordedState(counters: counters, linkStates: linkStates, health: health)
    }

    /// The whole durable state.
    package var records: [PlaneChange] {
        var all = [
            PlaneChange(key: .directory, record: .directory(TopologyDirectory(topology))),
            PlaneChange(key: .counters, record: .counters(counters)),
        ]
        for link in linkStates.indices where linkStates[link] != .up || health[LinkIndex(link)] != nil {
            all.append(linkChange(link))
        }
        for node in topology.switches {
            all.append(
                PlaneChange(
                    key: .switch(node.position),
                    record: .switch(revision: installation.switches[node.position].revision)))
        }
        for slot in flows.slots.indices where flows.slots[slot] != nil || leaving[slot] != nil {
            all.append(slotChange(slot))
        }
        for order in ended.orders {
            all.append(PlaneChange(key: .ended(order), record: ended.record(order).map { .ended($0) }))
        }
        return all
    }

    private var counters: PlaneCounters {
        PlaneCounters(
            revision: revision, nextNumber: nextNumber, nextName: nextName, occurrences: occurrenceCount,
            decisions: decisionCount, passesUnadmitted: installation.passesUnadmitted,
            reachabilityIsSettled: installation.reachabilityIsSettled)
    }

    private func linkChange(_ link: Int) -> PlaneChange {
        let state = linkStates[link]
        guard let health = health[LinkIndex(link)] else {
            return PlaneChange(key: .link(link), record: state == .up ? nil : .link(LinkRecord(state: state)))
        }
        return PlaneChange(
            key: .link(link),
            record: .link(
                LinkRecord(
                    state: state, failures: health.failures, lastFailure: health.lastFailure,
                    heldUntil: health.heldUntil)))
    }

    private func slotChange(_ slot: Int) -> PlaneChange {
        if slot < flows.slots.count, let unit = flows.slots[slot] {
            return PlaneChange(key: .slot(slot), record: .flow(record(of: unit)))
        }
        let record = leaving[slot].map { leaving in
            PlaneRecord.leaving(LeavingRecord(labels: leaving.labels, carriers: carrierRecords(slot)))
        }
        return PlaneChange(key: .slot(slot), record: record)
    }

    private func record(of unit: FlowUnit) -> FlowRecord {
        FlowRecord(
            number: unit.number, client: unit.client, submitted: unit.submitted, request: unit.request,
            directions: unit.directions, weight: unit.weight, mayPreempt: unit.mayPreempt, yields: unit.yields,
            engineering: EngineeringRecord(
                setup: unit.engineering.setup, hold: unit.engineering.hold, classType: unit.engineering.classType),
            state: unit.state, reasons: unit.reasons,
            placement: unit.placement?.map {
                PlacementRecord(
                    bandwidth: $0.bandwidth, path: $0.path.links, backup: $0.backup?.links ?? [],
                    split: $0.split.map { split in
                        zip(split.paths, split.weights).map { PlacementRecord.Share(path: $0.links, weight: $1) }
                    } ?? [])
            },
            expires: unit.expires, placedAt: unit.placedAt, isKeptWhole: unit.isKeptWhole,
            refusedBy: unit.refusedBy, blockedBy: unit.blockedBy, labels: unit.labels,
            formerLabels: unit.formerLabels, history: unit.history,
            awaitsGrowth: growing.contains(unit.slot), carriers: carrierRecords(unit.slot))
    }

    private func carrierRecords(_ slot: Int) -> [CarrierRecord?] {
        (0..<2).map { installation.record(of: Carrier(2 * slot + $0)) }
    }
}

/// Numbers of things that have changed; repeated ones count once.
struct ChangedNumbers: Sendable {
    let isNoting: Bool
    private var numbers: [Int] = []

    init(isNoting: Bool = false) { self.isNoting = isNoting }

    mutating func note(_ number: Int) { if isNoting, numbers.last != number { numbers.append(number) } }

    /// Ascending, each once.
    mutating func take() -> [Int] {
        if numbers.isEmpty { return [] }
        defer { numbers.removeAll(keepingCapacity: numbers.count < 4_096) }
        return Set(numbers).sorted()
    }
}

struct InstallationChanges: Sendable {
    var carriers: ChangedNumbers
    var switches: ChangedNumbers

    init(isNoting: Bool = false) {
        carriers = ChangedNumbers(isNoting: isNoting)
        switches = ChangedNumbers(isNoting: isNoting)
    }
}

extension Installation {
    func record(of carrier: Carrier) -> CarrierRecord? {
        guard knows(carrier) else { return nil }
        if isDormant { return .settled(meter: outlines[Int(carrier)]?.meter) }
        guard let installation = carriers[Int(carrier)] else { return nil }
        if let target = installation.target, installation.phase == .idle, !installation.isStale,
            !installation.isInterrupted, installation.installed.hasSameRules(as: target.rules)
        {
            return .settled(meter: target.rules.meter)
        }
        return .underWay(
            CarrierRecord.UnderWay(
                number: installation.number, level: installation.level, rules: installation.installed.rules,
                meter: installation.installed.meter, targetMeter: installation.target?.rules.meter,
                occupied: installation.occupied.map {
                    CarrierRecord.Occupied(link: LinkIndex($0.link), bandwidth: Bandwidth(bitsPerSecond: $0.bandwidth))
                },
                hasFailed: installation.phase == .failed,
                isStale: installation.isStale || installation.phase == .running,
                isInterrupted: installation.isInterrupted))
    }
}

extension FlowRules {
    /// In whatever order.
    fileprivate func hasSameRules(as other: FlowRules) -> Bool {
        meter == other.meter
            && (rules == other.rules
                || rules.count == other.rules.count && rules.allSatisfy(other.rules.contains))
    }
}
