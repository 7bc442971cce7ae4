// Sluice itself in a replay: the control plane of the daemon, driven in virtual time.

import SluiceCapture
import SluiceControlPlane
package import SluiceModel
private import SluiceSolver

/// Hands arrivals, departures and faults to a `ControlPlane` as the daemon would, and reads its effects.
package struct SluiceScheme: ReplayScheme {
    package let name: String
    package private(set) var wake: Instant?

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

    /// - Parameter workLimit: solver work units of one re-optimisation, so that a slow machine decides alike.
    package init(
        _ topology: Topology, policy: Policy, seed: UInt64, workLimit: Int = 1_000_000, name: String = "sluice"
    ) {
        self.topology = topology
        self.policy = policy
        self.workLimit = workLimit
        self.name = name
        plane = ControlPlane(topology: topology, policy: policy, seed: seed)
    }

    package mutating func arrive(_ flow: ReplayFlow, at position: Int, now: Instant) -> ReplayDecision {
        deciding = position
        defer { deciding = nil }
        let request = FlowRequest(
            id: flow.id, source: topology[flow.source].id, destination: topology[flow.destination].id,
            bandwidth: flow.bandwidth, className: policy.classes[flow.trafficClass].name, match: FlowMatch(flow.tuple))
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
        wake = nil
        perform(plane.handle(.timeReached, at: now), now: now)
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
            case .wake(let instant): wake = instant
            case .notify: break
            case .solve(let order):
                let options = SolveOptions(
                    method: order.method, budget: SolveBudget(.work(workLimit)), seed: order.seed)
                let solution = AdmissionSolver.solve(order.problem, options: options)
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
        case .flowMoved: changes.append(ReplayChange(position: position, kind: .moved))
        case .flowAdmitted, .flowDegraded, .flowRestored, .flowUpdated:
            changes.append(
                ReplayChange(position: position, kind: .carried(bandwidth: bandwidth(of: id, occurrence.time))))
        case .flowSplit, .flowRejected, .flowActive, .flowWithdrawn, .flowExpired, .flowInterrupted, .linkChanged,
            .rulesRefused,
            .switchOwned, .switchReleased, .optimizationFinished, .policyReplaced:
            break
        }
    }
}
