// The linear relaxation over a pool of paths, by a primal simplex that exploits the generalised upper bounds (Dantzig
// and Van Slyke, "Generalized upper bounding techniques", J. Comput. Syst. Sci. 1, 1967).
//
//     maximise Σ w_f x_fp   with   Σ_p x_fp + r_f = 1 for each flow,   Σ b_f x_fp + s_e = c_e for each link
//
// Each flow has one key column in the basis (a path, or r_f: its rejection); what remains of the basis has one row a
// link. Columns of the working basis are A_j − A_key, so its inverse W⁻¹ has the size of the links alone, however many
// flows there are. A slack in the basis makes its column of W⁻¹ a unit vector, which is not stored: a row holds one
// entry for each tight link (its slot).
//
// Capacities are perturbed by a few parts in 10⁸ against degeneracy. That is harmless: nothing here is believed. Prices
// found are turned into a bound by `Pricer`, in integers.

private import SluiceModel

package struct BoundedSimplex: Sendable {
    private let problem: CompiledProblem
    private let weight: [Double]
    private let bandwidth: [Double]
    private let rightSide: [Double]
    private let linkCount: Int
    package private(set) var pool: ColumnPool

    /// What stands in each basis row: a path (its column), the slack of a link, or the rejection of a flow.
    private var basic: [Int32]
    private var basicValue: [Double]
    /// Row of each link's slack; −1 where the slack is not basic.
    private var slackRow: [Int32]
    /// Key column of each flow; −1 where that is its rejection.
    private var key: [Int32]
    private var keyValue: [Double]
    /// First row whose column belongs to the flow, and the next one; −1 ends the list.
    private var firstRow: [Int32]
    private var nextRow: [Int32]
    private var inBasis: [Bool]

    /// W⁻¹: row i, slot k at `inverse[i * stride + k]`.
    private var inverse: [Double] = []
    private var stride = 0
    private var slotLink: [Int32] = []
    private var linkSlot: [Int32]

    /// λ_e of each link; zero where its slack is basic.
    package private(set) var prices: [Double]
    package private(set) var pivots = 0
    package private(set) var objective = 0.0
    private var direction: [Double]
    private var setRate: [Double]
    private var touchedSets: [Int32] = []
    private var candidates: [Int32] = []
    private var scanFlow = 0
    private var sinceRefresh = 0
    private let tolerance: Double
    private let meanBandwidth: Double

    private static let rejection: Int32 = 1 << 30

    /// - Parameter resolution: the weight whose differences matter; reduced costs far below it count as zero.
    package init(_ problem: CompiledProblem, weights: [Int], resolution: Double) {
        self.problem = problem
        weight = weights.map { Double($0) }
        // In units of the widest flow, so that bit/s and tiny instances condition alike.
        let unit = Double(max(1, problem.bandwidth.max() ?? 1))
        bandwidth = problem.bandwidth.map { Double($0) / unit }
        linkCount = problem.linkCount
        var noise = RandomStream(seed: 1, purpose: "simplex.perturbation")
        rightSide = problem.capacity.map { Double($0) / unit * (1 + 4e-8 * noise.unit()) + 1e-8 * noise.unit() }
        pool = ColumnPool(flowCount: problem.flowCount)
        basic = (0..<Int32(linkCount)).map { -1 - $0 }
        basicValue = rightSide
        slackRow = (0..<Int32(linkCount)).map { $0 }
        key = Array(repeating: -1, count: problem.flowCount)
        keyValue = Array(repeating: 1, count: problem.flowCount)
        firstRow = Array(repeating: -1, count: problem.flowCount)
        nextRow = Array(repeating: -1, count: linkCount)
        inBasis = []
        linkSlot = Array(repeating: -1, count: linkCount)
        prices = Array(repeating: 0, count: linkCount)
        direction = Array(repeating: 0, count: linkCount)
        setRate = Array(repeating: 0, count: problem.flowCount)
        tolerance = 1e-7 * resolution
        meanBandwidth = bandwidth.reduce(0, +) / Double(max(1, problem.flowCount))
        unitBandwidth = unit
    }

    private let unitBandwidth: Double

    /// λ per unit of the problem's bandwidth.
    package var problemPrices: [Double] { prices.map { max(0, $0) / unitBandwidth } }

    /// Adds a path to the pool; answers whether it is new.
    @discardableResult
    package mutating func add(flow: Int32, path: ArraySlice<Int32>) -> Bool {
        let (column, isNew) = pool.insert(flow: flow, path: path)
        if isNew {
            inBasis.append(false)
            candidates.append(column)
        }
        return isNew
    }

    /// Starts from a placement: its paths become the keys of their flows. Only before the first pivot.
    package mutating func start(from placement: Placement) {
        precondition(pivots == 0, "the start comes first")
        for (flow, route) in placement.routes.enumerated() where !route.isEmpty {
            let (column, isNew) = pool.insert(flow: Int32(flow), path: route[...])
            if isNew { inBasis.append(false) }
            var fits = true
            for link in route where basicValue[Int(link)] < bandwidth[flow] { fits = false }
            guard fits else { continue }
            key[flow] = column
            inBasis[Int(column)] = true
            for link in route { basicValue[Int(link)] -= bandwidth[flow] }
        }
    }

    /// π_f = w_key − b_f λ(key): what one more unit of flow f's right to one path is worth.
    package func dual(of flow: Int) -> Double {
        key[flow] < 0 ? 0 : weight[flow] - bandwidth[flow] * price(ofColumn: Int(key[flow]))
    }

    /// Value of each column in the present basic solution; zero for the others.
    package func columnValues() -> [Double] {
        var values = [Double](repeating: 0, count: pool.count)
        for flow in 0..<problem.flowCount where key[flow] >= 0 { values[Int(key[flow])] = keyValue[flow] }
        for row in 0..<linkCount where basic[row] >= 0 && basic[row] < Self.rejection {
            values[Int(basic[row])] = basicValue[row]
        }
        return values
    }

    /// Pivots until the pool holds nothing better, at most `limit` times; answers whether it is optimal.
    package mutating func optimise(pivotLimit limit: Int) -> Bool {
        for _ in 0..<limit {
            if sinceRefresh >= 200 { refresh() }
            guard let entering = chooseEntering() else {
                computeObjective()
                return true
            }
            pivot(entering.column, reducedCost: entering.reducedCost)
            pivots += 1
            sinceRefresh += 1
        }
        computeObjective()
        return false
    }

    private mutating func computeObjective() {
        var sum = 0.0
        for flow in 0..<problem.flowCount where key[flow] >= 0 { sum += weight[flow] * keyValue[flow] }
        for row in 0..<linkCount where basic[row] >= 0 && basic[row] < Self.rejection {
            sum += weight[Int(pool.flow[Int(basic[row])])] * basicValue[row]
        }
        objective = sum
    }

    private func price(ofColumn column: Int) -> Double {
        var sum = 0.0
        for position in Int(pool.start[column])..<Int(pool.start[column + 1]) {
            sum += prices[Int(pool.links[position])]
        }
        return sum
    }

    private func flow(of code: Int32) -> Int {
        code >= Self.rejection ? Int(code - Self.rejection) : Int(pool.flow[Int(code)])
    }
}

// Pricing.

extension BoundedSimplex {
    private func reducedCost(_ code: Int32) -> Double {
        if code < 0 { return -prices[Int(-1 - code)] * meanBandwidth }
        if code >= Self.rejection { return -dual(of: Int(code - Self.rejection)) }
        let column = Int(code)
        let owner = Int(pool.flow[column])
        return weight[owner] - bandwidth[owner] * price(ofColumn: column) - dual(of: owner)
    }

    /// Partial pricing: a list of promising columns is worked off before the pool is scanned again.
    private mutating func chooseEntering() -> (column: Int32, reducedCost: Double)? {
        var best: Int32 = 0
        var bestCost = tolerance
        for slot in slotLink.indices {
            let cost = -prices[Int(slotLink[slot])] * meanBandwidth
            if cost > bestCost {
                bestCost = cost
                best = -1 - slotLink[slot]
            }
        }
        while true {
            var kept = 0
            for position in candidates.indices {
                let code = candidates[position]
                if code < Self.rejection, inBasis[Int(code)] { continue }
                let cost = reducedCost(code)
                if cost <= tolerance { continue }
                candidates[kept] = code
                kept += 1
                if cost > bestCost {
                    bestCost = cost
                    best = code
                }
            }
            candidates.removeLast(candidates.count - kept)
            if bestCost > tolerance { return (best, bestCost) }
            if !scanPool() { return nil }
        }
    }

    /// Scans flows in turn until some dozens of columns look good; false where a full round finds none.
    private mutating func scanPool() -> Bool {
        let flows = problem.flowCount
        var scanned = 0
        while scanned < flows, candidates.count < 40 {
            scanFlow = scanFlow + 1 < flows ? scanFlow + 1 : 0
            scanned += 1
            if pool.newest[scanFlow] < 0 { continue }
            let dual = dual(of: scanFlow)
            if -dual > tolerance { candidates.append(Self.rejection + Int32(scanFlow)) }
            var column = pool.newest[scanFlow]
            while column >= 0 {
                if !inBasis[Int(column)],
                    weight[scanFlow] - bandwidth[scanFlow] * price(ofColumn: Int(column)) - dual > tolerance
                {
                    candidates.append(column)
                }
                column = pool.older[Int(column)]
            }
        }
        return !candidates.isEmpty
    }
}

// Pivoting.

extension BoundedSimplex {
    /// direction += factor · W⁻¹ e_link.
    private mutating func addColumn(ofLink link: Int, times factor: Double) {
        let slot = Int(linkSlot[link])
        if slot < 0 {
            direction[Int(slackRow[link])] += factor
            return
        }
        let stride = stride
        inverse.withUnsafeBufferPointer { inverse in
            direction.withUnsafeMutableBufferPointer { direction in
                var index = slot
                for row in 0..<direction.count {
                    direction[row] += factor * inverse[index]
                    index += stride
                }
            }
        }
    }

    private mutating func addPath(ofColumn column: Int, times factor: Double) {
        for position in Int(pool.start[column])..<Int(pool.start[column + 1]) {
            addColumn(ofLink: Int(pool.links[position]), times: factor)
        }
    }

    private mutating func pivot(_ entering: Int32, reducedCost: Double) {
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
    private mutating func findSetRates(_ enteringFlow: Int) {
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

    private mutating func clearSetRates() {
        for set in touchedSets { setRate[Int(set)] = 0 }
        touchedSets.removeAll(keepingCapacity: true)
    }

    /// Makes the key of `set` a row's column and that column the key: y'_i = −Σ y_k over the rows of the set.
    private mutating func swapKey(of set: Int) -> Int {
        let row = Int(firstRow[set])
        let width = slotLink.count
        let base = row * stride
        for slot in 0..<width { inverse[base + slot] = -inverse[base + slot] }
        var other = nextRow[row]
        while other >= 0 {
            let otherBase = Int(other) * stride
            for slot in 0..<width { inverse[base + slot] -= inverse[otherBase + slot] }
            other = nextRow[Int(other)]
        }
        direction[row] = setRate[set]
        let oldKey = key[set]
        key[set] = basic[row] >= Self.rejection ? -1 : basic[row]
        basic[row] = oldKey >= 0 ? oldKey : Self.rejection + Int32(set)
        swap(&keyValue[set], &basicValue[row])
        return row
    }

    private mutating func exchange(_ entering: Int32, row: Int, value: Double, reducedCost: Double) {
        let leaving = basic[row]
        if leaving < 0 {
            appendSlot(for: Int(-1 - leaving), row: row)
        } else {
            let set = flow(of: leaving)
            if leaving < Self.rejection { inBasis[Int(leaving)] = false }
            removeRow(row, from: set)
        }
        let width = slotLink.count
        let pivotInverse = 1 / direction[row]
        let stride = stride
        let rows = linkCount
        inverse.withUnsafeMutableBufferPointer { inverse in
            direction.withUnsafeBufferPointer { direction in
                let base = row * stride
                for slot in 0..<width { inverse[base + slot] *= pivotInverse }
                for other in 0..<rows where other != row {
                    let factor = direction[other]
                    if abs(factor) < 1e-13 { continue }
                    let otherBase = other * stride
                    for slot in 0..<width { inverse[otherBase + slot] -= factor * inverse[base + slot] }
                }
            }
        }
        // The reduced cost of a slack was scaled for the choice.
        let gain = entering < 0 ? -prices[Int(-1 - entering)] : reducedCost
        for slot in 0..<width { prices[Int(slotLink[slot])] += gain * inverse[row * stride + slot] }
        basic[row] = entering
        basicValue[row] = value
        if entering < 0 {
            let link = Int(-1 - entering)
            slackRow[link] = Int32(row)
            removeSlot(of: link)
            prices[link] = 0
        } else {
            if entering < Self.rejection { inBasis[Int(entering)] = true }
            let set = flow(of: entering)
            nextRow[row] = firstRow[set]
            firstRow[set] = Int32(row)
        }
    }

    private mutating func removeRow(_ row: Int, from set: Int) {
        if firstRow[set] == Int32(row) {
            firstRow[set] = nextRow[row]
        } else {
            var at = Int(firstRow[set])
            while nextRow[at] != Int32(row) { at = Int(nextRow[at]) }
            nextRow[at] = nextRow[row]
        }
        nextRow[row] = -1
    }

    private mutating func appendSlot(for link: Int, row: Int) {
        let slot = slotLink.count
        if slot == stride {
            let wider = min(linkCount, max(16, stride * 2))
            var grown = [Double](repeating: 0, count: linkCount * wider)
            for row in 0..<linkCount {
                for position in 0..<slot { grown[row * wider + position] = inverse[row * stride + position] }
            }
            inverse = grown
            stride = wider
        }
        for other in 0..<linkCount { inverse[other * stride + slot] = 0 }
        inverse[row * stride + slot] = 1
        slotLink.append(Int32(link))
        linkSlot[link] = Int32(slot)
        slackRow[link] = -1
    }

    private mutating func removeSlot(of link: Int) {
        let slot = Int(linkSlot[link])
        let last = slotLink.count - 1
        if slot != last {
            for row in 0..<linkCount { inverse[row * stride + slot] = inverse[row * stride + last] }
            slotLink[slot] = slotLink[last]
            linkSlot[Int(slotLink[slot])] = Int32(slot)
        }
        slotLink.removeLast()
        linkSlot[link] = -1
    }
}

// Keeping the numbers honest.

extension BoundedSimplex {
    /// Recomputes values and prices from the inverse, and the inverse itself where it has drifted.
    private mutating func refresh() {
        sinceRefresh = 0
        if !recomputeValues() {
            reinvert()
            _ = recomputeValues()
        }
        recomputePrices()
    }

    /// Values of all basic columns from the right side; false where they do not satisfy the link rows.
    private mutating func recomputeValues() -> Bool {
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

    private mutating func recomputePrices() {
        for link in 0..<linkCount { prices[link] = 0 }
        for row in 0..<linkCount where basic[row] >= 0 {
            let owner = flow(of: basic[row])
            let own = basic[row] < Self.rejection ? weight[owner] : 0
            let cost = own - (key[owner] >= 0 ? weight[owner] : 0)
            if cost == 0 { continue }
            for slot in slotLink.indices { prices[Int(slotLink[slot])] += cost * inverse[row * stride + slot] }
        }
    }

    /// Gauss-Jordan elimination from scratch: the tight links against the columns of the rows that are not slacks.
    private mutating func reinvert() {
        let rows = (0..<linkCount).filter { basic[$0] >= 0 }
        let width = slotLink.count
        guard rows.count == width else { return }
        // matrix[k][i]: entry of row i's column on tight link k; beside it the identity.
        var matrix = [Double](repeating: 0, count: width * 2 * width)
        for (position, row) in rows.enumerated() {
            for (link, value) in workingColumn(row) where linkSlot[link] >= 0 {
                matrix[Int(linkSlot[link]) * 2 * width + position] += value
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
            for slot in 0..<width { inverse[row * stride + slot] = matrix[position * 2 * width + width + slot] }
        }
        // A slack's row: what its link carries by the others' columns, negated.
        for link in 0..<linkCount where slackRow[link] >= 0 {
            for slot in 0..<width { inverse[Int(slackRow[link]) * stride + slot] = 0 }
        }
        for row in rows {
            for (link, value) in workingColumn(row) where linkSlot[link] < 0 {
                let target = Int(slackRow[link]) * stride
                for slot in 0..<width { inverse[target + slot] -= value * inverse[row * stride + slot] }
            }
        }
    }

    /// A_j − A_key of the column in `row`, as entries.
    private func workingColumn(_ row: Int) -> [(link: Int, value: Double)] {
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
