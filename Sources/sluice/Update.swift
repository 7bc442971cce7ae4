// `sluice update`: changes a live flow.

import ArgumentParser
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct Update: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Changes a flow; what is not given stays.",
        discussion: """
            Where the change cannot be granted the flow keeps what it has, and the command ends with 1. Constraints are \
            replaced as a whole: giving one drops those that are not given again.

            Examples:
              sluice update backup-7 --bandwidth 80Mbit/s
              sluice update backup-7 --class critical --dry-run
            """)

    @Argument(help: "The flow.")
    var id: String

    @OptionGroup var flow: FlowOptions

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if flow.isEmpty { throw ValidationError("Give what is to change, as --bandwidth 80Mbit/s.") }
    }

    func run() throws {
        var client = try control.connect()
        let result = try client.call(.flowUpdate) { writer in
            writer.member("id", id)
            flow.write(to: &writer)
            writer.flag("dryRun", dryRun)
        }
        control.show(result) { AnswerText.result(result) }
        if AnswerText.isRefused(result) { throw ExitCode(ExitStatus.refused.rawValue) }
    }
}
