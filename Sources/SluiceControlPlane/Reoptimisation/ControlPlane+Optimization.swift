// Re-optimisation: the whole placement as one problem for the solver's thread, and its answer adopted only where it was
// computed for the present placement, passes a check against the ledger here, and is better than what there is.
//
// The solver places flows on single paths. What it cannot model stays where it is and is counted as frozen: companions,
// protected pairs, flows with less than they asked for, and flows on links that are not up. The order in which switches
// then change is the installation's business, which never lets two flows use the same room at once.

import SluiceModel
import SluiceSolver

struct OptimizationState: Sendable {
    struct Pending: Sendable {
        var id: SolveID
        var revision: UInt64
        var request: OptimizeRequest
        var ticket: Ticket?
        var started: Instant
        var isRepeated: Bool
        /// Slot and number of each demand's unit.
        var demands: [(slot: Int, number: UInt64)]
        var problem: AdmissionProblem
        var frozen: Int
        var frozenWeight: Int
    }

    var pending: Pending?
    var last: OptimizationReport?
    var lastFinished: Instant?
    var nextID: UInt64 = 1
    var intervalSeconds: Double?
    var isArmed = false

    var isRunning: Bool { pending != nil }
    var status: OptimizationStatus {
        OptimizationStatus(isRunning: isRunning, started: pending?.started, last: last, lastFinished: lastFinished)
    }
}

extension ControlPlane {
    /// Nil: the answer comes when the solver's does.
    mutating func optimize(
        _ request: OptimizeRequest, _ ticket: Ticket?
    ) throws(RequestError) -> OptimizationReport? {
        if optimization.isRunning { throw .optimizationRunning }
        if let budget = request.budgetSeconds, !(budget > 0 && budget.isFinite) {
            throw .invalid(field: "budgetSeconds", reason: .notPositive)
        }
        if let most = request.maxMoves, most < 0 { throw .invalid(field: "maxMoves", reason: .outOfRange) }
        startSolve(request, ticket, isRepeated: false, started: now)
        return nil
    }

    private mutating func startSolve(
        _ request: OptimizeRequest, _ ticket: Ticket?, isRepeated: Bool, started: Instant
    ) {
        let maxMoves = request.maxMoves ?? policy.reoptimisation.maxMoves
        var demands: [AdmissionDemand] = []
        var slots: [(slot: Int, number: UInt64)] = []
        var capacity = holdings.residual
        var frozen = 0
        var frozenWeight = 0
        for slot in flows.liveSlots {
            let unit = flows[slot]
            guard isMovable(unit) else {
                if unit.placement != nil {
                    frozen += unit.directions.count
                    frozenWeight += unit.weight
                }
                continue
            }
            let flow = unit.directions[0]
            let present = unit.placement?[0].path
            for link in present?.links ?? [] { capacity[link.position] += flow.bandwidth.bitsPerSecond }
            demands.append(
                AdmissionDemand(
                    id: flow.id, source: flow.source, destination: flow.destination, bandwidth: flow.bandwidth,
                    priority: flow.priority, weight: unit.weight, constraints: flow.constraints, present: present))
            slots.append((slot, unit.number))
        }
        let problem = AdmissionProblem(
            topology: topology,
            capacity: capacity.indices.map { Bandwidth(bitsPerSecond: takesFlows[$0] ? capacity[$0] : 0) },
            demands: demands, objective: policy.admission.objective == .strict ? .strict : .weighted,
            maxMoves: maxMoves)
        let id = SolveID(optimization.nextID)
        optimization.nextID += 1
        optimization.pending = OptimizationState.Pending(
            id: id, revision: revision, request: request, ticket: ticket, started: started, isRepeated: isRepeated,
            demands: slots, problem: problem, frozen: frozen, frozenWeight: frozenWeight)
        effects.append(
            .solve(
                SolveOrder(
                    id: id, revision: revision, problem: problem, method: request.method ?? policy.admission.method,
                    budgetSeconds: request.budgetSeconds ?? policy.admission.budgetSeconds, seed: seed &+ id.raw)))
    }

    private func isMovable(_ unit: FlowUnit) -> Bool {
        guard unit.directions.count == 1, !unit.isProtected else { return false }
        guard let placement = unit.placement?[0] else { return waiting.contains(unit.slot) }
        return placement.bandwidth == unit.directions[0].bandwidth
            && placement.path.links.allSatisfy { takesFlows[$0.position] }
    }

    // MARK: Adoption

    mutating func adopt(_ outcome: SolveOutcome, of id: SolveID) {
        guard let pending = optimization.pending, pending.id == id else { return }
        optimization.pending = nil
        let before = pending.problem.demands.reduce(0) { $0 + ($1.present == nil ? 0 : $1.weight) }
        var report = OptimizationReport(
            status: .failed, method: "none", objective: before + pending.frozenWeight,
            objectiveBefore: before + pending.frozenWeight, bound: pending.problem.totalWeight + pending.frozenWeight)
        report.frozen = pending.frozen
        report.isDryRun = pending.request.dryRun
        switch outcome {
        case .failed(let message): report.failure = message
        case .solved(let solution):
            report.method = solution.method.rawValue
            report.elapsedSeconds = solution.elapsedSeconds
            report.bound = min(report.bound, solution.bound + pending.frozenWeight)
            if pending.revision != revision {
                // The problem is not the present one any more: once more, for the present one.
                if !pending.isRepeated {
                    startSolve(pending.request, pending.ticket, isRepeated: true, started: pending.started)
                    return
                }
                report.status = .outdated
            } else if let fault = fault(in: solution, of: pending) {
                report.failure = fault
            } else if !isBetter(solution, pending.problem) {
                report.status = .unchanged
            } else {
                apply(solution, of: pending, &report)
            }
        }
        finish(report, pending)
    }

    private mutating func finish(_ finished: OptimizationReport, _ pending: OptimizationState.Pending) {
        var report = finished
        report.gap = Double(report.bound - report.objective) / Double(max(1, report.objective))
        optimization.last = report
        optimization.lastFinished = now
        self.report(.optimizationFinished) {
            $0.message = "\(report.status.rawValue): \(report.moves.count) moved, \(report.returned.count) admitted"
        }
        if let ticket = pending.ticket { effects.append(.reply(ticket, .success(.optimization(report)))) }
    }

    /// Checks the solution in integers against the problem as it was posed.
    private func fault(in solution: AdmissionSolution, of pending: OptimizationState.Pending) -> String? {
        let problem = pending.problem
        guard solution.assignment.count == problem.demands.count else { return "the solution has the wrong size" }
        var left = problem.capacity.map(\.bitsPerSecond)
        var moves = 0
        for (demand, path) in zip(problem.demands, solution.assignment) {
            guard let path else { continue }
            guard let whole = Path(path.links, in: topology), whole.source(in: topology) == demand.source,
                whole.destination(in: topology) == demand.destination,
                demand.constraints.accept(whole, in: topology)
            else { return "the path of flow \"\(demand.id)\" breaks its constraints" }
            for link in path.links { left[link.position] -= demand.bandwidth.bitsPerSecond }
            if let present = demand.present, present != path { moves += 1 }
        }
        if let link = left.indices.first(where: { left[$0] < 0 }) {
            return "link \(topology.links[link].id) would be overbooked"
        }
        if let most = problem.maxMoves, moves > most { return "\(moves) flows would move, at most \(most) may" }
        return nil
    }

    private func isBetter(_ solution: AdmissionSolution, _ problem: AdmissionProblem) -> Bool {
        var difference: [Int: Int] = [:]
        var weight = 0
        for (demand, path) in zip(problem.demands, solution.assignment) {
            let change = (path == nil ? 0 : 1) - (demand.present == nil ? 0 : 1)
            difference[demand.priority.level, default: 0] += change
            weight += change * demand.weight
        }
        switch problem.objective {
        case .weighted: return weight > 0
        case .strict:
            let deciding = difference.filter { $0.value != 0 }.max { $0.key < $1.key }
            return (deciding?.value ?? 0) > 0
        }
    }

    private mutating func apply(
        _ solution: AdmissionSolution, of pending: OptimizationState.Pending, _ report: inout OptimizationReport
    ) {
        if pending.request.dryRun {
            var copy = self
            copy.adopt(solution, of: pending, &report)
        } else {
            adopt(solution, of: pending, &report)
        }
    }

    private mutating func adopt(
        _ solution: AdmissionSolution, of pending: OptimizationState.Pending, _ report: inout OptimizationReport
    ) {
        var consequences = Consequences(.optimization)
        var placed: [(slot: Int, path: Path)] = []
        var dropped: [Int] = []
        for (position, demand) in pending.demands.enumerated() {
            let path = solution.assignment[position]
            guard pending.problem.demands[position].present != path else { continue }
            if flows[demand.slot].placement != nil { displace(demand.slot, &consequences) }
            if let path { placed.append((demand.slot, path)) } else { dropped.append(demand.slot) }
        }
        for item in placed {
            let unit = flows[item.slot]
            consequences.touch(unit)
            let placement = DirectionPlacement(bandwidth: unit.directions[0].bandwidth, path: item.path)
            holdings.hold(placement.bandwidth, on: placement.links, by: unit.holder(0))
            setPlacement(item.slot, [placement])
        }
        // What the solver left room for returns at once.
        for slot in dropped.sorted(by: { FlowUnit.inImportanceOrder(flows[$0], flows[$1]) }) {
            _ = place(slot, &consequences, preempting: false)
        }
        let outcome = conclude(consequences)
        report.status = solution.status == .optimal ? .optimal : .feasible
        report.objective =
            pending.frozenWeight
            + pending.demands.reduce(0) { $0 + (flows[$1.slot].placement == nil ? 0 : flows[$1.slot].weight) }
        report.moves = outcome.moved
        report.preempted = outcome.preempted
        report.returned = outcome.returned
    }

    // MARK: On time

    mutating func armReoptimisation() {
        guard let interval = optimization.intervalSeconds, !optimization.isArmed else { return }
        optimization.isArmed = true
        timers.arm(.reoptimisation, at: now.advanced(bySeconds: interval))
    }

    /// Nothing is to be gained while nobody waits.
    mutating func reoptimiseOnTime() {
        optimization.isArmed = false
        if !optimization.isRunning, !waiting.isEmpty {
            startSolve(OptimizeRequest(), nil, isRepeated: false, started: now)
        }
        armReoptimisation()
    }
}
