// `sluice link`: takes a link up, down, or out of service.

import ArgumentParser
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct LinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Takes a link up, down, or out of service without loss.",
        discussion: """
            A link that is down carries nothing: its flows are rerouted, the most important first. A drained one is \
            emptied as far as there is other room, and takes nothing new.

            Examples:
              sluice link denver--kansas-city drained --dry-run
              sluice link denver--kansas-city down
              sluice link 'denver--kansas-city>' up
            """)

    enum State: String, ExpressibleByArgument, CaseIterable { case up, down, drained }

    @Argument(help: "ID for both directions, ID> or ID< for one.")
    var link: String

    @Argument(help: "The new state.")
    var state: State

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        let answer = try client.call(.topologySetLink) { writer in
            writer.member("link", link)
            writer.member("state", state.rawValue)
            writer.flag("dryRun", dryRun)
        }
        control.show(answer) { text(answer) }
    }

    private func text(_ answer: JSONNode) -> String {
        var text = answer.nodes("links").map { link in
            "\(link.text("id")): \(link.text("state")), \(link.rate("reserved")) reserved by \(link.count("flows")) flows\n"
                + (link["heldUntil"].map { _ in
                    "  takes no flows before \(link.text("heldUntil")): it has failed repeatedly\n"
                }
                    ?? "")
        }.joined()
        text += AnswerText.moves(answer.nodes("moved"))
        for flow in answer.nodes("preempted") {
            text +=
                "  lost its place: \(flow.text("id")) (priority \(flow.count("priority"))), now \(flow.text("state"))\n"
        }
        for flow in answer.texts("returned") { text += "  returned \(flow)\n" }
        for flow in answer.texts("remaining") { text += "  stays for want of other room: \(flow)\n" }
        return text
    }
}
