// The examples of docs/documents.md are read as what they are said to be.

import SluiceDocuments
import SluiceModel
import Testing

@Suite struct DocumentationTests {
    private func examples(_ language: String) throws -> [String] {
        let page = String(
            decoding: try PackageFiles.read(PackageFiles.root + "/docs/documents.md").bytes, as: UTF8.self)
        return page.split(separator: "```\(language)\n").dropFirst().compactMap { part in
            part.split(separator: "```").first.map(String.init)
        }
    }

    @Test func `the JSON examples are a topology, its demands, an instance and its solution`() throws {
        let examples = try examples("json")
        try #require(examples.count == 4)
        let network = try Document.readNetwork(document(examples[0]), demands: document(examples[1]))
        #expect(network.format == .sluiceTopology)
        #expect(network.demands.count == 2)
        let instance = try Document.readNetwork(document(examples[2]))
        #expect(instance.format == .instance)
        #expect(try PlacementDocument.read(document(examples[3]), topology: instance.topology).paths.count == 1)
    }

    @Test func `the YAML example is a policy`() throws {
        let examples = try examples("yaml")
        try #require(examples.count == 1)
        #expect(try PolicyReader.read(document(examples[0])).classes.map(\.name) == ["voice", "bulk"])
    }
}
