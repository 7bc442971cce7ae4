// What the genetic solver is held to: cold, 95 % of the bound in 5 s; started from greedy, half of the gap to the bound;
// memetic, not behind ruin and recreate alone at equal work.

import SluiceModel
import SluiceSolver

enum GeneticRun {
    /// Objective after `seconds` of one thread's CPU time, from nothing or from greedy.
    static func cold(_ problem: AdmissionProblem, fromGreedy: Bool, seconds: Double) -> (objective: Int, greedy: Int) {
        let compiled = CompiledProblem(problem)
        let begun = Clock.thread()
        var meter = WorkMeter(SolveBudget(.work(Int.max)))
        var greedy = GreedyAdmission(compiled)
        let start = greedy.run(order: GreedyAdmission.order(of: compiled), meter: &meter)
        var genetic = GeneticAlgorithm(
            compiled, weights: compiled.weight, random: RandomStream(seed: 1, purpose: "genetic"))
        if fromGreedy { genetic.seed(with: start) }
        while Clock.thread() - begun < seconds { genetic.advance() }
        return (genetic.bestScore?.weight ?? 0, start.score.weight)
    }

    /// Medians over seeds of the memetic search and of ruin and recreate alone, each with the same number of moves.
    static func medians(_ problem: AdmissionProblem, work: Int, seeds: Int) -> (memetic: Int, search: Int) {
        func median(_ method: AdmissionPolicy.Method) -> Int {
            let values = (1...seeds).map { seed in
                AdmissionSolver.solve(
                    problem,
                    options: SolveOptions(method: method, budget: SolveBudget(.work(work)), seed: UInt64(seed))
                ).objective
            }
            return values.sorted()[seeds / 2]
        }
        return (median(.memetic), median(.search))
    }
}
