// `sluice automata`: what was learned about paths.

import ArgumentParser
import SluiceJSON
import SluiceProtocol

struct Automata: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what was learned about the candidate paths of flows.",
        discussion: """
            PROBABILITY is how much the flow's automaton prefers a path; REWARD what the path deserves by the latest \
            telemetry, from 0 to 1. The path in use has a star; of a split flow each has, and WEIGHT is what it gets. \
            Below stand the switches between which the paths differ, and where the flow has been put lately and why.

            Examples:
              sluice automata
              sluice automata backup-7
            """)

    @Argument(help: "The flow; all where absent.")
    var flow: String?

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        let answer = try client.call(.automataGet) { $0.member("flow", flow) }
        control.show(answer) { text(answer.nodes("automata")) }
    }

    private func text(_ automata: [JSONNode]) -> String {
        if automata.isEmpty { return "nothing was learned yet: report telemetry of the links on a flow's paths\n" }
        var table = Table([
            .text("FLOW"), .text(""), .number("PROBABILITY"), .number("REWARD"), .number("WEIGHT"), .text("LINKS"),
        ])
        for automaton in automata {
            for candidate in automaton.nodes("candidates") {
                table.append([
                    automaton.text("flow"), candidate["present"]?.bool == true ? "*" : "",
                    candidate.share("probability"), candidate.share("reward"),
                    candidate["weight"] == nil ? "-" : "\(candidate.count("weight"))",
                    candidate.texts("links").joined(separator: " "),
                ])
            }
        }
        return table.text + automata.map(choices).joined()
    }

    private func choices(_ automaton: JSONNode) -> String {
        let domain = "\(automaton.text("decisionSwitch")) to \(automaton.text("endSwitch"))"
        let lines = automaton.nodes("choices").map { "  \($0.text("time"))  \(EventText.line($0))\n" }
        return "\n\(automaton.text("flow")), chooses from \(domain):\n" + lines.joined()
    }
}
