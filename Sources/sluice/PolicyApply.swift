// `sluice policy apply`: a file's policy into the daemon that runs.

import ArgumentParser
import SluiceDocuments
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct PolicyApplyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Puts a policy in force in the daemon, until its next reload or restart.",
        discussion: """
            Faults of the file are all printed, and the daemon keeps the policy it has. To keep a policy for good, \
            write it to the file that sluiced was started with and run sluice reload.

            Example:
              sluice policy apply policies/default.yaml
            """)

    @Argument(help: "The file.")
    var file: String

    @OptionGroup var control: ControlOptions

    func run() throws {
        let policy = try DocumentInput.use { () throws(InvalidDocument) in
            try PolicyReader.read(DocumentFile(reading: file))
        }
        var client = try control.connect()
        let answer = try client.call(.policyReplace) { writer in
            writer.name("policy")
            // The bytes are a JSON writer's own.
            if let node = try? JSONNode(parsing: PolicyWriter.json(policy, pretty: false)) { writer.node(node) }
        }
        control.show(answer) {
            let orphans = answer.count("flowsOfRemovedClasses")
            return "\(file) is in force"
                + (orphans == 0 ? "\n" : "; \(orphans) flows of classes that it does not have keep their priority\n")
        }
    }
}
