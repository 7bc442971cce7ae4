// Keeping the numbers of the simplex honest: values and prices from the inverse every so often, and the inverse itself
// from the columns where it has drifted.

extension BoundedSimplex {
    /// Recomputes values and prices from the inverse, and the inverse itself where it has drifted.
    mutating func refresh() {
        sinceRefresh = 0
        if !recomputeValues() {
            reinvert()
            _ = recomputeValues()
        }
        recomputePrices()
    }

    /// Values of all basic columns from the right side; false where they do not satisfy the link rows.
    mutating func recomputeValues() -> Bool {
        var left = rightSide
        for flow in 0..<problem.flowCount where key[flow] >= 0 {
            for link in pool.path(of: Int(key[flow])) { left[Int(link)] -= bandwidth[flow] }
        }
        for row in 0..<linkCount { direction[row] = 0 }
        for link in 0..<linkCount where left[link] != 0 { addColumn(ofLink: link, times: left[link]) }
        var load = [Double](repeating: 0, count: linkCount)
        for flow in 0..<problem.flowCount { keyValue[flow] = 1 }
        for row in 0..<linkCount {
            basicValue[row] = direction[row]
            guard basic[row] >= 0 else {
                load[Int(-1 - basic[row])] += direction[row]
                continue
            }
            let owner = flow(of: basic[row])
            keyValue[owner] -= direction[row]
            if basic[row] < Self.rejection {
                for link in pool.path(of: Int(basic[row])) { load[Int(link)] += bandwidth[owner] * direction[row] }
            }
        }
        for flow in 0..<problem.flowCount where key[flow] >= 0 {
            for link in pool.path(of: Int(key[flow])) { load[Int(link)] += bandwidth[flow] * keyValue[flow] }
        }
        var error = 0.0
        for link in 0..<linkCount { error = max(error, abs(load[link] - rightSide[link]) / (1 + abs(rightSide[link]))) }
        for row in 0..<linkCount { basicValue[row] = max(0, basicValue[row]) }
        return error < 1e-7
    }

    mutating func recomputePrices() {
        for link in 0..<linkCount { prices[link] = 0 }
        for row in 0..<linkCount where basic[row] >= 0 {
            let owner = flow(of: basic[row])
            let own = basic[row] < Self.rejection ? weight[owner] : 0
            let cost = own - (key[owner] >= 0 ? weight[owner] : 0)
            if cost == 0 { continue }
            for (slot, link) in inverse.slotLink.enumerated() { prices[Int(link)] += cost * inverse[row, slot] }
        }
    }

    /// Gauss-Jordan elimination from scratch: the tight links against the columns of the rows that are not slacks.
    mutating func reinvert() {
        let rows = (0..<linkCount).filter { basic[$0] >= 0 }
        let width = inverse.slotCount
        guard rows.count == width else { return }
        // matrix[k][i]: entry of row i's column on tight link k; beside it the identity.
        var matrix = [Double](repeating: 0, count: width * 2 * width)
        for (position, row) in rows.enumerated() {
            for (link, value) in workingColumn(row) where inverse.linkSlot[link] >= 0 {
                matrix[Int(inverse.linkSlot[link]) * 2 * width + position] += value
            }
        }
        for slot in 0..<width { matrix[slot * 2 * width + width + slot] = 1 }
        for column in 0..<width {
            var pivot = column
            for candidate in column..<width
            where abs(matrix[candidate * 2 * width + column]) > abs(matrix[pivot * 2 * width + column]) {
                pivot = candidate
            }
            guard abs(matrix[pivot * 2 * width + column]) > 1e-11 else { return }
            if pivot != column {
                for k in 0..<2 * width { matrix.swapAt(pivot * 2 * width + k, column * 2 * width + k) }
            }
            let scale = 1 / matrix[column * 2 * width + column]
            for k in 0..<2 * width { matrix[column * 2 * width + k] *= scale }
            for other in 0..<width where other != column {
                let factor = matrix[other * 2 * width + column]
                if factor == 0 { continue }
                for k in column..<2 * width {
                    matrix[other * 2 * width + k] -= factor * matrix[column * 2 * width + k]
                }
            }
        }
        for (position, row) in rows.enumerated() {
            for slot in 0..<width { inverse[row, slot] = matrix[position * 2 * width + width + slot] }
        }
        // A slack's row: what its link carries by the others' columns, negated.
        for link in 0..<linkCount where slackRow[link] >= 0 {
            for slot in 0..<width { inverse[Int(slackRow[link]), slot] = 0 }
        }
        for row in rows {
            for (link, value) in workingColumn(row) where inverse.linkSlot[link] < 0 {
                let target = Int(slackRow[link])
                for slot in 0..<width { inverse[target, slot] -= value * inverse[row, slot] }
            }
        }
    }

    /// A_j − A_key of the column in `row`, as entries.
    func workingColumn(_ row: Int) -> [(link: Int, value: Double)] {
        let owner = flow(of: basic[row])
        var entries: [(link: Int, value: Double)] = []
        if basic[row] < Self.rejection {
            for link in pool.path(of: Int(basic[row])) { entries.append((Int(link), bandwidth[owner])) }
        }
        if key[owner] >= 0 {
            for link in pool.path(of: Int(key[owner])) { entries.append((Int(link), -bandwidth[owner])) }
        }
        return entries
    }
}
