// Which flows stand on each link, as a bag that gives any member in constant time: ruin and recreate draws victims from
// it a million times a second. All bags lie in one array; one that outgrows its place moves to the end of it.

package struct LinkUsers: Sendable {
    /// A flow on a link, and the place of that link in the table's `links`.
    package struct User: Sendable {
        package var flow: Int32
        package var occurrence: Int32
    }

    private var slots: [User]
    private var start: [Int]
    private var room: [Int]
    private var counts: [Int]

    package init(linkCount: Int) {
        let first = 8
        slots = Array(repeating: User(flow: 0, occurrence: 0), count: linkCount * first)
        start = (0..<linkCount).map { $0 * first }
        room = Array(repeating: first, count: linkCount)
        counts = Array(repeating: 0, count: linkCount)
    }

    @inline(__always)
    package func count(_ link: Int) -> Int { counts[link] }

    @inline(__always)
    package subscript(link: Int, place: Int) -> User { slots[start[link] + place] }

    /// Adds a user; answers its place.
    @inline(__always)
    package mutating func add(_ user: User, to link: Int) -> Int {
        let place = counts[link]
        if place == room[link] { grow(link) }
        slots[start[link] + place] = user
        counts[link] = place + 1
        return place
    }

    /// Removes the user at `place`; answers the one that stands there now, nil where it was the last.
    @inline(__always)
    package mutating func remove(at place: Int, from link: Int) -> User? {
        let last = counts[link] - 1
        counts[link] = last
        guard place < last else { return nil }
        let moved = slots[start[link] + last]
        slots[start[link] + place] = moved
        return moved
    }

    private mutating func grow(_ link: Int) {
        let wider = room[link] * 2
        let old = start[link]
        start[link] = slots.count
        for place in 0..<room[link] { slots.append(slots[old + place]) }
        for _ in room[link]..<wider { slots.append(User(flow: 0, occurrence: 0)) }
        room[link] = wider
    }
}
