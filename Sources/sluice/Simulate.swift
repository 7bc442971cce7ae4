// `sluice simulate`: the experiments with learning automata, on the same values that the daemon decides with.

import ArgumentParser
import SluiceDocuments
import SluiceJSON
import SluiceModel
import SluiceReport
import SluiceSimulation

struct Simulate: ParsableCommand {
    enum Experiment: String, ExpressibleByArgument, CaseIterable {
        case stationary
        case change
        case twoPaths = "two-paths"
        case shift
    }

    static let configuration = CommandConfiguration(
        abstract: "Runs an experiment with path learning on a simulated network.",
        discussion: """
            stationary   iterations until a scheme settles, in the environments E_A and E_B of the literature
            change       samples until a scheme follows when the best of four paths becomes the worst
            two-paths    two paths whose rates, 3 to 1, change places every 100 s; against ECMP, a static split and a \
            threshold rule
            shift        congestion on the busiest links of a network with 200 learning flows

            The same seed gives the same figures on every machine.

            Examples:
              sluice simulate --experiment two-paths --svg two-paths.svg
              sluice simulate --experiment shift --topology topologies/abilene.json
              sluice simulate --experiment change --runs 100 --json
            """)

    enum Want: String, ExpressibleByArgument, CaseIterable { case latency, throughput }

    @Option(help: "One of the experiments above.")
    var experiment: Experiment

    @Option(parsing: .unconditional, help: "Of all random streams.")
    var seed: UInt64 = 1

    @Option(parsing: .unconditional, help: "Runs of stationary and change; default 3000 and 1000.")
    var runs: Int?

    @Option(help: ArgumentHelp("Network of shift.", valueName: "file"))
    var topology: String?

    @Option(help: "What the flows of shift are rewarded for.")
    var flowsWant: Want = .latency

    @Option(
        help: ArgumentHelp(
            "The automaton of two-paths and shift, as a policy names it: \(Simulate.schemes.joined(separator: ", ")).",
            valueName: "name"))
    var scheme = LearningPolicy().scheme.rawValue

    @Flag(help: "In shift, let a whole control plane admit and move the flows.")
    var controlPlane = false

    @Flag(help: "Print one JSON document.")
    var json = false

    @Option(help: ArgumentHelp("Write the plot to this file.", valueName: "file"))
    var svg: String?

    private static let schemes = LearningPolicy.Scheme.allCases.filter { $0 != .off }.map(\.rawValue)

    private var chosenScheme: LearningPolicy.Scheme { LearningPolicy.Scheme(rawValue: scheme) ?? .off }

    func validate() throws {
        if !Self.schemes.contains(scheme) {
            throw ValidationError("--scheme is one of \(Self.schemes.joined(separator: ", "))")
        }
        if let runs, runs < 1 || runs > 1_000_000 { throw ValidationError("--runs is 1 to 1000000") }
        if experiment == .shift, topology == nil { throw ValidationError("shift needs --topology") }
        if experiment != .shift, controlPlane { throw ValidationError("--control-plane is for shift") }
        if experiment != .shift, topology != nil { throw ValidationError("--topology is for shift") }
    }

    func run() throws {
        let account: ExperimentAccount
        switch experiment {
        case .stationary:
            account = ExperimentAccount(StationaryExperiment(runs: runs ?? 3_000, seed: seed), plotted: svg != nil)
        case .change:
            account = ExperimentAccount(ChangeExperiment(runs: runs ?? 1_000, seed: seed), plotted: svg != nil)
        case .twoPaths:
            var policy = LearningPolicy()
            policy.scheme = chosenScheme
            account = ExperimentAccount(TwoPathExperiment(seed: seed, policy: policy))
        case .shift:
            let network = try network()
            let weights =
                switch flowsWant {
                case .latency: ShiftExperiment.latencyWeights
                case .throughput: ShiftExperiment.throughputWeights
                }
            account = ExperimentAccount(
                ShiftExperiment(
                    topology: network, weights: weights, scheme: chosenScheme,
                    decider: controlPlane ? .controlPlane : .agents, seed: seed))
        }
        if let svg, let plot = account.plot { try OutputFile.write(Array(plot.svg.utf8), to: svg) }
        StandardOutput.write(json ? account.jsonText(experiment.rawValue, seed: seed) : account.text)
    }

    private func network() throws -> Topology {
        let imported = try DocumentInput.use { () throws(InvalidDocument) in
            try Document.readNetwork(DocumentFile(reading: topology ?? ""))
        }
        guard imported.topology.switches.count > 1, imported.topology.isStronglyConnected else {
            throw CommandFailure(.input, topology ?? "", "shift needs a network whose switches all reach each other")
        }
        return imported.topology
    }
}
