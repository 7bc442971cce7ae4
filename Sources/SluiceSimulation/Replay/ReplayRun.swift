// The replay itself: one ordered queue of arrivals, departures and faults in virtual time, fed to a scheme, and the
// account of what came of it. Nothing here knows the wall clock; who wants to measure passes one in.

package import SluiceModel

/// A change of links at an instant of the replay.
package struct ReplayFault: Hashable, Sendable {
    package let links: [LinkIndex]
    package let state: LinkState
    package let time: Instant

    package init(links: [LinkIndex], state: LinkState, time: Instant) {
        self.links = links
        self.state = state
        self.time = time
    }
}

/// Plays one plan to any number of schemes.
package struct ReplayRun: Sendable {
    package let plan: ReplayPlan
    package let topology: Topology
    package let policy: Policy
    private let events: [Entry]

    private enum Kind: Int, Sendable {
        // At one instant in this order: what frees room comes before what takes it.
        case departure
        case fault
        case arrival
    }

    private struct Entry: Sendable {
        let time: Instant
        let kind: Kind
        /// Of the plan's flows, or of the faults.
        let position: Int
    }

    private let faults: [ReplayFault]

    package init(_ plan: ReplayPlan, topology: Topology, policy: Policy, faults: [ReplayFault] = []) {
        self.plan = plan
        self.topology = topology
        self.policy = policy
        self.faults = faults
        var events: [Entry] = []
        events.reserveCapacity(plan.flows.count * 2 + faults.count)
        for (position, flow) in plan.flows.enumerated() {
            events.append(Entry(time: flow.start, kind: .arrival, position: position))
            events.append(Entry(time: flow.end, kind: .departure, position: position))
        }
        for (position, fault) in faults.enumerated() {
            events.append(Entry(time: fault.time, kind: .fault, position: position))
        }
        self.events = events.sorted {
            ($0.time.nanoseconds, $0.kind.rawValue, $0.position) < ($1.time.nanoseconds, $1.kind.rawValue, $1.position)
        }
    }

    /// Plays everything to `scheme`.
    ///
    /// - Parameter clock: nanoseconds of a monotonic clock, asked around each decision; nil measures nothing.
    package func play<Scheme: ReplayScheme>(
        _ scheme: inout Scheme, clock: (() -> UInt64)? = nil
    ) -> (result: ReplayResult, latencies: [UInt64]) {
        var account = ReplayAccount(plan: plan, topology: topology, policy: policy, name: scheme.name)
        var latencies: [UInt64] = []
        for event in events {
            while let wake = scheme.wake, wake <= event.time {
                scheme.reachTime(wake)
                account.note(scheme.takeChanges(), now: wake)
                account.sample(scheme, now: wake)
                // A scheme that does not move its wake on would stop time.
                guard scheme.wake != wake else { break }
            }
            switch event.kind {
            case .departure:
                let flow = plan.flows[event.position]
                account.end(event.position, now: event.time)
                scheme.depart(flow, at: event.position, now: event.time)
            case .fault:
                let fault = faults[event.position]
                scheme.change(fault.links, to: fault.state, now: event.time)
            case .arrival:
                let flow = plan.flows[event.position]
                let start = clock?()
                let decision = scheme.arrive(flow, at: event.position, now: event.time)
                if let start, let end = clock?() { latencies.append(end - start) }
                account.decide(decision, event.position, now: event.time)
            }
            account.note(scheme.takeChanges(), now: event.time)
            account.sample(scheme, now: event.time)
        }
        return (account.result(), latencies)
    }
}
