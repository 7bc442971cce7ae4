// Time that only goes forward, for budgets and uptimes.

private import Glibc

package enum MonotonicClock {
    /// Seconds since an arbitrary origin.
    package static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
