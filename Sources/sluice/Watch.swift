// `sluice watch`: what happens, as it happens.

import ArgumentParser
import SluiceJSON
import SluiceProtocol

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follows events, or the rules of switches, until interrupted.",
        discussion: """
            --json prints one JSON document a line.

            Examples:
              sluice watch
              sluice watch --kind flow.preempted --kind link.changed
              sluice watch --rules --switch denver --json
            """)

    @Option(name: .customLong("kind"), help: "Only events of this kind; may be repeated.")
    var kinds: [String] = []

    @Flag(help: "Follow the rules of switches instead of events.")
    var rules = false

    @Option(name: .customLong("switch"), help: "With --rules: only this switch; may be repeated.")
    var switches: [String] = []

    @Option(parsing: .unconditional, help: "End after this many.")
    var count: Int?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if rules, !kinds.isEmpty { throw ValidationError("--kind goes with events, not with --rules.") }
        if !rules, !switches.isEmpty { throw ValidationError("--switch goes with --rules.") }
    }

    func run() throws {
        var client = try control.connect()
        if rules {
            _ = try client.call(.rulesSubscribe) { $0.member("switches", switches) }
        } else {
            _ = try client.call(.eventsSubscribe) { $0.member("kinds", kinds) }
        }
        var seen = 0
        while seen < count ?? .max {
            let (method, params) = try client.notification()
            seen += 1
            if control.json {
                var writer = JSONWriter()
                writer.node(params)
                StandardOutput.write(writer.bytes + [UInt8(ascii: "\n")])
            } else {
                StandardOutput.write(line(method, params))
            }
        }
    }

    private func line(_ method: String, _ params: JSONNode) -> String {
        switch method {
        case "event": "\(params.text("time"))  \(EventText.line(params))\n"
        case "rules.transaction":
            "\(params.text("switch")) revision \(params.count("revision"))"
                + (params["snapshot"]?.bool == true ? " (everything)" : " round \(params.count("round"))")
                + ": \(params.nodes("flows").count) rules, \(params.nodes("meters").count) meters, "
                + "\(params.nodes("groups").count) groups to set, \(params.nodes("delete").count) rules to delete\n"
        case "events.missed": "\(params.count("count")) events were missed: this reader was too slow\n"
        default: "\(method)\n"
        }
    }
}
