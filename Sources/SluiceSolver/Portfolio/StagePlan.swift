// The objective as a sequence of weighted problems. The weighted objective is one stage. The strict one has a stage for
// each class, most important first: the class itself counts, the classes above count far more, those below a little. Only
// the search uses these weights, and it compares placements class by class; no answer rests on large weights.

package struct StagePlan: Sendable {
    package let weights: [Int]
    /// The weight whose differences matter in this stage.
    package let resolution: Int
    /// The class that the stage is about; nil for the weighted objective.
    package let stageClass: Int?

    package static func stages(of problem: CompiledProblem) -> [StagePlan] {
        switch problem.objective {
        case .weighted:
            return [
                StagePlan(
                    weights: problem.weight, resolution: max(1, problem.weight.max() ?? 1), stageClass: nil)
            ]
        case .strict:
            return problem.priorities.indices.map { stage in
                StagePlan(
                    weights: problem.flowClass.map { searchWeight(of: Int($0), inStage: stage) }, resolution: 64,
                    stageClass: stage)
            }
        }
    }

    private static func searchWeight(of flowClass: Int, inStage stage: Int) -> Int {
        if flowClass > stage { return 1 }
        // Sixteen of one class never outweigh one of the class above within a move; eight classes reach the cap.
        return 64 << min(32, 4 * (stage - flowClass))
    }

    /// Multipliers for the bound on class `stage`: one for the class, more for each class above, nothing below. The
    /// bound L(λ) − Σ multiplier · admitted over the classes above holds for any multipliers; these only make it tight.
    package static func boundWeights(of problem: CompiledProblem, stage: Int) -> [Int] {
        problem.flowClass.map { flowClass in
            let distance = stage - Int(flowClass)
            return distance < 0 ? 0 : 1 << min(30, 6 * distance)
        }
    }
}
