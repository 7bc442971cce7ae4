// How many flows may move in a second, so that a network that has come to rest stays at rest.

package import SluiceModel

/// The moves and the wishes of the last second.
///
/// Where many flows would gain much, something has happened, and they move as fast as the rounds let them. Otherwise a
/// flow waits while others have moved within the last second: what they have changed may have made its own move
/// pointless, and the measurements do not show it yet. So half a percent of the flows, one at least, refine their paths
/// in any second, and no two of a small network at the same instant.
package struct MovePace: Sendable {
    /// Share of the flows that may move in one second where little is to be gained.
    package static let sharePerSecond = 0.005
    /// Gain in reward that is much.
    package static let urgentGain = 0.1
    /// Share of the flows that are many.
    package static let urgentShare = 0.04
    /// Most moves of a second that are told apart; no more flows than this move in one for little.
    private static let remembered = 512

    /// When the last flows moved, oldest first.
    private var recent: [Instant] = []
    /// Flows that would gain much, in this round.
    private var wishes = 0
    /// The most of a round in the last second, and when that was.
    private var demand = 0
    private var demandTime = Instant.epoch

    package init() {}

    /// A round begins.
    package mutating func begin(at now: Instant) {
        if wishes >= demand || now.seconds(since: demandTime) >= 1 {
            demand = wishes
            demandTime = now
        }
        wishes = 0
        recent.removeAll { now.seconds(since: $0) >= 1 }
    }

    /// Whether a flow may move in this round, whose reward rises by `gain`.
    ///
    /// - Parameter flows: how many flows learn.
    package mutating func permits(gain: Double, flows: Int) -> Bool {
        if gain >= Self.urgentGain {
            wishes += 1
            if Double(demand) > Self.urgentShare * Double(flows) { return true }
        }
        return recent.count < min(Self.remembered, max(1, Int(Double(flows) * Self.sharePerSecond)))
    }

    /// A flow moves.
    package mutating func count(at now: Instant) {
        if recent.count == Self.remembered { recent.removeFirst() }
        recent.append(now)
    }
}
