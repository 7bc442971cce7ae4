// Rows of the solver benchmark, and what each must reach.

import SluiceModel
import SluiceSolver

struct SolverResult {
    var budget: Double
    var objective: Int
    var bound: Int
    var isOptimal: Bool
    var elapsed: Double
    /// Of the whole process during this solve.
    var peakMegabytes: Int?
    /// Mean over the budget of the share of the final bound that the best answer so far was short of.
    var primalIntegral: Double

    static func primalIntegral(_ solution: AdmissionSolution, budget: Double) -> Double {
        let bound = Double(max(1, solution.bound))
        var sum = 0.0
        var since = 0.0
        var missing = 1.0
        for point in solution.trajectory {
            let now = min(budget, point.elapsedSeconds ?? 0)
            sum += missing * max(0, now - since)
            since = max(since, now)
            missing = 1 - Double(point.objective) / bound
        }
        sum += (1 - Double(solution.objective) / bound) * max(0, budget - since)
        return budget > 0 ? sum / budget : missing
    }
}

struct SolverRow {
    var instance: Instance
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
            line += result.budget == 60 ? " 60 s:" : ""
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
        for row in rows where row.instance.name == "gabriel500_f50000_l70" {
            guard let result = row.result(at: 60) else { continue }
            verdicts.append(gap(row, result, atMost: 0.02, "60 s"))
        }
        for row in rows {
            let (nodes, flows) = (row.instance.problem.topology.nodes.count, row.instance.problem.demands.count)
            if nodes == 200, flows == 10_000 { verdicts += [memory(row, atMost: 300)].compactMap { $0 } }
            if nodes == 500, flows == 50_000 { verdicts += [memory(row, atMost: 1_000)].compactMap { $0 } }
        }
        let late = rows.flatMap(\.results).filter { $0.elapsed > $0.budget + 0.05 }
        verdicts.append(
            SolverVerdict(
                requirement: "no answer more than 50 ms late",
                found: "\(late.count) of \(rows.flatMap(\.results).count) late", isReached: late.isEmpty))
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

    /// Percentiles of what answers came after their budget.
    static func lateness(_ rows: [SolverRow]) -> String {
        let late = rows.flatMap(\.results).map { max(0, $0.elapsed - $0.budget) * 1_000 }.sorted()
        guard let worst = late.last else { return "nothing measured" }
        func at(_ share: Double) -> String {
            Text.decimal(late[min(late.count - 1, Int(share * Double(late.count)))], digits: 1)
        }
        return
            "p50 \(at(0.5)), p90 \(at(0.9)), p99 \(at(0.99)), most \(Text.decimal(worst, digits: 1)) of \(late.count)"
    }

    static func integrals(_ rows: [SolverRow]) -> String {
        let budgets = rows.first?.results.map(\.budget) ?? []
        return budgets.map { budget in
            let values = rows.compactMap { $0.result(at: budget)?.primalIntegral }
            let mean = values.reduce(0, +) / Double(max(1, values.count))
            return "\(Text.decimal(budget, digits: 0)) s: \(Text.decimal(mean * 100, digits: 2)) %"
        }.joined(separator: ", ")
    }

    private static func memory(_ row: SolverRow, atMost most: Int) -> SolverVerdict? {
        guard let peak = row.results.compactMap(\.peakMegabytes).max() else { return nil }
        return SolverVerdict(
            requirement: "\(row.instance.name): peak memory at most \(most) MB", found: "\(peak) MB",
            isReached: peak <= most)
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
