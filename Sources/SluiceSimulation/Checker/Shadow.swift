// What the control plane has promised, kept by the checker in its own way: from the records that go to the journal, and
// not from the value that made them.

import SluiceControlPlane
import SluiceModel

struct ShadowUnit: Hashable {
    var number: UInt64
    var ids: [FlowID]
    var setup: Int
    var hold: Int
    var yields: Bool
    var mayPreempt: Bool
    var state: FlowState
    /// Of each direction: every link held, each once.
    var links: [[LinkIndex]]
    var bandwidths: [Int]
    var expires: Instant?
    var waitsForStart: Bool
    var refusedBySwitch: Bool
    var directions: [Flow]
    var placement: [PlacementRecord]?

    init(_ record: FlowRecord) {
        number = record.number
        ids = record.directions.map(\.id)
        setup = record.engineering.setup
        hold = record.engineering.hold
        yields = record.yields
        mayPreempt = record.mayPreempt
        state = record.state
        directions = record.directions
        placement = record.placement
        links = (record.placement ?? []).map { place in
            var all = place.path
            for link in place.backup + place.split.flatMap(\.path) where !all.contains(link) { all.append(link) }
            return all
        }
        bandwidths = (record.placement ?? []).map(\.bandwidth.bitsPerSecond)
        expires = record.expires
        waitsForStart = record.reasons.contains { if case .waitsForStart = $0 { true } else { false } }
        refusedBySwitch = record.reasons.contains { if case .installationFailed = $0 { true } else { false } }
    }

    /// Whether both promise the same; what switches have confirmed is no promise.
    func promisesSame(as other: ShadowUnit) -> Bool {
        number == other.number && ids == other.ids && links == other.links && bandwidths == other.bandwidths
    }
}

struct Shadow {
    private(set) var units: [Int: ShadowUnit] = [:]
    /// Sum over the placements, by link.
    private(set) var held: [Int]
    private(set) var linkRecords: [Int: LinkRecord] = [:]
    private(set) var slots: [FlowID: Int] = [:]

    init(linkCount: Int) { held = Array(repeating: 0, count: linkCount) }

    func state(of link: Int) -> LinkState { linkRecords[link]?.state ?? .up }
    func isOpen(_ link: Int) -> Bool { state(of: link) == .up && linkRecords[link]?.heldUntil == nil }

    /// - Returns: slots of units and links that are not what they were.
    mutating func apply(_ changes: [PlaneChange]) -> (slots: [Int], links: Set<Int>) {
        var changed: (slots: [Int], links: Set<Int>) = ([], [])
        for change in changes {
            switch (change.key, change.record) {
            case (.directory, _):
                self = Shadow(linkCount: held.count)
            case (.link(let link), .link(let record)):
                linkRecords[link] = record
                changed.links.insert(link)
            case (.link(let link), nil):
                linkRecords[link] = nil
                changed.links.insert(link)
            case (.slot(let slot), let record):
                changed.slots.append(slot)
                if let former = units.removeValue(forKey: slot) {
                    add(former, times: -1, &changed.links)
                    for id in former.ids { slots[id] = nil }
                }
                guard case .flow(let flow)? = record else { continue }
                let unit = ShadowUnit(flow)
                units[slot] = unit
                add(unit, times: 1, &changed.links)
                for id in unit.ids { slots[id] = slot }
            default: break
            }
        }
        return changed
    }

    private mutating func add(_ unit: ShadowUnit, times sign: Int, _ touched: inout Set<Int>) {
        for (links, bandwidth) in zip(unit.links, unit.bandwidths) {
            for link in links {
                held[link.position] += sign * bandwidth
                touched.insert(link.position)
            }
        }
    }
}
