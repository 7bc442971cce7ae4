// Measures Sluice on this machine: `sluice-bench solver` runs the admission solver over a folder of instances.

import ArgumentParser

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-bench", abstract: "Measures Sluice on this machine.", subcommands: [SolverBench.self])
}
