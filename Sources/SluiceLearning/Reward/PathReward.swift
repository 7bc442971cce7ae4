// How well a path serves a flow just now, as one number that an automaton can learn from.

package import SluiceModel

/// Reward of a path, 0 (useless) to 1 (idle, lossless, as fast as light), from the estimates of its links.
///
/// Each measurement that is known scores 0 to 1:
///
/// - utilisation: Π(1 − utilisation), the chance that a packet finds every link free. Of paths that share their busiest
///   link it tells which one is better beside that link, and a detour over many links costs something;
/// - queue: d / (d + Σ queueing delay), where a link's queueing delay is its queued bits over its capacity and
///   d = `queueingDelayAtHalf`;
/// - latency: the reference latency over the path's, at most 1;
/// - loss: l / (l + path loss), where the path loses 1 − Π(1 − loss) and l = `lossAtHalf`.
///
/// The reward is their mean by weight. Whatever grows stale pulls it towards `neutral`, at which nothing is known.
package struct PathReward: Sendable {
    /// The reward of a path of which nothing is known.
    package static let neutral = 0.5
    /// Queueing delay that scores one half: 1 ms.
    package static let queueingDelayAtHalf = 0.001
    /// Share of lost packets that scores one half: 1 %, at which a TCP sender is far below any rate worth having.
    package static let lossAtHalf = 0.01
    /// Latency below which differences do not matter.
    package static let leastReferenceMicroseconds = 20

    package let weights: RewardWeights
    /// The latency that scores 1: that of the fastest candidate when idle.
    package let referenceLatency: Latency

    package init(weights: RewardWeights, referenceLatency: Latency) {
        self.weights = weights
        self.referenceLatency = max(
            referenceLatency, Latency(microseconds: Self.leastReferenceMicroseconds))
    }

    /// The reward for one of `candidates`; its reference is the latency of the fastest of them.
    package init(weights: RewardWeights, candidates: [Path], in topology: Topology) {
        let fastest = candidates.map { $0.latency(in: topology) }.min() ?? .zero
        self.init(weights: weights, referenceLatency: fastest)
    }

    /// Whether every trunk link of `path` has a fresh measurement. Access links are the same on every candidate, so
    /// they tell nothing.
    package func isKnown(_ path: Path, from estimates: LinkEstimates, in topology: Topology, at now: Instant) -> Bool {
        path.links.allSatisfy { topology[$0].kind == .access || estimates.isFresh($0, at: now) }
    }

    package func reward(of path: Path, from estimates: LinkEstimates, in topology: Topology, at now: Instant) -> Double
    {
        var utilisation = Score()
        var queue = Score()
        var latency = Score()
        var loss = Score()
        var free = 1.0
        var queueingDelay = 0.0
        var microseconds = 0.0
        var delivered = 1.0
        for index in path.links {
            let link = topology[index]
            let estimate = estimates[index]
            if let (value, weight) = estimates.fresh(estimate.utilisation, at: now) {
                free *= 1 - value
                utilisation.know(weight)
            }
            if let (value, weight) = estimates.fresh(estimate.queueDepthBytes, at: now) {
                queueingDelay += value * 8 / Double(max(1, link.capacity.bitsPerSecond))
                queue.know(weight)
            }
            if let (value, weight) = estimates.fresh(estimate.latencyMicroseconds, at: now) {
                microseconds += value
                latency.know(weight)
            } else {
                microseconds += Double(link.latency.microseconds)
            }
            if let (value, weight) = estimates.fresh(estimate.lossRatio, at: now) {
                delivered *= 1 - value
                loss.know(weight)
            }
        }
        let reference = Double(referenceLatency.microseconds)
        utilisation.value = free
        queue.value = Self.queueingDelayAtHalf / (Self.queueingDelayAtHalf + queueingDelay)
        latency.value = min(1, reference / max(1, microseconds))
        loss.value = Self.lossAtHalf / (Self.lossAtHalf + (1 - delivered))
        let scores = [
            (weights.utilisation, utilisation), (weights.queue, queue), (weights.latency, latency),
            (weights.loss, loss),
        ]
        var total = 0.0
        var sum = 0.0
        for (weight, score) in scores where score.freshness != nil {
            total += weight
            sum += weight * (Self.neutral + (score.value - Self.neutral) * (score.freshness ?? 0))
        }
        return total > 0 ? min(1, max(0, sum / total)) : Self.neutral
    }
}

/// One measurement's part of a reward.
private struct Score {
    var value = 0.0
    /// Weight of the stalest link that counts, 0 to 1; nil where none is known.
    var freshness: Double?

    mutating func know(_ weight: Double) { freshness = min(freshness ?? 1, weight) }
}
