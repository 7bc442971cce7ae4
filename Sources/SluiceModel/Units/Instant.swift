// A point in time, handed to the core by whoever owns the clock: the daemon, the simulator or the replayer.

/// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
package struct Instant: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let epoch = Instant(nanoseconds: 0)

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The instant `seconds` after this one; saturates at the ends of the representable range.
    package func advanced(bySeconds seconds: Double) -> Instant {
        let shift = seconds * 1e9
        guard shift.isFinite, abs(shift) < 9e18 else {
            return Instant(nanoseconds: shift > 0 ? .max : .min)
        }
        let (sum, overflow) = nanoseconds.addingReportingOverflow(Int64(shift))
        return Instant(nanoseconds: overflow ? (shift > 0 ? .max : .min) : sum)
    }

    /// Seconds from `earlier` to this instant; negative where the clock went back.
    package func seconds(since earlier: Instant) -> Double {
        Double(nanoseconds) / 1e9 - Double(earlier.nanoseconds) / 1e9
    }
}
