// What an estimator automaton remembers of the rewards of each action.

/// Mean reward of each action: over all its rewards, or over the recent ones.
package struct RewardEstimates: Hashable, Sendable {
    /// Which rewards count.
    package enum Memory: Hashable, Sendable {
        /// All alike: the maximum-likelihood estimate of a reward that never changes.
        case all
        /// A new reward counts `weight` (0 to 1), the estimate before it the rest: follows rewards that change.
        case recent(weight: Double)
    }

    package let memory: Memory
    package private(set) var means: [Double]
    /// Rewards heard for each action, at most `countMax`.
    package private(set) var counts: [Int]

    /// From here on another reward changes no mean of all, and counting ends.
    package static let countMax = 1 << 53

    package init(actionCount: Int, memory: Memory) {
        if case .recent(let weight) = memory {
            precondition(weight > 0 && weight <= 1, "a new reward cannot count \(weight)")
        }
        self.memory = memory
        means = Array(repeating: 0, count: actionCount)
        counts = Array(repeating: 0, count: actionCount)
    }

    package var remembered: [AutomatonMemory.Estimate] {
        zip(means, counts).map { AutomatonMemory.Estimate(mean: $0, count: $1) }
    }

    /// Takes over estimates of as many actions; where they are none of these, nothing is known any more.
    package mutating func adopt(_ estimates: [AutomatonMemory.Estimate]) {
        let fits =
            estimates.count == means.count
            && estimates.allSatisfy { (0...1).contains($0.mean) && (0...Self.countMax).contains($0.count) }
        means = fits ? estimates.map(\.mean) : Array(repeating: 0, count: means.count)
        counts = fits ? estimates.map(\.count) : Array(repeating: 0, count: counts.count)
    }

    package mutating func record(_ reward: Double, of action: Int) {
        counts[action] = min(counts[action] + 1, Self.countMax)
        let weight: Double =
            switch memory {
            case .all: 1 / Double(counts[action])
            // The first rewards count as in a mean, so that the estimate does not start from a made-up value.
            case .recent(let weight): max(weight, 1 / Double(counts[action]))
            }
        means[action] += weight * (reward - means[action])
    }

    /// Records rewards of several actions heard at once, each as if it had been heard `times` times; those that are nil
    /// were not heard.
    package mutating func record(_ rewards: [Double?], times: Int) {
        for (action, reward) in rewards.enumerated() {
            guard let reward else { continue }
            counts[action] = min(counts[action] + times, Self.countMax)
            let share = Double(times) / Double(counts[action])
            let weight: Double =
                switch memory {
                case .all: share
                case .recent(let weight): max(1 - power(1 - weight, times), share)
                }
            means[action] += weight * (reward - means[action])
        }
    }

    /// The action of `set` with the greatest mean, the first of equals; nil for the empty set.
    package func best(of set: ActionSet) -> Int? { extreme(of: set) { $0 > $1 } }

    /// The action of `set` with the least mean, the first of equals; nil for the empty set.
    package func worst(of set: ActionSet) -> Int? { extreme(of: set) { $0 < $1 } }

    /// An action of `set` that was heard of fewer than `count` times, the least heard first; nil where there is none.
    package func leastHeard(of set: ActionSet, below count: Int) -> Int? {
        var found: Int?
        for action in counts.indices where set.contains(action: action) && counts[action] < count {
            if let least = found, counts[least] <= counts[action] { continue }
            found = action
        }
        return found
    }

    private func extreme(of set: ActionSet, _ beats: (Double, Double) -> Bool) -> Int? {
        var found: Int?
        for action in means.indices where set.contains(action: action) {
            if let present = found, !beats(means[action], means[present]) { continue }
            found = action
        }
        return found
    }
}

/// `base` to the power of a whole number that is not negative, by squaring.
func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, left) = (1.0, base, exponent)
    while left > 0 {
        if left & 1 == 1 { result *= square }
        square *= square
        left >>= 1
    }
    return result
}
