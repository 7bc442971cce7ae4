// `sluice reload`: reads the policy again.

import ArgumentParser
import SluiceJSON
import SluiceProtocol

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has the daemon read its policy again, as SIGHUP does.",
        discussion: """
            Where the new policy has faults they are all printed, and the old one stays.

            Example:
              sluice reload
            """)

    @OptionGroup var control: ControlOptions

    func run() throws {
        var client = try control.connect()
        let answer = try client.call(.systemReload)
        control.show(answer) {
            let topology =
                answer.text("topology") == "changed" ? "; the topology file has changed, which needs a restart" : ""
            return "policy: \(answer.text("policy"))\(topology)\n"
        }
    }
}
