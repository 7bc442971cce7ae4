// GLPK as the solver's mixed-integer engine. A solve is one synchronous call on the calling thread, from the first
// allocation to the last, because GLPK's memory belongs to its thread. What it answers is audited by the solver.

import CSluiceGLPK
package import SluiceSolver

package struct GLPKEngine: LinearEngine {
    package init() {}

    /// Columns and rows that a model may have.
    package static let columnLimit = 200_000
    package static let entryLimit = 5_000_000

    package func solve(
        _ model: IntegerModel, incumbent: [Double], secondsLimit: Double, shouldStop: @escaping () -> Bool
    ) -> IntegerOutcome {
        guard model.columnCount <= Self.columnLimit, model.entryRow.count <= Self.entryLimit else {
            return IntegerOutcome(status: .failed("the model is too large"))
        }
        guard secondsLimit > 0 else { return IntegerOutcome(status: .stopped) }
        precondition(incumbent.isEmpty || incumbent.count == model.columnCount, "an incumbent has a value a column")
        var values = incumbent.isEmpty ? [Double](repeating: 0, count: model.columnCount) : incumbent
        var result = sluice_result()
        let poll = Poll(shouldStop)
        withExtendedLifetime(poll) {
            withModel(model) { raw in
                values.withUnsafeMutableBufferPointer { values in
                    sluice_glpk_solve(
                        raw, values.baseAddress, !incumbent.isEmpty, nil, min(secondsLimit, 1e6), Poll.callback,
                        Unmanaged.passUnretained(poll).toOpaque(), &result)
                }
            }
        }
        let status: IntegerOutcome.Status =
            switch sluice_status(rawValue: UInt32(result.status)) {
            case SLUICE_OPTIMAL: .optimal
            case SLUICE_FEASIBLE: .feasible
            case SLUICE_STOPPED: .stopped
            case SLUICE_INFEASIBLE: .infeasible
            default: .failed(message(of: result))
            }
        return IntegerOutcome(status: status, values: values, bound: result.bound)
    }

    package func relaxation(of model: IntegerModel) -> (any LinearRelaxation)? { GLPKRelaxation(model) }

    /// Bytes that GLPK still holds on this thread; reading them frees its environment.
    package static var memoryHeld: Int { sluice_glpk_memory() }

    /// Provokes GLPK's abort and comes back with what it said; for tests.
    package static func provokedFailure() -> String {
        var result = sluice_result()
        sluice_glpk_provoke(&result)
        return message(of: result)
    }
}

/// A master problem over the links that grows by columns: the textbook engine of column generation, kept as the yard
/// stick of our own simplex. Use it on one thread; `close()` frees GLPK's memory.
package struct GLPKMaster: ~Copyable {
    private let raw: OpaquePointer
    private let rows: Int

    /// nil where GLPK fails.
    package init?(rowLimits: [Double]) {
        var result = sluice_result()
        guard let raw = sluice_master_create(Int32(rowLimits.count), rowLimits, &result) else { return nil }
        self.raw = raw
        rows = rowLimits.count
    }

    /// Adds the columns of `model`, whose rows are those of the master; false where GLPK fails.
    package mutating func add(_ model: IntegerModel) -> Bool {
        var result = sluice_result()
        return withModel(model) { sluice_master_add(raw, $0, &result) }
    }

    /// Duals of the rows and the objective; nil where it failed or was stopped.
    package mutating func solve(shouldStop: @escaping () -> Bool) -> (duals: [Double], objective: Double)? {
        var duals = [Double](repeating: 0, count: rows)
        var objective = 0.0
        var result = sluice_result()
        let poll = Poll(shouldStop)
        let solved = withExtendedLifetime(poll) {
            sluice_master_solve(
                raw, &duals, &objective, Poll.callback, Unmanaged.passUnretained(poll).toOpaque(), &result)
        }
        return solved ? (duals, objective) : nil
    }

    deinit { sluice_master_free(raw) }
}

/// A Swift closure as C calls it.
final class Poll {
    private let shouldStop: () -> Bool
    init(_ shouldStop: @escaping () -> Bool) { self.shouldStop = shouldStop }

    static let callback: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { raw in
        guard let raw else { return 0 }
        return Unmanaged<Poll>.fromOpaque(raw).takeUnretainedValue().shouldStop() ? 1 : 0
    }
}

func withModel<Answer>(_ model: IntegerModel, _ body: (UnsafePointer<sluice_model>) -> Answer) -> Answer {
    model.objective.withUnsafeBufferPointer { objective in
        model.rowLimit.withUnsafeBufferPointer { limits in
            model.columnStart.withUnsafeBufferPointer { starts in
                model.entryRow.withUnsafeBufferPointer { rows in
                    model.entryValue.withUnsafeBufferPointer { entries in
                        var raw = sluice_model(
                            columns: Int32(model.columnCount), rows: Int32(model.rowCount),
                            objective: objective.baseAddress, row_limit: limits.baseAddress,
                            column_start: starts.baseAddress, entry_row: rows.baseAddress,
                            entry_value: entries.baseAddress, integer: model.isInteger)
                        return body(&raw)
                    }
                }
            }
        }
    }
}

private func message(of result: sluice_result) -> String {
    withUnsafeBytes(of: result.message) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
