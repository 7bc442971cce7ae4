// What the solver asks of a mixed-integer engine. SluiceGLPK fulfils it; a test double stands in where tests must not
// depend on GLPK.

/// maximise Σ c_j x_j  subject to  Σ a_ij x_j ≤ u_i,  0 ≤ x_j ≤ 1, x_j integer where the model says so.
package struct IntegerModel: Sendable {
    package var objective: [Double] = []
    package var rowLimit: [Double] = []
    /// Entries of column j are `entryRow` and `entryValue` at `columnStart[j]..<columnStart[j + 1]`.
    package var columnStart: [Int32] = [0]
    package var entryRow: [Int32] = []
    package var entryValue: [Double] = []
    package var isInteger = true

    package init() {}

    package var columnCount: Int { objective.count }
    package var rowCount: Int { rowLimit.count }

    /// Adds a row and answers its number.
    package mutating func addRow(limit: Double) -> Int32 {
        rowLimit.append(limit)
        return Int32(rowLimit.count - 1)
    }

    /// - Precondition: rows exist, no row is named twice, and every number is finite.
    package mutating func addColumn(objective value: Double, entries: [(row: Int32, value: Double)]) {
        precondition(value.isFinite, "an objective coefficient is finite")
        objective.append(value)
        for entry in entries {
            precondition(rowLimit.indices.contains(Int(entry.row)) && entry.value.isFinite, "entries name rows")
            entryRow.append(entry.row)
            entryValue.append(entry.value)
        }
        columnStart.append(Int32(entryRow.count))
    }
}

package struct IntegerOutcome: Sendable {
    package enum Status: Hashable, Sendable {
        /// The values are optimal.
        case optimal
        /// The values are feasible; the bound holds.
        case feasible
        /// Nothing feasible was found before it had to stop; the bound holds.
        case stopped
        case infeasible
        /// The engine gave up; nothing it says is used.
        case failed(String)
    }

    package var status: Status
    package var values: [Double]
    /// No solution is better, as far as the engine knows.
    package var bound: Double

    package init(status: Status, values: [Double] = [], bound: Double = .infinity) {
        self.status = status
        self.values = values
        self.bound = bound
    }
}

package protocol LinearEngine: Sendable {
    /// Solves `model` on the calling thread, at most `secondsLimit` seconds of wall time, ending early (within tens of
    /// milliseconds) once `shouldStop` says so. `incumbent`: a feasible solution to improve on; empty for none.
    func solve(
        _ model: IntegerModel, incumbent: [Double], secondsLimit: Double, shouldStop: @escaping () -> Bool
    ) -> IntegerOutcome

    /// The linear relaxation of `model` as something that grows by rows; nil where the engine cannot.
    func relaxation(of model: IntegerModel) -> (any LinearRelaxation)?
}

/// A linear relaxation that grows by rows. It stays on the thread that made it.
package protocol LinearRelaxation: AnyObject {
    /// Adds rows Σ a_j x_j ≤ limit; false where the engine failed, for good.
    func add(_ rows: [(entries: [(column: Int32, value: Double)], limit: Double)]) -> Bool
    /// Removes rows, given in ascending order; those behind move up.
    func remove(rows: [Int]) -> Bool
    func setObjective(of column: Int, to value: Double) -> Bool
    /// The optimum; nil where it was stopped, has no solution or failed.
    func solve(secondsLimit: Double, shouldStop: @escaping () -> Bool) -> RelaxedSolution?
    /// The tableau's row of a basic column: how much it depends on the activity of each row that is tight.
    func tableau(column: Int) -> [(row: Int, coefficient: Double)]
}

/// A basic solution of a relaxation.
package struct RelaxedSolution: Sendable {
    package var objective: Double
    package var values: [Double]
    package var isBasic: [Bool]
    package var isAtUpper: [Bool]
    /// Dual of each row, and whether its slack is basic.
    package var duals: [Double]
    package var isSlackBasic: [Bool]

    package init(
        objective: Double, values: [Double], isBasic: [Bool], isAtUpper: [Bool], duals: [Double], isSlackBasic: [Bool]
    ) {
        self.objective = objective
        self.values = values
        self.isBasic = isBasic
        self.isAtUpper = isAtUpper
        self.duals = duals
        self.isSlackBasic = isSlackBasic
    }
}
