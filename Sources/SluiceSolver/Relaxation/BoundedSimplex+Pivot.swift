// One pivot of the simplex: which column leaves, and what that does to values, keys, the inverse and the prices.

extension BoundedSimplex {
    /// direction += factor · W⁻¹ e_link.
    mutating func addColumn(ofLink link: Int, times factor: Double) {
        let slot = Int(inverse.linkSlot[link])
        if slot < 0 {
            direction[Int(slackRow[link])] += factor
        } else {
            inverse.addColumn(slot, times: factor, to: &direction)
        }
    }

    mutating func addPath(ofColumn column: Int, times factor: Double) {
        for position in Int(pool.start[column])..<Int(pool.start[column + 1]) {
            addColumn(ofLink: Int(pool.links[position]), times: factor)
        }
    }

    mutating func pivot(_ entering: Int32, reducedCost: Double) {
        for row in 0..<linkCount { direction[row] = 0 }
        var enteringFlow = -1
        if entering < 0 {
            addColumn(ofLink: Int(-1 - entering), times: 1)
        } else {
            enteringFlow = flow(of: entering)
            if entering < Self.rejection { addPath(ofColumn: Int(entering), times: bandwidth[enteringFlow]) }
            if key[enteringFlow] >= 0 {
                addPath(ofColumn: Int(key[enteringFlow]), times: -bandwidth[enteringFlow])
            }
        }
        findSetRates(enteringFlow)
        var step = Double.infinity
        var leavingRow = -1
        var leavingSet = -1
        var pivotSize = 0.0
        func consider(_ value: Double, _ rate: Double, row: Int, set: Int) {
            guard rate > 1e-9 else { return }
            let ratio = max(0, value) / rate
            if ratio < step - 1e-12 || (ratio <= step + 1e-12 && rate > pivotSize) {
                step = min(step, ratio)
                leavingRow = row
                leavingSet = set
                pivotSize = rate
            }
        }
        for row in 0..<linkCount where direction[row] > 1e-9 {
            consider(basicValue[row], direction[row], row: row, set: -1)
        }
        for set in touchedSets { consider(keyValue[Int(set)], setRate[Int(set)], row: -1, set: Int(set)) }
        guard leavingRow >= 0 || leavingSet >= 0 else {
            // An unbounded ray cannot exist; the numbers have gone bad.
            clearSetRates()
            refresh()
            return
        }
        for row in 0..<linkCount where direction[row] != 0 {
            basicValue[row] = max(0, basicValue[row] - direction[row] * step)
        }
        for set in touchedSets { keyValue[Int(set)] = max(0, keyValue[Int(set)] - setRate[Int(set)] * step) }
        if leavingSet >= 0, firstRow[leavingSet] < 0 {
            // The entering column takes the key's place; no row changes.
            if key[leavingSet] >= 0 { inBasis[Int(key[leavingSet])] = false }
            key[leavingSet] = entering >= Self.rejection ? -1 : entering
            if entering < Self.rejection { inBasis[Int(entering)] = true }
            keyValue[leavingSet] = step
            clearSetRates()
            return
        }
        if leavingSet >= 0 { leavingRow = swapKey(of: leavingSet) }
        clearSetRates()
        exchange(entering, row: leavingRow, value: step, reducedCost: reducedCost)
    }

    /// How fast each flow's key falls as the entering column rises: −Σ d_i over its rows, plus one for its own flow.
    mutating func findSetRates(_ enteringFlow: Int) {
        if enteringFlow >= 0 {
            setRate[enteringFlow] = 1
            touchedSets.append(Int32(enteringFlow))
        }
        for row in 0..<linkCount where direction[row] != 0 && basic[row] >= 0 {
            let set = flow(of: basic[row])
            if setRate[set] == 0, !(set == enteringFlow) { touchedSets.append(Int32(set)) }
            setRate[set] -= direction[row]
        }
    }

    mutating func clearSetRates() {
        for set in touchedSets { setRate[Int(set)] = 0 }
        touchedSets.removeAll(keepingCapacity: true)
    }

    /// Makes the key of `set` a row's column and that column the key: y'_i = −Σ y_k over the rows of the set.
    mutating func swapKey(of set: Int) -> Int {
        let row = Int(firstRow[set])
        var others: [Int] = []
        var other = nextRow[row]
        while other >= 0 {
            others.append(Int(other))
            other = nextRow[Int(other)]
        }
        inverse.negateSum(row: row, others: others)
        direction[row] = setRate[set]
        let oldKey = key[set]
        key[set] = basic[row] >= Self.rejection ? -1 : basic[row]
        basic[row] = oldKey >= 0 ? oldKey : Self.rejection + Int32(set)
        swap(&keyValue[set], &basicValue[row])
        return row
    }

    mutating func exchange(_ entering: Int32, row: Int, value: Double, reducedCost: Double) {
        let leaving = basic[row]
        if leaving < 0 {
            inverse.appendSlot(for: Int(-1 - leaving), row: row)
            slackRow[Int(-1 - leaving)] = -1
        } else {
            let set = flow(of: leaving)
            if leaving < Self.rejection { inBasis[Int(leaving)] = false }
            removeRow(row, from: set)
        }
        inverse.exchange(row, direction: direction, row: &pivotRow)
        // The reduced cost of a slack was scaled for the choice.
        let gain = entering < 0 ? -prices[Int(-1 - entering)] : reducedCost
        for (slot, link) in inverse.slotLink.enumerated() { prices[Int(link)] += gain * pivotRow[slot] }
        basic[row] = entering
        basicValue[row] = value
        if entering < 0 {
            let link = Int(-1 - entering)
            slackRow[link] = Int32(row)
            inverse.removeSlot(of: link)
            prices[link] = 0
        } else {
            if entering < Self.rejection { inBasis[Int(entering)] = true }
            let set = flow(of: entering)
            nextRow[row] = firstRow[set]
            firstRow[set] = Int32(row)
        }
    }

    mutating func removeRow(_ row: Int, from set: Int) {
        if firstRow[set] == Int32(row) {
            firstRow[set] = nextRow[row]
        } else {
            var at = Int(firstRow[set])
            while nextRow[at] != Int32(row) { at = Int(nextRow[at]) }
            nextRow[at] = nextRow[row]
        }
        nextRow[row] = -1
    }
}
