// What is due when: a binary heap, from which what has become void is dropped when it comes up.

import SluiceModel

struct TimerQueue: Sendable {
    struct Timer: Hashable, Sendable {
        enum Purpose: Hashable, Sendable {
            case start(slot: Int, number: UInt64)
            case expiry(slot: Int, number: UInt64)
            case reoptimisation
            case reoptimisationAfterChange
            case linkRelease(link: Int, until: Instant)
            case growth(slot: Int, number: UInt64)
        }

        var due: Instant
        /// Order among timers due at the same instant: the older first.
        var order: UInt64
        var purpose: Purpose
    }

    private var heap: [Timer] = []
    private var nextOrder: UInt64 = 0

    var earliest: Instant? { heap.first?.due }
    var count: Int { heap.count }

    mutating func arm(_ purpose: Timer.Purpose, at due: Instant) {
        heap.append(Timer(due: due, order: nextOrder, purpose: purpose))
        nextOrder += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !isBefore(child, parent) { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest timer if it is due at `now`.
    mutating func next(dueAt now: Instant) -> Timer? {
        guard let first = heap.first, first.due <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) {
                least = child
            }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return first
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        heap[left].due != heap[right].due ? heap[left].due < heap[right].due : heap[left].order < heap[right].order
    }
}
