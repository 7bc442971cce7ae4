// The independent check that every placement passes before anyone sees it. It works on the problem as it was given, in
// whole numbers, and shares nothing with the solvers: no compiled arrays, no loads kept up to date, no claims believed.

package import SluiceModel

/// What a solver says it has found.
package struct PlacementClaim: Sendable {
    /// For each demand its links, from source to destination; nil where it is rejected.
    package var routes: [[LinkIndex]?]
    package var objective: Int
    package var bound: Int
    /// Of the strict objective, most important first; empty for the weighted one.
    package var classes: [ClassResult]
    package var isOptimal: Bool

    package init(
        routes: [[LinkIndex]?], objective: Int, bound: Int, classes: [ClassResult] = [], isOptimal: Bool = false
    ) {
        self.routes = routes
        self.objective = objective
        self.bound = bound
        self.classes = classes
        self.isOptimal = isOptimal
    }
}

/// One thing wrong with a claim.
package enum PlacementFault: Error, Hashable, Sendable {
    case wrongDemandCount(claimed: Int, actual: Int)
    case unknownLink(demand: Int)
    /// The links do not join, visit a node twice, or there are none.
    case brokenPath(demand: Int)
    case wrongEnds(demand: Int)
    /// The path passes through a host.
    case hostTransit(demand: Int)
    case constraintViolated(demand: Int)
    case overbooked(LinkIndex)
    case wrongObjective(claimed: Int, actual: Int)
    case boundBelowObjective(bound: Int, objective: Int)
    case optimalWithoutProof
    case tooManyMoves(actual: Int, limit: Int)
    case wrongClasses
}

/// Every fault of a claim at once.
package struct RefusedPlacement: Error, Hashable, Sendable {
    package let faults: [PlacementFault]
}

/// A placement that passed, with the figures it was examined with; only the audit makes one.
package struct AuditedPlacement: Sendable {
    package let paths: [Path?]
    package let objective: Int
    package let bound: Int
    package let classes: [ClassResult]
    package let isOptimal: Bool
    /// Flows that leave their present path for another.
    package let moves: Int
    /// Flows that run at present and are not admitted.
    package let dropped: Int

    fileprivate init(paths: [Path?], claim: PlacementClaim, moves: Int, dropped: Int) {
        self.paths = paths
        objective = claim.objective
        bound = claim.bound
        classes = claim.classes
        isOptimal = claim.isOptimal
        self.moves = moves
        self.dropped = dropped
    }
}

package enum PlacementAudit {
    /// Checks paths, constraints, loads, and every figure of the claim.
    package static func examine(
        _ claim: PlacementClaim, of problem: AdmissionProblem
    ) throws(RefusedPlacement) -> AuditedPlacement {
        guard claim.routes.count == problem.demands.count else {
            throw RefusedPlacement(faults: [
                .wrongDemandCount(claimed: claim.routes.count, actual: problem.demands.count)
            ])
        }
        var faults: [PlacementFault] = []
        var paths: [Path?] = []
        paths.reserveCapacity(claim.routes.count)
        var left = problem.capacity.map(\.bitsPerSecond)
        var overbooked: Set<LinkIndex> = []
        var objective = 0
        var moves = 0
        var dropped = 0
        var admittedByPriority: [Int: Int] = [:]
        for (number, demand) in problem.demands.enumerated() {
            guard let route = claim.routes[number] else {
                paths.append(nil)
                if demand.present != nil { dropped += 1 }
                continue
            }
            objective += demand.weight
            admittedByPriority[demand.priority.level, default: 0] += 1
            guard route.allSatisfy({ problem.topology.links.indices.contains($0.position) }) else {
                faults.append(.unknownLink(demand: number))
                paths.append(nil)
                continue
            }
            for link in route {
                // Demands and capacities are below 2^53, so a difference never wraps before the fault is found.
                left[link.position] -= demand.bandwidth.bitsPerSecond
                if left[link.position] < 0 {
                    overbooked.insert(link)
                    left[link.position] = 0
                }
            }
            if let present = demand.present, present.links != route { moves += 1 }
            if let fault = pathFault(route, of: demand, number: number, in: problem.topology) {
                faults.append(fault)
                paths.append(nil)
            } else {
                paths.append(Path(route, in: problem.topology))
            }
        }
        faults += overbooked.sorted().map { .overbooked($0) }
        if objective != claim.objective {
            faults.append(.wrongObjective(claimed: claim.objective, actual: objective))
        }
        if claim.bound < objective { faults.append(.boundBelowObjective(bound: claim.bound, objective: objective)) }
        if let limit = problem.maxMoves, moves > limit { faults.append(.tooManyMoves(actual: moves, limit: limit)) }
        faults += classFaults(claim, problem: problem, admitted: admittedByPriority)
        guard faults.isEmpty else { throw RefusedPlacement(faults: faults) }
        return AuditedPlacement(paths: paths, claim: claim, moves: moves, dropped: dropped)
    }

    private static func pathFault(
        _ route: [LinkIndex], of demand: AdmissionDemand, number: Int, in topology: Topology
    ) -> PlacementFault? {
        guard let path = Path(route, in: topology) else { return .brokenPath(demand: number) }
        guard path.source(in: topology) == demand.source, path.destination(in: topology) == demand.destination else {
            return .wrongEnds(demand: number)
        }
        let inner = path.nodes(in: topology).dropFirst().dropLast()
        if inner.contains(where: { topology[$0].isHost }) { return .hostTransit(demand: number) }
        return demand.constraints.accept(path, in: topology) ? nil : .constraintViolated(demand: number)
    }

    private static func classFaults(
        _ claim: PlacementClaim, problem: AdmissionProblem, admitted: [Int: Int]
    ) -> [PlacementFault] {
        switch problem.objective {
        case .weighted:
            if !claim.classes.isEmpty { return [.wrongClasses] }
            return claim.isOptimal && claim.bound != claim.objective ? [.optimalWithoutProof] : []
        case .strict:
            let priorities = Set(problem.demands.map(\.priority.level)).sorted(by: >)
            guard claim.classes.map(\.priority) == priorities,
                claim.classes.allSatisfy({ $0.admitted == admitted[$0.priority, default: 0] && $0.bound >= $0.admitted }
                )
            else { return [.wrongClasses] }
            return claim.isOptimal && !claim.classes.allSatisfy(\.isProven) ? [.optimalWithoutProof] : []
        }
    }
}
