// Flows that are over, so that "what became of it" has an answer; the oldest are forgotten first.

import SluiceModel

struct EndedFlows: Sendable {
    struct Ended: Sendable {
        var view: FlowView
        var history: [Occurrence]
    }

    private var byID: [FlowID: (order: UInt64, ended: Ended)] = [:]
    /// Oldest first. Entries before `first` are gone, and so are those whose number `byID` no longer has.
    private var order: [(order: UInt64, id: FlowID)] = []
    private var first = 0
    private var nextOrder: UInt64 = 0

    subscript(id: FlowID) -> Ended? { byID[id]?.ended }
    /// Oldest first.
    var all: [Ended] {
        order[first...].compactMap { entry in
            byID[entry.id].flatMap { $0.order == entry.order ? $0.ended : nil }
        }
    }

    mutating func insert(_ view: FlowView, history: [Occurrence]) {
        byID[view.id] = (nextOrder, Ended(view: view, history: history))
        order.append((nextOrder, view.id))
        nextOrder += 1
        while byID.count > ControlLimits.endedFlows {
            let oldest = order[first]
            if byID[oldest.id]?.order == oldest.order { byID[oldest.id] = nil }
            first += 1
        }
        // Entries of ids that were used again pile up; now and then they are swept out.
        if order.count > 3 * ControlLimits.endedFlows {
            order = order[first...].filter { byID[$0.id]?.order == $0.order }
            first = 0
        }
    }

    /// The id is in use again.
    mutating func remove(_ id: FlowID) { byID[id] = nil }
}

/// Labels that no live flow uses, the lowest first.
struct LabelPool: Sendable {
    /// 0 to 15 are reserved (RFC 3032, section 2.1).
    private static let first: UInt32 = 16
    private var next = first
    private var free: [UInt32] = []

    mutating func take() -> UInt32? {
        if let label = free.popLast() { return label }
        guard next < Self.first + UInt32(ControlLimits.labels) else { return nil }
        defer { next += 1 }
        return next
    }

    mutating func give(_ label: UInt32) { free.append(label) }
}
