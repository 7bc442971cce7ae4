import SluiceLearning
import SluiceModel
import SluiceSimulation
import Testing

@Suite struct LearningExperimentTests {
    @Test func `schemes settle at the best action about as fast as measured elsewhere`() {
        for result in StationaryExperiment(runs: 120, seed: 5).run() {
            #expect(result.accuracy >= 0.93, "\(result.environment) \(result.scheme)")
            // 120 runs are a quarter of the time of a day; the exact figures are the bench's.
            #expect(
                result.iterations.mean < 1.35 * result.reference && result.iterations.mean > 0.6 * result.reference,
                "\(result.environment) \(result.scheme): \(result.iterations.mean)")
        }
    }

    @Test func `the default scheme follows a change and absorbing schemes do not`() throws {
        let experiment = ChangeExperiment(runs: 100, seed: 3)
        let results = experiment.run()
        let standard = try #require(results.first)
        #expect(standard.adaptation.mean < 250)
        #expect(standard.regret.mean < 0.03)
        #expect(standard.never == 0)
        let absorbing = results.filter { $0.scheme == "L_R-I" || $0.scheme == "pursuit without a floor" }
        #expect(absorbing.map(\.never) == [100, 100])
        #expect(results.dropFirst(2).allSatisfy { $0.regret.mean > standard.regret.mean * 0.95 })
    }

    @Test func `many flows find the better of two paths again within seconds`() {
        let experiment = TwoPathExperiment(seed: 2)
        for control in [TwoPathExperiment.Control.move, .split] {
            let result = experiment.run(control)
            #expect(result.throughput >= 0.97, "\(control)")
            #expect(result.found.allSatisfy { ($0 ?? 100) < 5 }, "\(control): \(result.found)")
        }
        #expect(experiment.run(.ecmp).throughput < 0.8)
        #expect(experiment.run(.fixed).throughput < 0.85)
    }

    @Test func `the best static split is the one that fills neither path`() {
        // 0.9 Mbit/s each: at most 83 flows fit 75 Mbit/s and at most 27 fit 25 Mbit/s.
        let fast = TwoPathExperiment.bestSplit(firstIsFast: true)
        #expect((73...83).contains(fast.first) && abs(fast.share - 1) < 1e-9)
        let slow = TwoPathExperiment.bestSplit(firstIsFast: false)
        #expect((17...27).contains(slow.first) && abs(slow.share - 1) < 1e-9)
    }

    @Test func `the probability of the best action grows to one`() throws {
        let experiment = StationaryExperiment(runs: 30, seed: 2)
        let environment = StationaryExperiment.environments[0]
        let scheme = try #require(environment.schemes.first).scheme
        let curve = experiment.trajectory(of: scheme, in: environment, stride: 500, until: 5_000)
        #expect(curve.map(\.iteration) == Array(stride(from: 500, through: 5_000, by: 500)))
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.probability <= $1.probability + 0.02 })
        #expect(curve[0].probability < 0.9 && curve[9].probability > 0.9)
    }

    @Test func `the same seed gives the same run`() {
        let first = TwoPathExperiment(seed: 9).run(.split)
        let second = TwoPathExperiment(seed: 9).run(.split)
        #expect(first.throughput == second.throughput && first.moves == second.moves)
        #expect(TwoPathExperiment(seed: 10).run(.split).throughput != first.throughput)
    }

    @Test func `flows get out of the way of congestion and come to rest`() throws {
        let result = ShiftExperiment(
            topology: try ladder(), weights: ShiftExperiment.throughputWeights, agents: 60, seed: 4
        ).run()
        #expect(result.movesAfterShift > 0)
        #expect(result.restlessness < 0.04)
        #expect(result.delayAfter < result.unmovedDelay)
        #expect(result.delayAfter < 1.2 * result.bestDelay)
    }

    @Test func `flows of a whole control plane get out of the way of congestion too, within its ledger`() throws {
        let result = ShiftExperiment(
            topology: try ladder(), weights: ShiftExperiment.throughputWeights, decider: .controlPlane, agents: 60,
            seed: 4
        ).run()
        #expect(result.movesAfterShift > 0)
        #expect(result.restlessness < 0.04)
        #expect(result.delayAfter < result.unmovedDelay)
        #expect(result.delayAfter < 1.2 * result.bestDelay)
        let topology = try ladder(capacity: .megabits(100))
        let nodes = topology.switches
        var network = FluidNetwork(topology: topology, bufferSeconds: 0.02)
        network.background[0] = 95e6
        var population = ControlledPopulation(
            topology: topology, network: network,
            ends: (0..<40).map { (source: nodes[$0 % 3], destination: nodes[5 - $0 % 2]) },
            bandwidth: .kilobits(2_400), learning: LearningPolicy(), seed: 8)
        for _ in 0..<300 {
            _ = population.send()
            population.decide()
            #expect(population.faults.isEmpty, "\(population.faults.prefix(3))")
        }
        #expect(population.moves > 0)
    }

    @Test func `moves never violate the ledger`() throws {
        let topology = try ladder(capacity: .megabits(100))
        let nodes = topology.switches
        var candidates: [[Path]] = []
        for flow in 0..<40 {
            let paths = CandidatePaths.find(
                from: nodes[flow % 3], to: nodes[5 - flow % 2], count: 4, in: topology)
            candidates.append(paths)
        }
        var network = FluidNetwork(topology: topology, bufferSeconds: 0.02)
        network.background[0] = 95e6
        var population = AgentPopulation(
            topology: topology, network: network, candidates: candidates,
            bandwidths: Array(repeating: .kilobits(2_400), count: 40), policy: LearningPolicy(),
            weights: RewardWeights(), seed: 8)
        for _ in 0..<300 {
            _ = population.send()
            population.learn()
            population.move()
            var expected = ReservationLedger(topology: topology)
            for selector in population.selectors {
                expected.hold(.kilobits(2_400), on: selector.paths[selector.current].links)
            }
            #expect(population.ledger == expected)
        }
        #expect(population.moves > 0)
    }

    /// Two rows of three switches with rungs between them.
    private func ladder(capacity: Bandwidth = .gigabits(1)) throws -> Topology {
        let nodes = (0..<6).map { Node(id: NodeID("s\($0)"), kind: .switch(Switch())) }
        let cables = [(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)].map {
            Cable(
                id: "c\($0.0)\($0.1)", a: .init(node: NodeID("s\($0.0)")), b: .init(node: NodeID("s\($0.1)")),
                capacity: capacity, latency: Latency(microseconds: 200))
        }
        return try Topology(name: "ladder", nodes: nodes, cables: cables)
    }
}

@Suite struct FluidNetworkTests {
    private func line() throws -> Topology {
        let nodes = ["a", "b"].map { Node(id: NodeID($0), kind: .switch(Switch())) }
        let cable = Cable(
            id: "ab", a: .init(node: NodeID("a")), b: .init(node: NodeID("b")), capacity: .megabits(10),
            latency: Latency(microseconds: 1_000), isDirected: true)
        return try Topology(name: "line", nodes: nodes, cables: [cable])
    }

    @Test func `an overloaded link delivers its capacity, fills its queue and loses the rest`() throws {
        var network = FluidNetwork(topology: try line(), bufferSeconds: 0.1)
        var delivered = 0.0
        for _ in 0..<100 { delivered = network.advance(0.01, rates: [15e6], paths: [[0]]) }
        #expect(abs(delivered - 10e6) < 1)
        #expect(abs(network.lossRatio[0] - 1.0 / 3) < 1e-9)
        #expect(abs(network.delay(of: 0) - 0.101) < 1e-9)
        #expect(network.utilisation(of: 0) == 1)
    }

    @Test func `a queue fills at the excess rate and drains at the spare one`() throws {
        var network = FluidNetwork(topology: try line(), bufferSeconds: 1, burstBits: 0)
        for _ in 0..<50 { _ = network.advance(0.01, rates: [12e6], paths: [[0]]) }
        #expect(abs(network.queuedBits(of: 0) - 1e6) < 1)
        for _ in 0..<25 { _ = network.advance(0.01, rates: [8e6], paths: [[0]]) }
        #expect(abs(network.queuedBits(of: 0) - 0.5e6) < 1)
    }

    @Test func `below capacity the delay is propagation and the M/M/1 wait`() throws {
        var network = FluidNetwork(topology: try line(), bufferSeconds: 1)
        _ = network.advance(0.01, rates: [5e6], paths: [[0]])
        #expect(abs(network.delay(of: 0) - (0.001 + 12_000 / 10e6)) < 1e-12)
        #expect(network.settledDelay(of: 0, arrivals: 5e6) == network.delay(of: 0))
    }
}
