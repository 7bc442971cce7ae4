// `sluice-bench simulation`: how fast a whole network runs in virtual time, and what its checks cost.

import ArgumentParser
import SluiceSimulation

struct SimulationBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulation",
        abstract: "Measures the network in a box, with and without its checks.")

    @Option(help: "Switches, each with a host.")
    var nodes = 50

    @Option(help: "Flows that the clients keep.")
    var flows = 1_000

    @Option(help: "Events of each run.")
    var events = 100_000

    @Option(help: "Of the first run; the others follow.")
    var seed: UInt64 = 1

    @Option(help: "Runs with checks, and as many without.")
    var runs = 3

    private static let wantedRate = 20_000.0
    private static let wantedSlowdown = 20.0

    func validate() throws {
        if nodes < 4 || nodes > 1_000 { throw ValidationError("--nodes is 4 to 1000") }
        if flows < 1 || flows > 100_000 { throw ValidationError("--flows is 1 to 100000") }
        if events < 1_000 || runs < 1 || runs > 100 {
            throw ValidationError("--events is at least 1000, and --runs is 1 to 100")
        }
    }

    func run() throws {
        for profile in [SimulationProfile.calm, .steady] {
            var checked: [Double] = []
            var unchecked: [Double] = []
            for number in 0..<runs {
                for checks in [true, false] {
                    var options = SimulationOptions(
                        seed: seed &+ UInt64(number), events: events, profile: profile)
                    options.nodes = nodes
                    options.flows = flows
                    options.checks = checks
                    let simulation = Simulation(options)
                    let start = Clock.monotonic()
                    let result = simulation.run()
                    let rate = Double(result.events) / (Clock.monotonic() - start)
                    if let failure = result.failure {
                        print("short  \(result.options.command): \(failure.message)")
                        throw ExitCode.failure
                    }
                    if checks { checked.append(rate) } else { unchecked.append(rate) }
                }
            }
            report(profile, checked: median(checked), unchecked: median(unchecked))
        }
    }

    private func report(_ profile: SimulationProfile, checked: Double, unchecked: Double) {
        let what = "\(profile.rawValue), \(nodes) nodes, \(flows) flows"
        line("\(what): events a second with checks", checked, "at least", Self.wantedRate, checked >= Self.wantedRate)
        let slowdown = unchecked / checked
        line("\(what): times faster without", slowdown, "at most", Self.wantedSlowdown, slowdown <= Self.wantedSlowdown)
    }

    private func line(_ what: String, _ value: Double, _ relation: String, _ wanted: Double, _ isReached: Bool) {
        let text = value >= 100 ? "\(Int(value))" : "\((value * 100).rounded() / 100)"
        print("\(isReached ? "pass " : "short")  \(what): \(text) (wanted: \(relation) \(Int(wanted)))")
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
