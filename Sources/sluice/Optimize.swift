// `sluice optimize`: a better placement of all flows.

import ArgumentParser
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct Optimize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks for a better placement of all flows and adopts it.",
        discussion: """
            What is not given comes from the policy. The answer is there when the search has ended.

            Examples:
              sluice optimize
              sluice optimize --budget 5s --max-moves 20 --dry-run
              sluice optimize --last
            """)

    enum Method: String, ExpressibleByArgument, CaseIterable { case auto, exact, genetic, memetic, search, greedy }

    @Option(parsing: .unconditional, help: "Wall time of the search, as 500ms or 5s.")
    var budget: SecondsArgument?

    @Option(help: "What searches.")
    var method: Method?

    @Option(parsing: .unconditional, help: "Most flows to move.")
    var maxMoves: Int?

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    @Flag(help: "Only show whether one runs and what the last one found.")
    var last = false

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        if last {
            let status = try client.call(.optimizeStatus)
            control.show(status) {
                let running = status["running"]?.bool == true ? "an optimisation is running\n" : ""
                return running + (status["last"].map(text) ?? "none has ended yet\n")
            }
            return
        }
        let report = try client.call(.optimizeRun) { writer in
            writer.member("budgetSeconds", budget?.seconds)
            writer.member("method", method?.rawValue)
            writer.member("maxMoves", maxMoves)
            writer.flag("dryRun", dryRun)
        }
        control.show(report) { text(report) }
    }

    private func text(_ report: JSONNode) -> String {
        let gap = report["gap"]?.number ?? 0
        var text =
            "\(report.text("status")) by \(report.text("method")): objective \(report.count("objective")), before "
        text += "\(report.count("objectiveBefore")), at most \(report.count("bound")) (gap \(percent(gap)))\n"
        if report["failure"] != nil { text += "  \(report.text("failure"))\n" }
        text += AnswerText.moves(report.nodes("moves"))
        for flow in report.nodes("preempted") { text += "  lost its place: \(flow.text("id"))\n" }
        for flow in report.texts("returned") { text += "  found its place: \(flow)\n" }
        if report.count("movesLeftOut") > 0 { text += "  moves left out: \(report.count("movesLeftOut"))\n" }
        if report.count("frozen") > 0 { text += "  flows left as they are: \(report.count("frozen"))\n" }
        return text
    }
}
