import SluiceDocuments
import SluiceJSON
import SluiceModel
import Testing

@Suite struct HostileXMLTests {
    /// Found by fuzzing: Foundation's reader traps on such a name.
    @Test func `bytes that are not UTF-8 are refused with their place`() throws {
        let bytes: [UInt8] = Array("<graphml>\n<".utf8) + [0x44, 0xff, 0xff, 0x2f, 0xc0]
        let invalid = #expect(throws: InvalidDocument.self) {
            try Document.read(DocumentFile(name: "bad.graphml", bytes: bytes))
        }
        #expect(invalid?.faults.map(\.problem) == [.invalidUTF8])
        #expect(invalid?.faults.first?.position?.line == 2)
    }

    @Test func `ISO 8859-1 is read where it is declared`() throws {
        let text =
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<graphml><graph><node id=\"M\u{fc}nchen\"/></graph></graphml>"
        let bytes = text.unicodeScalars.map { UInt8($0.value) }
        let network = try Document.readNetwork(DocumentFile(name: "latin.graphml", bytes: bytes))
        #expect(network.topology.nodes.map(\.id.text) == ["M\u{fc}nchen"])
    }
}
