// What an automaton knows, apart from the steps by which it came to know it: enough to go on after a restart, under
// another policy, or when some of its actions have become others.

/// Probabilities, and what is estimated of rewards.
package struct AutomatonMemory: Hashable, Sendable {
    /// What was heard of one action's rewards.
    package struct Estimate: Hashable, Sendable {
        /// Mean reward, 0 to 1.
        package var mean: Double
        /// Rewards heard.
        package var count: Int

        package init(mean: Double, count: Int) {
            self.mean = mean
            self.count = count
        }
    }

    package var probabilities: [Double]
    /// One for each action; empty where the scheme estimates nothing.
    package var estimates: [Estimate]

    package init(probabilities: [Double], estimates: [Estimate] = []) {
        self.probabilities = probabilities
        self.estimates = estimates
    }

    /// The same for other actions: those that stay keep their estimates and the proportions of their probabilities; those
    /// that are new are as likely as in a uniform distribution, and nothing was heard of them.
    ///
    /// - Parameter origins: for each action the one that it was before; nil: it is new. Each former action at most once.
    package func carried(to origins: [Int?]) -> AutomatonMemory {
        let kept = origins.compactMap { $0 }
        let share = kept.reduce(0) { $0 + probabilities[$1] }
        let even = 1 / Double(max(1, origins.count))
        let scale = share > 0 ? Double(kept.count) * even / share : 0
        return AutomatonMemory(
            probabilities: origins.map { origin in
                guard let origin, share > 0 else { return even }
                return probabilities[origin] * scale
            },
            estimates: estimates.isEmpty
                ? [] : origins.map { origin in origin.map { estimates[$0] } ?? Estimate(mean: 0, count: 0) })
    }
}
