// The one entry: a problem and a budget in, an audited solution out.

import SluiceModel

package enum AdmissionSolver {
    /// Solves `problem` within the budget. The answer has passed the audit.
    package static func solve(_ problem: AdmissionProblem, options: SolveOptions) -> AdmissionSolution {
        var meter = WorkMeter(options.budget)
        let compiled = CompiledProblem(problem)
        var greedy = GreedyAdmission(compiled)
        let placement = greedy.run(order: GreedyAdmission.order(of: compiled), meter: &meter)
        let assembly = SolutionAssembly(problem: problem, compiled: compiled)
        do {
            return try assembly.solution(
                placement, method: .greedy, bound: problem.totalWeight, classBounds: nil, trajectory: [], meter: meter)
        } catch {
            preconditionFailure("the audit refuses the greedy placement: \(error.faults.prefix(3))")
        }
    }
}
