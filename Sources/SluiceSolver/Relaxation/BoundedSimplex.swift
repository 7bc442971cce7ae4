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
    let problem: CompiledProblem
    let weight: [Double]
    let bandwidth: [Double]
    let rightSide: [Double]
    let linkCount: Int
    package private(set) var pool: ColumnPool

    /// What stands in each basis row: a path (its column), the slack of a link, or the rejection of a flow.
    var basic: [Int32]
    var basicValue: [Double]
    /// Row of each link's slack; −1 where the slack is not basic.
    var slackRow: [Int32]
    /// Key column of each flow; −1 where that is its rejection.
    var key: [Int32]
    var keyValue: [Double]
    /// First row whose column belongs to the flow, and the next one; −1 ends the list.
    var firstRow: [Int32]
    var nextRow: [Int32]
    var inBasis: [Bool]

    var inverse: WorkingInverse
    var pivotRow: [Double] = []

    /// λ_e of each link; zero where its slack is basic.
    package var prices: [Double]
    package var pivots = 0
    package private(set) var objective = 0.0
    var direction: [Double]
    var setRate: [Double]
    var touchedSets: [Int32] = []
    var candidates: [Int32] = []
    var scanFlow = 0
    var sinceRefresh = 0
    let tolerance: Double
    let meanBandwidth: Double

    static let rejection: Int32 = 1 << 30

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
        inverse = WorkingInverse(rowCount: linkCount)
        prices = Array(repeating: 0, count: linkCount)
        direction = Array(repeating: 0, count: linkCount)
        setRate = Array(repeating: 0, count: problem.flowCount)
        tolerance = 1e-7 * resolution
        meanBandwidth = bandwidth.reduce(0, +) / Double(max(1, problem.flowCount))
        unitBandwidth = unit
    }

    let unitBandwidth: Double

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

    /// Starts from prices: flows in order of what they are worth beyond their cheapest path take, of the paths known, the
    /// cheapest that fits as their key. Far fewer pivots remain than from a placement made without prices. Only before
    /// the first pivot.
    package mutating func start(at prices: [Double]) {
        precondition(pivots == 0, "the start comes first")
        let scaled = prices.map { $0 * unitBandwidth }
        func price(_ column: Int32) -> Double {
            pool.path(of: Int(column)).reduce(0) { $0 + scaled[Int($1)] }
        }
        var best: [Double] = []
        for flow in 0..<problem.flowCount {
            var least = Double.infinity
            var column = pool.newest[flow]
            while column >= 0 {
                least = min(least, price(column))
                column = pool.older[Int(column)]
            }
            best.append(weight[flow] - bandwidth[flow] * least)
        }
        let order = (0..<problem.flowCount).filter { best[$0] > 0 }.sorted { (best[$0], $1) > (best[$1], $0) }
        for flow in order {
            var options: [(price: Double, column: Int32)] = []
            var column = pool.newest[flow]
            while column >= 0 {
                options.append((price(column), column))
                column = pool.older[Int(column)]
            }
            options.sort { ($0.price, $0.column) < ($1.price, $1.column) }
            for (_, column) in options {
                let path = pool.path(of: Int(column))
                guard path.allSatisfy({ basicValue[Int($0)] >= bandwidth[flow] }) else { continue }
                key[flow] = column
                inBasis[Int(column)] = true
                for link in path { basicValue[Int(link)] -= bandwidth[flow] }
                break
            }
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

    mutating func computeObjective() {
        var sum = 0.0
        for flow in 0..<problem.flowCount where key[flow] >= 0 { sum += weight[flow] * keyValue[flow] }
        for row in 0..<linkCount where basic[row] >= 0 && basic[row] < Self.rejection {
            sum += weight[Int(pool.flow[Int(basic[row])])] * basicValue[row]
        }
        objective = sum
    }

    func price(ofColumn column: Int) -> Double {
        var sum = 0.0
        for position in Int(pool.start[column])..<Int(pool.start[column + 1]) {
            sum += prices[Int(pool.links[position])]
        }
        return sum
    }

    func flow(of code: Int32) -> Int {
        code >= Self.rejection ? Int(code - Self.rejection) : Int(pool.flow[Int(code)])
    }
}

// Pricing.

extension BoundedSimplex {
    func reducedCost(_ code: Int32) -> Double {
        if code < 0 { return -prices[Int(-1 - code)] * meanBandwidth }
        if code >= Self.rejection { return -dual(of: Int(code - Self.rejection)) }
        let column = Int(code)
        let owner = Int(pool.flow[column])
        return weight[owner] - bandwidth[owner] * price(ofColumn: column) - dual(of: owner)
    }

    /// Partial pricing: a list of promising columns is worked off before the pool is scanned again.
    mutating func chooseEntering() -> (column: Int32, reducedCost: Double)? {
        var best: Int32 = 0
        var bestCost = tolerance
        for link in inverse.slotLink {
            let cost = -prices[Int(link)] * meanBandwidth
            if cost > bestCost {
                bestCost = cost
                best = -1 - link
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
    mutating func scanPool() -> Bool {
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
