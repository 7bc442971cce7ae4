// The binary knapsack by dynamic programming over its room (Bellman, "Dynamic Programming", 1957), with what was packed.
// Time and memory: items times room.

package struct Knapsack: Sendable {
    private var table: [Int] = []
    private var isTaken: [Bool] = []
    /// Positions of the items that the last packing took, last first.
    package private(set) var packed: [Int] = []

    package init() {}

    /// The largest Σ value of items whose sizes fit `room`; `packed` says which. Sizes and values are not negative.
    package mutating func pack(sizes: [Int], values: [Int], room: Int) -> Int {
        let width = room + 1
        let count = sizes.count
        table.removeAll(keepingCapacity: true)
        table.append(contentsOf: repeatElement(0, count: width))
        if isTaken.count < width * count { isTaken = Array(repeating: false, count: width * count) }
        var reachable = 0
        table.withUnsafeMutableBufferPointer { table in
            isTaken.withUnsafeMutableBufferPointer { isTaken in
                guard let table = table.baseAddress, let first = isTaken.baseAddress else { return }
                for item in 0..<count {
                    let (size, value) = (sizes[item], values[item])
                    let taken = first + item * width
                    for place in 0..<width { taken[place] = false }
                    reachable = min(room, reachable + size)
                    var place = reachable
                    while place >= size {
                        let candidate = table[place &- size] &+ value
                        if candidate > table[place] {
                            table[place] = candidate
                            taken[place] = true
                        }
                        place &-= 1
                    }
                }
            }
        }
        var place = 0
        for candidate in 0...reachable where table[candidate] > table[place] { place = candidate }
        let best = table[place]
        packed.removeAll(keepingCapacity: true)
        for item in (0..<count).reversed() where isTaken[item * width + place] {
            packed.append(item)
            place -= sizes[item]
        }
        return best
    }
}
