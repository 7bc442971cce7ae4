// Re-optimisation: the whole placement as one problem for the solver's thread, and its answer adopted only where it was
// computed for the present placement or can be carried over to it, passes a check against the ledger here, and is better
// than what there is. Where the placement has changed meanwhile and the answer cannot be carried over, it is sought once
// more.
//
// The solver places flows on single paths. What it cannot model stays where it is and is counted as frozen: companions,
// protected pairs, split flows, flows with less than they asked for, and flows on links that are not up. The order in
// which switches then change is the installation's business, which never lets two flows use the same room at once.

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
    var isArmedAfterChange = false

    var isRunning: Bool { pending != nil }
    var status: OptimizationStatus {
        OptimizationStatus(isRunning: isRunning, started: pending?.started, last: last, lastFinished: lastFinished)
    }
}

/// What became of a solution on its way to the present placement. Unlike the solver's own answer it is not audited: the
/// checks here are.
private struct Answer {
    /// For each demand its path; nil where it is not admitted.
    var assignment: [Path?]
    var isOptimal: Bool
    var method: SolveMethod
    /// Nil where none is known for the present problem.
    var bound: Int?
    var elapsedSeconds: Double?

    init(_ solution: AdmissionSolution) {
        assignment = solution.assignment
        isOptimal = solution.status == .optimal
        method = solution.method
        bound = solution.bound
        elapsedSeconds = solution.elapsedSeconds
    }
}

extension AdmissionDemand {
    /// Whether it asks for the same from the same place.
    fileprivate func isLike(_ other: AdmissionDemand) -> Bool {
        source == other.source && destination == other.destination && bandwidth == other.bandwidth
            && weight == other.weight && priority == other.priority && constraints == other.constraints
            && present == other.present
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
        let id = SolveID(optimization.nextID)
        optimization.nextID += 1
        let pending = present(id, request, ticket, isRepeated: isRepeated, started: started)
        optimization.pending = pending
        effects.append(
            .solve(
                SolveOrder(
                    id: id, revision: revision, problem: pending.problem,
                    method: request.method ?? policy.admission.method,
                    budgetSeconds: request.budgetSeconds ?? policy.admission.budgetSeconds, seed: seed &+ id.raw)))
    }

    /// The problem of the present placement.
    private func present(
        _ id: SolveID, _ request: OptimizeRequest, _ ticket: Ticket?, isRepeated: Bool, started: Instant
    ) -> OptimizationState.Pending {
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
        return OptimizationState.Pending(
            id: id, revision: revision, request: request, ticket: ticket, started: started, isRepeated: isRepeated,
            demands: slots, problem: problem, frozen: frozen, frozenWeight: frozenWeight)
    }

    private func isMovable(_ unit: FlowUnit) -> Bool {
        guard unit.directions.count == 1, !unit.isProtected, !unit.isSplit else { return false }
        guard let placement = unit.placement?[0] else { return waiting.contains(unit.slot) }
        return placement.bandwidth == unit.directions[0].bandwidth
            && placement.path.links.allSatisfy { takesFlows[$0.position] }
    }

    // MARK: Adoption

    mutating func adopt(_ outcome: SolveOutcome, of id: SolveID) {
        guard let posed = optimization.pending, posed.id == id else { return }
        optimization.pending = nil
        var pending = posed
        var answer: Answer?
        if case .solved(let solution) = outcome {
            answer = Answer(solution)
            if posed.revision != revision, let rebased = rebase(Answer(solution), of: posed) {
                pending = rebased.pending
                answer = rebased.answer
            }
        }
        let before = pending.problem.demands.reduce(0) { $0 + ($1.present == nil ? 0 : $1.weight) }
        var report = OptimizationReport(
            status: .failed, method: "none", objective: before + pending.frozenWeight,
            objectiveBefore: before + pending.frozenWeight, bound: pending.problem.totalWeight + pending.frozenWeight)
        report.frozen = pending.frozen
        report.isDryRun = pending.request.dryRun
        if case .failed(let message) = outcome { report.failure = message }
        if let found = answer {
            report.method = found.method.rawValue
            report.elapsedSeconds = found.elapsedSeconds
            if let bound = found.bound { report.bound = min(report.bound, bound + pending.frozenWeight) }
            if pending.revision != revision {
                // The problem is not the present one any more: once more, for the present one.
                if !pending.isRepeated {
                    startSolve(pending.request, pending.ticket, isRepeated: true, started: pending.started)
                    return
                }
                report.status = .outdated
            } else if let fault = fault(in: found, of: pending) {
                report.failure = fault
            } else if let answer = withinPools(found, of: pending) {
                if isBetter(answer, pending.problem) {
                    apply(answer, of: pending, &report)
                } else {
                    report.status = .unchanged
                }
            } else {
                report.failure = "the moves found would overfill the pool of a class type"
            }
        }
        finish(report, pending)
    }

    /// What is left of the solution for the present placement: demands that are as they were take the path found for
    /// them, the others stay where they are. Nil where that does not fit together, or is no better than what there is.
    private func rebase(
        _ solution: Answer, of posed: OptimizationState.Pending
    ) -> (pending: OptimizationState.Pending, answer: Answer)? {
        guard solution.assignment.count == posed.problem.demands.count else { return nil }
        let pending = present(
            posed.id, posed.request, posed.ticket, isRepeated: posed.isRepeated, started: posed.started)
        var places: [UInt64: Int] = [:]
        for (place, demand) in posed.demands.enumerated() { places[demand.number] = place }
        var assignment: [Path?] = []
        for (place, demand) in pending.demands.enumerated() {
            let present = pending.problem.demands[place]
            guard let former = places[demand.number], posed.problem.demands[former].isLike(present) else {
                assignment.append(present.present)
                continue
            }
            assignment.append(solution.assignment[former])
        }
        var rebased = solution
        rebased.assignment = assignment
        rebased.isOptimal = false
        // It was found for another problem.
        rebased.bound = nil
        guard fault(in: rebased, of: pending) == nil, isBetter(rebased, pending.problem) else { return nil }
        return (pending, rebased)
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

    /// The solution without the newcomers whose class type's pool is full on a link: the solver knows links only. The
    /// least important are left out first. Nil where moves alone overfill a pool.
    private func withinPools(_ answer: Answer, of pending: OptimizationState.Pending) -> Answer? {
        guard var pools = holdings.pools else { return answer }
        var assignment = answer.assignment
        for (place, demand) in pending.demands.enumerated() {
            let unit = flows[demand.slot]
            let bandwidth = pending.problem.demands[place].bandwidth.bitsPerSecond
            for link in pending.problem.demands[place].present?.links ?? [] {
                pools.add(-bandwidth, by: unit.holder(0), on: link.position)
            }
        }
        let isPlaced = pending.problem.demands.map { $0.present != nil }
        let order = pending.demands.indices.sorted { left, right in
            if isPlaced[left] != isPlaced[right] { return isPlaced[left] }
            return FlowUnit.inImportanceOrder(flows[pending.demands[left].slot], flows[pending.demands[right].slot])
        }
        for place in order {
            guard let path = assignment[place] else { continue }
            let unit = flows[pending.demands[place].slot]
            let bandwidth = pending.problem.demands[place].bandwidth.bitsPerSecond
            let classType = unit.engineering.classType
            let fits = path.links.allSatisfy { pools.room(on: $0.position, for: classType, .free) >= bandwidth }
            if !fits {
                guard pending.problem.demands[place].present == nil else { return nil }
                assignment[place] = nil
                continue
            }
            for link in path.links { pools.add(bandwidth, by: unit.holder(0), on: link.position) }
        }
        var result = answer
        result.isOptimal = answer.isOptimal && assignment == answer.assignment
        result.assignment = assignment
        return result
    }

    /// Checks the solution in integers against the problem as it was posed.
    private func fault(in solution: Answer, of pending: OptimizationState.Pending) -> String? {
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
        if ruleRoom.isLimited, let node = overfilledSwitch(by: solution, of: pending) {
            return "switch \(topology.nodes[node].id) would hold more rules than it can"
        }
        if let most = problem.maxMoves, moves > most { return "\(moves) flows would move, at most \(most) may" }
        return nil
    }

    /// The first switch whose tables the solution would overfill.
    private func overfilledSwitch(by solution: Answer, of pending: OptimizationState.Pending) -> Int? {
        var room = ruleRoom
        for demand in pending.demands { room.set(demand.slot, []) }
        for (demand, path) in zip(pending.demands, solution.assignment) {
            guard let path else { continue }
            let unit = flows[demand.slot]
            let placement = DirectionPlacement(bandwidth: unit.directions[0].bandwidth, path: path)
            let rules = rulesNeeded(by: unit, at: [placement])
            if let first = room.overfilled(by: rules) { return first.node }
            room.set(demand.slot, rules)
        }
        return nil
    }

    private func isBetter(_ solution: Answer, _ problem: AdmissionProblem) -> Bool {
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
        _ solution: Answer, of pending: OptimizationState.Pending, _ report: inout OptimizationReport
    ) {
        if pending.request.dryRun {
            var copy = self
            copy.adopt(solution, of: pending, &report)
        } else {
            adopt(solution, of: pending, &report)
        }
    }

    private mutating func adopt(
        _ solution: Answer, of pending: OptimizationState.Pending, _ report: inout OptimizationReport
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
        report.status = solution.isOptimal ? .optimal : .feasible
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

    /// A change has left flows waiting: a run is due, once, after the policy's time.
    mutating func armAfterChange() {
        guard let seconds = policy.reoptimisation.afterChangeSeconds, !optimization.isArmedAfterChange else { return }
        optimization.isArmedAfterChange = true
        timers.arm(.reoptimisationAfterChange, at: now.advanced(bySeconds: seconds))
    }

    mutating func reoptimiseAfterChange() {
        optimization.isArmedAfterChange = false
        guard !waiting.isEmpty, policy.reoptimisation.afterChangeSeconds != nil else { return }
        if optimization.isRunning {
            armAfterChange()
        } else {
            startSolve(OptimizeRequest(), nil, isRepeated: false, started: now)
        }
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
