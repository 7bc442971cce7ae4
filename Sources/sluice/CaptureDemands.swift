// `sluice capture demands`: captured traffic as an input of `sluice solve`.

import ArgumentParser
import SluiceSimulation

struct CaptureDemandsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demands",
        abstract: "Writes a capture's flows as a demands file for solve.",
        discussion: """
            Addresses live at the topology's host with that address, else at the host with the longest prefix that \
            holds it, else at a host chosen by a seeded hash; --place says otherwise. Bandwidth is bytes over \
            duration, or what --rate says, times --scale.

            Examples:
              sluice capture demands trace.pcap -t campus.json --output demands.json
              sluice solve campus.json --demands demands.json
            """)

    @OptionGroup var traffic: TrafficOptions

    @Option(help: "flow: each flow with its own bandwidth; pair: means of each source, destination and class.")
    var by = DemandSet.Grouping.flow

    @Option(name: .shortAndLong, help: ArgumentHelp("Write there instead of to standard output.", valueName: "file"))
    var output: String?

    func validate() throws {
        if traffic.rate == .changing {
            throw ValidationError("--rate: a demand has one rate: mean, peak or percentile")
        }
    }

    func run() throws {
        let input = try TrafficInput(traffic, rate: .mean)
        let text = DemandSet(input.plan, by: by).jsonText(input.topology, input.policy)
        try OutputFile.write(Array(text.utf8), to: output)
    }
}

extension DemandSet.Grouping: ExpressibleByArgument {}
