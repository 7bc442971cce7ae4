// `sluice telemetry`: what became of all measurements; or one measurement of a link by hand, for trying things out and for
// scripts.

import ArgumentParser
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct TelemetryReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "telemetry",
        abstract: "Shows what became of measurements, or reports one of a link.",
        discussion: """
            Examples:
              sluice telemetry
              sluice telemetry 'denver--kansas-city>' --utilisation 0.93 --latency 12ms
            """)

    @Argument(help: "One direction: ID> or ID<, or ID of a directed link; without one the counts are shown.")
    var link: String?

    @Option(parsing: .unconditional, help: "Share of the capacity in use, 0 to 1.")
    var utilisation: Double?

    @Option(parsing: .unconditional, help: "Delay of the link, as 12ms.")
    var latency: LatencyArgument?

    @Option(parsing: .unconditional, help: "Share of packets lost, 0 to 1.")
    var loss: Double?

    @Option(parsing: .unconditional, help: "Bytes that wait in the queue.")
    var queueBytes: Int?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        let isEmpty = utilisation == nil && latency == nil && loss == nil && queueBytes == nil
        if link == nil, !isEmpty { throw ValidationError("A measurement needs the link that it is of.") }
        if link != nil, isEmpty {
            throw ValidationError("Give at least one of --utilisation, --latency, --loss and --queue-bytes.")
        }
    }

    func run() throws {
        var client = try control.connect()
        guard let link else {
            let answer = try client.call(.telemetryStatus) { _ in }
            return control.show(answer) { counts(answer) }
        }
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

    private func counts(_ status: JSONNode) -> String {
        var table = Table([.text("MEASUREMENTS"), .number("COUNT")])
        for name in ["accepted", "refused", "moved", "split", "automata"] {
            table.append([name, "\(status.count(name))"])
        }
        for reason in status["reasons"]?.object ?? [] {
            table.append(["refused: \(reason.name)", "\(reason.node.integer ?? 0)"])
        }
        guard let udp = status["udp"] else { return table.text + "not listening for reports by UDP\n" }
        for name in ["datagrams", "reports", "samples", "handedOver", "lost"] {
            table.append(["udp \(name)", "\(udp.count(name))"])
        }
        for reason in udp["reasons"]?.object ?? [] {
            table.append(["udp refused: \(reason.name)", "\(reason.node.integer ?? 0)"])
        }
        return table.text + "listening on udp \(status.texts("listening").joined(separator: ", "))\n"
    }
}
