// Bandwidth and capacity, counted in whole bits per second, so that any order of holds and releases on a link gives
// the same total and "does it fit" is decided exactly.

/// A rate in bit/s, from 0 to `Bandwidth.unlimited` (2^53 − 1, the largest integer every JSON reader keeps exact).
package struct Bandwidth: Hashable, Comparable, Sendable {
    package let bitsPerSecond: Int

    /// - Precondition: `bitsPerSecond` is in 0...(2^53 − 1); input from outside goes through `init(exactly:)`.
    package init(bitsPerSecond: Int) {
        precondition(
            bitsPerSecond >= 0 && bitsPerSecond <= Self.largest, "bandwidth \(bitsPerSecond) bit/s is out of range")
        self.bitsPerSecond = bitsPerSecond
    }

    /// The bandwidth, or nil where `bitsPerSecond` is negative or above 2^53 − 1.
    package init?(exactly bitsPerSecond: Int) {
        guard bitsPerSecond >= 0, bitsPerSecond <= Self.largest else { return nil }
        self.bitsPerSecond = bitsPerSecond
    }

    package static let largest = (1 << 53) - 1
    package static let zero = Bandwidth(bitsPerSecond: 0)
    /// What a link or access port without a stated limit can carry.
    package static let unlimited = Bandwidth(bitsPerSecond: largest)

    package static func kilobits(_ count: Int) -> Bandwidth { Bandwidth(bitsPerSecond: count * 1_000) }
    package static func megabits(_ count: Int) -> Bandwidth { Bandwidth(bitsPerSecond: count * 1_000_000) }
    package static func gigabits(_ count: Int) -> Bandwidth { Bandwidth(bitsPerSecond: count * 1_000_000_000) }

    package static func < (left: Bandwidth, right: Bandwidth) -> Bool { left.bitsPerSecond < right.bitsPerSecond }
    package static func + (left: Bandwidth, right: Bandwidth) -> Bandwidth {
        Bandwidth(bitsPerSecond: left.bitsPerSecond + right.bitsPerSecond)
    }
    package static func - (left: Bandwidth, right: Bandwidth) -> Bandwidth {
        Bandwidth(bitsPerSecond: left.bitsPerSecond - right.bitsPerSecond)
    }
    package static func += (left: inout Bandwidth, right: Bandwidth) { left = left + right }
    package static func -= (left: inout Bandwidth, right: Bandwidth) { left = left - right }
}
