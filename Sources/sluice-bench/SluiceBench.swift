// Measurements of the parts, each against a stated yardstick in the same run.

import ArgumentParser
import SluiceModel

@main
struct SluiceBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-bench",
        abstract: "Measures Sluice's parts; build it with -c release.",
        version: SluiceVersion.text,
        subcommands: [
            // Alphabetical.
            DaemonBench.self,
            EchoServer.self,
            LearningBench.self,
            OpenFlowBench.self,
            ReplayBench.self,
            SimulationBench.self,
            SolverBench.self,
        ])
}
