// How often a duration fell into which range, as Prometheus counts them.

package struct Histogram: Sendable {
    /// Upper bounds in seconds, ascending; one more bucket takes the rest.
    let bounds: [Double]
    /// One for each bound, and the rest; not cumulative.
    private(set) var counts: [Int]
    private(set) var sum = 0.0
    private(set) var count = 0

    package init(_ bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package mutating func observe(_ seconds: Double) {
        // A bound belongs to its own bucket (le: less or equal).
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
        sum += seconds
        count += 1
    }

    /// 1 µs to 1 s, three a decade: decisions.
    static let decisionBounds: [Double] =
        [
            1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1,
            0.25, 0.5, 1,
        ]
    /// 1 ms to 1 min: solves.
    static let solveBounds: [Double] = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    /// 100 µs to 10 s: commits of the journal.
    static let commitBounds: [Double] =
        [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
}
