// `sluice submit`: asks the daemon for one flow, or for all of a file.

import ArgumentParser
import SluiceDocuments
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct Submit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks for a flow, or for every demand of a file.",
        discussion: """
            Ends with 1 where the flow is rejected; with --file, 0 once every flow has its answer, and with --atomic 1 \
            where none was admitted because one could not be, with --dry-run 1 where one would not be. Names are those of topologies/abilene.json.

            Examples:
              sluice submit seattle new-york --bandwidth 2Gbps --class critical --id video
              sluice submit h-denver h-houston --bandwidth 1M --max-latency 20ms --id voice
              sluice submit h-seattle h-denver --bandwidth 40M --via denver --id backup-7
              sluice submit h-atlanta h-denver --bandwidth 1M --match ipv4_dst=10.9.0.0/16
              sluice submit h-chicago h-denver --bandwidth 10Gbps --dry-run
              sluice submit --file demands.json --atomic
              sluice submit --file demands.json --dry-run
            """)

    @Argument(help: "The switch or host that the flow comes from.")
    var source: String?

    @Argument(help: "The switch or host that it goes to.")
    var destination: String?

    @OptionGroup var flow: FlowOptions

    @Option(help: "Name of the flow; chosen by the daemon where absent.")
    var id: String?

    @Option(help: "When it begins to reserve, in RFC 3339, as 2027-01-31T12:00:00Z; at once where absent.")
    var startTime: String?

    @Option(help: "Submit every demand of this file: a Sluice demands file, or a network file with demands.")
    var file: String?

    @Flag(help: "With --file: admit all of them or none.")
    var atomic = false

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if file != nil {
            guard source == nil, destination == nil, flow.isEmpty, id == nil, startTime == nil else {
                throw ValidationError("Give --file, or a flow of its own with what describes it, not both.")
            }
        } else {
            guard source != nil, destination != nil else { throw ValidationError("Give a source and a destination.") }
            guard flow.bandwidth != nil else { throw ValidationError("Give --bandwidth, as 40Mbit/s.") }
            if atomic { throw ValidationError("--atomic goes with --file.") }
        }
    }

    func run() throws {
        if let file {
            let submissions = try SubmissionFile(file)
            var client = try control.connect()
            let admitted = try submissions.submit(atomic: atomic, dryRun: dryRun, to: &client, control)
            if atomic || dryRun, !admitted { throw ExitCode(ExitStatus.refused.rawValue) }
            return
        }
        var client = try control.connect()
        let result = try client.call(.flowSubmit) { writer in
            writer.member("id", id)
            writer.member("source", source)
            writer.member("destination", destination)
            flow.write(to: &writer)
            writer.member("startTime", startTime)
            writer.flag("dryRun", dryRun)
        }
        control.show(result) { AnswerText.result(result) }
        if AnswerText.isRefused(result) { throw ExitCode(ExitStatus.refused.rawValue) }
    }
}
