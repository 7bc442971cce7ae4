// What every stochastic learning automaton can do. It keeps a probability for each of a few actions (here: paths),
// chooses one, hears how good that was, and shifts the probabilities. Narendra and Thathachar, "Learning Automata: An
// Introduction", 1989, is the source of all terms: the P-model knows only success and failure (rewards 1 and 0), the
// S-model any reward between; each scheme here takes S-model rewards and is its own P-model where they are 0 or 1.

package import SluiceModel

package protocol LearningAutomaton: Sendable {
    /// 1 to `ActionSet.limit`.
    var actionCount: Int { get }

    /// - Precondition: `action` is below `actionCount`.
    func probability(of action: Int) -> Double

    /// An action of `available`.
    ///
    /// - Precondition: `available` holds at least one action of the automaton.
    func choose(using random: inout RandomStream, available: ActionSet) -> Int

    /// Learns that `action`, chosen among `available`, earned `reward`.
    ///
    /// The probability that the available actions have together does not change; only its shares do.
    /// - Precondition: `action` is in `available`; `reward` is in 0...1.
    mutating func update(_ action: Int, reward: Double, available: ActionSet)

    /// Learns from the rewards of several actions heard at once, as telemetry, which measures links and not flows, tells
    /// them: what `draws` updates would do on average if each action were drawn with its probability, without the noise
    /// of drawing. Actions without a reward keep their probability.
    ///
    /// - Precondition: there is one entry for each action, nil or in 0...1; `draws` is not negative.
    mutating func update(rewards: [Double?], draws: Int)

    /// All that it has learned.
    var memory: AutomatonMemory { get }

    /// Goes on from what another automaton of as many actions, of whatever scheme, has learned. Probabilities below the
    /// floor are lifted to it; estimates that are not there are made anew.
    ///
    /// - Returns: false, and nothing changes, where `memory` is of another number of actions or no distribution.
    mutating func recall(_ memory: AutomatonMemory) -> Bool
}

extension LearningAutomaton {
    /// Sums to 1 but for the rounding of the last few bits.
    package var probabilities: [Double] { (0..<actionCount).map(probability(of:)) }

    package var actions: ActionSet { .all(actionCount) }

    package func choose(using random: inout RandomStream, available: ActionSet) -> Int {
        drawn(using: &random, available: available)
    }

    /// An available action, each with its probability over that of all available ones; what `choose` does in automata
    /// that do not say otherwise.
    func drawn(using random: inout RandomStream, available: ActionSet) -> Int {
        let possible = available.intersection(actions)
        precondition(!possible.isEmpty, "there is nothing to choose from")
        var total = 0.0
        for action in 0..<actionCount where possible.contains(action: action) { total += probability(of: action) }
        var left = random.unit() * total
        var last = 0
        for action in 0..<actionCount where possible.contains(action: action) {
            last = action
            left -= probability(of: action)
            if left < 0 { return action }
        }
        return last
    }

    /// The available action of the greatest probability, the first of equals; nil where none is available.
    package func favourite(among available: ActionSet) -> Int? {
        var best: Int?
        var bestProbability = -1.0
        for action in 0..<actionCount where available.contains(action: action) {
            let probability = probability(of: action)
            if probability > bestProbability { (best, bestProbability) = (action, probability) }
        }
        return best
    }

    /// The automaton's own actions of `available`, after `update`'s preconditions have been checked.
    func checked(_ action: Int, _ reward: Double, _ available: ActionSet) -> ActionSet {
        let set = available.intersection(actions)
        precondition(set.contains(action: action), "action \(action) was not available")
        precondition(reward >= 0 && reward <= 1, "reward \(reward) is not in 0...1")
        return set
    }

    /// The actions that have a reward, after the preconditions of `update(rewards:draws:)` have been checked.
    func checked(_ rewards: [Double?], _ draws: Int) -> ActionSet {
        precondition(rewards.count == actionCount, "there are \(actionCount) actions, not \(rewards.count)")
        precondition(draws >= 0, "nobody draws \(draws) times")
        var set = ActionSet()
        for (action, reward) in rewards.enumerated() {
            guard let reward else { continue }
            precondition(reward >= 0 && reward <= 1, "reward \(reward) is not in 0...1")
            set.insert(ActionSet(action: action))
        }
        return set
    }
}
