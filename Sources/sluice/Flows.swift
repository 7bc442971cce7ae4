// `sluice flows`: the flows that the daemon knows.

import ArgumentParser
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct Flows: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists flows.",
        discussion: """
            Examples:
              sluice flows
              sluice flows --state rejected --state preempted
              sluice flows --link 'denver--kansas-city>' --json
            """)

    @Option(help: "Only flows in this state; may be repeated.")
    var state: [String] = []

    @Option(name: .customLong("class"), help: "Only flows of this class.")
    var className: String?

    @Option(help: "Only flows from this switch or host.")
    var source: String?

    @Option(help: "Only flows to this switch or host.")
    var destination: String?

    @Option(help: "Only flows whose path uses this link.")
    var link: String?

    @Option(parsing: .unconditional, help: "Most flows to list.")
    var limit: Int?

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        var flows: [JSONNode] = []
        var cursor: String?
        repeat {
            let page = try client.call(.flowList) { writer in
                writer.member("states", state)
                writer.member("class", className)
                writer.member("source", source)
                writer.member("destination", destination)
                writer.member("link", link)
                writer.member("limit", limit.map { min($0 - flows.count, 1_000) })
                writer.member("cursor", cursor)
            }
            flows += page.nodes("flows")
            cursor = page["cursor"]?.string
        } while cursor != nil && flows.count < limit ?? .max
        let all = JSONNode(
            value: .object([JSONMember(name: "flows", nameOffset: 0, node: JSONNode(value: .array(flows), offset: 0))]),
            offset: 0)
        control.show(all) { text(flows) }
    }

    private func text(_ flows: [JSONNode]) -> String {
        if flows.isEmpty { return "no flows\n" }
        var table = Table([
            .text("FLOW"), .text("STATE"), .number("PRIORITY"), .text("CLASS"), .number("BANDWIDTH"), .text("SOURCE"),
            .text("DESTINATION"), .number("LATENCY"), .text("PATH OR REASON"),
        ])
        for flow in flows {
            let reason = flow["rejection"]?.text("code") ?? flow.nodes("reasons").first?.text("text")
            table.append([
                flow.text("id"), flow.text("state"), "\(flow.count("priority"))", flow["class"]?.string ?? "-",
                flow.rate("bandwidth"), flow.text("source"), flow.text("destination"), flow.delay("latency"),
                flow.texts("path").isEmpty ? reason ?? "-" : flow.pathText,
            ])
        }
        return table.text
    }
}
