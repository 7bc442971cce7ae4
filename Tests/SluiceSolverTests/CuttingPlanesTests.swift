// Cuts and bounds from floating-point multipliers against every binary point of small programs: whatever the multipliers
// are, no solution is cut off, and nothing is refuted that exists.

import SluiceGLPK
import SluiceModel
import SluiceSolver
import Testing

@Suite struct CuttingPlanesTests {
    private struct Program {
        var weights: [Int]
        var rows: [IntegerRow]
        /// Feasible points.
        var points: [[Bool]] = []
        var best: Int { points.map { worth($0) }.max() ?? -1 }

        func worth(_ point: [Bool]) -> Int { weights.indices.reduce(0) { $0 + (point[$1] ? weights[$1] : 0) } }
    }

    private static func left(_ row: IntegerRow, _ point: [Bool]) -> Int {
        row.entries.reduce(0) { $0 + (point[Int($1.column)] ? $1.value : 0) }
    }

    /// Knapsacks and choices of one among several, as an exact core has them; `unit` scales every size.
    private static func program(_ random: inout RandomStream, unit: Int) -> Program {
        let count = 6 + random.below(7)
        var program = Program(weights: (0..<count).map { _ in 1 + random.below(10) }, rows: [])
        for _ in 0..<(2 + random.below(3)) {
            var entries: [IntegerRow.Entry] = []
            for column in 0..<count where random.below(3) > 0 {
                entries.append(
                    IntegerRow.Entry(column: Int32(column), value: (1 + random.below(60)) * unit + random.below(unit)))
            }
            let sum = entries.reduce(0) { $0 + $1.value }
            program.rows.append(IntegerRow(entries: entries, limit: sum * (30 + random.below(50)) / 100))
        }
        var column = 0
        while column + 2 < count {
            let group = Int32(column)..<Int32(column + 2 + random.below(2))
            if random.below(2) == 0, Int(group.upperBound) <= count {
                program.rows.append(
                    IntegerRow(entries: group.map { IntegerRow.Entry(column: $0, value: 1) }, limit: 1))
                if random.below(3) == 0 {
                    program.rows.append(
                        IntegerRow(entries: group.map { IntegerRow.Entry(column: $0, value: -1) }, limit: -1))
                }
            }
            column = Int(group.upperBound)
        }
        for bits in 0..<(1 << count) {
            let point = (0..<count).map { bits >> $0 & 1 == 1 }
            if program.rows.allSatisfy({ left($0, point) <= $0.limit }) { program.points.append(point) }
        }
        return program
    }

    @Test(arguments: [1, 1_000, 1_000_000_007]) func `no cut removes a solution, whatever its multipliers`(unit: Int) {
        var random = RandomStream(seed: 1, purpose: "cuts")
        var cuts = 0
        for number in 0..<400 {
            let program = Self.program(&random, unit: unit)
            let count = program.weights.count
            // Some columns are settled, as one of the solutions has them.
            let model = program.points.isEmpty ? nil : program.points[random.below(program.points.count)]
            let fates = (0..<count).map { column -> ColumnFate in
                guard let model, random.below(4) == 0 else { return .open }
                return model[column] ? .one : .zero
            }
            let kept = program.points.filter { point in
                fates.indices.allSatisfy { fates[$0] == .open || (fates[$0] == .one) == point[$0] }
            }
            var maker = CutMaker(columnCount: count)
            var rows = program.rows
            for _ in 0..<12 {
                let sources = rows.map { row in
                    let size = Double(row.entries.reduce(1) { max($0, $1.value.magnitude) })
                    return (row: row, multiplier: random.below(3) == 0 ? 0 : (random.unit() - 0.5) * 8 / size)
                }
                let isComplemented = (0..<count).map { _ in random.below(2) == 0 }
                guard let cut = maker.cut(from: sources, fates: fates, isComplemented: isComplemented) else { continue }
                cuts += 1
                for point in kept { #expect(Self.left(cut, point) <= cut.limit, "program \(number)") }
                // Cuts of cuts hold too.
                if rows.count < 12 { rows.append(cut) }
            }
        }
        #expect(cuts > 2_000)
    }

    @Test(arguments: [1, 1_000_003]) func `nothing that exists is refuted, and most of what does not is`(unit: Int) {
        var random = RandomStream(seed: 2, purpose: "planes")
        var impossible = 0
        var refuted = 0
        var found = 0
        for number in 0..<600 {
            let program = Self.program(&random, unit: unit)
            guard program.best > 0 else { continue }
            // Just beyond the best, or just within.
            let need = program.best + (number % 2 == 0 ? 1 : 0)
            let solutions = program.points.filter { program.worth($0) >= need }
            var planes = CuttingPlanes(weights: program.weights, rows: program.rows, need: need)
            switch planes.settle(by: GLPKEngine(), secondsLeft: { 60 }, shouldStop: { false }) {
            case .refuted:
                refuted += 1
                #expect(solutions.isEmpty, "program \(number)")
            case .found(let choice):
                found += 1
                #expect(solutions.contains(choice), "program \(number)")
            case .open(let bound): #expect(bound >= program.best, "program \(number)")
            }
            for (column, fate) in planes.fates.enumerated() where fate != .open {
                #expect(solutions.allSatisfy { $0[column] == (fate == .one) }, "program \(number)")
            }
            if solutions.isEmpty { impossible += 1 }
        }
        #expect(refuted > impossible * 9 / 10)
        #expect(found > 20)
    }

    @Test func `a relaxation grows, shrinks and keeps its optimum`() throws {
        // maximise 3x + 2y + 2z, where x + y + z <= 2.
        var model = IntegerModel()
        model.isInteger = false
        let row = model.addRow(limit: 2)
        for weight in [3.0, 2, 2] { model.addColumn(objective: weight, entries: [(row, 1)]) }
        let relaxation = try #require(GLPKEngine().relaxation(of: model))
        func objective() throws -> Double {
            try #require(relaxation.solve(secondsLimit: 60, shouldStop: { false })).objective
        }
        #expect(try objective() == 5)
        #expect(relaxation.add([(entries: [(column: 0, value: 2), (column: 1, value: 2)], limit: 3)]))
        #expect(try objective() == 5)
        #expect(relaxation.add([(entries: [(column: 2, value: 1)], limit: 0.25)]))
        #expect(try objective() == 4.5)
        let solution = try #require(relaxation.solve(secondsLimit: 60, shouldStop: { false }))
        let basic = try #require(solution.isBasic.indices.first { solution.isBasic[$0] })
        #expect(!relaxation.tableau(column: basic).isEmpty)
        #expect(relaxation.remove(rows: [1, 2]))
        #expect(relaxation.setObjective(of: 2, to: 10))
        #expect(try objective() == 13)
        #expect(relaxation.solve(secondsLimit: 60, shouldStop: { false })?.duals.count == 1)
    }
}
