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
    /// Orders of entries that have come or gone.
    var changes = ChangedNumbers()

    subscript(id: FlowID) -> Ended? { byID[id]?.ended }
    /// Oldest first.
    var all: [Ended] {
        order[first...].compactMap { entry in
            byID[entry.id].flatMap { $0.order == entry.order ? $0.ended : nil }
        }
    }

    mutating func insert(_ view: FlowView, history: [Occurrence]) {
        if let former = byID[view.id] { changes.note(Int(former.order)) }
        changes.note(Int(nextOrder))
        byID[view.id] = (nextOrder, Ended(view: view, history: history))
        order.append((nextOrder, view.id))
        nextOrder += 1
        while byID.count > ControlLimits.endedFlows {
            let oldest = order[first]
            if byID[oldest.id]?.order == oldest.order {
                byID[oldest.id] = nil
                changes.note(Int(oldest.order))
            }
            first += 1
        }
        // Entries of ids that were used again pile up; now and then they are swept out.
        if order.count > 3 * ControlLimits.endedFlows {
            order = order[first...].filter { byID[$0.id]?.order == $0.order }
            first = 0
        }
    }

    func record(_ wanted: UInt64) -> EndedRecord? {
        var low = first
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if order[middle].order < wanted { low = middle + 1 } else { high = middle }
        }
        guard low < order.count, order[low].order == wanted, let known = byID[order[low].id], known.order == wanted
        else { return nil }
        return EndedRecord(view: known.ended.view, history: known.ended.history)
    }

    /// Of every entry, ascending.
    var orders: [UInt64] { order[first...].filter { byID[$0.id]?.order == $0.order }.map(\.order) }

    /// Puts an entry back; those of one value come in ascending order.
    mutating func restore(_ record: EndedRecord, order wanted: UInt64) {
        byID[record.view.id] = (wanted, Ended(view: record.view, history: record.history))
        order.append((wanted, record.view.id))
        nextOrder = wanted + 1
    }

    /// The id is in use again; whether it was known here.
    @discardableResult
    mutating func remove(_ id: FlowID) -> Bool {
        guard let former = byID.removeValue(forKey: id) else { return false }
        changes.note(Int(former.order))
        return true
    }
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

    /// Whether `label` is one of the pool's.
    static func holds(_ label: UInt32) -> Bool { label >= first && label < first + UInt32(ControlLimits.labels) }

    /// The pool after `taken`, each once, were taken from it.
    mutating func restore(taken: Set<UInt32>) {
        next = (taken.max() ?? Self.first - 1) + 1
        free = (Self.first..<next).filter { !taken.contains($0) }.reversed()
    }
}
