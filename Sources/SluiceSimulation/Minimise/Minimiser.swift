// Makes a failure small: stimuli are left out, in halves, quarters and so on (delta debugging: Zeller and Hildebrandt,
// "Simplifying and isolating failure-inducing input", 2002), as long as the same promise is still broken.

package struct Minimiser {
    /// The smallest run found so far that fails in the same way, and how.
    package private(set) var options: SimulationOptions
    package private(set) var failure: SimulationFailure
    /// Runs that were tried.
    package private(set) var runs = 0
    private let runLimit: Int

    /// - Parameter failure: what `options` end in.
    package init(_ options: SimulationOptions, _ failure: SimulationFailure, runLimit: Int = 300) {
        self.options = options
        self.failure = failure
        self.runLimit = runLimit
        shorten()
    }

    package mutating func run() {
        var size = max(1, failure.stimulus / 2)
        while true {
            var removed = false
            var start = 0
            while start < failure.stimulus, runs < runLimit {
                if tryWithout(start...(start + size - 1)) { removed = true }
                start += size
            }
            if runs >= runLimit || size == 1 && !removed { return }
            size = max(1, size / 2)
        }
    }

    /// Nothing that comes after the failure matters.
    private mutating func shorten() { if failure.event < options.events { options.events = failure.event + 1 } }

    private mutating func tryWithout(_ range: ClosedRange<Int>) -> Bool {
        if options.skipped.contains(where: { $0.contains(range.lowerBound) && $0.contains(range.upperBound) }) {
            return false
        }
        var fewer = options
        fewer.skipped = Self.joined(options.skipped + [range])
        runs += 1
        guard let found = Simulation(fewer).run().failure, found.kind == failure.kind else { return false }
        options = fewer
        failure = found
        shorten()
        return true
    }

    /// Ascending, and those that touch in one.
    static func joined(_ ranges: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
        var result: [ClosedRange<Int>] = []
        for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }
}
