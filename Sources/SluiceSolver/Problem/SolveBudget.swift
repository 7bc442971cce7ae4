// How long a solver may work. Solvers read no clock of their own: the caller hands one in, or counts work instead, and
// then the same seed gives the same answer on any machine.

private import Synchronization

/// Set once, by anyone, to end a solve early; the best answer so far is still audited and returned.
package final class CancellationToken: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    package func cancel() { flag.store(true, ordering: .releasing) }
    package var isCancelled: Bool { flag.load(ordering: .acquiring) }
}

/// The end of a solve: a wall-time limit or a number of work units.
package struct SolveBudget: Sendable {
    package enum Extent: Sendable {
        /// Seconds, measured on `clock`, a monotonic clock in seconds from any origin.
        case wallTime(seconds: Double, clock: @Sendable () -> Double)
        /// Work units: one search move, one shortest-path tree or one pivot each.
        case work(Int)
    }

    package let extent: Extent
    package let cancellation: CancellationToken

    package init(_ extent: Extent, cancellation: CancellationToken = CancellationToken()) {
        self.extent = extent
        self.cancellation = cancellation
    }
}

/// A budget being spent, by one thread.
package struct WorkMeter: Sendable {
    package let budget: SolveBudget
    private let start: Double
    /// Work units spent so far.
    package private(set) var work = 0

    /// Starts the clock. `startedAt`: the reading of the budget's clock to count from; nil for now.
    package init(_ budget: SolveBudget, startedAt: Double? = nil) {
        self.budget = budget
        if case .wallTime(_, let clock) = budget.extent { start = startedAt ?? clock() } else { start = 0 }
    }

    package mutating func spend(_ units: Int) { work += units }

    /// Seconds since the start; nil where work is counted.
    package var elapsedSeconds: Double? {
        if case .wallTime(_, let clock) = budget.extent { clock() - start } else { nil }
    }

    package var isOver: Bool {
        if budget.cancellation.isCancelled { return true }
        return switch budget.extent {
        case .wallTime(let seconds, let clock): clock() - start >= seconds
        case .work(let limit): work >= limit
        }
    }

    /// Whether polishing an answer must end: it may overrun a wall-time budget by a few milliseconds, and costs a work
    /// limit nothing.
    package func isOverForPolish() -> Bool {
        switch budget.extent {
        case .wallTime(let seconds, let clock): clock() - start >= seconds + 0.01
        case .work: false
        }
    }

    /// Share of the budget that is spent, 0...1.
    package var share: Double {
        switch budget.extent {
        case .wallTime(let seconds, let clock): seconds > 0 ? min(1, (clock() - start) / seconds) : 1
        case .work(let limit): limit > 0 ? min(1, Double(work) / Double(limit)) : 1
        }
    }
}
