// `sluice topology apply`: a file's network under the daemon that runs.

import ArgumentParser
import SluiceDocuments
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct TopologyApplyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Puts the daemon's flows on another network, until it is restarted.",
        discussion: """
            Flows keep their paths where these are still there and have room; others are placed anew, the most \
            important first; flows whose ends are gone are over. Faults of the file are all printed, and the daemon keeps \
            the network it has. To keep a network for good, write it to the file that sluiced was started with too.

            Examples:
              sluice topology apply --dry-run topologies/abilene.json
              sluice topology apply topologies/abilene.json
            """)

    @Argument(help: "The file.")
    var file: String

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    @OptionGroup var control: ControlOptions

    func run() throws {
        let network = try DocumentInput.use { () throws(InvalidDocument) in
            try Document.readNetwork(DocumentFile(reading: file))
        }
        var client = try control.connect()
        let answer = try client.call(.topologyReplace) { writer in
            writer.name("topology")
            // The bytes are a JSON writer's own.
            if let node = try? JSONNode(parsing: SluiceTopologyWriter.write(network.topology)) { writer.node(node) }
            if dryRun {
                writer.name("dryRun")
                writer.bool(true)
            }
        }
        control.show(answer) { text(answer) }
    }

    private func text(_ answer: JSONNode) -> String {
        func count(_ group: String, _ name: String) -> Int { answer[group]?[name]?.array?.count ?? 0 }
        func flows(_ name: String) -> Int { answer[name]?.array?.count ?? 0 }
        var text = dryRun ? "\(file) would change\n" : "\(file) is in force\n"
        text += "  nodes: \(count("nodes", "added")) new, \(count("nodes", "removed")) gone\n"
        text +=
            "  links: \(count("links", "added")) new, \(count("links", "removed")) gone, "
            + "\(count("links", "changed")) changed\n"
        text += "  flows: \(flows("moved")) moved, \(flows("preempted")) without a path, \(flows("lost")) over\n"
        return text
    }
}
