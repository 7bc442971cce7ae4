// Congestion appears on the busiest links of a network: how 200 flows that learn each for itself get out of its way, and
// whether they come to rest.

private import SluiceLearning
package import SluiceModel

/// Equal flows between random switches, each on its fastest path at first, so that the busiest link is 60 % full. After
/// 30 s other traffic takes 60 % of each of the three busiest links. Queues hold 20 ms; traffic comes in
/// bursts of ten full packets on average. Telemetry at 10 Hz.
package struct ShiftExperiment: Sendable {
    package struct Second: Sendable {
        package let second: Int
        package let moves: Int
        /// Mean one-way delay over the flows, in seconds.
        package let delay: Double
    }

    package struct Result: Sendable {
        package let topology: String
        package let agents: Int
        package let series: [Second]
        /// Mean delay while nothing was wrong, in the last ten seconds before the shift.
        package let delayBefore: Double
        /// Mean delay from ten seconds after the shift to the end.
        package let delayAfter: Double
        /// Mean delay of the best assignment that local search found for the network after the shift.
        package let bestDelay: Double
        /// Mean delay if no flow had moved.
        package let unmovedDelay: Double
        /// Greatest share of the flows that moved in any one second from ten seconds after the shift on.
        package let restlessness: Double
        package let movesAfterShift: Int
    }

    package static let seconds = 90
    package static let shiftSecond = 30
    package static let settleSeconds = 10
    private static let load = 0.6
    private static let background = 0.6
    private static let congestedLinks = 3
    private static let bufferSeconds = 0.02
    private static let burstBits = 120_000.0
    private static let searchStarts = 20

    /// Who decides for the flows.
    package enum Decider: String, Hashable, Sendable, CaseIterable {
        /// Each flow's automaton, the ledger and the rounds, with four candidates as short and different as can be.
        case agents
        /// A whole control plane, which finds the candidates itself.
        case controlPlane
    }

    package let topology: Topology
    package let agents: Int
    package let decider: Decider
    package let seed: UInt64
    package let policy: LearningPolicy
    package let weights: RewardWeights

    /// What flows care for on a backbone, where ways differ in length: latency and loss.
    package static let latencyWeights = RewardWeights(utilisation: 0, queue: 0, latency: 1, loss: 1)
    /// What flows care for in a fabric, where ways are alike: room and loss.
    package static let throughputWeights = RewardWeights(utilisation: 1, queue: 0, latency: 0, loss: 1)
    package static let margin = 0.03

    /// - Parameters:
    ///   - weights: what the flows care for.
    ///   - margin: how much better a path must be before a flow moves.
    ///   - scheme: the flows' automata; not off.
    package init(
        topology: Topology, weights: RewardWeights, margin: Double = margin,
        scheme: LearningPolicy.Scheme = LearningPolicy().scheme, decider: Decider = .agents, agents: Int = 200,
        seed: UInt64 = 1
    ) {
        self.topology = topology
        self.agents = agents
        self.decider = decider
        self.seed = seed
        self.weights = weights
        var policy = LearningPolicy()
        policy.margin = margin
        policy.scheme = scheme
        policy.rewardWeights = weights
        self.policy = policy
    }

    /// - Precondition: the topology has two switches that reach each other.
    package func run() -> Result {
        let ends = ends()
        let candidates = ends.map { pair in
            let paths = CandidatePaths.find(
                from: pair.source, to: pair.destination, count: policy.paths, in: topology)
            precondition(!paths.isEmpty, "the topology is not connected")
            return paths
        }
        var users = [Int](repeating: 0, count: topology.links.count)
        for paths in candidates { for link in paths[0].links { users[link.position] += 1 } }
        // The rate at which the fullest link is at `load`, each flow on its fastest path.
        let bandwidth =
            topology.links.filter { users[$0.index.position] > 0 }
            .map { Double($0.reservable.bitsPerSecond) * Self.load / Double(users[$0.index.position]) }.min() ?? 0
        let rate = Bandwidth(bitsPerSecond: max(1, Int(bandwidth)))
        let network = FluidNetwork(
            topology: topology, bufferSeconds: Self.bufferSeconds, burstBits: Self.burstBits)
        switch decider {
        case .agents:
            return run(
                AgentPopulation(
                    topology: topology, network: network, candidates: candidates,
                    bandwidths: Array(repeating: rate, count: agents), policy: policy, weights: weights, seed: seed),
                rate: rate)
        case .controlPlane:
            return run(
                ControlledPopulation(
                    topology: topology, network: network, ends: ends, bandwidth: rate, learning: policy, seed: seed),
                rate: rate)
        }
    }

    private func run(_ start: some FlowPopulation, rate: Bandwidth) -> Result {
        var population = start
        let users = population.users
        let congested = topology.links.filter { $0.kind == .trunk }.sorted {
            let (left, right) = (users[$0.index.position], users[$1.index.position])
            return left == right ? $0.index < $1.index : left > right
        }.prefix(Self.congestedLinks).map(\.index.position)
        var unmoved = population.taken
        var series: [Second] = []
        for second in 0..<Self.seconds {
            if second == Self.shiftSecond {
                unmoved = population.taken
                for link in congested {
                    population.network.background[link] = Self.background * population.network.capacity[link]
                }
            }
            let before = population.moves
            var delay = 0.0
            for _ in 0..<10 {
                _ = population.send()
                delay += population.meanDelay / 10
                population.decide()
            }
            series.append(Second(second: second, moves: population.moves - before, delay: delay))
        }
        func yardstick(_ candidates: [[[Int]]]) -> StaticAssignment {
            StaticAssignment(
                network: population.network, candidates: candidates, rate: Double(rate.bitsPerSecond))
        }
        let candidates = population.candidates
        let present = zip(candidates, population.taken).map { $0.firstIndex(of: $1) ?? 0 }
        return result(
            series, best: yardstick(candidates).best(from: present, starts: Self.searchStarts, seed: seed),
            unmoved: yardstick(unmoved.map { [$0] }).meanDelay(of: Array(repeating: 0, count: agents)))
    }

    private func result(_ series: [Second], best: Double, unmoved: Double) -> Result {
        func mean(_ part: ArraySlice<Second>) -> Double { part.reduce(0) { $0 + $1.delay } / Double(part.count) }
        let after = series[(Self.shiftSecond + Self.settleSeconds)...]
        return Result(
            topology: topology.name, agents: agents, series: series,
            delayBefore: mean(series[(Self.shiftSecond - 10)..<Self.shiftSecond]), delayAfter: mean(after),
            bestDelay: best, unmovedDelay: unmoved,
            restlessness: Double(after.map(\.moves).max() ?? 0) / Double(agents),
            movesAfterShift: series[Self.shiftSecond...].reduce(0) { $0 + $1.moves })
    }

    /// Random switches that have hosts (any switches, where none has).
    private func ends() -> [(source: NodeIndex, destination: NodeIndex)] {
        let edges = topology.hosts.compactMap { topology.attachment(of: $0)?.switch }
        let ends = edges.isEmpty ? topology.switches : Array(Set(edges)).sorted()
        precondition(ends.count > 1, "flows need two switches")
        var random = RandomStream(seed: seed, purpose: "demands of the shift")
        var pairs: [(source: NodeIndex, destination: NodeIndex)] = []
        while pairs.count < agents {
            let (source, destination) = (ends[random.below(ends.count)], ends[random.below(ends.count)])
            if source != destination { pairs.append((source, destination)) }
        }
        return pairs
    }
}
