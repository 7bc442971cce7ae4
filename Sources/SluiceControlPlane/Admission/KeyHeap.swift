// A 4-ary heap of single 64-bit keys, the least first, in room that the caller lends it: no allocation, and one comparison
// of whole numbers decides. Where a key ends in a node's number, equal costs are decided by it.

enum KeyHeap {
    /// - Precondition: `keys` has room for more than `count` keys.
    @inline(__always)
    static func push(_ key: UInt64, _ keys: inout MutableSpan<UInt64>, _ count: inout Int) {
        var hole = count
        count += 1
        while hole > 0 {
            let parent = (hole - 1) >> 2
            if keys[parent] <= key { break }
            keys[hole] = keys[parent]
            hole = parent
        }
        keys[hole] = key
    }

    @inline(__always)
    static func pop(_ keys: inout MutableSpan<UInt64>, _ count: inout Int) -> UInt64? {
        if count == 0 { return nil }
        let top = keys[0]
        count -= 1
        if count == 0 { return top }
        let last = keys[count]
        var hole = 0
        while true {
            let first = 4 * hole + 1
            if first >= count { break }
            var least = first
            var child = first + 1
            let end = min(first + 4, count)
            while child < end {
                if keys[child] < keys[least] { least = child }
                child += 1
            }
            if keys[least] >= last { break }
            keys[hole] = keys[least]
            hole = least
        }
        keys[hole] = last
        return top
    }
}
