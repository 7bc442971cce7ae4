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
    package let timeline: ReplayTimeline
    private let events: [Entry]

    private enum Kind: Int, Sendable {
        // At one instant in this order: what frees room comes before what takes it, and all comes before the look at it.
        case departure
        case fault
        case rateChange
        case arrival
        case sample
    }

    private struct Entry: Sendable {
        let time: Instant
        let kind: Kind
        /// Of the plan's flows, of the faults or of the intervals.
        let position: Int
        /// Of the flow's changes.
        var change = 0
    }

    private let faults: [ReplayFault]

    /// - Parameter intervals: how many the report tells apart.
    package init(
        _ plan: ReplayPlan, topology: Topology, policy: Policy, faults: [ReplayFault] = [], intervals: Int = 24
    ) {
        self.plan = plan
        self.topology = topology
        self.policy = policy
        self.faults = faults
        timeline = ReplayTimeline(plan, count: intervals)
        var events: [Entry] = []
        for (position, flow) in plan.flows.enumerated() {
            events.append(Entry(time: flow.start, kind: .arrival, position: position))
            for (index, change) in flow.changes.enumerated() {
                events.append(Entry(time: change.start, kind: .rateChange, position: position, change: index))
            }
            events.append(Entry(time: flow.end, kind: .departure, position: position))
        }
        for (position, fault) in faults.enumerated() {
            events.append(Entry(time: fault.time, kind: .fault, position: position))
        }
        for (interval, instant) in timeline.samples.enumerated() {
            events.append(Entry(time: instant, kind: .sample, position: interval))
        }
        self.events = events.sorted {
            ($0.time.nanoseconds, $0.kind.rawValue, $0.position, $0.change)
                < ($1.time.nanoseconds, $1.kind.rawValue, $1.position, $1.change)
        }
    }

    /// Plays everything to `scheme`.
    ///
    /// - Parameters:
    ///   - clock: nanoseconds of a monotonic clock, asked around each decision; nil measures nothing.
    ///   - onStep: called after every 256 steps and every 16 measurements in between, with the number of steps so far and
    ///     how much of the replay they are.
    package func play<Scheme: ReplayScheme>(
        _ scheme: inout Scheme, clock: (() -> UInt64)? = nil, onStep: ((Int, Double) -> Void)? = nil
    ) -> (result: ReplayResult, latencies: [UInt64]) {
        var account = ReplayAccount(
            plan: plan, topology: topology, policy: policy, timeline: timeline, name: scheme.name)
        var latencies: [UInt64] = []
        var wakes = 0
        for (step, event) in events.enumerated() {
            while let wake = scheme.wake, wake <= event.time {
                scheme.reachTime(wake)
                account.note(scheme.takeChanges(), now: wake)
                account.sample(scheme, now: wake)
                wakes += 1
                if wakes & 0xf == 0 { onStep?(step, share(of: step, at: wake)) }
                // A scheme that does not move its wake on would stop time.
                guard scheme.wake != wake else { break }
            }
            scheme.awaitTime(event.time)
            switch event.kind {
            case .departure:
                let flow = plan.flows[event.position]
                account.end(event.position, now: event.time)
                scheme.depart(flow, at: event.position, now: event.time)
            case .fault:
                let fault = faults[event.position]
                scheme.change(fault.links, to: fault.state, now: event.time)
            case .rateChange:
                let flow = plan.flows[event.position]
                let wanted = flow.changes[event.change].bandwidth
                let decision = scheme.changeRate(of: flow, at: event.position, to: wanted, now: event.time)
                account.change(to: wanted, decision, event.position, now: event.time)
            case .arrival:
                let flow = plan.flows[event.position]
                let start = clock?()
                let decision = scheme.arrive(flow, at: event.position, now: event.time)
                if let start, let end = clock?() { latencies.append(end - start) }
                account.decide(decision, event.position, now: event.time)
            case .sample:
                account.sample(interval: event.position)
                continue
            }
            account.note(scheme.takeChanges(), now: event.time)
            account.sample(scheme, now: event.time)
            if step & 0xff == 0xff { onStep?(step + 1, share(of: step + 1, at: event.time)) }
        }
        return (account.result(), latencies)
    }

    /// How far a play has come: work goes with events, and with time where links are measured meanwhile.
    private func share(of step: Int, at now: Instant) -> Double {
        let steps = Double(step) / Double(max(1, events.count))
        let length = timeline.intervalSeconds * Double(timeline.count)
        return (steps + min(1, max(0, now.seconds(since: timeline.start) / max(length, 1e-9)))) / 2
    }

    /// What is offered at the busiest instant of `interval`, and the links that are up then: positions of flows with the
    /// bandwidth that each asks for.
    func offered(in interval: Int) -> (flows: [(position: Int, bandwidth: Bandwidth)], isUp: [Bool]) {
        let now = timeline.samples[interval]
        var flows: [(position: Int, bandwidth: Bandwidth)] = []
        for (position, flow) in plan.flows.enumerated() {
            // In order of start: nobody after this one is there yet.
            guard flow.start <= now else { break }
            guard now < flow.end else { continue }
            flows.append((position, flow.changes.last { $0.start <= now }?.bandwidth ?? flow.bandwidth))
        }
        var isUp = [Bool](repeating: true, count: topology.links.count)
        for fault in faults.sorted(by: { $0.time < $1.time }) where fault.time <= now {
            for link in fault.links { isUp[link.position] = fault.state == .up }
        }
        return (flows, isUp)
    }
}
