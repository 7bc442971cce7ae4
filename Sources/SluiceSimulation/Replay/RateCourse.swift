// What one flow asks for over its life.

import SluiceCapture
import SluiceModel

/// A first bandwidth, changes and an end.
struct RateCourse {
    private(set) var first = Bandwidth.zero
    private(set) var changes: [RateStep] = []
    private(set) var end: Instant

    init(of episode: TrafficEpisode, _ options: ReplayOptions) {
        let window = options.windowSeconds
        let seconds = max(episode.end.seconds(since: episode.start), window)
        end = episode.start.advanced(bySeconds: seconds)
        func rounded(_ rate: Double) -> Bandwidth { Self.bandwidth(rate * options.scale) }
        switch options.rate {
        case .mean: first = rounded(episode.meanRate(window: window))
        case .peak: first = rounded(episode.peakRate(window: window))
        case .percentile(let share): first = rounded(episode.rate(atShare: share, window: window))
        case .changing:
            guard let profile = episode.profile else {
                first = rounded(episode.meanRate(window: window))
                return
            }
            follow(profile, episode, options)
        }
    }

    /// Neighbouring stretches of about the same rate become one, with the mean of both. In whole nanoseconds, so that a
    /// steady rate does not round to two.
    private mutating func follow(_ profile: RateProfile, _ episode: TrafficEpisode, _ options: ReplayOptions) {
        let window = max(1, Int64(options.windowSeconds * 1e9))
        let length = Int64(profile.windowsPerStretch) * window
        let bytes = profile.bytesByStretch
        let origin = episode.origin.nanoseconds
        let lastStart = origin + length * Int64(bytes.count - 1)
        // The last stretch ends with the flow, but lasts a window at least.
        let lastLength = min(length, max(episode.end.nanoseconds - lastStart, window))
        let (sum, overflow) = lastStart.addingReportingOverflow(lastLength)
        let finish = overflow ? Int64.max : sum
        end = Instant(nanoseconds: finish)
        var groups: [(start: Int64, length: Int64, bytes: Int)] = []
        for (position, count) in bytes.enumerated() {
            let start = position == 0 ? episode.start.nanoseconds : origin + length * Int64(position)
            let stretch = (position == bytes.count - 1 ? finish : origin + length * Int64(position + 1)) - start
            if let group = groups.last, isNear(rate(count, stretch), rate(group.bytes, group.length)) {
                groups[groups.count - 1].length += stretch
                groups[groups.count - 1].bytes += count
            } else {
                groups.append((start, stretch, count))
            }
        }
        for (position, group) in groups.enumerated() {
            let bandwidth = Self.bandwidth(rate(group.bytes, group.length) * options.scale)
            if position == 0 {
                first = bandwidth
            } else {
                changes.append(RateStep(start: Instant(nanoseconds: group.start), bandwidth: bandwidth))
            }
        }
    }

    /// Bit/s.
    private func rate(_ bytes: Int, _ nanoseconds: Int64) -> Double {
        Double(bytes) * 8e9 / Double(max(1, nanoseconds))
    }

    private func isNear(_ rate: Double, _ other: Double) -> Bool {
        abs(rate - other) <= ReplayOptions.leastChange * max(rate, other)
    }

    /// Rounded up, at least 1 bit/s.
    private static func bandwidth(_ rate: Double) -> Bandwidth {
        let bits = rate.rounded(.up)
        return bits >= Double(Bandwidth.largest) ? .unlimited : Bandwidth(bitsPerSecond: max(1, Int(bits)))
    }
}
