// A proof by cuts that nothing in an exact core is worth enough: the core's linear relaxation, tightened by rounds of
// mixed-integer Gomory cuts until its bound falls below what is asked for. The engine's floating point only says where
// to cut. Each cut is derived in whole numbers from rows before it (`CutMaker`), and the bound of each round is that of its duals as
// Lagrangian multipliers, in whole numbers again:
//
//     Σ w x ≤ Σ_i u_i b_i + Σ_j max(0, w_j − Σ_i u_i a_ij)   for any u ≥ 0.
//
// A column whose presence or absence would bring that bound below what is asked for is settled the same way; it keeps its
// column, at a price that no solution pays.

package struct CuttingPlanes {
    package enum Outcome {
        /// Nothing is worth `need`.
        case refuted
        /// Whether each column is chosen, in a solution worth `need`.
        case found([Bool])
        /// Not settled; nothing is worth more than `bound`.
        case open(bound: Int)
    }

    private let weights: [Int]
    private let need: Int
    /// Rows of the core, then cuts, in the order of the engine's rows.
    private var rows: [IntegerRow]
    /// Scale of each row.
    private var scales: [Double]
    private let coreRowCount: Int
    /// What is known of each column in any solution worth `need`.
    package private(set) var fates: [ColumnFate]
    private var maker: CutMaker
    private var bound: Int
    /// What no solution pays.
    private let penalty: Double
    /// Worth at least `need`, as a row.
    private let target: IntegerRow

    private static let roundLimit = 60
    private static let roundsWithoutProgress = 10
    private static let cutsPerRound = 40
    private static let rowsTried = 200
    private static let shift = 56

    /// - Parameter need: Σ weights of the columns in any solution better than the incumbent.
    package init(weights: [Int], rows: [IntegerRow], need: Int) {
        self.weights = weights
        self.rows = rows
        scales = rows.map(\.scale)
        self.need = need
        coreRowCount = rows.count
        fates = Array(repeating: .open, count: weights.count)
        maker = CutMaker(columnCount: weights.count)
        bound = weights.reduce(0, +)
        penalty = 10 + 2 * Double(weights.max() ?? 0)
        target = IntegerRow(
            entries: weights.enumerated().map { IntegerRow.Entry(column: Int32($0), value: -$1) }, limit: -need)
    }

    /// The core with the cuts found, over the columns that are still open: what is left for branch and bound.
    package var model: (model: IntegerModel, columns: [Int]) {
        // A little room for what rounding might take.
        program(rows + [target], tolerance: 1e-9)
    }

    /// `rows` over the columns that are still open, scaled for floating point, each limit with relative room.
    private func program(_ rows: [IntegerRow], tolerance: Double) -> (model: IntegerModel, columns: [Int]) {
        var model = IntegerModel()
        var entries: [[(row: Int32, value: Double)]] = Array(repeating: [], count: weights.count)
        for row in rows {
            let scale = row.scale
            let taken = row.entries.reduce(0) { fates[Int($1.column)] == .one ? $0 + $1.value : $0 }
            let limit = Double(row.limit - taken) * scale
            let index = model.addRow(limit: limit + tolerance * max(1, abs(limit)))
            for entry in row.entries where fates[Int(entry.column)] == .open {
                entries[Int(entry.column)].append((index, Double(entry.value) * scale))
            }
        }
        let columns = weights.indices.filter { fates[$0] == .open }
        for column in columns { model.addColumn(objective: Double(weights[column]), entries: entries[column]) }
        return (model, columns)
    }

    /// Σ weights of the columns that any solution worth `need` chooses.
    package var fixedWeight: Int { weights.indices.reduce(0) { fates[$1] == .one ? $0 + weights[$1] : $0 } }

    package mutating func settle(
        by engine: any LinearEngine, secondsLeft: () -> Double, shouldStop: @escaping () -> Bool
    ) -> Outcome {
        guard let relaxation = engine.relaxation(of: program(rows, tolerance: 0).model) else { return open }
        var least = Double.infinity
        var sinceProgress = 0
        for _ in 0..<Self.roundLimit {
            if shouldStop() { break }
            guard let solution = relaxation.solve(secondsLimit: secondsLeft(), shouldStop: shouldStop) else { break }
            if takeBound(solution, relaxation) { return .refuted }
            if let choice = wholeChoice(solution) { return .found(choice) }
            if solution.objective < least - 1e-3 {
                least = solution.objective
                sinceProgress = 0
            } else {
                sinceProgress += 1
                if sinceProgress >= Self.roundsWithoutProgress { break }
            }
            let cuts = cuts(at: solution, relaxation, shouldStop: shouldStop)
            if cuts.isEmpty { break }
            guard dropSlackCuts(solution, relaxation), add(cuts, to: relaxation) else { break }
        }
        return open
    }

    private var open: Outcome { .open(bound: max(bound, need - 1)) }

    /// The bound of the duals, and the columns that it settles; true where nothing is left.
    private mutating func takeBound(_ solution: RelaxedSolution, _ relaxation: any LinearRelaxation) -> Bool {
        let unit = Double(sign: .plus, exponent: Self.shift, significand: 1)
        var reduced = weights.map { Int128($0) << Int128(Self.shift) }
        var total: Int128 = 0
        for (index, row) in rows.enumerated() {
            let dual = solution.duals[index] * scales[index]
            guard dual > 0, dual < 1e9 else { continue }
            let multiplier = Int128((dual * unit).rounded())
            total += multiplier * Int128(row.limit)
            for entry in row.entries { reduced[Int(entry.column)] -= multiplier * Int128(entry.value) }
        }
        for (column, value) in reduced.enumerated() {
            switch fates[column] {
            case .open: if value > 0 { total += value }
            case .one: total += value
            case .zero: break
            }
        }
        let wanted = Int128(need) << Int128(Self.shift)
        if total < wanted { return true }
        bound = min(bound, Int(clamping: total >> Int128(Self.shift)))
        for (column, value) in reduced.enumerated() where fates[column] == .open && total - abs(value) < wanted {
            fates[column] = value > 0 ? .one : .zero
            let price = value > 0 ? penalty : -penalty
            if !relaxation.setObjective(of: column, to: Double(weights[column]) + price) { return false }
        }
        return false
    }

    /// Where the relaxation's optimum happens to be whole and worth enough.
    private func wholeChoice(_ solution: RelaxedSolution) -> [Bool]? {
        guard solution.values.allSatisfy({ $0 < 1e-6 || $0 > 1 - 1e-6 }) else { return nil }
        let choice = solution.values.map { $0 > 0.5 }
        for row in [target] + rows {
            let left = row.entries.reduce(0) { $0 + (choice[Int($1.column)] ? $1.value : 0) }
            if left > row.limit { return nil }
        }
        return choice
    }

    private mutating func cuts(
        at solution: RelaxedSolution, _ relaxation: any LinearRelaxation, shouldStop: () -> Bool
    ) -> [IntegerRow] {
        let isComplemented = solution.values.indices.map { column in
            solution.isBasic[column] ? solution.values[column] > 0.5 : solution.isAtUpper[column]
        }
        var found: [(cut: IntegerRow, depth: Double)] = []
        func keep(_ cut: IntegerRow?) {
            guard let cut else { return }
            var left = 0.0
            var norm = 0.0
            for entry in cut.entries {
                let value = Double(entry.value)
                left += value * solution.values[Int(entry.column)]
                norm += value * value
            }
            guard norm > 0 else { return }
            let depth = (left - Double(cut.limit)) / norm.squareRoot()
            if depth > 1e-4 { found.append((cut, depth)) }
        }
        // The objective is a row too: what is asked for, with the duals of the others.
        var objective: [(row: IntegerRow, multiplier: Double)] = [(target, 1)]
        for (index, row) in rows.enumerated() where solution.duals[index] > 1e-9 {
            objective.append((row, solution.duals[index] * scales[index]))
        }
        keep(maker.cut(from: objective, fates: fates, isComplemented: isComplemented))
        let fractional = solution.values.indices.filter {
            solution.isBasic[$0] && solution.values[$0] > 1e-3 && solution.values[$0] < 1 - 1e-3
        }
        let order = fractional.sorted {
            (abs(solution.values[$0] - 0.5), $0) < (abs(solution.values[$1] - 0.5), $1)
        }
        for column in order.prefix(Self.rowsTried) {
            if shouldStop() { break }
            let sources = relaxation.tableau(column: column).compactMap { row, coefficient in
                abs(coefficient) > 1e-11 ? (row: rows[row], multiplier: coefficient * scales[row]) : nil
            }
            keep(maker.cut(from: sources, fates: fates, isComplemented: isComplemented))
        }
        found.sort { ($0.depth, $1.cut.limit) > ($1.depth, $0.cut.limit) }
        var known = Set(rows[coreRowCount...])
        var chosen: [IntegerRow] = []
        for (cut, _) in found where chosen.count < Self.cutsPerRound && known.insert(cut).inserted {
            chosen.append(cut)
        }
        return chosen
    }

    /// Cuts that do not bind any more go.
    private mutating func dropSlackCuts(_ solution: RelaxedSolution, _ relaxation: any LinearRelaxation) -> Bool {
        let slack = (coreRowCount..<rows.count).filter { solution.isSlackBasic[$0] }
        for row in slack.reversed() {
            rows.remove(at: row)
            scales.remove(at: row)
        }
        return relaxation.remove(rows: slack)
    }

    private mutating func add(_ cuts: [IntegerRow], to relaxation: any LinearRelaxation) -> Bool {
        let added = cuts.map(\.scale)
        rows += cuts
        scales += added
        return relaxation.add(
            zip(cuts, added).map { cut, scale in
                (cut.entries.map { (column: $0.column, value: Double($0.value) * scale) }, Double(cut.limit) * scale)
            })
    }
}
