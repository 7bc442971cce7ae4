// What is admitted, moved and withdrawn as one: a flow, or a flow and the companion that carries its reverse.

import SluiceForwarding
import SluiceModel

/// Where one direction runs.
struct DirectionPlacement: Hashable, Sendable {
    var bandwidth: Bandwidth
    var path: Path
    /// The second path of a protected flow.
    var backup: Path?
    /// All paths of a split flow and their weights, `path` first; nil for a flow on one path.
    var split: SplitPaths?
    /// Every link held, each once; a split flow holds its whole bandwidth on each link of each of its paths.
    private(set) var links: [LinkIndex]

    init(bandwidth: Bandwidth, path: Path, backup: Path? = nil) {
        self.bandwidth = bandwidth
        self.path = path
        self.backup = backup
        links = path.links
        if let backup { links += backup.links.filter { !path.links.contains($0) } }
    }

    /// - Precondition: there are at least two paths.
    init(bandwidth: Bandwidth, split: SplitPaths) {
        precondition(split.paths.count > 1, "one path is no split")
        self.bandwidth = bandwidth
        path = split.paths[0]
        self.split = split
        links = path.links
        for other in split.paths.dropFirst() { links += other.links.filter { !links.contains($0) } }
    }

    /// Every path that packets may take.
    var pathsInUse: [Path] { split?.paths ?? [path] }

    /// The same on `kept` of the split paths alone, in their order and with their weights; nil where that is none.
    func keeping(_ kept: [Path], in topology: Topology) -> DirectionPlacement? {
        guard let split, let main = kept.first else { return nil }
        if kept.count == 1 { return DirectionPlacement(bandwidth: bandwidth, path: main) }
        let weights = zip(split.paths, split.weights).filter { kept.contains($0.0) }.map(\.1)
        guard let rest = SplitPaths(kept, weights: weights, in: topology) else {
            preconditionFailure("a part of paths that go together does not")
        }
        return DirectionPlacement(bandwidth: bandwidth, split: rest)
    }
}

/// RSVP-TE's side of a unit (RFC 3209, section 4.7.1; RFC 4124, section 3.1), in the priorities of this network: larger
/// is stronger. `setup` ≤ the unit's priority ≤ `hold`, so whoever gives way is strictly less important.
struct TrafficEngineering: Hashable, Sendable {
    var setup: Int
    var hold: Int
    var classType = 0
}

/// What is known of one unit.
struct UnitRecord: Sendable {
    let slot: Int
    /// Stable number of the flow, the cookie of its rules; the companion's is one more. Even, so that both are unique.
    let number: UInt64
    let client: ClientID
    let submitted: Instant
    /// As it was asked for, with updates applied: what an identical submission is compared with.
    var request: FlowRequest
    /// The flow, then its companion.
    var directions: [Flow]
    var weight: Int
    var mayPreempt: Bool
    var yields: Bool
    /// Priorities with which the unit pushes others out and keeps its place, at most and at least its own; class type
    /// whose pools it draws on.
    var engineering: TrafficEngineering
    var state: FlowState = .pending
    var reasons: [FlowReason] = []
    /// One for each direction; nil where the unit holds nothing.
    var placement: [DirectionPlacement]?
    var expires: Instant?
    /// When it last changed its path, for dwell times.
    var placedAt: Instant
    /// A switch refused its rules while it was split: it is not split again.
    var isKeptWhole = false
    /// While waiting: links of which at least one must gain room before the unit can fit; nil where that is not known.
    var blockedBy: [LinkIndex]?
    /// Labels of the directions whose matches alone do not tell their packets apart.
    var labels: [UInt32?]
    /// Labels of directions that an update has ended; free when the unit is gone.
    var formerLabels: [UInt32] = []
    /// Switches that refused its rules since it was last active: it does not go back to them.
    var refusedBy: [NodeIndex] = []
    var history: [Occurrence] = []
}

/// A unit's record behind one reference, so that looking at a unit copies no more than that. Still a value: a record is
/// changed in place where nobody else has it, and else copied first.
struct FlowUnit: Sendable {
    /// Sendable: the record is only changed while this is its one reference (`isKnownUniquelyReferenced`), so no other
    /// thread can have it then.
    private final class Box: @unchecked Sendable {
        var record: UnitRecord
        init(_ record: UnitRecord) { self.record = record }
    }

    private var box: Box

    init(_ record: UnitRecord) { box = Box(record) }

    private mutating func own() { if !isKnownUniquelyReferenced(&box) { box = Box(box.record) } }

    // Member by member: a key path would be followed anew at each look.
    var slot: Int { box.record.slot }
    var number: UInt64 { box.record.number }
    var client: ClientID { box.record.client }
    var submitted: Instant { box.record.submitted }
    var request: FlowRequest {
        get { box.record.request }
        _modify {
            own()
            yield &box.record.request
        }
    }
    var directions: [Flow] {
        get { box.record.directions }
        _modify {
            own()
            yield &box.record.directions
        }
    }
    var weight: Int {
        get { box.record.weight }
        _modify {
            own()
            yield &box.record.weight
        }
    }
    var mayPreempt: Bool {
        get { box.record.mayPreempt }
        _modify {
            own()
            yield &box.record.mayPreempt
        }
    }
    var yields: Bool {
        get { box.record.yields }
        _modify {
            own()
            yield &box.record.yields
        }
    }
    var engineering: TrafficEngineering {
        get { box.record.engineering }
        _modify {
            own()
            yield &box.record.engineering
        }
    }
    var state: FlowState {
        get { box.record.state }
        _modify {
            own()
            yield &box.record.state
        }
    }
    var reasons: [FlowReason] {
        get { box.record.reasons }
        _modify {
            own()
            yield &box.record.reasons
        }
    }
    var placement: [DirectionPlacement]? {
        get { box.record.placement }
        _modify {
            own()
            yield &box.record.placement
        }
    }
    var expires: Instant? {
        get { box.record.expires }
        _modify {
            own()
            yield &box.record.expires
        }
    }
    var placedAt: Instant {
        get { box.record.placedAt }
        _modify {
            own()
            yield &box.record.placedAt
        }
    }
    var isKeptWhole: Bool {
        get { box.record.isKeptWhole }
        _modify {
            own()
            yield &box.record.isKeptWhole
        }
    }
    var blockedBy: [LinkIndex]? {
        get { box.record.blockedBy }
        _modify {
            own()
            yield &box.record.blockedBy
        }
    }
    var labels: [UInt32?] {
        get { box.record.labels }
        _modify {
            own()
            yield &box.record.labels
        }
    }
    var formerLabels: [UInt32] {
        get { box.record.formerLabels }
        _modify {
            own()
            yield &box.record.formerLabels
        }
    }
    var refusedBy: [NodeIndex] {
        get { box.record.refusedBy }
        _modify {
            own()
            yield &box.record.refusedBy
        }
    }
    var history: [Occurrence] {
        get { box.record.history }
        _modify {
            own()
            yield &box.record.history
        }
    }

    var level: Int { box.record.directions[0].priority.level }
    var id: FlowID { directions[0].id }
    var isProtected: Bool { directions[0].protection != .none }
    var isSplit: Bool { placement?.contains { $0.split != nil } ?? false }

    func carrier(_ direction: Int) -> Carrier { Carrier(2 * slot + direction) }
    func holder(_ direction: Int) -> Holdings.Holder {
        Holdings.Holder(
            carrier: carrier(direction), level: engineering.hold, yields: yields, classType: engineering.classType)
    }

    func matchEntry(_ direction: Int) -> MatchIndex.Entry? {
        let flow = directions[direction]
        return flow.match.map { MatchIndex.Entry(carrier: carrier(direction), ingress: flow.source, match: $0) }
    }

    /// More important first; among equals the older.
    static func inImportanceOrder(_ left: FlowUnit, _ right: FlowUnit) -> Bool {
        left.level != right.level ? left.level > right.level : left.number < right.number
    }
}

/// The live units, in slots that are used again, and their names.
struct FlowTable: Sendable {
    private(set) var slots: [FlowUnit?] = []
    private var free: [Int] = []
    private var slotOf: [FlowID: Int] = [:]
    private(set) var count = 0
    /// Slots whose record has changed.
    var changes = ChangedNumbers()

    subscript(slot: Int) -> FlowUnit {
        get {
            guard let unit = slots[slot] else { preconditionFailure("slot \(slot) is empty") }
            return unit
        }
        set {
            changes.note(slot)
            slots[slot] = newValue
        }
    }

    /// Puts a unit into the slot it had; nil where the slot, or a name of the unit, is taken.
    mutating func restore(_ unit: FlowUnit) -> Bool {
        occupy(unit.slot)
        guard slots[unit.slot] == nil else { return false }
        for (direction, flow) in unit.directions.enumerated()
        where slotOf.updateValue(2 * unit.slot + direction, forKey: flow.id) != nil { return false }
        slots[unit.slot] = unit
        count += 1
        return true
    }

    /// Makes room for so many flows at once.
    mutating func reserve(_ flows: Int) {
        slots.reserveCapacity(flows)
        slotOf.reserveCapacity(flows)
    }

    /// Makes the table at least large enough for `slot`.
    mutating func occupy(_ slot: Int) { while slots.count <= slot { slots.append(nil) } }

    /// Slots that are neither live nor among `leaving` may be used again, the lowest first.
    mutating func restoreFree(except leaving: [Int: Leaving]) {
        free = slots.indices.filter { slots[$0] == nil && leaving[$0] == nil }.reversed()
    }

    // One member without a copy of the whole unit.
    func number(of slot: Int) -> UInt64 { slots[slot]?.number ?? 0 }
    func level(of slot: Int) -> Int { slots[slot]?.level ?? 0 }
    func blockingLinks(of slot: Int) -> [LinkIndex]? { slots[slot]?.blockedBy }
    func placement(of slot: Int) -> [DirectionPlacement]? { slots[slot]?.placement }

    func slot(of id: FlowID) -> (slot: Int, direction: Int)? {
        slotOf[id].map { ($0 / 2, $0 % 2) }
    }

    /// The slot that the next `insert` uses.
    var nextSlot: Int { free.last ?? slots.count }

    mutating func insert(_ unit: FlowUnit) {
        precondition(unit.slot == nextSlot, "a unit goes into the next slot")
        changes.note(unit.slot)
        if free.popLast() != nil { slots[unit.slot] = unit } else { slots.append(unit) }
        for (direction, flow) in unit.directions.enumerated() { slotOf[flow.id] = 2 * unit.slot + direction }
        count += 1
    }

    /// Changes the unit in place, names included.
    mutating func replace(_ unit: FlowUnit) {
        changes.note(unit.slot)
        for flow in self[unit.slot].directions { slotOf[flow.id] = nil }
        slots[unit.slot] = unit
        for (direction, flow) in unit.directions.enumerated() { slotOf[flow.id] = 2 * unit.slot + direction }
    }

    /// The names go at once; the slot, and with it meters and labels, only by `vacate`.
    mutating func forget(_ slot: Int) {
        changes.note(slot)
        for flow in self[slot].directions { slotOf[flow.id] = nil }
        slots[slot] = nil
        count -= 1
    }

    mutating func vacate(_ slot: Int) {
        changes.note(slot)
        free.append(slot)
    }

    /// Applies `change` to the unit without copying it.
    mutating func modify<Result>(_ slot: Int, _ change: (inout FlowUnit) -> Result) -> Result {
        changes.note(slot)
        // Taking the unit out first leaves one owner, so that its arrays are changed in place.
        guard var unit = slots[slot].take() else { preconditionFailure("slot \(slot) is empty") }
        defer { slots[slot] = unit }
        return change(&unit)
    }

    var liveSlots: [Int] { slots.indices.filter { slots[$0] != nil } }
}
