// `sluice telemetry`: one measurement of a link by hand, for trying things out and for scripts.

import ArgumentParser
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct TelemetryReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "telemetry",
        abstract: "Reports a measurement of a link.",
        discussion: """
            Example:
              sluice telemetry 'denver--kansas-city>' --utilisation 0.93 --latency 12ms
            """)

    @Argument(help: "One direction: ID> or ID<, or ID of a directed link.")
    var link: String

    @Option(help: "Share of the capacity in use, 0 to 1.")
    var utilisation: Double?

    @Option(help: "Delay of the link, as 12ms.")
    var latency: LatencyArgument?

    @Option(help: "Share of packets lost, 0 to 1.")
    var loss: Double?

    @Option(help: "Bytes that wait in the queue.")
    var queueBytes: Int?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if utilisation == nil, latency == nil, loss == nil, queueBytes == nil {
            throw ValidationError("Give at least one of --utilisation, --latency, --loss and --queue-bytes.")
        }
    }

    func run() throws {
        var client = try control.connect()
        let answer = try client.call(.telemetryReport) { writer in
            writer.name("samples")
            writer.beginArray()
            writer.beginObject()
            writer.member("link", link)
            writer.member("utilisation", utilisation)
            writer.member("latencyMicroseconds", latency?.value.microseconds)
            writer.member("lossRatio", loss)
            writer.member("queueDepthBytes", queueBytes)
            writer.endObject()
            writer.endArray()
        }
        control.show(answer) {
            let reasons = (answer["reasons"]?.object ?? []).map(\.name).joined(separator: ", ")
            let verdict = answer.count("accepted") > 0 ? "accepted\n" : "refused: \(reasons)\n"
            return verdict + AnswerText.moves(answer.nodes("moved"))
        }
        if answer.count("refused") > 0 { throw ExitCode(ExitStatus.refused.rawValue) }
    }
}
