// Flows over time: a five-tuple that falls silent for longer than the idle timeout and speaks again is another flow.

package import SluiceModel

/// A stretch of one five-tuple's traffic without a pause longer than the idle timeout.
package struct TrafficEpisode: Hashable, Sendable {
    /// Headers of the packet seen first; they always have a tuple.
    package let headers: PacketHeaders
    package let tuple: FiveTuple
    /// Earliest and latest packet.
    package fileprivate(set) var start: Instant
    package fileprivate(set) var end: Instant
    package fileprivate(set) var packets: Int
    /// Original lengths, link-layer headers included.
    package fileprivate(set) var bytes: Int
}

/// Collects episodes from packets in any order; constant memory for each, and a greatest number of them.
package struct EpisodeTable: Sendable {
    /// In order of first appearance.
    package private(set) var episodes: [TrafficEpisode] = []
    package private(set) var packets = 0
    package private(set) var bytes = 0
    package private(set) var packetsNotIP = 0
    package private(set) var packetsWithoutTime = 0
    /// Packets of episodes that the table had no room for.
    package private(set) var packetsBeyondLimit = 0

    private let idleTimeoutNanoseconds: Int64
    private let limit: Int
    private let hash: TupleHash
    private var index = TupleIndex()
    private var tuples: [FiveTuple] = []
    /// The latest episode of each tuple.
    private var current: [Int] = []

    /// - Precondition: the idle timeout is positive and below a century.
    package init(
        idleTimeoutSeconds: Double, limit: Int = Limits.capturedFlows,
        seed: UInt64 = UInt64.random(in: .min ... .max)
    ) {
        precondition(idleTimeoutSeconds > 0 && idleTimeoutSeconds < 3e9, "the idle timeout is out of range")
        idleTimeoutNanoseconds = Int64(idleTimeoutSeconds * 1e9)
        self.limit = limit
        hash = TupleHash(seed: seed)
    }

    /// Reads `captures` to their ends, counting the packets that `filter` lets through.
    package mutating func read(_ captures: CaptureMerge, filter: CaptureFilter? = nil) {
        while let packet = captures.next() {
            if let filter, !filter.accepts(packet) { continue }
            count(packet)
        }
    }

    package mutating func count(_ packet: CapturedPacket) {
        packets += 1
        bytes += packet.wireLength
        let headers = packet.headers
        guard let tuple = headers.tuple else {
            packetsNotIP += 1
            return
        }
        guard let time = packet.time else {
            packetsWithoutTime += 1
            return
        }
        count(tuple, headers, wireLength: packet.wireLength, at: time)
    }

    private mutating func count(_ tuple: FiveTuple, _ headers: PacketHeaders, wireLength: Int, at time: Instant) {
        let key = hash(tuple)
        let known = index.find(key) { tuples[$0] == tuple }
        if let known, episodes[current[known]].takes(time, within: idleTimeoutNanoseconds) {
            episodes[current[known]].add(wireLength, at: time)
            return
        }
        guard episodes.count < limit else {
            packetsBeyondLimit += 1
            return
        }
        let new = TrafficEpisode(headers: headers, tuple: tuple, start: time, end: time, packets: 1, bytes: wireLength)
        if let known {
            current[known] = episodes.count
        } else {
            tuples.append(tuple)
            current.append(episodes.count)
            index.insert(key) { hash(tuples[$0]) }
        }
        episodes.append(new)
    }
}

extension TrafficEpisode {
    /// Whether a packet at `time` is close enough to belong here.
    fileprivate func takes(_ time: Instant, within timeout: Int64) -> Bool {
        if time > end { return gap(end, time) <= timeout }
        return time >= start || gap(time, start) <= timeout
    }

    fileprivate mutating func add(_ wireLength: Int, at time: Instant) {
        packets += 1
        bytes += wireLength
        start = min(start, time)
        end = max(end, time)
    }

    private func gap(_ earlier: Instant, _ later: Instant) -> Int64 {
        let (gap, overflow) = later.nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return overflow ? .max : gap
    }
}
