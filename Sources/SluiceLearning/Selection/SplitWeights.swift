// Probabilities as the whole weights of a select group's buckets.

package enum SplitWeights {
    /// `total` apportioned in proportion to `shares`, by largest remainders (Hamilton's method): no weight is a whole
    /// unit away from its exact share. Among equal remainders the first ones are rounded up.
    ///
    /// - Precondition: no share is negative, and at least one is positive.
    package static func apportion(_ total: Int, by shares: [Double]) -> [Int] {
        let sum = shares.reduce(0, +)
        precondition(sum > 0 && shares.allSatisfy { $0 >= 0 }, "there is nothing to apportion \(total) by")
        let exact = shares.map { Double(total) * $0 / sum }
        var weights = exact.map { Int($0) }
        let missing = total - weights.reduce(0, +)
        let byRemainder = shares.indices.sorted {
            let (left, right) = (exact[$0] - Double(weights[$0]), exact[$1] - Double(weights[$1]))
            return left != right ? left > right : $0 < $1
        }
        for position in byRemainder.prefix(max(0, missing)) { weights[position] += 1 }
        return weights
    }
}
