// `sluice topology`: networks in files.

import ArgumentParser
import SluiceDocuments
import SluiceJSON
import SluiceModel

struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Checks, shows, converts and generates networks.",
        discussion: """
            Reads Sluice topologies and demands, instances, node-link JSON, Topology Zoo GraphML, SNDlib (native and \
            XML) and Repetita files; the format is recognised by content. A file of - is standard input.

            Examples:
              sluice topology validate site.json
              sluice topology show topologies/geant.json
              sluice topology convert Geant2009.graphml --output geant.json
              sluice topology generate fat-tree --k 4 --output fabric.json
            """,
        subcommands: [
            TopologyApplyCommand.self, TopologyConvertCommand.self, TopologyGenerateCommand.self,
            TopologyShowCommand.self,
            TopologyValidateCommand.self,
        ])
}

struct TopologyValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Finds everything that is wrong with a network's file.",
        discussion: """
            Every fault is printed with its line, its field and what to do about it. Ends with 0 where there is none, \
            1 where there are faults, 3 where the file cannot be read.

            Examples:
              sluice topology validate topologies/abilene.json
              sluice topology validate --json site.json
            """)

    @Argument(help: "The file.")
    var file: String

    @OptionGroup var imports: ImportArguments

    @Flag(help: "Print one JSON document: {\"valid\", \"faults\", \"warnings\"}.")
    var json = false

    func run() throws {
        let outcome = Result { () throws(InvalidDocument) in
            try Document.read(DocumentFile(reading: file), options: imports.options)
        }
        switch outcome {
        case .success(let document):
            let warnings = NetworkSummary(document, file: file).warnings
            if json {
                StandardOutput.write(FaultReport.json(faults: [], warnings: warnings))
            } else {
                StandardError.write(warnings.map { "sluice: \(file): warning: \($0)\n" }.joined())
                StandardOutput.write("\(file): no faults\n")
            }
        case .failure(let error): try FaultReport.fail(error, json: json)
        }
    }
}

struct TopologyShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Prints what a network consists of.",
        discussion: """
            Examples:
              sluice topology show topologies/geant.json
              sluice topology show --links Geant2009.graphml
              sluice topology show --json germany50.txt
            """)

    @Argument(help: "The file.")
    var file: String

    @OptionGroup var imports: ImportArguments

    @Flag(help: "Print one JSON document.")
    var json = false

    @Flag(help: "List the links.")
    var links = false

    @Flag(help: "List the switches and hosts.")
    var nodes = false

    func run() throws {
        let document = try DocumentInput.use { () throws(InvalidDocument) in
            try Document.read(DocumentFile(reading: file), options: imports.options)
        }
        let summary = NetworkSummary(document, file: file)
        if json {
            StandardOutput.write(summary.json)
            return
        }
        var text = summary.text
        if case .network(let network) = document {
            if nodes { text += "\n" + NetworkTables.nodes(network.topology) }
            if links { text += "\n" + NetworkTables.links(network.topology) }
        }
        StandardOutput.write(text)
    }
}

struct TopologyConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Writes a network as a Sluice topology, which can then be edited and given to sluiced.",
        discussion: """
            Demands go to a file of their own. Ports and datapath ids that were not given are the assigned ones.

            Examples:
              sluice topology convert Geant2009.graphml --output geant.json
              sluice topology convert germany50.txt --demands-output demands.json
            """)

    @Argument(help: "The file.")
    var file: String

    @OptionGroup var imports: ImportArguments

    @Option(help: ArgumentHelp("Write the topology here instead of to standard output.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Write the demands here.", valueName: "file"))
    var demandsOutput: String?

    func run() throws {
        let network = try DocumentInput.use { () throws(InvalidDocument) in
            try Document.readNetwork(DocumentFile(reading: file), options: imports.options)
        }
        DocumentInput.report(network.warnings, of: file)
        let bytes = SluiceTopologyWriter.write(
            network.topology, description: network.description, source: network.source)
        try OutputFile.write(bytes, to: output)
        if let demandsOutput {
            try OutputFile.write(DemandsWriter.write(network.demands, of: network.topology), to: demandsOutput)
        }
    }
}
