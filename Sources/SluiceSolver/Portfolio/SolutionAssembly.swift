// From a solver's placement to the answer: reasons for the rejected, figures, and the audit.

import SluiceModel

package struct SolutionAssembly: Sendable {
    private let problem: AdmissionProblem
    private let compiled: CompiledProblem

    package init(problem: AdmissionProblem, compiled: CompiledProblem) {
        self.problem = problem
        self.compiled = compiled
    }

    /// Audits `placement` and dresses it as a solution.
    ///
    /// - Parameters:
    ///   - bound: proven bound on the sum of weights.
    ///   - classBounds: proven bounds of the first classes of a strict objective, each given the counts that `placement`
    ///     has in the higher ones; for the others nothing is proven.
    /// - Throws: where the audit refuses the placement: a defect of a solver, which must not reach a network.
    package func solution(
        _ placement: Placement, method: SolveMethod, bound: Int, classBounds: [Int], trajectory: [TrajectoryPoint],
        meter: WorkMeter, refused: RefusedPlacement? = nil
    ) throws(RefusedPlacement) -> AdmissionSolution {
        let objective = placement.score.weight
        let bound = min(bound, problem.totalWeight)
        var classes: [ClassResult] = []
        if problem.objective == .strict {
            for (position, priority) in compiled.priorities.enumerated() {
                let total = compiled.flowClass.count { $0 == Int32(position) }
                let admitted = placement.score.admitted[position]
                let known = position < classBounds.count ? classBounds[position] : total
                let proven = min(known, total)
                classes.append(ClassResult(priority: priority, admitted: admitted, bound: proven))
            }
        }
        let isOptimal =
            switch problem.objective {
            case .weighted: bound == objective
            case .strict: classes.allSatisfy(\.isProven)
            }
        let claim = PlacementClaim(
            routes: placement.routes.map { $0.isEmpty ? nil : $0.map { LinkIndex(Int($0)) } }, objective: objective,
            bound: bound, classes: classes, isOptimal: isOptimal)
        let audited = try PlacementAudit.examine(claim, of: problem)
        return AdmissionSolution(
            audited, method: method, rejections: rejections(of: placement, isOptimal: isOptimal),
            trajectory: trajectory, work: meter.work, elapsedSeconds: meter.elapsedSeconds, refused: refused)
    }

    private func rejections(of placement: Placement, isOptimal: Bool) -> [AdmissionRejection?] {
        var router = Router(compiled)
        let costs = [Int](repeating: 1, count: compiled.linkCount)
        let open = [Int](repeating: Int.max, count: compiled.linkCount)
        // One tree for each source answers most flows: any path at all, and any path that is wide enough.
        var reasons: [AdmissionRejection?] = Array(repeating: nil, count: compiled.flowCount)
        for group in compiled.groups {
            let flows = compiled.groupFlows[Int(group.first)..<Int(group.end)].map { Int($0) }
            let rejected = flows.filter { placement.routes[$0].isEmpty }
            guard !rejected.isEmpty else { continue }
            let mask = group.mask < 0 ? [] : compiled.masks[Int(group.mask)]
            router.finder.search(
                from: group.source, costs: costs, room: compiled.capacity, need: group.need, closed: mask)
            let wide = rejected.map { router.finder.arrival[Int(compiled.destination[$0])] >= 0 }
            router.finder.search(from: group.source, costs: costs, room: open, need: 0, closed: mask)
            let any = rejected.map { router.finder.arrival[Int(compiled.destination[$0])] >= 0 }
            for (position, flow) in rejected.enumerated() {
                guard any[position] else {
                    reasons[flow] = .noPath
                    continue
                }
                reasons[flow] = reason(
                    flow, isWide: wide[position], router: &router, costs: costs, isOptimal: isOptimal)
            }
        }
        return reasons
    }

    private func reason(
        _ flow: Int, isWide: Bool, router: inout Router, costs: [Int], isOptimal: Bool
    ) -> AdmissionRejection {
        let open = [Int](repeating: Int.max, count: compiled.linkCount)
        if let rule = compiled.wholePathRule(of: flow) {
            if !router.route(flow, costs: costs, room: open, need: 0) {
                return rule.waypoints.isEmpty ? .latencyUnreachable : .noPath
            }
            if !router.route(flow, costs: costs, room: compiled.capacity) { return .noCapacity }
        } else if !isWide {
            return .noCapacity
        }
        return isOptimal ? .outranked : .notFoundInBudget
    }
}
