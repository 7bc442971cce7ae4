// Measurements in. Samples are checked, counted and smoothed into link estimates; then the flows on the measured links
// learn from them (ControlPlane+Relief.swift).

import SluiceLearning
import SluiceModel

struct LearningState: Sendable {
    private(set) var policy: LearningPolicy
    /// What was measured.
    private(set) var estimates: LinkEstimates
    /// What is expected: the measurements, and the moves that they do not show yet. Flows learn and move by it.
    var expected: LinkEstimates
    /// One for each carrier that has been on a measured link and has a choice.
    var selectors: [Carrier: PathSelector] = [:]
    /// Carriers whose candidates may have become others: links have failed or returned, or the policy is another one.
    /// When they learn next, candidates are sought anew, and what is known of those that stay is kept.
    var outdated: Set<Carrier> = []
    /// Carriers for which no second path was found beside this one; sought again when the ways may have changed.
    var withoutChoice: [Carrier: Path] = [:]
    /// For each link the instant of its newest sample when a flow last left it.
    var leftAt: [LinkIndex: Instant] = [:]
    /// How many have moved lately.
    var pace = MovePace()
    /// Samples since the start, by what became of them.
    private(set) var totals = TelemetryTotals()
    /// The last carrier that had its turn, where there are more than one report is allowed to look at.
    var lastTurn: Carrier = -1

    init(_ topology: Topology, policy: LearningPolicy) {
        self.policy = policy
        estimates = LinkEstimates(topology: topology, policy: policy)
        expected = estimates
    }

    mutating func record(_ sample: LinkSample, at now: Instant) -> LinkEstimates.Refusal? {
        if let refusal = estimates.record(sample, at: now) { return refusal }
        let refusal = expected.record(sample, at: now)
        precondition(refusal == nil, "what is expected of a link has the time of what was measured")
        return nil
    }

    mutating func count(_ receipt: TelemetryReceipt) {
        totals.accepted += receipt.accepted
        totals.refused.merge(receipt.refused) { $0 + $1 }
        totals.moved += receipt.moved.count
        totals.split += receipt.split.count
    }

    /// Goes on by another policy, of which also the classes' rewards matter: measurements stay, and so does what was
    /// learned, unless nothing is learned any more.
    mutating func adopt(_ policy: LearningPolicy) {
        self.policy = policy
        estimates.adopt(policy)
        expected.adopt(policy)
        if policy.scheme == .off { selectors = [:] }
        outdate()
    }

    /// Which ways there are, or what makes them good, has changed for everyone.
    mutating func outdate() {
        outdated = Set(selectors.keys)
        withoutChoice = [:]
    }

    /// The flow is another one, or gone.
    mutating func forget(_ carrier: Carrier) {
        selectors[carrier] = nil
        outdated.remove(carrier)
        withoutChoice[carrier] = nil
    }

    func utilisation(of link: LinkIndex, at now: Instant) -> Double? { estimates.utilisation(of: link, at: now) }
}

/// What became of all samples since the start, whichever way they came.
package struct TelemetryTotals: Hashable, Sendable {
    package var accepted = 0
    package var refused: [TelemetryReceipt.Refusal: Int] = [:]
    /// Moves, and changes of weights, that learning has made.
    package var moved = 0
    package var split = 0
    /// Automata that there are now.
    package var automata = 0
    package init() {}
}

extension ControlPlane {
    /// Samples with names, from the control socket.
    mutating func learn(from samples: [TelemetrySample]) -> TelemetryReceipt {
        var receipt = TelemetryReceipt()
        var known: [LinkSample] = []
        known.reserveCapacity(samples.count)
        for sample in samples {
            let links = topology.links(named: sample.link)
            guard let link = links.first else {
                receipt.refused[.unknownLink, default: 0] += 1
                continue
            }
            guard links.count == 1 else {
                receipt.refused[.ambiguousDirection, default: 0] += 1
                continue
            }
            known.append(
                LinkSample(
                    link: link, time: sample.time, utilisation: sample.utilisation,
                    queueDepthBytes: sample.queueDepthBytes, latency: sample.latency, lossRatio: sample.lossRatio))
        }
        learn(from: known, into: &receipt)
        return receipt
    }

    /// Samples of links, from wherever they came.
    mutating func learn(from samples: [LinkSample], into receipt: inout TelemetryReceipt) {
        var measured: Set<LinkIndex> = []
        for sample in samples {
            if let refusal = learning.record(sample, at: now) {
                receipt.refused[TelemetryReceipt.Refusal(refusal), default: 0] += 1
            } else {
                receipt.accepted += 1
                measured.insert(sample.link)
            }
        }
        if learning.policy.scheme != .off, !measured.isEmpty { relieve(measured, &receipt) }
        learning.count(receipt)
    }

    /// What became of all measurements so far.
    package var telemetryTotals: TelemetryTotals {
        var totals = learning.totals
        totals.automata = learning.selectors.count
        return totals
    }
}

extension TelemetryReceipt.Refusal {
    init(_ refusal: LinkEstimates.Refusal) {
        switch refusal {
        case .empty: self = .empty
        case .outOfRange: self = .outOfRange
        case .outdated, .fromTheFuture: self = .badTime
        }
    }
}
