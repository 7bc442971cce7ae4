// `sluice explain`: why a flow is where it is.

import ArgumentParser
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says why a flow is where it is, or what stands in its way.",
        discussion: """
            Example:
              sluice explain backup-7
            """)

    @Argument(help: "The flow.")
    var flow: String

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        let answer = try client.call(.flowExplain) { $0.member("id", flow) }
        control.show(answer) { text(answer) }
    }

    private func text(_ answer: JSONNode) -> String {
        var text = answer.texts("text").map { $0 + "\n" }.joined()
        let hops = answer.nodes("hops")
        if !hops.isEmpty {
            var table = Table([
                .text("LINK"), .text("FROM"), .text("TO"), .text("STATE"), .number("CAPACITY"), .number("RESERVED"),
            ])
            for hop in hops {
                table.append([
                    hop.text("link"), hop.text("from"), hop.text("to"), hop.text("state"), hop.rate("capacity"),
                    hop.rate("reserved"),
                ])
            }
            text += "\n" + table.text
        }
        let history = answer.nodes("history")
        if !history.isEmpty {
            text += "\n" + history.map { "\($0.text("time"))  \(EventText.line($0))\n" }.joined()
        }
        return text
    }
}
