// One member of the population: which path each flow has chosen, who of them is admitted, and the room that leaves.

package struct Individual: Sendable {
    /// Chosen path of each flow, a position among its choices; kept for rejected flows too.
    package var choice: [UInt8]
    package var isAdmitted: [Bool]
    package var residual: [Int]
    /// Sum of the weights that the algorithm was given.
    package var fitness = 0
    package var moves = 0
    /// Σ bandwidth · links over the admitted flows.
    package var burden = 0.0
    /// Admitted flows of each class; empty for the weighted objective.
    package var admitted: [Int]

    package init(_ problem: CompiledProblem) {
        choice = Array(repeating: 0, count: problem.flowCount)
        isAdmitted = Array(repeating: false, count: problem.flowCount)
        residual = problem.capacity
        admitted = problem.objective == .strict ? Array(repeating: 0, count: problem.priorities.count) : []
    }

    /// Whether it is the better placement of the two.
    package func beats(_ other: Individual) -> Bool {
        if admitted != other.admitted { return other.admitted.lexicographicallyPrecedes(admitted) }
        if fitness != other.fitness { return fitness > other.fitness }
        if moves != other.moves { return moves < other.moves }
        return burden < other.burden
    }
}
