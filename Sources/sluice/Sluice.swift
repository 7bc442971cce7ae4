// The one command people learn: talks to the daemon, and works offline on documents and captures. Each subcommand is a
// file beside this one; `Support/` holds what they share.

import ArgumentParser
import SluiceModel

@main
struct Sluice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Decides which flows a network carries, and on which paths.",
        discussion: """
            Exit codes: 0 an answer was produced, 1 the answer is no, 2 usage, 3 an input file cannot be used, \
            4 the daemon cannot be reached, 5 internal failure.

            Completions for the shell: sluice --generate-completion-script bash|zsh|fish.

            Examples:
              sluice solve topologies/abilene.json --demands demands.json
              sluice replay trace.pcap --topology topologies/abilene.json --compare
              sluice submit seattle new-york --bandwidth 2Gbps --id video
              sluice flows
            """,
        version: SluiceVersion.text,
        subcommands: [
            // Alphabetical.
            Automata.self,
            Capture.self,
            Explain.self,
            Flows.self,
            LinkCommand.self,
            Links.self,
            Metrics.self,
            Optimize.self,
            PolicyCommand.self,
            Reload.self,
            Replay.self,
            Rules.self,
            Simulate.self,
            Solve.self,
            Status.self,
            StoreCommand.self,
            Submit.self,
            TelemetryReport.self,
            TopologyCommand.self,
            Update.self,
            Watch.self,
            Withdraw.self,
        ])

    static func main() {
        Entry.run(Self.self)
    }
}
