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
///
/// The scheme is that of Narendra and Thathachar (1989, chapter 6); the rounding is ours. Choose it where probabilities have
/// to be the same bits on every machine, or are to be computed in a switch; otherwise `LinearAutomaton` behaves alike.
package struct FixedPointAutomaton: LearningAutomaton, Hashable {
    /// What all weights sum to.
    package static let one: UInt32 = 1 << 16

    package private(set) var weights: [UInt32]
    /// a and b in units of 2^−16.
    package let rewardStep: UInt32
    package let penaltyStep: UInt32
    /// Least weight of an action.
    package let floor: UInt32

    /// - Precondition: both steps are in 0..<1, the floor is in 0...1/actionCount. Steps are rounded to 2^−16, the floor up to it,
    ///   as far as that leaves each action its part.
    package init(actionCount: Int, rewardStep: Double, penaltyStep: Double, floor: Double = 0) {
        precondition(
            actionCount >= 1 && actionCount <= ActionSet.limit, "an automaton cannot have \(actionCount) actions")
        precondition(rewardStep >= 0 && rewardStep < 1 && penaltyStep >= 0 && penaltyStep < 1, "steps are in 0..<1")
        precondition(floor >= 0 && floor * Double(actionCount) <= 1, "the floor leaves nothing")
        func fixed(_ value: Double) -> UInt32 { UInt32(min(65_535, (value * 65_536).rounded())) }
        self.rewardStep = fixed(rewardStep)
        self.penaltyStep = fixed(penaltyStep)
        let count = UInt32(actionCount)
        self.floor = min(UInt32((floor * 65_536).rounded(.up)), Self.one / count)
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

    /// The step of the draws' mean, as a controller takes it: products of 64 bits, rounded to the nearest unit, with
    /// ρ_j, G_j and H_j as above and the sums over the actions that have a reward:
    ///
    ///     w_j += (w_j G_j − w_j (Σ w G + Σ w H) / T + (Σ w H − w_j H_j) / (N − 1)) / 2^16
    ///
    /// Costs draws times actions.
    package mutating func update(rewards: [Double?], draws: Int) {
        let set = checked(rewards, draws)
        guard set.count > 1 else { return }
        let total = Int64(weight(of: set))
        var steps: [(action: Int, reward: Int64, penalty: Int64)] = []
        for (action, reward) in rewards.enumerated() {
            guard let reward else { continue }
            let heard = UInt32((reward * 256).rounded())
            steps.append(
                (action, Int64((rewardStep * heard) >> 8), Int64((penaltyStep * (256 - heard)) >> 8)))
        }
        for _ in 0..<draws where total > 0 {
            var (rewarded, penalised): (Int64, Int64) = (0, 0)
            for step in steps {
                rewarded += Int64(weights[step.action]) * step.reward
                penalised += Int64(weights[step.action]) * step.penalty
            }
            var above: Int64 = 0
            for step in steps {
                let weight = Int64(weights[step.action])
                let change =
                    weight * step.reward - weight * (rewarded + penalised) / total
                    + (penalised - weight * step.penalty) / Int64(steps.count - 1)
                let moved = max(Int64(floor), weight + ((change + 0x8000) >> 16))
                weights[step.action] = UInt32(moved)
                above += moved - Int64(floor)
            }
            settle(steps.map(\.action), above: above, total: total)
        }
    }

    /// Makes the weights of `actions` sum to `total` again: where floors have added something, what all have above it
    /// shrinks in proportion; the greatest bears the rounding.
    private mutating func settle(_ actions: [Int], above: Int64, total: Int64) {
        let spare = total - Int64(floor) * Int64(actions.count)
        var greatest = actions[0]
        var sum: Int64 = 0
        for action in actions {
            if above > spare {
                weights[action] = floor + UInt32(Int64(weights[action] - floor) * spare / above)
            }
            sum += Int64(weights[action])
            if weights[action] > weights[greatest] { greatest = action }
        }
        weights[greatest] += UInt32(total - sum)
    }

    package var memory: AutomatonMemory { AutomatonMemory(probabilities: probabilities) }

    package mutating func recall(_ memory: AutomatonMemory) -> Bool {
        var wanted = Distribution(count: actionCount, floor: Double(floor) / Double(Self.one))
        guard wanted.adopt(memory.probabilities) else { return false }
        let spare = Int(Self.one) - Int(floor) * actionCount
        let above = wanted.probabilities.map { max(0, $0 * Double(Self.one) - Double(floor)) }
        guard above.contains(where: { $0 > 0 }) else { return true }
        weights = SplitWeights.apportion(spare, by: above).map { floor + UInt32($0) }
        return true
    }

    private func weight(of set: ActionSet) -> UInt32 {
        var total: UInt32 = 0
        for action in weights.indices where set.contains(action: action) { total += weights[action] }
        return total
    }
}
