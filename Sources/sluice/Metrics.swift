// `sluice metrics`: the daemon's counters and gauges as Prometheus reads them.

import ArgumentParser
import SluiceJSON
import SluiceProtocol

struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the daemon's counters and gauges, as Prometheus reads them.",
        discussion: """
            Examples:
              sluice metrics
              sluice metrics | grep sluice_decisions_total
            """)

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        let answer = try client.call(.systemMetrics)
        control.show(answer) { answer.text("text") }
    }
}
