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
              sluice withdraw f1 f2 f3
            """)

    @Argument(help: "The flows, one after the other; the first that is not known ends the command.")
    var flows: [String]

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        var results: [JSONNode] = []
        for flow in flows { results.append(try client.call(.flowWithdraw) { $0.member("id", flow) }) }
        let all = results.count == 1 ? results[0] : JSONNode(value: .array(results), offset: 0)
        control.show(all) { results.map(AnswerText.result).joined() }
    }
}
