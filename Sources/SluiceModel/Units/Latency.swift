// Delay along links and paths, counted in whole microseconds.

/// A delay in microseconds, from 0 to 2^53 − 1.
package struct Latency: Hashable, Comparable, Sendable {
    package let microseconds: Int

    /// - Precondition: `microseconds` is in 0...(2^53 − 1); input from outside goes through `init(exactly:)`.
    package init(microseconds: Int) {
        precondition(
            microseconds >= 0 && microseconds <= Bandwidth.largest, "latency \(microseconds) us is out of range")
        self.microseconds = microseconds
    }

    /// The latency, or nil where `microseconds` is negative or above 2^53 − 1.
    package init?(exactly microseconds: Int) {
        guard microseconds >= 0, microseconds <= Bandwidth.largest else { return nil }
        self.microseconds = microseconds
    }

    package static let zero = Latency(microseconds: 0)

    /// Propagation in optical fibre: 5 µs for a kilometre, rounded up.
    package static func fibre(kilometres: Double) -> Latency {
        Latency(microseconds: Int((max(0, kilometres) * 5).rounded(.up)))
    }

    package static func < (left: Latency, right: Latency) -> Bool { left.microseconds < right.microseconds }
    package static func + (left: Latency, right: Latency) -> Latency {
        Latency(microseconds: left.microseconds + right.microseconds)
    }
    package static func += (left: inout Latency, right: Latency) { left = left + right }
}
