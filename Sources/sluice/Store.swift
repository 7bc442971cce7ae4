// `sluice store`: the folder that sluiced keeps its state in, looked at while no daemon has it.

import ArgumentParser
import SluiceControlPlane
import SluiceDocuments
import SluiceJSON
import SluiceModel
import SluiceStore

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Checks, exports and imports the state that sluiced keeps.",
        discussion: """
            Works on the folder of sluiced --state while no daemon uses it.

            Examples:
              sluice store check /var/lib/sluice
              sluice store export /var/lib/sluice --output flows.json
              sluice store import flows.json /var/lib/sluice-new
            """,
        subcommands: [StoreCheckCommand.self, StoreExportCommand.self, StoreImportCommand.self])

    /// Opens the store of `folder`; nothing is made and no room is taken.
    static func open(_ folder: String, tolerating: Bool = true) throws(CommandFailure) -> SluiceStore {
        var options = SluiceStore.Options()
        options.creates = false
        options.tolerates = tolerating
        options.reserveBytes = 0
        do throws(StoreFailure) {
            return try SluiceStore(directory: folder, options: options)
        } catch {
            throw CommandFailure(.input, lines: [error.text])
        }
    }

    static func translating<Result>(_ body: () throws(StoreFailure) -> Result) throws(CommandFailure) -> Result {
        do throws(StoreFailure) {
            return try body()
        } catch {
            throw CommandFailure(error.isOfTheFile ? .input : .internal, lines: [error.text])
        }
    }
}

struct StoreCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reads a whole store and says what is damaged.",
        discussion: """
            Checks the file's structure, every checksum and every record; with --topology also that the flows fit the \
            network. Ends with 0 where all is well, 1 where something is damaged, 3 where the store cannot be opened.

            Examples:
              sluice store check /var/lib/sluice
              sluice store check --json --topology /etc/sluice/topology.json /var/lib/sluice
            """)

    @Argument(help: "The folder of sluiced --state.")
    var folder: String

    @Option(name: .shortAndLong, help: "The network: restore the flows into it, without a daemon.")
    var topology: String?

    @Flag(help: "Print one JSON document: {\"file\", \"schema\", \"records\", \"journalEntries\", \"faults\"}.")
    var json = false

    func run() throws {
        let network = try topology.map { file in
            try DocumentInput.use { () throws(InvalidDocument) in
                try Document.readNetwork(DocumentFile(reading: file)).topology
            }
        }
        let store = try StoreCommand.open(folder)
        var counts: [String: Int] = [:]
        var restoration = network.map { PlaneRestoration(topology: $0, policy: .standard, seed: 1) }
        var misfit: String?
        var faults = try StoreCommand.translating { () throws(StoreFailure) in try store.structureFaults() }
        faults += try StoreCommand.translating { () throws(StoreFailure) in
            try store.salvage { key, record in
                counts[key.kindName, default: 0] += 1
                do throws(RestorationFailure) { try restoration?.add(key, record) } catch {
                    misfit = misfit ?? error.text
                }
            }
        }
        if faults.isEmpty, misfit == nil, !counts.isEmpty {
            do throws(RestorationFailure) {
                if let plane = try restoration?.finish() { faults += plane.checkInvariants() }
            } catch {
                misfit = error.text
            }
        }
        if let misfit { faults.append(misfit) }
        let entries = try StoreCommand.translating { () throws(StoreFailure) in try store.journalLength() }
        StandardOutput.write(
            json ? Self.json(store, counts, entries, faults) : Array(Self.text(store, counts, entries, faults).utf8))
        if !faults.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private static func json(
        _ store: SluiceStore, _ counts: [String: Int], _ entries: Int, _ faults: [String]
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("file", store.file)
        writer.name("schema")
        writer.integer(SluiceStore.schema)
        writer.name("records")
        writer.beginObject()
        for name in counts.keys.sorted() {
            writer.name(name)
            writer.integer(counts[name] ?? 0)
        }
        writer.endObject()
        writer.name("journalEntries")
        writer.integer(entries)
        writer.name("faults")
        writer.beginArray()
        for fault in faults { writer.string(fault) }
        writer.endArray()
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private static func text(
        _ store: SluiceStore, _ counts: [String: Int], _ entries: Int, _ faults: [String]
    ) -> String {
        let kinds = counts.keys.sorted().map { "\($0) \(counts[$0] ?? 0)" }.joined(separator: ", ")
        let head = "\(store.file): \(kinds.isEmpty ? "empty" : kinds); \(entries) entries in the journal\n"
        return head + (faults.isEmpty ? "no faults\n" : faults.map { "fault: \($0)\n" }.joined())
    }
}

struct StoreExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes what a store holds as one JSON document.",
        discussion: """
            Also of a damaged store, as far as it can be read: what cannot is named, and the command ends with 1. The \
            document is always JSON; --json makes failures JSON too.

            Examples:
              sluice store export /var/lib/sluice --output flows.json
              sluice store export /var/lib/sluice | python3 -m json.tool
            """)

    @Argument(help: "The folder of sluiced --state.")
    var folder: String

    @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
    var output: String?

    @Flag(help: "Print failures as JSON too.")
    var json = false

    func run() throws {
        let store = try StoreCommand.open(folder)
        let (bytes, faults) = try StoreCommand.translating { () throws(StoreFailure) in try StoreDocument.write(store) }
        try OutputFile.write(bytes, to: output)
        if json, let output, output != "-" {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("output", output)
            writer.name("faults")
            writer.beginArray()
            for fault in faults { writer.string(fault) }
            writer.endArray()
            writer.endObject()
            StandardOutput.write(writer.bytes + [UInt8(ascii: "\n")])
        }
        StandardError.write(faults.map { "sluice: left out: \($0)\n" }.joined())
        if !faults.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
    }
}

struct StoreImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Makes a store out of an exported document.",
        discussion: """
            The folder must hold no store yet, or an empty one.

            Examples:
              sluice store import flows.json /var/lib/sluice-new
            """)

    @Argument(help: "What sluice store export wrote.")
    var file: String

    @Argument(help: "The folder for sluiced --state; made where there is none.")
    var folder: String

    @Flag(help: "Print one JSON document: {\"file\", \"records\"}.")
    var json = false

    func run() throws {
        let document = try DocumentInput.use { () throws(InvalidDocument) in try DocumentFile(reading: file) }
        let node: JSONNode
        do throws(JSONSyntaxError) {
            node = try JSONNode(parsing: document.bytes)
        } catch {
            throw CommandFailure(.input, file, "is no JSON: \(error)")
        }
        let changes: [PlaneChange]
        do throws(StoreDocument.Fault) {
            changes = try StoreDocument.read(node)
        } catch {
            throw CommandFailure(.input, file, error.text)
        }
        var options = SluiceStore.Options()
        options.reserveBytes = 0
        let store: SluiceStore
        do throws(StoreFailure) {
            store = try SluiceStore(directory: folder, options: options)
        } catch {
            throw CommandFailure(.input, lines: [error.text])
        }
        guard store.isEmpty else {
            throw CommandFailure(.input, store.file, "holds a state already", remedy: "name another folder")
        }
        try StoreCommand.translating { () throws(StoreFailure) in
            _ = try store.commit(changes)
            try store.close()
        }
        if json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("file", store.file)
            writer.name("records")
            writer.integer(changes.count)
            writer.endObject()
            StandardOutput.write(writer.bytes + [UInt8(ascii: "\n")])
        } else {
            StandardOutput.write("\(store.file): \(changes.count) records\n")
        }
    }
}
