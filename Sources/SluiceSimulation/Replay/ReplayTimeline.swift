// A replay cut into equal intervals, and in each the instant at which most was offered: there networks differ, since at
// quiet moments every one of them carries everything.

package import SluiceModel

package struct ReplayTimeline: Hashable, Sendable {
    package let start: Instant
    /// Length of one interval.
    package let nanoseconds: Int64
    /// Of each interval the first instant with the most bandwidth offered.
    package let samples: [Instant]

    /// - Precondition: `count` is positive.
    package init(_ plan: ReplayPlan, count: Int) {
        precondition(count > 0, "a replay has at least one interval")
        guard let span = plan.span else {
            (start, nanoseconds, samples) = (.epoch, 1, [])
            return
        }
        start = span.start
        // Time stamps may be anything, so the whole may be longer than 64 bits tell. Rounded up, so that the intervals
        // cover everything.
        let length = Int128(span.end.nanoseconds) - Int128(span.start.nanoseconds)
        let step = Int64(clamping: max(1, (length + Int128(count) - 1) / Int128(count)))
        nanoseconds = step
        samples = Self.samples(plan, start: span.start, step: step, count: count)
    }

    package var count: Int { samples.count }
    package var intervalSeconds: Double { Double(nanoseconds) / 1e9 }

    package func start(of interval: Int) -> Instant {
        Instant(nanoseconds: Self.begin(of: interval, start: start.nanoseconds, step: nanoseconds))
    }

    private static func begin(of interval: Int, start: Int64, step: Int64) -> Int64 {
        Int64(clamping: Int128(start) + Int128(interval) * Int128(step))
    }

    /// The interval that `instant` falls in; the first or last one where it is outside.
    package func interval(of instant: Instant) -> Int {
        let since = Int128(instant.nanoseconds) - Int128(start.nanoseconds)
        return min(max(0, count - 1), Int(clamping: max(0, since / Int128(nanoseconds))))
    }

    private static func samples(_ plan: ReplayPlan, start: Instant, step: Int64, count: Int) -> [Instant] {
        var changes: [(time: Int64, difference: Int128)] = []
        for flow in plan.flows {
            var rate = Int128(flow.bandwidth.bitsPerSecond)
            changes.append((flow.start.nanoseconds, rate))
            for change in flow.changes {
                let next = Int128(change.bandwidth.bitsPerSecond)
                changes.append((change.start.nanoseconds, next - rate))
                rate = next
            }
            changes.append((flow.end.nanoseconds, -rate))
        }
        changes.sort { $0.time < $1.time }
        var samples: [Instant] = []
        var position = 0
        var offered: Int128 = 0
        for interval in 0..<count {
            let begin = Self.begin(of: interval, start: start.nanoseconds, step: step)
            let end = Self.begin(of: interval + 1, start: start.nanoseconds, step: step)
            while position < changes.count, changes[position].time <= begin {
                offered += changes[position].difference
                position += 1
            }
            var (best, most) = (begin, offered)
            while position < changes.count, changes[position].time < end {
                let time = changes[position].time
                while position < changes.count, changes[position].time == time {
                    offered += changes[position].difference
                    position += 1
                }
                if offered > most { (best, most) = (time, offered) }
            }
            samples.append(Instant(nanoseconds: best))
        }
        return samples
    }
}
