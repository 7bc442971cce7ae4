// Flows that each have an automaton and nothing else: the network is measured as telemetry would measure it, and the flows
// learn and move by the very values that the control plane uses.

package import SluiceLearning
package import SluiceModel

package struct AgentPopulation: FlowPopulation, Sendable {
    package let topology: Topology
    package var network: FluidNetwork
    package private(set) var selectors: [PathSelector]
    package let bandwidths: [Bandwidth]
    package private(set) var ledger: ReservationLedger
    package private(set) var moves = 0
    package private(set) var now: Instant

    private var estimates: LinkEstimates
    private var pace = MovePace()
    private let rates: [Double]
    package private(set) var taken: [[Int]]
    private var random: RandomStream

    /// - Parameters:
    ///   - candidates: paths of each flow; it starts on the first.
    /// - Precondition: the first paths of all flows fit the topology together.
    package init(
        topology: Topology, network: FluidNetwork, candidates: [[Path]], bandwidths: [Bandwidth],
        policy: LearningPolicy, weights: RewardWeights, seed: UInt64
    ) {
        self.topology = topology
        self.network = network
        self.bandwidths = bandwidths
        now = .epoch
        estimates = LinkEstimates(topology: topology, policy: policy)
        rates = bandwidths.map { Double($0.bitsPerSecond) }
        selectors = candidates.map {
            PathSelector(paths: $0, current: 0, weights: weights, policy: policy, topology: topology, at: .epoch)
        }
        taken = candidates.map { $0[0].links.map(\.position) }
        ledger = ReservationLedger(topology: topology)
        for (flow, paths) in candidates.enumerated() { ledger.hold(bandwidths[flow], on: paths[0].links) }
        random = RandomStream(seed: seed, purpose: "telemetry noise")
    }

    package mutating func send() -> Double {
        let delivered = SimulatedTelemetry.advance(&network, rates: rates, paths: taken)
        now = now.advanced(bySeconds: SimulatedTelemetry.seconds)
        for sample in SimulatedTelemetry.samples(of: network, topology: topology, at: now, random: &random) {
            let refusal = estimates.record(sample, at: now)
            precondition(refusal == nil, "a measurement of our own network was refused")
        }
        return delivered
    }

    package var candidates: [[[Int]]] { selectors.map { $0.paths.map { $0.links.map(\.position) } } }

    package mutating func decide() {
        learn()
        move()
    }

    /// Lets every automaton learn from the last measurements.
    package mutating func learn() {
        for flow in selectors.indices { selectors[flow].learn(from: estimates, in: topology, at: now) }
    }

    /// Moves flows as their automata recommend and the ledger permits; who is asked first changes from round to round.
    package mutating func move() {
        var round = MoveRound(topology: topology, flows: users, learners: selectors.count, pace: pace, at: now)
        defer { pace = round.pace }
        let first = random.below(selectors.count)
        for offset in selectors.indices {
            let flow = (first + offset) % selectors.count
            // A flow that stays in any case need not be looked at closely.
            guard selectors[flow].recommendation(among: selectors[flow].automaton.actions, at: now) != nil else {
                continue
            }
            guard
                let move = round.approve(
                    selectors[flow], bandwidth: bandwidths[flow], among: available(to: flow), estimates: &estimates)
            else { continue }
            place(flow, on: move.candidate)
        }
    }

    /// Takes `flow` to candidate `position`, which must fit.
    package mutating func place(_ flow: Int, on position: Int) {
        let selector = selectors[flow]
        guard position != selector.current else { return }
        ledger.release(bandwidths[flow], on: selector.paths[selector.current].links)
        ledger.hold(bandwidths[flow], on: selector.paths[position].links)
        selectors[flow].place(on: position, at: now)
        taken[flow] = selector.paths[position].links.map(\.position)
        moves += 1
    }

    /// Candidates with room for the flow, its own present reservation counted as room.
    package func available(to flow: Int) -> ActionSet {
        let selector = selectors[flow]
        let own = Set(selector.paths[selector.current].links)
        return ActionSet(
            actions: selector.paths.indices.filter { position in
                ledger.fits(bandwidths[flow], on: selector.paths[position].links.filter { !own.contains($0) })
            })
    }

    /// Smoothed utilisation of a link as telemetry knows it, 0 to 1.
    package func utilisation(of link: LinkIndex) -> Double { estimates.utilisation(of: link, at: now) ?? 0 }
}
