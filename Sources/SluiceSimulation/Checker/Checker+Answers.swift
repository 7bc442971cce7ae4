// Whether answers are true: refusals are derived again from the checker's own account, and bounds are held against
// another solution of the same problem.

import SluiceControlPlane
import SluiceModel
import SluiceSolver

extension Checker {
    func judge(_ answer: Result<Response, RequestError>, to request: Request, _ daemon: SimulatedDaemon) {
        switch (request, answer) {
        case (.submit(let asked, _), .success(.flow(let result))):
            require(
                (result.rejection != nil) == (result.flow.state == .rejected), .state,
                "\(result.flow.id) is \(result.flow.state.rawValue), and its rejection does not fit that")
            if let rejection = result.rejection { judge(rejection, of: asked, result.flow, daemon) }
        case (.submitBatch(let flows, let atomic, _), .success(.batch(let items))):
            require(flows.count == items.count, .reply, "a batch of \(flows.count) was answered \(items.count) times")
            guard atomic else { return }
            let admitted = items.count { item in
                if case .decided(let result) = item { result.rejection == nil } else { false }
            }
            require(admitted == 0 || admitted == items.count, .state, "an atomic batch was admitted in part")
        default: break
        }
    }

    func judge(_ report: OptimizationReport) {
        require(report.objective <= report.bound, .gap, "an objective of \(report.objective) above \(report.bound)")
        let gap = Double(report.bound - report.objective) / Double(max(1, report.objective))
        require(abs(gap - report.gap) < 1e-9, .gap, "the gap is \(gap), and \(report.gap) was said")
        if report.status == .optimal {
            require(report.objective == report.bound, .gap, "called optimal below its bound")
        }
    }

    /// Only plain flows, which take any path: for them the reason follows from the links alone.
    private func judge(
        _ rejection: Rejection, of request: FlowRequest, _ flow: FlowView, _ daemon: SimulatedDaemon
    ) {
        guard request.reverseBandwidth == nil, request.protection == .none, request.constraints.via.isEmpty,
            request.constraints.maxHops == nil, policy.bandwidthConstraints.model == .none,
            let source = topology.index(of: request.source), let destination = topology.index(of: request.destination)
        else { return }
        let trafficClass =
            request.priority == nil ? policy.trafficClass(named: request.className ?? policy.defaultClass) : nil
        let setup = request.priority ?? trafficClass.map { policy.setupLevel(of: $0) } ?? 0
        let mayPreempt = policy.admission.preemption && (trafficClass?.mayPreempt ?? true) && setup > 0
        let need = (request.minBandwidth ?? request.bandwidth).bitsPerSecond
        let avoided = Set(request.constraints.avoid.compactMap { topology.index(of: NodeID($0)) })
        var held = shadow.held
        /// Without units that `isGone` says.
        func room(without isGone: (ShadowUnit) -> Bool) -> [Int] {
            var left = topology.links.indices.map { topology.links[$0].reservable.bitsPerSecond - held[$0] }
            for unit in shadow.units.values where isGone(unit) {
                for (links, bandwidth) in zip(unit.links, unit.bandwidths) {
                    for link in links { left[link.position] += bandwidth }
                }
            }
            return left
        }
        /// The least latency over open links with enough room; nil: there is no way.
        func fastest(_ room: [Int]?) -> Int? {
            shortest(from: source, to: destination) { link in
                let ends = topology.ends(of: link)
                let isAvoided = [ends.from, ends.to].contains {
                    avoided.contains($0) && $0 != source && $0 != destination
                }
                return shadow.isOpen(link.position) && !isAvoided && (room.map { $0[link.position] >= need } ?? true)
            }
        }
        let bound = request.constraints.maxLatency?.microseconds ?? .max
        func exists(_ room: [Int]?) -> Bool { fastest(room).map { $0 <= bound } ?? false }
        switch rejection.code {
        case .noPath:
            require(
                fastest(nil) == nil, .refusal, "\(flow.id): no_path (\(rejection.message)), and there is one")
        case .latencyUnreachable:
            require(fastest(nil) != nil && !exists(nil), .refusal, "\(flow.id): latency_unreachable is not so")
        case .noCapacity, .outranked:
            require(!exists(room { _ in false }), .refusal, "\(flow.id): \(rejection.code.rawValue), and there is room")
            if mayPreempt {
                require(
                    !exists(room { $0.yields && $0.hold < setup }), .refusal,
                    "\(flow.id): \(rejection.code.rawValue), and less important flows are in the way")
            }
            // They bear on who is in whose way.
            if daemon.hasFullTables { return }
            let amongEquals = exists(room { $0.hold <= setup })
            held = Array(repeating: 0, count: held.count)
            let inEmpty = exists(room { _ in false })
            require(
                (rejection.code == .outranked) == (inEmpty && !amongEquals), .refusal,
                "\(flow.id): \(rejection.code.rawValue) is not why")
        case .policyDenied, .notFoundInBudget, .limitReached, .matchConflict, .batchAborted: break
        }
    }

    /// Latency of the fastest way over links that `isOpen` lets through, by Dijkstra's algorithm.
    private func shortest(from source: NodeIndex, to destination: NodeIndex, _ isOpen: (LinkIndex) -> Bool) -> Int? {
        var best = [Int](repeating: .max, count: topology.nodes.count)
        var isDone = [Bool](repeating: false, count: topology.nodes.count)
        best[source.position] = 0
        while true {
            var nearest: Int?
            for node in best.indices where !isDone[node] && best[node] < .max {
                if nearest.map({ best[node] < best[$0] }) ?? true { nearest = node }
            }
            guard let node = nearest else { return nil }
            if node == destination.position { return best[node] }
            isDone[node] = true
            for link in topology.links(leaving: NodeIndex(node)) where isOpen(link) {
                let to = topology.ends(of: link).to.position
                best[to] = min(best[to], best[node] + topology.links[link.position].latency.microseconds)
            }
        }
    }

    /// What is wrong with what a solver claims, found by counting anew and by solving in another way.
    func gapFault(_ solution: AdmissionSolution, of problem: AdmissionProblem, seed: UInt64) -> String? {
        var left = problem.capacity.map(\.bitsPerSecond)
        var objective = 0
        for (demand, path) in zip(problem.demands, solution.assignment) {
            guard let path else { continue }
            objective += demand.weight
            for link in path.links { left[link.position] -= demand.bandwidth.bitsPerSecond }
        }
        if left.contains(where: { $0 < 0 }) { return "a solution overbooks a link" }
        if objective != solution.objective { return "a solution is worth \(objective), and says \(solution.objective)" }
        let other = AdmissionSolver.solve(
            problem, options: SolveOptions(method: .search, budget: SolveBudget(.work(1_000)), seed: seed &+ 1))
        if problem.objective == .weighted, other.objective > solution.bound {
            return "a bound of \(solution.bound) is below a solution of \(other.objective)"
        }
        if solution.status == .optimal, problem.objective == .weighted, other.objective > solution.objective {
            return "an optimum of \(solution.objective) is below a solution of \(other.objective)"
        }
        return nil
    }
}
