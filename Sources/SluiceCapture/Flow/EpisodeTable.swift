// Flows over time: a flow that falls silent for longer than the idle timeout and speaks again is another one.

package import SluiceModel

/// A stretch of one flow's traffic without a pause longer than the idle timeout.
package struct TrafficEpisode: Hashable, Sendable {
    /// Headers of the packet seen first; they always have a tuple.
    package let headers: PacketHeaders
    package let key: FlowKey
    /// Earliest and latest packet.
    package fileprivate(set) var start: Instant
    package fileprivate(set) var end: Instant
    package fileprivate(set) var packets: Int
    /// Original lengths, link-layer headers included.
    package fileprivate(set) var bytes: Int
    /// The packet seen first: windows are counted from here.
    package let origin: Instant
    /// What was sent when; nil while everything was sent within the first window.
    package fileprivate(set) var profile: RateProfile?
}

/// How episodes are told apart and measured.
package struct EpisodeOptions: Hashable, Sendable {
    package var aggregation = FlowAggregation.fiveTuple
    /// Silence after which the next packet begins another episode.
    package var idleTimeoutSeconds = 30.0
    /// Length of the windows that peak and percentile rates are measured over.
    package var windowSeconds = 1.0
    /// Whether percentiles can be asked for: flows longer than sixteen windows then take 1.2 kB more.
    package var keepsPercentiles = true
    package init() {}
}

/// Collects episodes from packets in any order; constant memory for each, and a greatest number of them.
package struct EpisodeTable: Sendable {
    /// In order of first appearance.
    package private(set) var episodes: [TrafficEpisode] = []
    package private(set) var packets = 0
    package private(set) var bytes = 0
    package private(set) var packetsNotIP = 0
    package private(set) var packetsWithoutTime = 0
    /// Packets of link types that cannot be read, which count as not IP, and the first such type.
    package private(set) var packetsUnreadable = 0
    package private(set) var unreadableLinkType: LinkType?
    /// Packets of episodes that the table had no room for.
    package private(set) var packetsBeyondLimit = 0
    package let options: EpisodeOptions

    private let idleTimeoutNanoseconds: Int64
    private let windowNanoseconds: Int64
    private let limit: Int
    private let hash: TupleHash
    private var index = TupleIndex()
    private var keys: [FlowKey] = []
    /// The latest episode of each key.
    private var current: [Int] = []

    /// - Precondition: idle timeout and window are positive and below a century.
    package init(
        _ options: EpisodeOptions, limit: Int = Limits.capturedFlows, seed: UInt64 = UInt64.random(in: .min ... .max)
    ) {
        for seconds in [options.idleTimeoutSeconds, options.windowSeconds] {
            precondition(seconds > 0 && seconds < 3e9, "a time of \(seconds) s is out of range")
        }
        self.options = options
        idleTimeoutNanoseconds = Int64(options.idleTimeoutSeconds * 1e9)
        windowNanoseconds = max(1, Int64(options.windowSeconds * 1e9))
        self.limit = limit
        hash = TupleHash(seed: seed)
    }

    /// Five-tuples and windows of one second.
    package init(
        idleTimeoutSeconds: Double, limit: Int = Limits.capturedFlows,
        seed: UInt64 = UInt64.random(in: .min ... .max)
    ) {
        var options = EpisodeOptions()
        options.idleTimeoutSeconds = idleTimeoutSeconds
        self.init(options, limit: limit, seed: seed)
    }

    /// Reads `captures` to their ends, counting the packets that `filter` lets through. `onProgress` is called after
    /// every 65 536 packets.
    package mutating func read(
        _ captures: CaptureMerge, filter: CaptureFilter? = nil, onProgress: ((Int) -> Void)? = nil
    ) {
        var seen = 0
        while let packet = captures.next() {
            seen += 1
            if seen & 0xffff == 0 { onProgress?(seen) }
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
            if !packet.linkType.isReadable {
                packetsUnreadable += 1
                unreadableLinkType = unreadableLinkType ?? packet.linkType
            }
            return
        }
        guard let time = packet.time else {
            packetsWithoutTime += 1
            return
        }
        count(options.aggregation.key(of: headers, tuple), headers, wireLength: packet.wireLength, at: time)
    }

    /// Counts a packet that was made up, as if it had been captured whole.
    package mutating func count(_ packet: GeneratedPacket) {
        packets += 1
        bytes += packet.wireLength
        var headers = PacketHeaders()
        headers.tuple = packet.tuple
        headers.dscp = packet.dscp
        count(
            options.aggregation.key(of: headers, packet.tuple), headers, wireLength: packet.wireLength,
            at: packet.time)
    }

    private mutating func count(_ key: FlowKey, _ headers: PacketHeaders, wireLength: Int, at time: Instant) {
        let hashed = hash(key)
        let known = index.find(hashed) { keys[$0] == key }
        if let known, episodes[current[known]].takes(time, within: idleTimeoutNanoseconds) {
            episodes[current[known]].add(
                wireLength, at: time, window: windowNanoseconds, countsWindows: options.keepsPercentiles)
            return
        }
        guard episodes.count < limit else {
            packetsBeyondLimit += 1
            return
        }
        let new = TrafficEpisode(
            headers: headers, key: key, start: time, end: time, packets: 1, bytes: wireLength, origin: time)
        if let known {
            current[known] = episodes.count
        } else {
            keys.append(key)
            current.append(episodes.count)
            index.insert(hashed) { hash(keys[$0]) }
        }
        episodes.append(new)
    }
}

extension EpisodeTable {
    /// All episodes by start, then by key: the order in the capture must not matter.
    package var byStart: [Int] {
        episodes.indices.sorted {
            (episodes[$0].start.nanoseconds, episodes[$0].key) < (episodes[$1].start.nanoseconds, episodes[$1].key)
        }
    }

    /// Positions of the `count` episodes with the most bytes; ties by start, then by key.
    package func largest(_ count: Int) -> ArraySlice<Int> {
        episodes.indices.sorted { left, right in
            let (first, second) = (episodes[left], episodes[right])
            return (second.bytes, first.start.nanoseconds, first.key) < (
                first.bytes, second.start.nanoseconds, second.key
            )
        }.prefix(count)
    }
}

extension TrafficEpisode {
    /// Whether a packet at `time` is close enough to belong here.
    fileprivate func takes(_ time: Instant, within timeout: Int64) -> Bool {
        if time.nanoseconds > end.nanoseconds { return gap(end, time) <= timeout }
        return time.nanoseconds >= start.nanoseconds || gap(time, start) <= timeout
    }

    fileprivate mutating func add(_ wireLength: Int, at time: Instant, window: Int64, countsWindows: Bool) {
        let sinceOrigin = time.nanoseconds > origin.nanoseconds ? gap(origin, time) : 0
        if profile != nil {
            profile?.add(wireLength, inWindow: Int(sinceOrigin / window))
        } else if sinceOrigin >= window {
            var profile = RateProfile(firstWindowBytes: bytes, countsWindows: countsWindows)
            profile.add(wireLength, inWindow: Int(sinceOrigin / window))
            self.profile = profile
        }
        packets += 1
        bytes += wireLength
        if time.nanoseconds < start.nanoseconds { start = time }
        if time.nanoseconds > end.nanoseconds { end = time }
    }

    private func gap(_ earlier: Instant, _ later: Instant) -> Int64 {
        let (gap, overflow) = later.nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return overflow ? .max : gap
    }
}

extension TrafficEpisode {
    /// Bit/s from first to last packet, or over one window if that is longer.
    package func meanRate(window seconds: Double) -> Double {
        Double(bytes) * 8 / max(end.seconds(since: start), seconds)
    }

    /// Bit/s of the window in which most was sent, and at least the mean rate: a packet at each end of a flow makes its
    /// mean higher than that of any window that holds one of the two.
    package func peakRate(window seconds: Double) -> Double {
        max(Double(profile?.peakWindowBytes ?? bytes) * 8 / seconds, meanRate(window: seconds))
    }

    /// Bit/s that `share` of the windows do not exceed.
    package func rate(atShare share: Double, window seconds: Double) -> Double {
        Double(profile?.windowBytes(atShare: share) ?? bytes) * 8 / seconds
    }
}
