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
}
