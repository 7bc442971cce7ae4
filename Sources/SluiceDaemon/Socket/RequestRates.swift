// How many requests a second each user may make: a bucket of tokens for each, filled at the policy's rate, which holds
// what one second brings.

package import NIOCore

package struct RequestRates {
    private struct Bucket {
        var tokens: Double
        var filled: NIODeadline
    }

    private var buckets: [UInt32: Bucket] = [:]

    package init() {}

    /// Takes `cost` from the bucket of `user`. Nil where the request may go on; otherwise the seconds after which
    /// the next may. A cost above what the bucket holds needs it full, and leaves a debt.
    package mutating func take(_ cost: Int, of user: UInt32, perSecond rate: Double, at now: NIODeadline) -> Double? {
        let size = max(1, rate)
        if buckets.count >= DaemonLimits.ratedUsers, buckets[user] == nil {
            // A full bucket remembers nothing.
            buckets = buckets.filter { filled($0.value, size: size, rate: rate, at: now) < size }
        }
        var tokens = buckets[user].map { filled($0, size: size, rate: rate, at: now) } ?? size
        let needed = min(Double(cost), size)
        defer { buckets[user] = Bucket(tokens: tokens, filled: now) }
        guard tokens >= needed else { return (needed - tokens) / rate }
        tokens -= Double(cost)
        return nil
    }

    private func filled(_ bucket: Bucket, size: Double, rate: Double, at now: NIODeadline) -> Double {
        min(size, bucket.tokens + Double((now - bucket.filled).nanoseconds) * 1e-9 * rate)
    }
}
