// `sluice simulate`: a whole network with its failures in virtual time, and the experiments with the solver and with
// learning automata, on the same values that the daemon decides with.

import ArgumentParser
import SluiceDocuments
import SluiceGLPK
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
        case pfar
    }

    static let configuration = CommandConfiguration(
        abstract: "Runs a network in a box, or an experiment.",
        discussion: """
            Without --experiment a whole network runs in virtual time: clients, the daemon's control plane, its journal, \
            the OpenFlow sessions and the switches, with everything that fails. After each event it is checked that \
            every promise is kept. A failure is made small and printed as a command.

            Profiles:
            calm         clients come and go, nothing fails
            steady       an even load, and now and then a fault of each kind
            burst        nothing for a while, then everything at once
            diurnal      a load that rises and falls like a day's
            churn        thousands of flows that live for seconds
            storm        links and switches fail in groups
            maintenance  an operator drains links, puts them down and up again
            chaos        all faults, all the time

            Experiments:
            pfar         time to the optimum, share proven and genetic quality on semi-random networks
            stationary   iterations until a scheme settles, in the environments E_A and E_B of the literature
            change       samples until a scheme follows when the best of four paths becomes the worst
            two-paths    two paths whose rates, 3 to 1, change places every 100 s; against ECMP, a static split and a \
            threshold rule
            shift        congestion on the busiest links of a network with 200 learning flows

            The same seed gives the same figures on every machine.

            Examples:
              sluice simulate --seed 7 --events 20000 --profile storm
              sluice simulate --experiment two-paths --svg two-paths.svg
              sluice simulate --experiment shift --topology topologies/abilene.json
              sluice simulate --experiment change --runs 100 --json
            """)

    enum Want: String, ExpressibleByArgument, CaseIterable { case latency, throughput }

    @Option(help: "One of the experiments above; without it a network is simulated.")
    var experiment: Experiment?

    @Option(parsing: .unconditional, help: "Of all random streams.")
    var seed: UInt64 = 1

    @Option(parsing: .unconditional, help: "Seeds from --seed on, one run of the network each.")
    var seeds = 1

    @Option(parsing: .unconditional, help: "Events of each run before the faults stop.")
    var events = 10_000

    @Option(help: "One of the profiles above, or all: one after the other, seed by seed.")
    var profile = SimulationProfile.steady.rawValue

    @Option(parsing: .unconditional, help: "Switches of the network; default: as the seed says, 5 to 16.")
    var nodes: Int?

    @Option(parsing: .unconditional, help: "Flows that the clients keep; default: as the seed says.")
    var flows: Int?

    @Option(help: ArgumentHelp("Leave these stimuli out, as in 0-99,120.", valueName: "ranges"))
    var without: String?

    @Flag(help: "Do not check anything, to see what the checks cost.")
    var unchecked = false

    @Flag(help: "Run the seeds that have found something once, and nothing else.")
    var regression = false

    @Flag(help: "Do not make a failure small.")
    var keepSize = false

    @Option(parsing: .unconditional, help: "Runs of stationary, change and each row of pfar; default 3000, 1000 and 5.")
    var runs: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("Budget of each exact solve of pfar.", valueName: "seconds"))
    var budget = 2.0

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
        if events < 1 || events > 1_000_000_000 { throw ValidationError("--events is 1 to 1000000000") }
        if seeds < 1 || seeds > 1_000_000 { throw ValidationError("--seeds is 1 to 1000000") }
        if let nodes, nodes < 4 || nodes > 1_000 { throw ValidationError("--nodes is 4 to 1000") }
        if let flows, flows < 1 || flows > 100_000 { throw ValidationError("--flows is 1 to 100000") }
        if budget <= 0 || budget > 3_600 { throw ValidationError("--budget is at most 3600 s") }
        if profile != NetworkRun.allProfiles, SimulationProfile(rawValue: profile) == nil {
            throw ValidationError(
                "--profile is all or one of \(SimulationProfile.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if without != nil, NetworkRun.ranges(without ?? "") == nil {
            throw ValidationError("--without is a list of numbers and ranges, as 0-99,120")
        }
        guard let experiment else {
            if svg != nil || topology != nil || runs != nil {
                throw ValidationError("--svg, --topology and --runs are for experiments")
            }
            return
        }
        if let runs, runs < 1 || runs > 1_000_000 { throw ValidationError("--runs is 1 to 1000000") }
        if experiment == .shift, topology == nil { throw ValidationError("shift needs --topology") }
        if experiment != .shift, controlPlane { throw ValidationError("--control-plane is for shift") }
        if experiment != .shift, topology != nil { throw ValidationError("--topology is for shift") }
    }

    func run() throws {
        let account: ExperimentAccount
        guard let experiment else {
            try NetworkRun(self).run()
            return
        }
        switch experiment {
        case .pfar:
            let experiment = AdmissionExperiment(runs: runs ?? 5, seed: seed, budgetSeconds: budget)
            let rows = experiment.run(engine: { GLPKEngine() }, clock: Solve.monotonicSeconds) { size, load in
                StandardError.write("\(size.nodes) nodes, \(size.flows) flows, \(load.rawValue) load\n")
            }
            account = ExperimentAccount(experiment, rows)
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
