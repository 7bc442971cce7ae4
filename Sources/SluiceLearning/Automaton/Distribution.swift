// A discrete probability distribution that stays one, however often it is changed.

/// Probabilities of a few actions, each at least `floor`.
///
/// Rounding errors cannot add up: whoever changes probabilities ends with `settle`, which makes the greatest one what
/// the others leave of 1.
package struct Distribution: Hashable, Sendable {
    package private(set) var probabilities: [Double]
    /// Least probability of any action; at most 1 / count.
    package let floor: Double

    /// The uniform distribution.
    /// - Precondition: `count` is in 1...`ActionSet.limit`, and `floor` in 0...1/count.
    package init(count: Int, floor: Double = 0) {
        precondition(count >= 1 && count <= ActionSet.limit, "an automaton cannot have \(count) actions")
        precondition(
            floor >= 0 && floor * Double(count) <= 1, "a floor of \(floor) leaves nothing for \(count) actions")
        probabilities = Array(repeating: 1 / Double(count), count: count)
        self.floor = floor
    }

    /// Takes over `wanted`, to the last bit where it keeps the floor, and lifted to the floor where it does not.
    ///
    /// - Returns: false, and nothing changes, where it is no distribution over as many actions.
    package mutating func adopt(_ wanted: [Double]) -> Bool {
        guard wanted.count == count, wanted.allSatisfy({ $0 >= 0 && $0 <= 1 }), abs(wanted.reduce(0, +) - 1) < 1e-9
        else { return false }
        if wanted.allSatisfy({ $0 >= floor }) {
            probabilities = wanted
        } else {
            reshape(.all(count)) { action, _ in wanted[action] }
        }
        return true
    }

    package var count: Int { probabilities.count }

    package subscript(action: Int) -> Double { probabilities[action] }

    /// What the actions of `set` have together.
    package func share(of set: ActionSet) -> Double {
        var total = 0.0
        for action in probabilities.indices where set.contains(action: action) { total += probabilities[action] }
        return total
    }

    /// Replaces the probabilities of `set` by `change` of each, then settles.
    ///
    /// - Parameter change: new probability of an action from its old one; their sum may stray from the old sum by
    ///   rounding only.
    package mutating func reshape(_ set: ActionSet, _ change: (_ action: Int, _ old: Double) -> Double) {
        // What the others leave, so that the roundings of many such steps do not add up.
        var total = 1.0
        for action in probabilities.indices where !set.contains(action: action) { total -= probabilities[action] }
        for action in probabilities.indices where set.contains(action: action) {
            probabilities[action] = change(action, probabilities[action])
        }
        settle(set, total: total)
    }

    /// Lifts the actions of `set` that are below the floor and lowers the others in proportion to what they have above
    /// it, so that together they have `total` again.
    private mutating func settle(_ set: ActionSet, total: Double) {
        var missing = 0.0
        var spare = 0.0
        var greatest = -1
        for action in probabilities.indices where set.contains(action: action) {
            let excess = probabilities[action] - floor
            if excess < 0 {
                missing -= excess
                probabilities[action] = floor
            } else {
                spare += excess
            }
            if greatest < 0 || probabilities[action] > probabilities[greatest] { greatest = action }
        }
        guard greatest >= 0 else { return }
        if missing > 0, spare > 0 {
            let keep = max(0, 1 - missing / spare)
            for action in probabilities.indices where set.contains(action: action) {
                probabilities[action] = floor + (probabilities[action] - floor) * keep
            }
        }
        var others = 0.0
        for action in probabilities.indices where action != greatest && set.contains(action: action) {
            others += probabilities[action]
        }
        probabilities[greatest] = max(floor, total - others)
    }
}
