// GLPK behind the shim: answers, stops, and comes back from its own abort.

import SluiceGLPK
import SluiceModel
import SluiceSolver
import Testing

@Suite struct GLPKEngineTests {
    /// Knapsacks with one row: values and sizes random, half of the total fits.
    private func knapsack(_ count: Int, seed: UInt64) -> (model: IntegerModel, sizes: [Int], values: [Int], limit: Int)
    {
        var random = RandomStream(seed: seed, purpose: "tests.knapsack")
        let sizes = (0..<count).map { _ in 1 + random.below(30) }
        let values = (0..<count).map { _ in 1 + random.below(30) }
        let limit = sizes.reduce(0, +) / 2
        var model = IntegerModel()
        let row = model.addRow(limit: Double(limit))
        for item in 0..<count {
            model.addColumn(objective: Double(values[item]), entries: [(row, Double(sizes[item]))])
        }
        return (model, sizes, values, limit)
    }

    private func best(_ sizes: [Int], _ values: [Int], _ limit: Int) -> Int {
        var table = [Int](repeating: 0, count: limit + 1)
        for (size, value) in zip(sizes, values) where size <= limit {
            for room in stride(from: limit, through: size, by: -1) {
                table[room] = max(table[room], table[room - size] + value)
            }
        }
        return table[limit]
    }

    @Test func `knapsacks are solved to the value of dynamic programming`() {
        for seed in UInt64(0)..<40 {
            let (model, sizes, values, limit) = knapsack(25, seed: seed)
            let outcome = GLPKEngine().solve(model, incumbent: [], secondsLimit: 10) { false }
            #expect(outcome.status == .optimal)
            let sum = zip(outcome.values, values).reduce(0.0) { $0 + ($1.0 > 0.5 ? Double($1.1) : 0) }
            #expect(Int(sum) == best(sizes, values, limit))
            #expect(outcome.bound >= sum - 1e-6)
        }
    }

    @Test func `an injected incumbent is never lost`() {
        let (model, sizes, values, limit) = knapsack(25, seed: 3)
        var incumbent = [Double](repeating: 0, count: 25)
        incumbent[0] = 1
        let outcome = GLPKEngine().solve(model, incumbent: incumbent, secondsLimit: 10) { false }
        let sum = zip(outcome.values, values).reduce(0.0) { $0 + ($1.0 > 0.5 ? Double($1.1) : 0) }
        #expect(Int(sum) == best(sizes, values, limit))
    }

    @Test func `a stop is obeyed`() {
        let (model, _, _, _) = knapsack(40, seed: 9)
        let outcome = GLPKEngine().solve(model, incumbent: [], secondsLimit: 60) { true }
        #expect(outcome.status == .stopped || outcome.status == .feasible || outcome.status == .optimal)
    }

    @Test func `an abort inside GLPK becomes a message, and GLPK works on`() {
        for _ in 0..<3 {
            #expect(GLPKEngine.provokedFailure().contains("row number out of range"))
            let (model, sizes, values, limit) = knapsack(20, seed: 1)
            let outcome = GLPKEngine().solve(model, incumbent: [], secondsLimit: 10) { false }
            #expect(outcome.status == .optimal)
            #expect(Int(outcome.bound.rounded()) == best(sizes, values, limit))
        }
    }

    @Test func `a thousand solves keep no memory`() {
        let (model, _, _, _) = knapsack(12, seed: 5)
        for _ in 0..<1_000 { _ = GLPKEngine().solve(model, incumbent: [], secondsLimit: 10) { false } }
        #expect(GLPKEngine.memoryHeld == 0)
    }

    @Test func `the master's bound is the relaxation's`() {
        guard var master = GLPKMaster(rowLimits: [10, 1, 1]) else {
            Issue.record("GLPK gives no master")
            return
        }
        var columns = IntegerModel()
        columns.isInteger = false
        let capacity = columns.addRow(limit: 10)
        let first = columns.addRow(limit: 1)
        let second = columns.addRow(limit: 1)
        columns.addColumn(objective: 3, entries: [(capacity, 6), (first, 1)])
        columns.addColumn(objective: 2, entries: [(capacity, 6), (second, 1)])
        let added = master.add(columns)
        #expect(added)
        guard let answer = master.solve(shouldStop: { false }) else {
            Issue.record("GLPK does not solve the master")
            return
        }
        // All of the first item, two thirds of the second.
        let expected = 13.0 / 3
        let dual = 1.0 / 3
        #expect(abs(answer.objective - expected) < 1e-9)
        #expect(abs(answer.duals[0] - dual) < 1e-9)
    }
}
