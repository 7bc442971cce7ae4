// The live units that have no place and wait for room, the most important first and among equals the oldest; and for
// each link who waits for it, so that room that appears is offered to those whom it may help, and nobody else is
// looked at.

import SluiceModel

struct WaitingList: Sendable, Sequence {
    private struct Entry: Sendable {
        var slot: Int
        var level: Int
        var number: UInt64
        /// Counts the changes of what it waits for; what names an earlier one is void.
        var watch: UInt32 = 0
        /// It is not known what it waits for: it is tried whenever room appears.
        var isRestless = true

        func precedes(_ other: Entry) -> Bool {
            level != other.level ? level > other.level : number < other.number
        }
    }

    private struct Watcher: Sendable {
        var slot: Int
        var watch: UInt32
    }

    // Invariants: `slots` are in order; `entryOf[slot]` is nil where the slot does not wait; `restlessCount` are those
    // of them that are restless.
    private var slots: [Int] = []
    private var entryOf: [Entry?] = []
    private var restlessCount = 0
    /// By link; may name units that wait for other things by now.
    private var watchers: [[Watcher]]

    init(linkCount: Int) { watchers = Array(repeating: [], count: linkCount) }

    var isEmpty: Bool { slots.isEmpty }
    var count: Int { slots.count }

    func contains(_ slot: Int) -> Bool { slot < entryOf.count && entryOf[slot] != nil }

    /// Nobody knows yet what it waits for.
    ///
    /// - Precondition: the slot does not wait yet.
    mutating func insert(_ slot: Int, level: Int, number: UInt64) {
        precondition(!contains(slot), "slot \(slot) waits already")
        while entryOf.count <= slot { entryOf.append(nil) }
        let entry = Entry(slot: slot, level: level, number: number)
        slots.insert(slot, at: place(of: entry))
        entryOf[slot] = entry
        restlessCount += 1
    }

    /// Does nothing where the slot does not wait.
    mutating func remove(_ slot: Int) {
        guard slot < entryOf.count, let entry = entryOf[slot] else { return }
        slots.remove(at: place(of: entry))
        entryOf[slot] = nil
        if entry.isRestless { restlessCount -= 1 }
    }

    /// Position of the first slot whose entry does not precede `entry`.
    private func place(of entry: Entry) -> Int {
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if entryOf[slots[middle]]?.precedes(entry) ?? false { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The slots, in order, as they are now.
    func makeIterator() -> IndexingIterator<[Int]> { slots.makeIterator() }

    // MARK: What they wait for

    /// The slot waits until one of `links` gains room; nil: that is not known. Does nothing where it does not wait.
    mutating func watch(_ slot: Int, for links: [LinkIndex]?) {
        guard slot < entryOf.count, var entry = entryOf[slot] else { return }
        entry.watch &+= 1
        if entry.isRestless { restlessCount -= 1 }
        entry.isRestless = links == nil
        if entry.isRestless { restlessCount += 1 }
        entryOf[slot] = entry
        for link in links ?? [] { append(Watcher(slot: slot, watch: entry.watch), to: link.position) }
    }

    /// The slot, which `candidates` has just named, waits for the same as before.
    mutating func watchOn(_ slot: Int, for links: [LinkIndex], gained: (Int) -> Bool) {
        guard slot < entryOf.count, let entry = entryOf[slot], !entry.isRestless else { return }
        for link in links where gained(link.position) {
            append(Watcher(slot: slot, watch: entry.watch), to: link.position)
        }
    }

    private mutating func append(_ watcher: Watcher, to link: Int) {
        if watchers[link].count > 2 * slots.count + 64 {
            watchers[link].removeAll { entryOf[$0.slot]?.watch != $0.watch }
        }
        watchers[link].append(watcher)
    }

    /// Everyone is to be tried when room appears next.
    mutating func forgetReasons() { for slot in slots { watch(slot, for: nil) } }

    /// Those whom room on `gained` may help, in order. They watch those links no more.
    mutating func candidates(gained: [Int32]) -> [Int] {
        var found: [Entry] = []
        for link in gained where !watchers[Int(link)].isEmpty {
            for watcher in watchers[Int(link)] {
                if let entry = entryOf[watcher.slot], entry.watch == watcher.watch { found.append(entry) }
            }
            watchers[Int(link)] = []
        }
        if restlessCount > 0 {
            for slot in slots { if let entry = entryOf[slot], entry.isRestless { found.append(entry) } }
        }
        if found.count > 1 { found.sort { $0.precedes($1) } }
        var candidates: [Int] = []
        for entry in found where candidates.last != entry.slot { candidates.append(entry.slot) }
        return candidates
    }
}
