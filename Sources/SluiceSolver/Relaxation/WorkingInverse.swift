// The inverse of the working basis: one row a link, and a column for each tight link (its slot). A slack in the basis
// makes its column a unit vector, which is not stored. Columns lie whole in memory, so that both things a pivot does
// with them, adding some up and subtracting a multiple of one vector from many, run along it.

package struct WorkingInverse: Sendable {
    package let rowCount: Int
    /// Column of slot k at `entries[k * rowCount ..< (k + 1) * rowCount]`.
    private var entries: [Double] = []
    /// Tight link of each slot.
    package private(set) var slotLink: [Int32] = []
    /// Slot of each link; −1 where its slack is basic.
    package private(set) var linkSlot: [Int32]

    private var touchedRows: [Int] = []

    package init(rowCount: Int) {
        self.rowCount = rowCount
        linkSlot = Array(repeating: -1, count: rowCount)
    }

    package var slotCount: Int { slotLink.count }

    package subscript(row: Int, slot: Int) -> Double {
        get { entries[slot * rowCount + row] }
        set { entries[slot * rowCount + row] = newValue }
    }

    /// direction += factor · W⁻¹ e_slot.
    package func addColumn(_ slot: Int, times factor: Double, to direction: inout [Double]) {
        let rows = rowCount
        let base = slot * rows
        precondition(base + rows <= entries.count && direction.count == rows)
        entries.withUnsafeBufferPointer { entries in
            direction.withUnsafeMutableBufferPointer { direction in
                guard let column = entries.baseAddress.map({ $0 + base }), let target = direction.baseAddress else {
                    return
                }
                for row in 0..<rows { target[row] += factor * column[row] }
            }
        }
    }

    /// Gauss-Jordan step: the column whose image is `direction` takes the basis place `pivotRow`. Answers the pivot row
    /// as it is then, one number a slot.
    package mutating func exchange(_ pivotRow: Int, direction: [Double], row: inout [Double]) {
        let rows = rowCount
        let pivotInverse = 1 / direction[pivotRow]
        row.removeAll(keepingCapacity: true)
        precondition(direction.count == rows && entries.count >= slotCount * rows)
        for slot in 0..<slotCount { row.append(entries[slot * rows + pivotRow] * pivotInverse) }
        // Directions touch few rows where the network is large: then only these are visited.
        touchedRows.removeAll(keepingCapacity: true)
        for row in 0..<rows where abs(direction[row]) > 1e-13 { touchedRows.append(row) }
        if touchedRows.count * 4 < rows {
            subtractSparse(direction, row)
        } else {
            subtractDense(direction, row)
        }
        for slot in 0..<slotCount where row[slot] != 0 { entries[slot * rows + pivotRow] = row[slot] }
    }

    private mutating func subtractSparse(_ direction: [Double], _ row: [Double]) {
        for slot in 0..<slotCount {
            let factor = row[slot]
            if factor == 0 { continue }
            let base = slot * rowCount
            for other in touchedRows { entries[base + other] -= direction[other] * factor }
        }
    }

    private mutating func subtractDense(_ direction: [Double], _ row: [Double]) {
        let (rows, slots) = (rowCount, slotCount)
        entries.withUnsafeMutableBufferPointer { entries in
            direction.withUnsafeBufferPointer { direction in
                guard let first = entries.baseAddress, let image = direction.baseAddress else { return }
                for slot in 0..<slots {
                    let factor = row[slot]
                    if factor == 0 { continue }
                    let column = first + slot * rows
                    for other in 0..<rows { column[other] -= image[other] * factor }
                }
            }
        }
    }

    /// Row `row` becomes minus the sum of itself and `others`.
    package mutating func negateSum(row: Int, others: [Int]) {
        for slot in 0..<slotCount {
            let base = slot * rowCount
            var sum = entries[base + row]
            for other in others { sum += entries[base + other] }
            entries[base + row] = -sum
        }
    }

    /// A link becomes tight: its unit column is stored from now on.
    package mutating func appendSlot(for link: Int, row: Int) {
        linkSlot[link] = Int32(slotCount)
        let needed = (slotCount + 1) * rowCount
        if entries.count < needed {
            entries.reserveCapacity(max(needed, entries.count * 2))
            for _ in entries.count..<needed { entries.append(0) }
        }
        let base = slotCount * rowCount
        for other in 0..<rowCount { entries[base + other] = 0 }
        entries[base + row] = 1
        slotLink.append(Int32(link))
    }

    /// A link's slack has entered the basis.
    package mutating func removeSlot(of link: Int) {
        let slot = Int(linkSlot[link])
        let last = slotCount - 1
        if slot != last {
            for row in 0..<rowCount { entries[slot * rowCount + row] = entries[last * rowCount + row] }
            slotLink[slot] = slotLink[last]
            linkSlot[Int(slotLink[slot])] = Int32(slot)
        }
        slotLink.removeLast()
        linkSlot[link] = -1
    }
}
