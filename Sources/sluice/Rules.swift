// `sluice rules`: what each switch should hold.

import ArgumentParser
import SluiceJSON
import SluiceProtocol

struct Rules: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the rules, groups and meters that switches should hold.",
        discussion: """
            --json prints them in the form of ofctl_rest, as rules.get answers.

            Examples:
              sluice rules
              sluice rules denver
              sluice rules denver --json
            """)

    @Argument(help: "The switch; all where absent.")
    var `switch`: String?

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        let answer = try client.call(.rulesGet) { $0.member("switch", self.switch) }
        control.show(answer) { text(answer.nodes("switches")) }
    }

    private func text(_ switches: [JSONNode]) -> String {
        switches.map { node in
            let owned = node["owned"]?.bool == true
            var text = "\(node.text("switch")) (dpid \(node.count("dpid"))), revision \(node.count("revision"))"
            text += owned ? ", confirmed \(node.count("confirmedRevision"))\n" : ", no owner\n"
            text += rules(node.nodes("flows")) + meters(node.nodes("meters")) + groups(node.nodes("groups"))
            return text
        }.joined(separator: "\n")
    }

    private func rules(_ rules: [JSONNode]) -> String {
        if rules.isEmpty { return "  no rules\n" }
        var table = Table([.number("PRIORITY"), .number("COOKIE"), .text("MATCH"), .text("ACTIONS")])
        for rule in rules {
            table.append([
                "\(rule.count("priority"))", "\(rule.count("cookie"))", members(rule["match"]), actions(rule),
            ])
        }
        return table.text
    }

    private func meters(_ meters: [JSONNode]) -> String {
        meters.map { meter in
            let band = meter.nodes("bands").first
            return "meter \(meter.count("meter_id")): \(band?.count("rate") ?? 0) kbit/s, burst "
                + "\(band?.count("burst_size") ?? 0) kbit\n"
        }.joined()
    }

    private func groups(_ groups: [JSONNode]) -> String {
        groups.map { group in
            "group \(group.count("group_id")): \(group.text("type")), "
                + group.nodes("buckets").map { "[\(actions($0))]" }.joined(separator: " ") + "\n"
        }.joined()
    }

    private func members(_ node: JSONNode?) -> String {
        let members = (node?.object ?? []).map { "\($0.name)=\(plain($0.node))" }
        return members.isEmpty ? "any" : members.joined(separator: " ")
    }

    private func actions(_ node: JSONNode) -> String {
        let actions = node.nodes("actions").map { action in
            let facts = (action.object ?? []).filter { $0.name != "type" }.map { plain($0.node) }
            return ([action.text("type").lowercased()] + facts).joined(separator: ":")
        }
        return actions.isEmpty ? "drop" : actions.joined(separator: " ")
    }

    private func plain(_ node: JSONNode) -> String {
        node.string ?? node.integer.map { "\($0)" } ?? "?"
    }
}
