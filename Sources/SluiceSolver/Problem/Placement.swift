// A set of admitted flows with their paths while it is passed between methods, and what makes one better.

/// For each flow its links; empty where it is rejected.
package struct Placement: Sendable {
    package var routes: [[Int32]]
    package var score: PlacementScore

    package init(routes: [[Int32]], of problem: CompiledProblem) {
        self.routes = routes
        score = PlacementScore(of: routes, in: problem)
    }

    /// Nobody is admitted.
    package init(emptyFor problem: CompiledProblem) {
        self.init(routes: Array(repeating: [], count: problem.flowCount), of: problem)
    }

    /// What is left of each link.
    package func residual(in problem: CompiledProblem) -> [Int] {
        var residual = problem.capacity
        for (flow, route) in routes.enumerated() {
            for link in route { residual[Int(link)] -= problem.bandwidth[flow] }
        }
        return residual
    }
}

/// The objectives in their order: weight (or, strict, admitted flows class by class), then few moves, then little
/// bandwidth times latency (plus one for each hop, so that equal latencies prefer fewer links).
package struct PlacementScore: Hashable, Comparable, Sendable {
    package var weight = 0
    /// Admitted flows of each class, most important first; empty for the weighted objective.
    package var admitted: [Int] = []
    package var moves = 0
    /// Σ bandwidth · (latency + 1) over the links of admitted flows; in floating point, for it only breaks ties.
    package var burden = 0.0

    package init() {}

    package init(of routes: [[Int32]], in problem: CompiledProblem) {
        if problem.objective == .strict { admitted = Array(repeating: 0, count: problem.priorities.count) }
        for (flow, route) in routes.enumerated() where !route.isEmpty {
            weight += problem.weight[flow]
            if problem.objective == .strict { admitted[Int(problem.flowClass[flow])] += 1 }
            if !problem.present[flow].isEmpty, problem.present[flow] != route { moves += 1 }
            var delay = 0.0
            for link in route { delay += Double(problem.latency[Int(link)]) + 1 }
            burden += Double(problem.bandwidth[flow]) * delay
        }
    }

    /// Whether this is the worse of the two.
    package static func < (left: PlacementScore, right: PlacementScore) -> Bool {
        if left.admitted != right.admitted { return left.admitted.lexicographicallyPrecedes(right.admitted) }
        if left.weight != right.weight { return left.weight < right.weight }
        if left.moves != right.moves { return left.moves > right.moves }
        return left.burden > right.burden
    }
}
