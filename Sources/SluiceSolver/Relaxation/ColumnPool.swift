// Paths known for each flow, stored side by side. Columns are only ever added, so a number names one for good.

package struct ColumnPool: Sendable {
    package private(set) var flow: [Int32] = []
    /// Links of column j are `links[start[j]..<start[j + 1]]`.
    package private(set) var start: [Int32] = [0]
    package private(set) var links: [Int32] = []
    /// Newest column of each flow, and the next older one of each column; −1 ends the list.
    package private(set) var newest: [Int32]
    package private(set) var older: [Int32] = []
    /// A hash of each column's links, so that two are seldom compared link by link.
    private var fingerprint: [UInt32] = []

    package init(flowCount: Int) { newest = Array(repeating: -1, count: flowCount) }

    package var count: Int { flow.count }

    package func path(of column: Int) -> ArraySlice<Int32> { links[Int(start[column])..<Int(start[column + 1])] }

    /// The number of the column with these links; adds it where it is new.
    @discardableResult
    package mutating func insert(flow owner: Int32, path: ArraySlice<Int32>) -> (column: Int32, isNew: Bool) {
        var print: UInt32 = 0
        for link in path { print = (print ^ UInt32(bitPattern: link)) &* 0x9e37_79b1 }
        var known = newest[Int(owner)]
        while known >= 0 {
            if fingerprint[Int(known)] == print, self.path(of: Int(known)) == path { return (known, false) }
            known = older[Int(known)]
        }
        let column = Int32(flow.count)
        fingerprint.append(print)
        flow.append(owner)
        links += path
        start.append(Int32(links.count))
        older.append(newest[Int(owner)])
        newest[Int(owner)] = column
        return (column, true)
    }
}
