// Two paths whose queue rates stand 3 to 1 and change places every 100 s: the scenario that QCMP, which learns path
// weights in the data plane by Q-learning, was measured in.

private import SluiceLearning
package import SluiceModel

/// 100 flows of 0.9 Mbit/s from one switch to another over two paths of 75 and 25 Mbit/s: nine tenths of what both can
/// carry. Telemetry at 10 Hz; a path's reward falls with its own load.
package struct TwoPathExperiment: Sendable {
    package enum Control: String, Sendable, CaseIterable {
        /// Each flow has an automaton and moves by itself.
        case move
        /// One automaton; flows follow the weights of a select group in 64ths.
        case split
        /// Half of the flows on each path, always.
        case ecmp
        /// The split that is best before the first change, always.
        case fixed
        /// Each interval one flow leaves a path above 95 % for one below.
        case threshold

        package var title: String {
            switch self {
            case .move: "automata, a flow each"
            case .split: "automaton, select group"
            case .ecmp: "ECMP"
            case .fixed: "static 3:1"
            case .threshold: "threshold 95 %"
            }
        }
    }

    package struct Result: Sendable {
        package let control: Control
        /// What arrived over what the best static split of each period would have carried (`bestSplit`).
        package let throughput: Double
        /// Seconds after each change until 97 % of that were carried and stayed so for a second; nil: not before the
        /// next change.
        package let found: [Double?]
        package let moves: Int
        /// Share of the offered rate that arrived, each second.
        package let series: [(second: Double, share: Double)]
    }

    package static let flows = 100
    package static let seconds = 500.0
    package static let periodSeconds = 100.0
    package static let foundShare = 0.97
    private static let flowRate = Bandwidth.kilobits(900)
    private static let rates = (fast: 75e6, slow: 25e6)
    private static let groupWeights = 64
    private static let bufferSeconds = 0.02

    package let seed: UInt64
    package let policy: LearningPolicy

    package init(seed: UInt64 = 1, policy: LearningPolicy = LearningPolicy()) {
        self.seed = seed
        self.policy = policy
    }

    package func run() -> [Result] { Control.allCases.map { run($0) } }

    package func run(_ control: Control) -> Result {
        let (topology, paths) = Self.twoPaths()
        let bottlenecks = paths.map { $0.links[1] }
        let network = FluidNetwork(topology: topology, bufferSeconds: Self.bufferSeconds)
        var population = AgentPopulation(
            topology: topology, network: network, candidates: Array(repeating: paths, count: Self.flows),
            bandwidths: Array(repeating: Self.flowRate, count: Self.flows), policy: policy,
            weights: RewardWeights(), seed: seed)
        let share = control == .fixed ? 75 : 50
        for flow in share..<Self.flows { population.place(flow, on: 1) }
        let offered = Double(Self.flowRate.bitsPerSecond * Self.flows)
        let intervals = Int((Self.seconds / SimulatedTelemetry.seconds).rounded())
        let perPeriod = Int((Self.periodSeconds / SimulatedTelemetry.seconds).rounded())
        var shares: [Double] = []
        /// The same, of what the best static split would have carried.
        var sharesOfBest: [Double] = []
        for interval in 0..<intervals {
            let firstIsFast = interval / perPeriod % 2 == 0
            population.network.setCapacity(firstIsFast ? Self.rates.fast : Self.rates.slow, of: bottlenecks[0].position)
            population.network.setCapacity(firstIsFast ? Self.rates.slow : Self.rates.fast, of: bottlenecks[1].position)
            shares.append(population.send() / offered)
            sharesOfBest.append(shares[interval] / (firstIsFast ? Self.best.fast : Self.best.slow))
            switch control {
            case .move: population.decide()
            case .split:
                population.learn()
                Self.follow(&population)
            case .threshold: Self.relieve(&population, bottlenecks)
            case .ecmp, .fixed: break
            }
        }
        return Result(
            control: control, throughput: sharesOfBest.reduce(0, +) / Double(sharesOfBest.count),
            found: Self.found(sharesOfBest, perPeriod: perPeriod), moves: population.moves,
            series: stride(from: 0, to: shares.count, by: 10).map { start in
                let window = shares[start..<min(start + 10, shares.count)]
                return (
                    second: Double(start) * SimulatedTelemetry.seconds,
                    share: window.reduce(0, +) / Double(window.count)
                )
            })
    }

    /// Shares that the best static splits carry while the first path is the fast one, and while it is the slow one.
    private static let best = (
        fast: bestSplit(firstIsFast: true).share, slow: bestSplit(firstIsFast: false).share
    )

    /// The split of the flows that carries most while the rates stay as they are: of all of them, each held until
    /// even a queue that hardly fills has filled, the first with the greatest throughput.
    ///
    /// - Returns: how many flows take the first path, and the share of the offered rate that arrives in the end.
    package static func bestSplit(firstIsFast: Bool) -> (first: Int, share: Double) {
        let (topology, paths) = twoPaths()
        let rates = [Double](repeating: Double(flowRate.bitsPerSecond), count: flows)
        var best = (first: 0, share: 0.0)
        for first in 0...flows {
            var network = FluidNetwork(topology: topology, bufferSeconds: bufferSeconds)
            network.setCapacity(firstIsFast ? Self.rates.fast : Self.rates.slow, of: paths[0].links[1].position)
            network.setCapacity(firstIsFast ? Self.rates.slow : Self.rates.fast, of: paths[1].links[1].position)
            let taken = (0..<flows).map { paths[$0 < first ? 0 : 1].links.map(\.position) }
            var delivered: [Double] = []
            for _ in 0..<2_000 {
                delivered.append(network.advance(SimulatedTelemetry.stepSeconds, rates: rates, paths: taken))
            }
            let share = delivered.suffix(10).reduce(0, +) / 10 / rates.reduce(0, +)
            if share > best.share { best = (first, share) }
        }
        return best
    }

    /// Flows are spread over the group's buckets in order, so that a change of weights moves as few as it can.
    private static func follow(_ population: inout AgentPopulation) {
        let probability = population.selectors[0].automaton.probability(of: 0)
        let weight = (probability * Double(groupWeights)).rounded()
        let first = Int((weight / Double(groupWeights) * Double(flows)).rounded())
        for flow in 0..<flows { population.place(flow, on: flow < first ? 0 : 1) }
    }

    private static func relieve(_ population: inout AgentPopulation, _ bottlenecks: [LinkIndex]) {
        let loads = bottlenecks.map { population.utilisation(of: $0) }
        guard let full = loads.indices.first(where: { loads[$0] > 0.95 }), loads[1 - full] < 0.95 else { return }
        if let flow = population.selectors.indices.first(where: { population.selectors[$0].current == full }) {
            population.place(flow, on: 1 - full)
        }
    }

    private static func found(_ shares: [Double], perPeriod: Int) -> [Double?] {
        stride(from: perPeriod, to: shares.count, by: perPeriod).map { start in
            let period = shares[start..<min(start + perPeriod, shares.count)]
            let first = period.indices.first { index in
                index + 10 <= period.endIndex && period[index..<(index + 10)].allSatisfy { $0 >= foundShare }
            }
            return first.map { Double($0 - start) * SimulatedTelemetry.seconds }
        }
    }

    /// A source, a middle switch for each path, and a destination; the second link of each path is its bottleneck.
    private static func twoPaths() -> (Topology, [Path]) {
        let nodes = ["source", "upper", "lower", "sink"].map { Node(id: NodeID($0), kind: .switch(Switch())) }
        func cable(_ id: String, _ a: String, _ b: String, _ capacity: Bandwidth) -> Cable {
            Cable(
                id: id, a: .init(node: NodeID(a)), b: .init(node: NodeID(b)), capacity: capacity,
                latency: Latency(microseconds: 1_000), isDirected: true)
        }
        let cables = [
            cable("up", "source", "upper", .gigabits(1)), cable("upper", "upper", "sink", .megabits(100)),
            cable("down", "source", "lower", .gigabits(1)), cable("lower", "lower", "sink", .megabits(100)),
        ]
        guard let topology = try? Topology(name: "two paths", nodes: nodes, cables: cables) else {
            preconditionFailure("the scenario's own topology is sound")
        }
        return (
            topology,
            [[0, 1], [2, 3]].compactMap { Path($0.map { LinkIndex($0) }, in: topology) }
        )
    }
}
