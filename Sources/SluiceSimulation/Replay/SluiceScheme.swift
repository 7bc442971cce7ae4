// Sluice itself in a replay: the control plane of the daemon, driven in virtual time.

import SluiceControlPlane
package import SluiceModel
package import SluiceSolver

/// Hands arrivals, departures and faults to a `ControlPlane` as the daemon would, and reads its effects.
package struct SluiceScheme: ReplayScheme {
    package let name: String
    package var wake: Instant? {
        guard let nextTelemetry else { return planeWake }
        return planeWake.map { min($0, nextTelemetry) } ?? nextTelemetry
    }

    private var planeWake: Instant?
    /// When the links are measured next; nil before the first arrival, and without telemetry.
    private var nextTelemetry: Instant?
    private let telemetrySeconds: Double?
    private var queues: LinkQueues
    private let engine: (any LinearEngine)?
    private let topology: Topology
    private let policy: Policy
    private let workLimit: Int
    private var plane: ControlPlane
    private var nextTicket: UInt64 = 1
    private var changes: [ReplayChange] = []
    /// The answer to the request that is being handled.
    private var answer: Result<Response, RequestError>?
    /// The flow that is being decided on, whose own events are no changes.
    private var deciding: Int?

    private static let client = ClientID(1)

    /// - Parameters:
    ///   - workLimit: solver work units of one re-optimisation, so that a slow machine decides alike.
    ///   - engine: of the solver, as `AdmissionSolver.solve` takes it.
    ///   - telemetrySeconds: how often the modelled queues of the links are reported to the control plane; nil: never.
    package init(
        _ topology: Topology, policy: Policy, seed: UInt64, workLimit: Int = 1_000_000,
        engine: (any LinearEngine)? = nil, telemetrySeconds: Double? = nil, name: String = "sluice"
    ) {
        self.topology = topology
        self.policy = policy
        self.workLimit = workLimit
        self.engine = engine
        self.telemetrySeconds = telemetrySeconds
        self.name = name
        queues = LinkQueues(topology)
        plane = ControlPlane(topology: topology, policy: policy, seed: seed)
    }

    /// How often links are measured where nobody says: every 5 s, as collectors commonly do, but not more than 2 000
    /// times in one replay, or learning in a replay of a day would take longer than everything else.
    package static func telemetrySeconds(for plan: ReplayPlan) -> Double {
        max(5, (plan.span.map { $0.end.seconds(since: $0.start) } ?? 0) / 2_000)
    }

    package static let nameWithoutLearning = "sluice-without-learning"

    /// Sluice with its learning switched off: no telemetry, and no automaton.
    package static func withoutLearning(
        _ topology: Topology, policy: Policy, seed: UInt64, workLimit: Int = 1_000_000,
        engine: (any LinearEngine)? = nil
    ) -> SluiceScheme {
        var policy = policy
        policy.learning.scheme = .off
        return SluiceScheme(
            topology, policy: policy, seed: seed, workLimit: workLimit, engine: engine,
            name: nameWithoutLearning)
    }

    package mutating func arrive(_ flow: ReplayFlow, at position: Int, now: Instant) -> ReplayDecision {
        if nextTelemetry == nil, let telemetrySeconds {
            queues.begin(at: now)
            nextTelemetry = now.advanced(bySeconds: telemetrySeconds)
        }
        return submit(flow, at: position, bandwidth: flow.bandwidth, now: now)
    }

    package mutating func changeRate(
        of flow: ReplayFlow, at position: Int, to bandwidth: Bandwidth, now: Instant
    ) -> ReplayDecision {
        deciding = position
        defer { deciding = nil }
        switch ask(.update(FlowUpdate(id: flow.id, bandwidth: bandwidth), dryRun: false), now: now) {
        case .success(.flow(let result)): return decision(result)
        case .success: preconditionFailure("flow.update is answered with a flow")
        case .failure:
            // It was refused before and is not known: there may be room for what it wants now.
            return submit(flow, at: position, bandwidth: bandwidth, now: now)
        }
    }

    private mutating func submit(
        _ flow: ReplayFlow, at position: Int, bandwidth: Bandwidth, now: Instant
    ) -> ReplayDecision {
        deciding = position
        defer { deciding = nil }
        let request = FlowRequest(
            id: flow.id, source: topology[flow.source].id, destination: topology[flow.destination].id,
            bandwidth: bandwidth, className: policy.classes[flow.trafficClass].name, match: flow.match)
        switch ask(.submit(request, dryRun: false), now: now) {
        case .success(.flow(let result)): return decision(result)
        case .success: preconditionFailure("flow.submit is answered with a flow")
        case .failure(let error): return .refused(code: error.code, bottlenecks: [])
        }
    }

    package mutating func depart(_ flow: ReplayFlow, at position: Int, now: Instant) {
        deciding = position
        defer { deciding = nil }
        // A flow that was refused has no record that could be withdrawn; saying so is all the answer there is.
        _ = ask(.withdraw(flow.id), now: now)
    }

    package mutating func change(_ links: [LinkIndex], to state: LinkState, now: Instant) {
        for link in links { _ = ask(.setLink(link: topology[link].id.text, state: state, dryRun: false), now: now) }
    }

    package mutating func reachTime(_ now: Instant) {
        if let wake = planeWake, wake <= now {
            planeWake = nil
            perform(plane.handle(.timeReached, at: now), now: now)
        }
        if let due = nextTelemetry, due <= now, let telemetrySeconds {
            let samples = queues.samples(at: now, held: queues.trunks.map { plane.held(on: $0) })
            _ = ask(.reportTelemetry(samples), now: now)
            nextTelemetry = due.advanced(bySeconds: telemetrySeconds)
        }
    }

    package mutating func takeChanges() -> [ReplayChange] {
        defer { changes = [] }
        return changes
    }

    package func held(on link: LinkIndex) -> Bandwidth { plane.held(on: link) }

    private func decision(_ result: FlowResult) -> ReplayDecision {
        if let rejection = result.rejection {
            return .refused(
                code: rejection.code.rawValue,
                bottlenecks: rejection.bottlenecks.compactMap { topology.index(of: $0.link) })
        }
        switch result.flow.state {
        case .admitted, .active, .degraded: return .admitted(bandwidth: result.flow.bandwidth)
        case .pending, .preempted: return .waiting
        case .rejected, .withdrawn, .expired: return .refused(code: result.flow.state.rawValue, bottlenecks: [])
        }
    }

    private mutating func ask(_ request: Request, now: Instant) -> Result<Response, RequestError> {
        let ticket = Ticket(nextTicket)
        nextTicket += 1
        answer = nil
        perform(plane.handle(.request(ticket, from: Self.client, request), at: now), now: now)
        guard let answer else { preconditionFailure("every request of a replay is answered at once") }
        return answer
    }

    private mutating func perform(_ effects: [Effect], now: Instant) {
        for effect in effects {
            switch effect {
            case .reply(_, let result): answer = result
            case .report(let occurrence): note(occurrence)
            case .wake(let instant): planeWake = instant
            case .notify: break
            case .solve(let order):
                let options = SolveOptions(
                    method: order.method, budget: SolveBudget(.work(workLimit)), seed: order.seed)
                let solution = AdmissionSolver.solve(order.problem, options: options, engine: engine)
                perform(plane.handle(.problemSolved(order.id, .solved(solution)), at: now), now: now)
            }
        }
    }

    /// What a live flow holds.
    private mutating func bandwidth(of flow: FlowID, _ now: Instant) -> Bandwidth {
        let ticket = Ticket(nextTicket)
        nextTicket += 1
        for effect in plane.handle(.request(ticket, from: Self.client, .get(flow)), at: now) {
            if case .reply(_, .success(.flowDetails(let view))) = effect, view.state.isLive, !view.links.isEmpty {
                return view.bandwidth
            }
        }
        return .zero
    }

    private mutating func note(_ occurrence: Occurrence) {
        guard let id = occurrence.flow, let position = Int(id.text.dropFirst()).map({ $0 - 1 }), position != deciding
        else { return }
        switch occurrence.kind {
        case .flowPreempted: changes.append(ReplayChange(position: position, kind: .preempted))
        case .flowPending: changes.append(ReplayChange(position: position, kind: .displaced))
        case .flowMoved:
            changes.append(
                ReplayChange(position: position, kind: .moved(byLearning: occurrence.moveReason == .learning)))
        case .flowAdmitted, .flowDegraded, .flowRestored, .flowUpdated:
            changes.append(
                ReplayChange(position: position, kind: .carried(bandwidth: bandwidth(of: id, occurrence.time))))
        case .flowSplit, .flowRejected, .flowActive, .flowWithdrawn, .flowExpired, .flowInterrupted, .linkChanged,
            .rulesRefused,
            .switchOwned, .switchReleased, .optimizationFinished, .policyReplaced, .topologyReplaced:
            break
        }
    }
}
