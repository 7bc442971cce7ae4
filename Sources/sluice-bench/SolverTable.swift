// Rows of the solver benchmark, and what each must reach.

import SluiceModel
import SluiceSolver

struct SolverResult {
    var budget: Double
    var objective: Int
    var bound: Int
    var isOptimal: Bool
    var elapsed: Double
}

struct SolverRow {
    let instance: Instance
    var results: [SolverResult] = []

    /// To the better of our bound and the reference's, a ratio.
    func gap(_ result: SolverResult) -> Double {
        let bound = min(result.bound, instance.upperBound ?? result.bound)
        return Double(bound - result.objective) / Double(max(1, result.objective))
    }

    func result(at budget: Double) -> SolverResult? { results.first { $0.budget == budget } }

    static func header(_ budgets: [Double]) -> String {
        var titles = "| instance (nodes, links, flows) | best known / bound | HiGHS k=8 60 s |"
        var rule = "|---|---|---|"
        for budget in budgets {
            titles += " \(Text.decimal(budget, digits: 0)) s: value / bound, gap |"
            rule += "---|"
        }
        return titles + "\n" + rule
    }

    var line: String {
        let topology = instance.problem.topology
        var line = "| \(instance.name) (\(topology.nodes.count), \(topology.links.count), "
        line += "\(instance.problem.demands.count)) | "
        line += "\(instance.bestKnown.map { "\($0)" } ?? "-") / \(instance.upperBound.map { "\($0)" } ?? "-") | "
        line += "\(instance.highs.map { "\($0)" } ?? "-") |"
        for result in results {
            line += " \(result.objective) / \(result.bound)\(result.isOptimal ? " optimal" : ""), "
            line += "\(Text.decimal(gap(result) * 100, digits: 3)) % |"
        }
        return line
    }
}

/// One requirement: reached or not, or not compared.
struct SolverVerdict {
    var requirement: String
    var found: String
    var isReached: Bool?

    var line: String {
        let verdict = isReached.map { $0 ? "pass" : "short" } ?? "not compared"
        return "- \(verdict): \(requirement): \(found)"
    }

    static func all(_ rows: [SolverRow], budgets: [Double]) -> [SolverVerdict] {
        var verdicts = rows.compactMap { highs($0) }
        for row in rows where row.instance.load == 95 {
            guard let result = row.result(at: 1) else { continue }
            verdicts.append(gap(row, result, atMost: 0.001, "95 % load, 1 s"))
        }
        let middle = rows.filter {
            $0.instance.load == 70 && $0.instance.problem.demands.count >= 500
                && $0.instance.problem.topology.nodes.count <= 150
        }
        for (budget, most) in [(1.0, 0.003_6), (10.0, 0.002_6)] where budgets.contains(budget) {
            let gaps = middle.compactMap { row in row.result(at: budget).map { row.gap($0) } }.sorted()
            guard !gaps.isEmpty else { continue }
            let median =
                gaps.count % 2 == 1
                ? gaps[gaps.count / 2] : (gaps[gaps.count / 2 - 1] + gaps[gaps.count / 2]) / 2
            verdicts.append(
                SolverVerdict(
                    requirement: "median gap at 70 % load, \(Text.decimal(budget, digits: 0)) s, at most "
                        + "\(Text.decimal(most * 100, digits: 2)) %",
                    found: "\(Text.decimal(median * 100, digits: 3)) %", isReached: median <= most))
        }
        for row in rows where row.instance.load == 40 {
            guard let result = row.result(at: 10) else { continue }
            verdicts.append(gap(row, result, atMost: 0.025, "40 % load, 10 s"))
        }
        for row in rows where row.instance.problem.demands.count <= 200 {
            guard let result = row.result(at: 10) else { continue }
            verdicts.append(gap(row, result, atMost: 0.015, "up to 200 flows, 10 s"))
        }
        for row in rows where row.instance.name == "gabriel200_f10000_l70" {
            guard let result = row.result(at: 10) else { continue }
            verdicts.append(gap(row, result, atMost: 0.002, "10 s"))
        }
        let heavy = rows.filter { $0.instance.load == 95 }
        if budgets.contains(10), !heavy.isEmpty {
            let proven = heavy.count { $0.result(at: 10)?.isOptimal == true }
            verdicts.append(
                SolverVerdict(
                    requirement: "proven optimal at 95 % load within 10 s: at least 4 of 7",
                    found: "\(proven) of \(heavy.count)", isReached: proven >= 4))
        }
        return verdicts
    }

    /// From 500 flows on at 1 s, below at 10 s.
    private static func highs(_ row: SolverRow) -> SolverVerdict? {
        let budget = row.instance.problem.demands.count >= 500 ? 1.0 : 10.0
        guard let result = row.result(at: budget) else { return nil }
        let name = "\(row.instance.name): at \(Text.decimal(budget, digits: 0)) s at least HiGHS k=8 at 60 s"
        guard let highs = row.instance.highs else {
            return SolverVerdict(requirement: name, found: "no recorded value", isReached: nil)
        }
        return SolverVerdict(
            requirement: name, found: "\(result.objective) against \(highs)", isReached: result.objective >= highs)
    }

    private static func gap(
        _ row: SolverRow, _ result: SolverResult, atMost most: Double, _ label: String
    ) -> SolverVerdict {
        SolverVerdict(
            requirement: "\(row.instance.name): gap, \(label), at most \(Text.decimal(most * 100, digits: 2)) %",
            found: "\(Text.decimal(row.gap(result) * 100, digits: 3)) %", isReached: row.gap(result) <= most)
    }
}

enum Text {
    /// `value` with so many digits after the point.
    static func decimal(_ value: Double, digits: Int) -> String {
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let units = Int((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && units > 0 ? "-" : ""
        if digits == 0 { return "\(sign)\(units)" }
        let fraction = String(units % scale)
        return "\(sign)\(units / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
