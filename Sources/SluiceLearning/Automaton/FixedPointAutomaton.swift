// L_R-epsilon-P in whole numbers, as a switch's data plane could run it: 32-bit additions, multiplications and shifts,
// no division per packet, and a sum that is exact by construction.

package import SluiceModel

/// The linear reward-penalty automaton (see `LinearAutomaton`) on probabilities in units of 2^−16.
///
/// With rewards ρ in 0...256, G = (a₁₆ ρ) >> 8 and H = (b₁₆ (256 − ρ)) >> 8, where a₁₆ and b₁₆ are the steps times 2^16, and T
/// the sum over the N available actions:
///
///     w_j := w_j − (((G + H) w_j) >> 16) + ((H (T / (N − 1))) >> 16)     for every j but the chosen i
///     w_i := T − Σ w_j
///
/// Each product fits 32 bits. T / (N − 1) changes only with the set, so a data plane would keep it in a table. What
/// shifting truncates favours the small, so no action ever quite disappears; the floor makes that a promise.
package struct FixedPointAutomaton: LearningAutomaton, Hashable {
    /// What all weights sum to.
    package static let one: UInt32 = 1 << 16

    package private(set) var weights: [UInt32]
    /// a and b in units of 2^−16.
    package let rewardStep: UInt32
    package let penaltyStep: UInt32
    /// Least weight of an action.
    package let floor: UInt32

    /// - Precondition: both steps are in 0..<1, the floor is in 0...1/actionCount. All are rounded to 2^−16.
    package init(actionCount: Int, rewardStep: Double, penaltyStep: Double, floor: Double = 0) {
        precondition(
            actionCount >= 1 && actionCount <= ActionSet.limit, "an automaton cannot have \(actionCount) actions")
        precondition(rewardStep >= 0 && rewardStep < 1 && penaltyStep >= 0 && penaltyStep < 1, "steps are in 0..<1")
        precondition(floor >= 0 && floor * Double(actionCount) <= 1, "the floor leaves nothing")
        func fixed(_ value: Double) -> UInt32 { UInt32(min(65_535, (value * 65_536).rounded())) }
        self.rewardStep = fixed(rewardStep)
        self.penaltyStep = fixed(penaltyStep)
        let count = UInt32(actionCount)
        self.floor = min(fixed(floor), Self.one / count)
        weights = Array(repeating: Self.one / count, count: actionCount)
        weights[0] += Self.one % count
    }

    package var actionCount: Int { weights.count }
    package func probability(of action: Int) -> Double { Double(weights[action]) / Double(Self.one) }

    /// Compares 16 random bits, scaled to the available weights, with their running sum.
    package func choose(using random: inout RandomStream, available: ActionSet) -> Int {
        let possible = available.intersection(actions)
        precondition(!possible.isEmpty, "there is nothing to choose from")
        let drawn = UInt64(random.next() >> 48)
        var left = UInt32((drawn * UInt64(weight(of: possible))) >> 16)
        var last = 0
        for action in weights.indices where possible.contains(action: action) {
            if left < weights[action] { return action }
            left -= weights[action]
            last = action
        }
        return last
    }

    package mutating func update(_ action: Int, reward: Double, available: ActionSet) {
        update(action, reward: UInt32((reward * 256).rounded()), available: available)
    }

    /// - Precondition: `action` is in `available`; `reward` is in 0...256.
    package mutating func update(_ action: Int, reward: UInt32, available: ActionSet) {
        let set = available.intersection(actions)
        precondition(set.contains(action: action), "action \(action) was not available")
        precondition(reward <= 256, "reward \(reward) is not in 0...256")
        let count = UInt32(set.count)
        guard count > 1 else { return }
        let total = weight(of: set)
        let penalty = (penaltyStep * (256 - reward)) >> 8
        let change = ((rewardStep * reward) >> 8) + penalty
        let share = (penalty * (total / (count - 1))) >> 16
        var others: UInt32 = 0
        for other in weights.indices where other != action && set.contains(action: other) {
            weights[other] = max(floor, weights[other] - ((change * weights[other]) >> 16) + share)
            others += weights[other]
        }
        // Floors and shares may have asked for more than the chosen action can give; those above their floor pay.
        var excess = others + floor > total ? others + floor - total : 0
        for other in weights.indices where excess > 0 && other != action && set.contains(action: other) {
            let paid = min(excess, weights[other] - floor)
            weights[other] -= paid
            others -= paid
            excess -= paid
        }
        weights[action] = total - others
    }

    private func weight(of set: ActionSet) -> UInt32 {
        var total: UInt32 = 0
        for action in weights.indices where set.contains(action: action) { total += weights[action] }
        return total
    }
}
