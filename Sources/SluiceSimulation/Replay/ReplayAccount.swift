// Keeps the books of one replay: what each flow is carried with since when, and what each link holds.

import SluiceModel

struct ReplayAccount {
    private let plan: ReplayPlan
    private let policy: Policy
    private let scheme: String
    private let reservable: [Bandwidth]
    private var tallies: [ReplayResult.Tally]
    private var refusals: [String: Int] = [:]
    private var links: [LinkBook]
    private var states: [FlowBook]
    /// Bits times 10^9, by class.
    private var carried: [Int128]
    private var sampledAt: Instant?
    private let timeline: ReplayTimeline
    private var intervals: [ReplayResult.Interval]
    /// Positions of the flows that have come and not gone; only sums are taken over it, so its order does not matter.
    private var live: Set<Int> = []
    private var weightAdmitted = 0

    private struct LinkBook {
        var held = Bandwidth.zero
        var peak = Bandwidth.zero
        /// Bits times 10^9.
        var volume: Int128 = 0
        var refusals = 0
    }

    private struct FlowBook {
        /// What it asks for while it is there.
        var asked = Bandwidth.zero
        var bandwidth = Bandwidth.zero
        var since = Instant.epoch
    }

    init(plan: ReplayPlan, topology: Topology, policy: Policy, timeline: ReplayTimeline, name: String) {
        self.plan = plan
        self.policy = policy
        self.timeline = timeline
        scheme = name
        reservable = topology.links.map(\.reservable)
        tallies = Array(repeating: ReplayResult.Tally(), count: policy.classes.count)
        carried = Array(repeating: 0, count: policy.classes.count)
        links = Array(repeating: LinkBook(), count: topology.links.count)
        states = Array(repeating: FlowBook(), count: plan.flows.count)
        intervals = Array(
            repeating: ReplayResult.Interval(
                classes: Array(repeating: ReplayResult.Interval.Counts(), count: policy.classes.count)),
            count: timeline.count)
    }

    /// The answer to the arrival of the flow at `position`.
    mutating func decide(_ decision: ReplayDecision, _ position: Int, now: Instant) {
        let flow = plan.flows[position]
        let (trafficClass, interval) = (flow.trafficClass, timeline.interval(of: now))
        states[position].asked = flow.bandwidth
        live.insert(position)
        tallies[trafficClass].offered += 1
        intervals[interval].classes[trafficClass].offered += 1
        switch decision {
        case .admitted(let bandwidth):
            tallies[trafficClass].admitted += 1
            intervals[interval].classes[trafficClass].admitted += 1
            weightAdmitted += policy.classes[trafficClass].replayWeight
            carry(position, bandwidth, now: now)
        case .waiting: tallies[trafficClass].waiting += 1
        case .refused(let code, let bottlenecks):
            tallies[trafficClass].refused += 1
            intervals[interval].classes[trafficClass].refused += 1
            refusals[code, default: 0] += 1
            for link in bottlenecks { links[link.position].refusals += 1 }
        }
    }

    /// The answer to a change of rate.
    mutating func change(to asked: Bandwidth, _ decision: ReplayDecision, _ position: Int, now: Instant) {
        let trafficClass = plan.flows[position].trafficClass
        let before = states[position].bandwidth
        settle(position, now: now)
        states[position].asked = asked
        switch decision {
        case .admitted(let bandwidth):
            if before == .zero {
                tallies[trafficClass].returned += 1
            } else {
                tallies[trafficClass].rateChanges += 1
            }
            carry(position, bandwidth, now: now)
        case .refused:
            guard before > .zero else { break }
            tallies[trafficClass].rateChanges += 1
            tallies[trafficClass].rateChangesRefused += 1
        case .waiting: carry(position, .zero, now: now)
        }
    }

    mutating func end(_ position: Int, now: Instant) {
        carry(position, .zero, now: now)
        states[position].asked = .zero
        live.remove(position)
    }

    mutating func note(_ changes: [ReplayChange], now: Instant) {
        let interval = timeline.interval(of: now)
        for change in changes {
            let trafficClass = plan.flows[change.position].trafficClass
            switch change.kind {
            case .preempted:
                tallies[trafficClass].preempted += 1
                intervals[interval].preempted += 1
                carry(change.position, .zero, now: now)
            case .displaced:
                tallies[trafficClass].displaced += 1
                intervals[interval].displaced += 1
                carry(change.position, .zero, now: now)
            case .moved(let byLearning):
                tallies[trafficClass].moved += 1
                intervals[interval].moved += 1
                if byLearning {
                    tallies[trafficClass].movedByLearning += 1
                    intervals[interval].movedByLearning += 1
                }
            case .carried(let bandwidth):
                if states[change.position].bandwidth == .zero { tallies[trafficClass].returned += 1 }
                carry(change.position, bandwidth, now: now)
            }
        }
    }

    /// Takes note of what is carried at the busiest instant of `interval`.
    mutating func sample(interval: Int) {
        for position in live {
            let (state, trafficClass) = (states[position], plan.flows[position].trafficClass)
            intervals[interval].bandwidthCarried += min(state.bandwidth, state.asked).bitsPerSecond
            // Less than it asks for is not what it asks for: the yardstick carries whole flows as well.
            guard state.bandwidth > .zero, state.bandwidth >= state.asked else { continue }
            intervals[interval].flowsCarried += 1
            intervals[interval].weightCarried += policy.classes[trafficClass].replayWeight
        }
    }

    /// Takes what every link holds from now on.
    mutating func sample(_ scheme: some ReplayScheme, now: Instant) {
        let elapsed = sampledAt.map { Int128(now.nanoseconds) - Int128($0.nanoseconds) } ?? 0
        sampledAt = now
        for position in links.indices {
            if elapsed > 0 { links[position].volume += Int128(links[position].held.bitsPerSecond) * elapsed }
            let held = scheme.held(on: LinkIndex(position))
            precondition(held <= reservable[position], "link #\(position) is overbooked")
            links[position].held = held
            links[position].peak = max(links[position].peak, held)
        }
    }

    func result() -> ReplayResult {
        var offered = carried.map { _ in Int128(0) }
        for flow in plan.flows { offered[flow.trafficClass] += flow.volume }
        var classes = tallies
        for position in classes.indices {
            classes[position].bitsOffered = bits(offered[position])
            classes[position].bitsCarried = bits(carried[position])
        }
        return ReplayResult(
            scheme: scheme, classes: classes, total: classes.reduce(into: ReplayResult.Tally()) { $0.add($1) },
            weightAdmitted: weightAdmitted,
            weightOffered: zip(classes, policy.classes).reduce(0) { $0 + $1.0.offered * $1.1.replayWeight },
            refusals: refusals.map { ReplayResult.Refusal(code: $0.key, count: $0.value) }
                .sorted { ($1.count, $0.code) < ($0.count, $1.code) },
            intervals: intervals,
            links: links.enumerated().map { position, book in
                ReplayResult.LinkUse(
                    link: LinkIndex(position), peak: book.peak, bitsHeld: bits(book.volume), refusals: book.refusals)
            })
    }

    /// Closes the flow's present stretch and begins one with `bandwidth`.
    private mutating func carry(_ position: Int, _ bandwidth: Bandwidth, now: Instant) {
        settle(position, now: now)
        states[position].bandwidth = bandwidth
    }

    /// Books what the flow has carried since the last change: never more than it sends.
    private mutating func settle(_ position: Int, now: Instant) {
        let book = states[position]
        let rate = min(book.bandwidth, book.asked)
        if rate > .zero {
            carried[plan.flows[position].trafficClass] +=
                Int128(rate.bitsPerSecond) * (Int128(now.nanoseconds) - Int128(book.since.nanoseconds))
        }
        states[position].since = now
    }

    /// Bit·ns/s in bits, rounded down; saturates.
    private func bits(_ volume: Int128) -> Int { Int(clamping: volume / 1_000_000_000) }
}

extension TrafficClass {
    /// Weight of one admitted flow in the weighted objective.
    package var replayWeight: Int { weight ?? priority }
}

extension ReplayResult.Tally {
    fileprivate mutating func add(_ other: Self) {
        offered += other.offered
        admitted += other.admitted
        refused += other.refused
        waiting += other.waiting
        preempted += other.preempted
        displaced += other.displaced
        returned += other.returned
        moved += other.moved
        movedByLearning += other.movedByLearning
        rateChanges += other.rateChanges
        rateChangesRefused += other.rateChangesRefused
        bitsOffered += other.bitsOffered
        bitsCarried += other.bitsCarried
    }
}
