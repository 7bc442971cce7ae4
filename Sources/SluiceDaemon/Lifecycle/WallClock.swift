// The one place of the daemon that asks for the time.

private import Glibc
package import SluiceModel

extension Instant {
    /// The system's wall clock.
    package static func now(wholeSeconds: Bool = false) -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + (wholeSeconds ? 0 : Int64(time.tv_nsec)))
    }
}

/// The wall clock, except that it never goes back: while the system's clock is set back, time stands still here.
package struct SteadyClock: Sendable {
    private var latest: Instant = .epoch
    package init() {}

    package mutating func now() -> Instant {
        latest = max(latest, .now())
        return latest
    }
}
