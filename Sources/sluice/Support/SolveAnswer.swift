// A solution as `sluice solve` prints it: the interchange document, and a summary for people.

import SluiceDocuments
import SluiceModel
import SluiceSolver

enum SolveAnswer {
    static func document(_ solution: AdmissionSolution, of problem: AdmissionProblem) -> SolutionDocument {
        let topology = problem.topology
        var admitted: [SolutionDocument.AdmittedFlow] = []
        var rejected: [SolutionDocument.RejectedFlow] = []
        for (demand, path) in zip(problem.demands, solution.assignment) {
            guard let path else { continue }
            admitted.append(
                SolutionDocument.AdmittedFlow(
                    flow: demand.id, links: path.links.map { topology[$0].id },
                    path: path.nodes(in: topology).map { topology[$0].id }))
        }
        for (demand, reason) in zip(problem.demands, solution.rejections) {
            guard let reason else { continue }
            rejected.append(SolutionDocument.RejectedFlow(flow: demand.id, reason: reason.rawValue))
        }
        let trajectory: [SolutionDocument.TrajectoryPoint] = solution.trajectory.map { point in
            SolutionDocument.TrajectoryPoint(
                effort: point.elapsedSeconds.map { .seconds($0) } ?? .work(point.work ?? 0),
                objective: point.objective, bound: point.bound)
        }
        let classes: [SolutionDocument.PriorityClass] = solution.classes.map {
            SolutionDocument.PriorityClass(
                priority: $0.priority, admitted: $0.admitted, bound: $0.bound,
                status: $0.isProven ? .optimal : .feasible)
        }
        return SolutionDocument(
            status: solution.status == .optimal ? .optimal : .feasible, method: solution.method.rawValue,
            objective: solution.objective, bound: solution.bound, admitted: admitted, rejected: rejected,
            elapsedSeconds: solution.elapsedSeconds, trajectory: trajectory,
            classes: problem.objective == .strict ? classes : nil)
    }

    static func text(
        _ solution: AdmissionSolution, of problem: AdmissionProblem, name: String, listsFlows: Bool
    ) -> String {
        let topology = problem.topology
        var text = "\(name): \(topology.nodes.count) nodes, \(topology.links.count) links, "
        text += "\(problem.demands.count) demands\n"
        text += solution.status == .optimal ? "optimal" : "feasible"
        text += ", found by \(solution.method.rawValue)"
        if let seconds = solution.elapsedSeconds { text += " in \(decimal(seconds, digits: 2)) s" }
        text +=
            "\nobjective \(solution.objective), bound \(solution.bound), gap \(decimal(solution.gap * 100, digits: 2)) %\n"
        text += "admitted \(solution.admittedCount) of \(problem.demands.count)"
        if problem.demands.contains(where: { $0.present != nil }) {
            text += ", \(solution.moves) moved, \(solution.dropped) dropped"
        }
        text += "\n"
        if !solution.classes.isEmpty { text += "\n" + classTable(solution) }
        let rejections = rejectionTable(solution)
        if !rejections.isEmpty { text += "\n" + rejections }
        text += "\n" + linkTable(solution, of: problem)
        if listsFlows { text += "\n" + flowTable(solution, of: problem) }
        return text
    }

    private static func classTable(_ solution: AdmissionSolution) -> String {
        var table = Table([.number("PRIORITY"), .number("ADMITTED"), .number("BOUND"), .text("STATUS")])
        for result in solution.classes {
            table.append([
                "\(result.priority)", "\(result.admitted)", "\(result.bound)", result.isProven ? "optimal" : "feasible",
            ])
        }
        return table.text
    }

    private static func rejectionTable(_ solution: AdmissionSolution) -> String {
        var table = Table([.text("REJECTED BECAUSE"), .number("DEMANDS"), .text("MEANING")])
        for reason in AdmissionRejection.allCases {
            let count = solution.rejections.count { $0 == reason }
            if count > 0 { table.append([reason.rawValue, "\(count)", meaning(of: reason)]) }
        }
        return table.isEmpty ? "" : table.text
    }

    private static func meaning(of reason: AdmissionRejection) -> String {
        switch reason {
        case .noPath: "no path joins the ends under the constraints"
        case .latencyUnreachable: "every path takes too long or too many hops"
        case .noCapacity: "no path is wide enough, even in an empty network"
        case .outranked: "others are worth more; proven"
        case .notFoundInBudget: "others were preferred; whether all would fit is not settled"
        }
    }

    /// The ten fullest links.
    private static func linkTable(_ solution: AdmissionSolution, of problem: AdmissionProblem) -> String {
        var reserved = [Int](repeating: 0, count: problem.topology.links.count)
        for (demand, path) in zip(problem.demands, solution.assignment) {
            for link in path?.links ?? [] { reserved[link.position] += demand.bandwidth.bitsPerSecond }
        }
        func share(_ link: Link) -> Double {
            Double(reserved[link.index.position]) / Double(max(1, problem.capacity[link.index.position].bitsPerSecond))
        }
        let fullest = problem.topology.links.sorted { (share($0), $1.index) > (share($1), $0.index) }.prefix(10)
        var table = Table([
            .text("FULLEST LINKS"), .text("FROM"), .text("TO"), .number("RESERVED"), .number("CAPACITY"),
            .number("SHARE"),
        ])
        for link in fullest where reserved[link.index.position] > 0 {
            table.append([
                link.id.text, problem.topology[link.from].id.text, problem.topology[link.to].id.text,
                Bandwidth(exactly: reserved[link.index.position])?.text ?? "-",
                problem.capacity[link.index.position].text, percent(share(link)),
            ])
        }
        return table.text
    }

    private static func flowTable(_ solution: AdmissionSolution, of problem: AdmissionProblem) -> String {
        var table = Table([.text("DEMAND"), .number("PRIORITY"), .number("BANDWIDTH"), .text("PATH OR REASON")])
        for (number, demand) in problem.demands.enumerated() {
            let path = solution.assignment[number].map { path in
                path.nodes(in: problem.topology).map { problem.topology[$0].id.text }.joined(separator: " - ")
            }
            table.append([
                demand.id.text, "\(demand.priority.level)", demand.bandwidth.text,
                path ?? solution.rejections[number]?.rawValue ?? "",
            ])
        }
        return table.text
    }
}
