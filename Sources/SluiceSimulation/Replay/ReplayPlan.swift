// From captured traffic to requests over time: what would have been asked of the network, and when.
//
// A captured episode becomes one flow. With changing rates it asks for what was sent in each stretch of its profile, so
// that what is reserved over time is what was sent, times the scale; with a mean, peak or percentile rate it asks for
// that one rate from its first to its last packet, or for one window if that is longer.

package import SluiceCapture
package import SluiceModel

package struct ReplayOptions: Hashable, Sendable {
    /// Which bandwidth a flow asks for.
    package enum Rate: Hashable, Sendable {
        case mean
        /// Of its busiest window.
        case peak
        /// What this share of its windows, 0 to 1, does not exceed.
        case percentile(share: Double)
        /// First that of its first stretch, and another one where a later stretch differs from it by more than
        /// `ReplayOptions.leastChange`.
        case changing
    }

    /// Relative difference of two rates below which they count as the same.
    package static let leastChange = 0.2

    /// Multiplies every bandwidth: traffic of a campus on a backbone, or growth.
    package var scale: Double = 1
    /// What makes packets one flow, when it ends, and the shortest time that a rate is measured over and held.
    package var episodes = EpisodeOptions()
    package var rate = Rate.mean
    /// Where addresses live that the topology's hosts do not have.
    package var places: [AddressPlace] = []
    package var seed: UInt64 = 1
    package init() {}

    package var windowSeconds: Double {
        get { episodes.windowSeconds }
        set { episodes.windowSeconds = newValue }
    }
}

/// A bandwidth from an instant on.
package struct RateStep: Hashable, Sendable {
    package let start: Instant
    package let bandwidth: Bandwidth
}

/// One flow to ask for at `start` and to withdraw at `end`.
package struct ReplayFlow: Hashable, Sendable {
    /// `f1`, `f2`, ... in order of start.
    package let id: FlowID
    package let key: FlowKey
    /// Of exactly its packets.
    package let match: FlowMatch
    /// Position in the policy's classes.
    package let trafficClass: Int
    package let source: NodeIndex
    package let destination: NodeIndex
    /// What it asks for on arrival.
    package let bandwidth: Bandwidth
    /// What it asks for later, in order of time.
    package let changes: [RateStep]
    package let start: Instant
    package let end: Instant

    /// Bits that it carries from start to end if it gets what it asks for, times 10^9.
    package var volume: Int128 {
        var total: Int128 = 0
        var (since, rate) = (start, bandwidth)
        for change in changes {
            total += Int128(rate.bitsPerSecond) * Int128(change.start.nanoseconds - since.nanoseconds)
            (since, rate) = (change.start, change.bandwidth)
        }
        return total + Int128(rate.bitsPerSecond) * Int128(end.nanoseconds - since.nanoseconds)
    }
}

/// Every flow of a replay, in order of start.
package struct ReplayPlan: Sendable {
    package let flows: [ReplayFlow]
    /// Episodes whose two addresses live at the same place: nothing to ask of the network.
    package let flowsWithinOnePlace: Int
    /// Flows that no class's rule matches; they are of the default class.
    package let flowsWithoutRule: Int
    /// Distinct addresses, and how many of them no host has.
    package let addresses: Int
    package let addressesSpread: Int

    /// - Precondition: the topology has a node; scale and window are positive.
    package init(_ episodes: [TrafficEpisode], topology: Topology, policy: Policy, options: ReplayOptions) {
        precondition(options.scale > 0 && options.windowSeconds > 0, "scale and window are positive")
        let classifier = TrafficClassifier(policy)
        var map = AddressMap(topology, places: options.places, seed: options.seed)
        var within = 0
        var unmatched = 0
        var seen: [IPAddress: Bool] = [:]
        var flows: [ReplayFlow] = []
        // Ties by key: the order in the capture must not matter, since files may be given in any order.
        for episode in episodes.sorted(by: { ($0.start.nanoseconds, $0.key) < ($1.start.nanoseconds, $1.key) }) {
            let tuple = episode.key.tuple
            let source = map.place(of: tuple.source)
            let destination = map.place(of: tuple.destination)
            seen[tuple.source] = source.isSpread
            seen[tuple.destination] = destination.isSpread
            guard source.end != destination.end else {
                within += 1
                continue
            }
            let found = classifier.classify(episode.headers)
            if !found.byRule { unmatched += 1 }
            let course = RateCourse(of: episode, options)
            flows.append(
                ReplayFlow(
                    id: FlowID("f\(flows.count + 1)"), key: episode.key,
                    match: options.episodes.aggregation.match(of: episode.key), trafficClass: found.position,
                    source: source.end, destination: destination.end, bandwidth: course.first,
                    changes: course.changes, start: episode.start, end: course.end))
        }
        self.flows = flows
        flowsWithinOnePlace = within
        flowsWithoutRule = unmatched
        addresses = seen.count
        addressesSpread = seen.values.count { $0 }
    }

    /// The first arrival and the last departure; nil without flows.
    package var span: (start: Instant, end: Instant)? {
        guard let start = flows.first?.start, let end = flows.lazy.map(\.end).max() else { return nil }
        return (start, end)
    }
}

/// The policy's match rules: the first class with a rule that accepts a packet has it, else the default class.
package struct TrafficClassifier: Sendable {
    private let rules: [[FlowMatch]]
    private let defaultPosition: Int

    package init(_ policy: Policy) {
        rules = policy.classes.map(\.matches)
        defaultPosition = policy.classes.firstIndex { $0.name == policy.defaultClass } ?? 0
    }

    package func classify(_ headers: PacketHeaders) -> (position: Int, byRule: Bool) {
        for (position, matches) in rules.enumerated() where matches.contains(where: { $0.accepts(headers) }) {
            return (position, true)
        }
        return (defaultPosition, false)
    }
}
