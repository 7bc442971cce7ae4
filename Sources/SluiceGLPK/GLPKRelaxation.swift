// A linear relaxation in GLPK that grows by rows. After a failure inside GLPK nothing of it is touched any more.

import CSluiceGLPK
package import SluiceSolver

package final class GLPKRelaxation: LinearRelaxation {
    private let raw: OpaquePointer
    private let columnCount: Int
    private var rowCount: Int
    private var hasFailed = false

    /// nil where GLPK fails.
    package init?(_ model: IntegerModel) {
        var result = sluice_result()
        guard let raw = withModel(model, { sluice_relaxation_create($0, &result) }) else { return nil }
        self.raw = raw
        columnCount = model.columnCount
        rowCount = model.rowCount
    }

    package func add(_ rows: [(entries: [(column: Int32, value: Double)], limit: Double)]) -> Bool {
        var starts: [Int32] = [0]
        var columns: [Int32] = []
        var values: [Double] = []
        for row in rows {
            for entry in row.entries {
                columns.append(entry.column)
                values.append(entry.value)
            }
            starts.append(Int32(columns.count))
        }
        rowCount += rows.count
        return attempt {
            sluice_relaxation_add_rows(raw, Int32(rows.count), rows.map(\.limit), starts, columns, values, &$0)
        }
    }

    package func remove(rows: [Int]) -> Bool {
        rowCount -= rows.count
        return attempt { sluice_relaxation_delete_rows(raw, Int32(rows.count), rows.map { Int32($0) }, &$0) }
    }

    package func setObjective(of column: Int, to value: Double) -> Bool {
        attempt { sluice_relaxation_set_objective(raw, Int32(column), value, &$0) }
    }

    package func solve(secondsLimit: Double, shouldStop: @escaping () -> Bool) -> RelaxedSolution? {
        var values = [Double](repeating: 0, count: columnCount)
        var isBasic = [Bool](repeating: false, count: columnCount)
        var isAtUpper = isBasic
        var duals = [Double](repeating: 0, count: rowCount)
        var isSlackBasic = [Bool](repeating: false, count: rowCount)
        var status = SLUICE_STOPPED
        var objective = 0.0
        let poll = Poll(shouldStop)
        let isWell = withExtendedLifetime(poll) {
            attempt {
                let isWell = sluice_relaxation_solve(
                    raw, &values, &duals, &isBasic, &isAtUpper, &isSlackBasic, secondsLimit, Poll.callback,
                    Unmanaged.passUnretained(poll).toOpaque(), &$0)
                status = sluice_status(rawValue: UInt32($0.status))
                objective = $0.bound
                return isWell
            }
        }
        guard isWell, status == SLUICE_OPTIMAL else { return nil }
        return RelaxedSolution(
            objective: objective, values: values, isBasic: isBasic, isAtUpper: isAtUpper, duals: duals,
            isSlackBasic: isSlackBasic)
    }

    package func tableau(column: Int) -> [(row: Int, coefficient: Double)] {
        var rows = [Int32](repeating: 0, count: rowCount)
        var coefficients = [Double](repeating: 0, count: rowCount)
        var count: Int32 = 0
        _ = attempt {
            count = sluice_relaxation_tableau(raw, Int32(column), &rows, &coefficients, &$0)
            return count >= 0
        }
        return (0..<Int(max(0, count))).map { (Int(rows[$0]), coefficients[$0]) }
    }

    private func attempt(_ body: (inout sluice_result) -> Bool) -> Bool {
        guard !hasFailed else { return false }
        var result = sluice_result()
        if !body(&result) { hasFailed = true }
        return !hasFailed
    }

    deinit { sluice_relaxation_free(raw) }
}
