import Glibc
import SluiceDocuments
import SluiceModel
import Testing

@Suite struct DocumentTests {
    private func network(_ text: String) throws -> ImportedNetwork { try Document.readNetwork(document(text)) }

    @Test func `the format is recognised by content, whatever the name`() throws {
        let formats: [DocumentFormat] = [
            .sluiceTopology, .instance, .nodeLink, .graphML, .sndlibNative, .sndlibXML, .repetitaGraph,
        ]
        #expect(try Samples.networks.map { try network($0).format } == formats)
        for (text, format) in [
            (Samples.demands, DocumentFormat.sluiceDemands), (Samples.repetitaDemands, .repetitaDemands),
        ] {
            guard case .demands(let list) = try Document.read(document(text)) else {
                Issue.record("\(format) is read as a network")
                continue
            }
            #expect(list.format == format)
            #expect(list.count == 2)
        }
    }

    @Test(arguments: [
        ("", "the file is empty"), (" \n\t", "the file is empty"), ("hello", "the format is not recognised"),
        ("{}", "the format is not recognised"), ("[]", "the format is not recognised"),
        ("<a/>", "the format is not recognised"), ("<a>", "the XML is broken"), ("<", "the XML is broken"),
        ("{", "the text ends where"), ("{\"nodes\": }", "stands where a value is due"),
        ("{\"admitted\": [], \"rejected\": []}", "this is a solution"),
        ("{\"nodes\": [], \"nodes\": []}", "is given twice in one object"),
        (
            "<!DOCTYPE a [<!ENTITY b \"c\">]><graphml>&b;</graphml>",
            "document types are not read"
        ),
        ("NODES x\n", "the line is not a section: NODES COUNT"), ("DEMANDS 2\n", "2 are announced, 0 follow"),
        ("?SNDlib native format\n", "\"NODES\" is missing"), ("?SNDlib native format\nNODES (\n", "is missing"),
        ("classes: []\n", "the format is not recognised"),
    ])
    func `what is no network gets one clear answer`(text: String, problem: String) {
        let lines = faultLines(text)
        #expect(lines.contains { $0.contains(problem) }, "\(lines)")
    }

    @Test func `bytes that are not UTF-8 are named, except where the format is older than UTF-8`() throws {
        for text in [Array("{\"name\": \"".utf8) + [0xfc] + Array("\"}".utf8), [0xff, 0xfe, 0x41, 0x00]] {
            #expect { try Document.read(DocumentFile(name: "x", bytes: text)) } throws: { error in
                (error as? InvalidDocument)?.lines.contains { $0.contains("are not UTF-8") } == true
            }
        }
        var native = Array(Samples.sndlibNative.utf8)
        let place = try #require(native.firstIndex(of: UInt8(ascii: "A")))
        // The comment's first letter is at line 2; the node A becomes M with umlaut in ISO 8859-1.
        native[place] = UInt8(ascii: "A")
        let latin = String(decoding: native, as: UTF8.self).replacing("# a comment", with: "# a K")
        var bytes = Array(latin.utf8)
        let letter = try #require(bytes.firstIndex(of: UInt8(ascii: "K")))
        bytes[letter] = 0xf6
        let network = try Document.readNetwork(DocumentFile(name: "x", bytes: bytes))
        #expect(network.warnings.contains(.readAsLatin1))
    }

    @Test(arguments: Samples.all)
    func `a byte order mark does no harm`(sample: String) throws {
        #expect(throws: Never.self) { try Document.read(document("\u{feff}" + sample)) }
    }

    @Test func `deep nesting is refused`() {
        let json = "{\"switches\":" + String(repeating: "[", count: 100_000)
        #expect(faultLines(json).first?.contains("nested deeper than 64") == true)
        let xml = String(repeating: "<a>", count: 100_000)
        #expect(faultLines(xml).first?.contains("nested deeper than 64") == true, "\(faultLines(xml))")
    }

    @Test func `a file that cannot be read says why`() throws {
        func answer(_ path: String, limit: Int = Limits.documentBytes) -> InvalidDocument? {
            do throws(InvalidDocument) {
                _ = try DocumentFile(reading: path, limit: limit)
                return nil
            } catch {
                return error
            }
        }
        var template = Array("/tmp/sluice-documents-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        #expect(write(descriptor, "0123456789", 10) == 10)
        close(descriptor)
        #expect(try DocumentFile(reading: path).bytes == Array("0123456789".utf8))
        #expect(try DocumentFile(reading: path, limit: 10).bytes.count == 10)
        #expect(answer(path, limit: 9)?.faults.first?.problem == .tooLarge(limit: 9))
        #expect(answer("/tmp")?.faults.first?.problem == .isDirectory)
        #expect(answer(path + "-missing")?.faults.first?.problem == .cannotRead("No such file or directory"))
        #expect(answer("/tmp")?.isUnreadable == true)
    }

    @Test(arguments: [
        ("2133.127778", 6, 2_133_127_778), ("0.1", 1, 1), ("1e-7", 6, 1), ("0", 6, 0), ("5.000", 0, 5),
        ("1e3", 0, 1_000),
        ("12345.678", 3, 12_345_678), ("-0.0", 6, 0), ("+7", 0, 7), ("9007199254740991", 0, 9_007_199_254_740_991),
    ])
    func `decimals scale exactly and round up`(text: String, power: Int, value: Int) {
        #expect(DecimalText.scaled(text, power: power, rounding: .up) == value)
    }

    @Test(arguments: ["", "-1", "1.2.3", "x", "1e", "1e999", "9007199254740992", "1 ", "0x10", "inf", "nan", "."])
    func `what is no decimal in range is refused`(text: String) {
        #expect(DecimalText.scaled(text, power: 0, rounding: .up) == nil)
    }

    @Test func `decimals round down for capacities`() {
        #expect(DecimalText.scaled("1.9999999", power: 6, rounding: .down) == 1_999_999)
        #expect(DecimalText.scaled("0.0000001", power: 6, rounding: .down) == 0)
    }
}

/// Damage: nothing crashes, and whoever is refused is told why.
@Suite struct DamagedDocumentTests {
    private func survives(_ bytes: [UInt8]) {
        do throws(InvalidDocument) {
            if case .network(let network) = try Document.read(DocumentFile(name: "damaged", bytes: bytes)) {
                // What is accepted is a network that can be written and read again.
                let written = SluiceTopologyWriter.write(network.topology)
                let again = try Document.readNetwork(DocumentFile(name: "again", bytes: written))
                #expect(again.topology.links.count == network.topology.links.count)
            }
        } catch {
            #expect(!error.faults.isEmpty)
            #expect(error.lines.allSatisfy { !$0.isEmpty })
        }
    }

    @Test(arguments: Samples.all)
    func `every truncation is survived`(sample: String) {
        let bytes = Array(sample.utf8)
        for length in 0..<bytes.count { survives(Array(bytes[..<length])) }
    }

    @Test(arguments: Samples.all)
    func `every flipped bit is survived`(sample: String) {
        var bytes = Array(sample.utf8)
        for position in bytes.indices {
            for bit in 0..<8 {
                bytes[position] ^= 1 << UInt8(bit)
                survives(bytes)
                bytes[position] ^= 1 << UInt8(bit)
            }
        }
    }

    @Test(arguments: Samples.all)
    func `every line left out or given twice is survived`(sample: String) {
        let lines = sample.split(separator: "\n", omittingEmptySubsequences: false)
        for position in lines.indices {
            var fewer = lines
            fewer.remove(at: position)
            survives(Array(fewer.joined(separator: "\n").utf8))
            var more = lines
            more.insert(lines[position], at: position)
            survives(Array(more.joined(separator: "\n").utf8))
        }
    }
}
