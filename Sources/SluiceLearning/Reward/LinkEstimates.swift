// What telemetry lets us believe about each link just now: exponential smoothing by the time between samples, so that
// a link that reports ten times a second and one that reports every ten seconds are judged alike.

private import Glibc
package import SluiceModel

/// A measured quantity, smoothed: after Δt seconds a new measurement counts 1 − e^(−Δt/τ), the rest of the past e^(−Δt/τ).
package struct SmoothedValue: Hashable, Sendable {
    package private(set) var value: Double
    package private(set) var time: Instant

    package init(_ value: Double, at time: Instant) {
        self.value = value
        self.time = time
    }

    /// - Parameter smoothingSeconds: τ; 0 forgets the past at once.
    package mutating func record(_ measured: Double, at now: Instant, smoothingSeconds: Double) {
        let elapsed = max(0, now.seconds(since: time))
        let weight = smoothingSeconds > 0 ? 1 - exp(-elapsed / smoothingSeconds) : 1
        value += weight * (measured - value)
        time = now
    }

    /// Another value, as old as the one before.
    package mutating func replace(with other: Double) { value = other }
}

/// What is known about one directed link; nil where it was never measured.
package struct LinkEstimate: Hashable, Sendable {
    /// Share of the capacity in use, 0 to 1.
    package var utilisation: SmoothedValue?
    /// Queued bytes at its sender.
    package var queueDepthBytes: SmoothedValue?
    /// Microseconds from sender to receiver, queueing included.
    package var latencyMicroseconds: SmoothedValue?
    /// Share of packets lost, 0 to 1.
    package var lossRatio: SmoothedValue?

    package init() {}

    /// When any of it was last measured.
    package var lastTime: Instant? {
        [utilisation?.time, queueDepthBytes?.time, latencyMicroseconds?.time, lossRatio?.time].compactMap { $0 }.max()
    }
}

/// Estimates of every link of a topology.
package struct LinkEstimates: Sendable {
    /// Why a sample was not taken.
    package enum Refusal: Hashable, Sendable {
        /// No value in it.
        case empty
        /// A ratio outside 0...1, a negative size, or not a number.
        case outOfRange
        /// Measured before the last one that was taken.
        case outdated
        /// Measured later than `now` by more than the clock skew that is forgiven.
        case fromTheFuture
    }

    /// τ of the smoothing in seconds.
    package private(set) var smoothingSeconds: Double
    /// Age at which a measurement stops to count.
    package private(set) var staleSeconds: Double
    /// How far ahead a reporter's clock may be.
    package static let clockSkewSeconds = 1.0

    private var estimates: [LinkEstimate]

    /// - Precondition: `smoothingSeconds` is not negative, `staleSeconds` is positive.
    package init(linkCount: Int, smoothingSeconds: Double, staleSeconds: Double) {
        precondition(smoothingSeconds >= 0, "a negative time constant of \(smoothingSeconds) s smooths nothing")
        precondition(staleSeconds > 0, "measurements cannot be stale after \(staleSeconds) s")
        self.smoothingSeconds = smoothingSeconds
        self.staleSeconds = staleSeconds
        estimates = Array(repeating: LinkEstimate(), count: linkCount)
    }

    package init(topology: Topology, policy: LearningPolicy) {
        self.init(
            linkCount: topology.links.count, smoothingSeconds: policy.smoothingSeconds,
            staleSeconds: policy.staleSeconds)
    }

    /// Smooths and ages from now on as `policy` says; what was measured stays.
    package mutating func adopt(_ policy: LearningPolicy) {
        smoothingSeconds = policy.smoothingSeconds
        staleSeconds = policy.staleSeconds
    }

    package subscript(link: LinkIndex) -> LinkEstimate { estimates[link.position] }

    /// Takes a sample; where it is refused, nothing changes.
    package mutating func record(_ sample: LinkSample, at now: Instant) -> Refusal? {
        if let refusal = refusal(of: sample, at: now) { return refusal }
        let time = min(sample.time ?? now, now)
        func recorded(_ measured: Double?, into estimate: SmoothedValue?) -> SmoothedValue? {
            guard let measured else { return estimate }
            guard var estimate, time.seconds(since: estimate.time) < staleSeconds else {
                return SmoothedValue(measured, at: time)
            }
            estimate.record(measured, at: time, smoothingSeconds: smoothingSeconds)
            return estimate
        }
        var estimate = estimates[sample.link.position]
        estimate.utilisation = recorded(sample.utilisation, into: estimate.utilisation)
        estimate.queueDepthBytes = recorded(sample.queueDepthBytes.map(Double.init), into: estimate.queueDepthBytes)
        estimate.latencyMicroseconds = recorded(
            sample.latency.map { Double($0.microseconds) }, into: estimate.latencyMicroseconds)
        estimate.lossRatio = recorded(sample.lossRatio, into: estimate.lossRatio)
        estimates[sample.link.position] = estimate
        return nil
    }

    /// Why `sample` would be refused at `now`; nil where it would be taken.
    package func refusal(of sample: LinkSample, at now: Instant) -> Refusal? {
        let ratios = [sample.utilisation, sample.lossRatio].compactMap { $0 }
        if ratios.isEmpty, sample.queueDepthBytes == nil, sample.latency == nil { return .empty }
        guard ratios.allSatisfy({ $0 >= 0 && $0 <= 1 }), sample.queueDepthBytes ?? 0 >= 0 else { return .outOfRange }
        guard let time = sample.time else { return nil }
        if time.seconds(since: now) > Self.clockSkewSeconds { return .fromTheFuture }
        if let last = estimates[sample.link.position].lastTime, time < last { return .outdated }
        return nil
    }

    /// Expects what a flow of `bandwidth` will change on `link` when it comes or goes, until measurements tell.
    ///
    /// Utilisation changes by the flow's share of the capacity; queue and latency beyond propagation as an M/M/1 queue's
    /// would, by u / (1 − u), which is cut off at u = `congestedUtilisation`. Since an estimate forgets the past at the
    /// pace at which measurements come to include the flow, what is expected here is not counted twice.
    package mutating func project(_ bandwidth: Bandwidth, on link: Link, arriving: Bool) {
        var estimate = estimates[link.index.position]
        guard let before = estimate.utilisation?.value else { return }
        let share = Double(bandwidth.bitsPerSecond) / Double(max(1, link.capacity.bitsPerSecond))
        let after = min(1, max(0, before + (arriving ? share : -share)))
        func load(_ utilisation: Double) -> Double {
            let bounded = min(utilisation, Self.congestedUtilisation)
            return bounded / (1 - bounded)
        }
        // From an idle link's none, a queue cannot be scaled up.
        let factor = load(before) > 0.01 ? load(after) / load(before) : 1
        let propagation = Double(link.latency.microseconds)
        estimate.utilisation?.replace(with: after)
        if let queue = estimate.queueDepthBytes { estimate.queueDepthBytes?.replace(with: queue.value * factor) }
        if let latency = estimate.latencyMicroseconds {
            let queueing = max(0, latency.value - propagation)
            estimate.latencyMicroseconds?.replace(with: min(latency.value, propagation) + queueing * factor)
        }
        estimates[link.index.position] = estimate
    }

    /// Utilisation at which a queue counts as full, so that leaving it promises a finite relief.
    package static let congestedUtilisation = 0.98

    /// A value that is young enough to count, with the share of it that still does: 1 when just measured, falling in a
    /// straight line to 0 at `staleSeconds`.
    package func fresh(_ value: SmoothedValue?, at now: Instant) -> (value: Double, weight: Double)? {
        guard let value else { return nil }
        let weight = min(1, 1 - now.seconds(since: value.time) / staleSeconds)
        return weight > 0 ? (value.value, weight) : nil
    }

    /// Whether anything young enough is known of `link`.
    package func isFresh(_ link: LinkIndex, at now: Instant) -> Bool {
        guard let last = self[link].lastTime else { return false }
        return now.seconds(since: last) < staleSeconds
    }

    /// Smoothed utilisation of `link`, 0 to 1, where it is fresh.
    package func utilisation(of link: LinkIndex, at now: Instant) -> Double? {
        fresh(self[link].utilisation, at: now)?.value
    }
}
