// `sluice links`: what is reserved and measured on each link.

import ArgumentParser
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct Links: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists links with their state, reservations and measurements.",
        discussion: """
            RESERVED is what admission holds of what it may give; UTILISATION is what telemetry measured. The two are \
            different things.

            Examples:
              sluice links
              sluice links --busiest 10
              sluice links --all --json
            """)

    @Flag(help: "Also the access links of hosts.")
    var all = false

    @Option(help: "Only this many, the fullest first.")
    var busiest: Int?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if let busiest, busiest < 1 { throw ValidationError("--busiest is at least 1.") }
    }

    func run() throws {
        var client = try control.connect()
        let topology = try client.call(.topologyGet)
        var links = topology.nodes("links").filter { all || $0.text("kind") == "trunk" }
        if let busiest {
            // Stable: the topology's order among equals.
            links = links.enumerated().sorted { left, right in
                let (first, second) = (fullness(left.element), fullness(right.element))
                return first == second ? left.offset < right.offset : first > second
            }.prefix(busiest).map(\.element)
        }
        let shown = JSONNode(
            value: .object([JSONMember(name: "links", nameOffset: 0, node: JSONNode(value: .array(links), offset: 0))]),
            offset: 0)
        control.show(shown) { text(links) }
    }

    private func fullness(_ link: JSONNode) -> Double {
        Double(link.count("reserved")) / Double(max(1, link.count("reservable")))
    }

    private func text(_ links: [JSONNode]) -> String {
        var table = Table([
            .text("LINK"), .text("FROM"), .text("TO"), .text("STATE"), .number("CAPACITY"), .number("RESERVED"),
            .number("SHARE"), .number("UTILISATION"), .number("LATENCY"), .number("FLOWS"),
        ])
        for link in links {
            table.append([
                link.text("id"), link.text("from"), link.text("to"),
                link["heldUntil"] == nil ? link.text("state") : "held", link.rate("capacity"),
                link.rate("reserved"), percent(fullness(link)), link.share("utilisation"), link.delay("latency"),
                "\(link.count("flows"))",
            ])
        }
        return table.text
    }
}
