// `sluice status`: the daemon and the network in numbers.

import ArgumentParser
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the daemon and the network in numbers.",
        discussion: """
            Example:
              sluice status
            """)

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        let status = try client.call(.systemStatus)
        control.show(status) { text(status) }
    }

    private func text(_ status: JSONNode) -> String {
        let share = Double(status.count("reserved")) / Double(max(1, status.count("reservable")))
        let flows = (status["flows"]?.object ?? []).compactMap { member in
            member.node.integer.flatMap { $0 > 0 ? "\($0) \(member.name)" : nil }
        }
        let seconds = Int(status["uptimeSeconds"]?.number ?? 0)
        let notUp = status.count("linksNotUp")
        let facts: [(String, String)] = [
            (
                "daemon",
                "sluiced \(status.text("version")), up for \(duration(seconds)), "
                    + (status.count("clients") == 1 ? "1 client" : "\(status.count("clients")) clients")
            ),
            (
                "topology",
                "\(status.text("topology")): \(status.count("switches")) switches (\(status.count("ownedSwitches")) "
                    + "owned), \(status.count("hosts")) hosts"
            ),
            ("links", "\(status.count("links")) directed, " + (notUp == 0 ? "all up" : "\(notUp) not up")),
            ("flows", flows.isEmpty ? "none" : flows.joined(separator: ", ")),
            (
                "reserved",
                "\(Bandwidth(exactly: status.count("reserved"))?.text ?? "-") of "
                    + "\(Bandwidth(exactly: status.count("reservable"))?.text ?? "-") (\(percent(share))) between switches"
            ),
            ("decisions", "\(status.count("decisions")), revision \(status.count("revision"))"),
            ("optimising", status["optimizing"]?.bool == true ? "yes" : "no"),
        ]
        return facts.map { name, value in
            name + String(repeating: " ", count: 12 - name.count) + value + "\n"
        }.joined()
    }

    private func duration(_ seconds: Int) -> String {
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ]
        let shown = parts.drop { $0.0 == 0 }.prefix(2).map { "\($0.0) \($0.1)" }
        return shown.isEmpty ? "0 s" : shown.joined(separator: " ")
    }
}
