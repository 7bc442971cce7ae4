// From captured traffic to requests over time: what would have been asked of the network, and when.
//
// A captured episode of B bytes from its first to its last packet becomes one flow of bandwidth 8·B/T, held for T, where
// T is its duration or, if that is longer, the window. So what is reserved over time is what was sent, times the scale.

package import SluiceCapture
package import SluiceModel

package struct ReplayOptions: Hashable, Sendable {
    /// Multiplies every bandwidth: traffic of a campus on a backbone, or growth.
    package var scale: Double = 1
    /// Shortest time that a rate is measured over, and that a flow holds its bandwidth.
    package var windowSeconds: Double = 1
    /// Silence after which a five-tuple's next packet begins another flow.
    package var idleTimeoutSeconds: Double = 30
    package var seed: UInt64 = 1
    package init() {}
}

/// One flow to ask for at `start` and to withdraw at `end`.
package struct ReplayFlow: Hashable, Sendable {
    /// `f1`, `f2`, ... in order of start.
    package let id: FlowID
    package let tuple: FiveTuple
    /// Position in the policy's classes.
    package let trafficClass: Int
    package let source: NodeIndex
    package let destination: NodeIndex
    package let bandwidth: Bandwidth
    package let start: Instant
    package let end: Instant

    /// Bits that it carries from start to end if admitted, times 10^9.
    package var volume: Int128 { Int128(bandwidth.bitsPerSecond) * Int128(end.nanoseconds - start.nanoseconds) }
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
        var map = AddressMap(topology, seed: options.seed)
        var within = 0
        var unmatched = 0
        var seen: [IPAddress: Bool] = [:]
        var flows: [ReplayFlow] = []
        // Ties by tuple: the order in the capture must not matter, since files may be given in any order.
        for episode in episodes.sorted(by: { ($0.start.nanoseconds, $0.tuple) < ($1.start.nanoseconds, $1.tuple) }) {
            let source = map.place(of: episode.tuple.source)
            let destination = map.place(of: episode.tuple.destination)
            seen[episode.tuple.source] = source.isSpread
            seen[episode.tuple.destination] = destination.isSpread
            guard source.end != destination.end else {
                within += 1
                continue
            }
            let found = classifier.classify(episode.headers)
            if !found.byRule { unmatched += 1 }
            let seconds = max(episode.end.seconds(since: episode.start), options.windowSeconds)
            flows.append(
                ReplayFlow(
                    id: FlowID("f\(flows.count + 1)"), tuple: episode.tuple, trafficClass: found.position,
                    source: source.end, destination: destination.end,
                    bandwidth: Self.bandwidth(bytes: episode.bytes, seconds: seconds, scale: options.scale),
                    start: episode.start, end: episode.start.advanced(bySeconds: seconds)))
        }
        self.flows = flows
        flowsWithinOnePlace = within
        flowsWithoutRule = unmatched
        addresses = seen.count
        addressesSpread = seen.values.count { $0 }
    }

    /// Rounded up, at least 1 bit/s.
    private static func bandwidth(bytes: Int, seconds: Double, scale: Double) -> Bandwidth {
        let bits = (Double(bytes) * 8 / seconds * scale).rounded(.up)
        return bits >= Double(Bandwidth.largest) ? .unlimited : Bandwidth(bitsPerSecond: max(1, Int(bits)))
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
