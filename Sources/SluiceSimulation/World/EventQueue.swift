// What happens next: a binary heap by virtual time. Events of one instant come in the order in which they were added, so
// that a run depends on nothing but its seed.

struct EventQueue<Payload> {
    private struct Entry {
        var time: Int64
        var order: UInt64
        /// Of the payload, which is not moved about in the heap.
        var place: Int

        func isBefore(_ other: Entry) -> Bool { time != other.time ? time < other.time : order < other.order }
    }

    private var heap: [Entry] = []
    private var payloads: [Payload?] = []
    private var freePlaces: [Int] = []
    private var nextOrder: UInt64 = 0

    var count: Int { heap.count }
    var nextTime: Int64? { heap.first?.time }

    mutating func add(_ payload: Payload, at time: Int64) {
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
            payloads[place] = payload
        } else {
            place = payloads.count
            payloads.append(payload)
        }
        heap.append(Entry(time: time, order: nextOrder, place: place))
        nextOrder += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !heap[child].isBefore(heap[parent]) { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (time: Int64, payload: Payload)? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].isBefore(heap[least])
            {
                least = child
            }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        guard let payload = payloads[first.place].take() else { preconditionFailure("a place in the heap is empty") }
        freePlaces.append(first.place)
        return (first.time, payload)
    }
}
