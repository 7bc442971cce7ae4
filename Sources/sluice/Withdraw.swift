// `sluice withdraw`: ends flows.

import ArgumentParser
import SluiceJSON
import SluiceProtocol

struct Withdraw: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ends flows and frees what they hold.",
        discussion: """
            Examples:
              sluice withdraw backup-7
              sluice withdraw video voice
            """)

    @Argument(help: "The flows, one after the other; one that cannot be withdrawn does not stop the others.")
    var flows: [String]

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        guard flows.count > 1 else {
            let result = try client.call(.flowWithdraw) { $0.member("id", flows[0]) }
            control.show(result) { AnswerText.result(result) }
            return
        }
        var answers: [JSONNode] = []
        var firstFailure: ExitStatus?
        for flow in flows {
            do throws(CommandFailure) {
                answers.append(try client.call(.flowWithdraw) { $0.member("id", flow) })
            } catch {
                // Without the daemon's own word there is nobody to ask for the rest.
                guard let answer = error.answer else { throw error }
                StandardError.write(error.lines.map { "sluice: \($0)\n" }.joined())
                answers.append(
                    JSONNode(value: .object([JSONMember(name: "error", nameOffset: 0, node: answer)]), offset: 0))
                firstFailure = firstFailure ?? error.status
            }
        }
        control.show(JSONNode(value: .array(answers), offset: 0)) { answers.map(AnswerText.result).joined() }
        if let firstFailure { throw ExitCode(firstFailure.rawValue) }
    }
}
