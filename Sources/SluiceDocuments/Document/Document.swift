// The one entry point: bytes of any known format into values, the format recognised by content, never by name.

import SluiceJSON
import SluiceModel

package enum Document: Sendable {
    case network(ImportedNetwork)
    /// Demands whose network is in another file.
    case demands(DemandList)

    /// Reads `file`, whatever it is; throws everything that is wrong with it.
    package static func read(
        _ file: DocumentFile, options: ImportOptions = ImportOptions()
    ) throws(InvalidDocument) -> Document {
        let document = try recognise(file, options: options)
        if case .demands(let list) = document { try list.check() }
        return document
    }

    /// Reads `file` as far as it can be understood alone: demands are checked with their network, if one follows.
    private static func recognise(_ file: DocumentFile, options: ImportOptions) throws(InvalidDocument) -> Document {
        let faults = FaultCollector(file)
        switch firstByte(of: file.bytes) {
        case nil: throw invalid(file, .empty)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let root = try parseJSON(file, faults: faults)
            return try readJSON(root, options: options, faults: faults)
        case UInt8(ascii: "<"):
            let root = try XMLElement.parse(file, faults: faults)
            return .network(try readXML(root, options: options, faults: faults))
        default: return try readText(file, options: options, faults: faults)
        }
    }

    /// Reads a network; a file of demands alone is refused.
    package static func readNetwork(
        _ file: DocumentFile, options: ImportOptions = ImportOptions()
    ) throws(InvalidDocument) -> ImportedNetwork {
        switch try read(file, options: options) {
        case .network(let network): return network
        case .demands(let list): throw invalid(file, .wrongFormat(list.format, wanted: "the file of its network"))
        }
    }

    /// Reads a network and, in the place of its own demands, those of `demands`: a Sluice demands file, Repetita
    /// demands, or any other network's file whose demands name the nodes of this one.
    package static func readNetwork(
        _ file: DocumentFile, demands: DocumentFile, options: ImportOptions = ImportOptions()
    ) throws(InvalidDocument) -> ImportedNetwork {
        let network = try readNetwork(file, options: options)
        switch try recognise(demands, options: options) {
        case .demands(let list):
            let (records, warnings) = try list.resolved(in: network.topology)
            return network.replacing(demands: records, listed: list.count, warnings: warnings)
        case .network(let other):
            let records = try other.demands(in: network.topology, file: demands)
            return network.replacing(demands: records, listed: other.counts.demands, warnings: other.warnings)
        }
    }

    /// The file's JSON; throws its syntax error.
    static func parseJSON(_ file: DocumentFile, faults: FaultCollector) throws(InvalidDocument) -> JSONNode {
        if firstByte(of: file.bytes) == nil { throw invalid(file, .empty) }
        do throws(JSONSyntaxError) {
            let root = try JSONNode(parsing: withoutMark(file.bytes), depthLimit: Limits.jsonDepth)
            faults.root = root
            return root
        } catch {
            throw InvalidDocument(
                fileName: file.name,
                faults: [
                    DocumentFault(
                        position: TextPosition(of: error.offset, in: file.bytes), field: "",
                        problem: .json(error.reason))
                ])
        }
    }

    static func invalid(_ file: DocumentFile, _ problem: DocumentFault.Problem) -> InvalidDocument {
        InvalidDocument(fileName: file.name, faults: [DocumentFault(position: nil, field: "", problem: problem)])
    }

    /// The first byte that is no white space, a byte order mark passed over.
    private static func firstByte(of bytes: [UInt8]) -> UInt8? {
        withoutMark(bytes).first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
    }

    /// Editors on some systems begin UTF-8 files with a mark; blanks in its place keep every offset.
    private static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.starts(with: [0xef, 0xbb, 0xbf]) else { return bytes }
        var bytes = bytes
        bytes.replaceSubrange(0..<3, with: [0x20, 0x20, 0x20])
        return bytes
    }

    private static func readJSON(
        _ root: JSONNode, options: ImportOptions, faults: FaultCollector
    ) throws(InvalidDocument) -> Document {
        func has(_ name: String) -> Bool { root[name] != nil }
        if has("switches") || has("hosts") {
            return .network(try SluiceTopologyReader.read(root, options: options, faults: faults))
        }
        if has("admitted"), has("rejected") {
            throw invalid(faults.file, .wrongFormat(.solution, wanted: "a network or demands"))
        }
        if let nodes = root["nodes"] {
            let isNodeLink = has("edges") || nodes.array?.first?.object != nil || has("graph") || has("directed")
            return .network(
                isNodeLink
                    ? try NodeLinkReader.read(root, options: options, faults: faults)
                    : try InstanceReader.read(root, options: options, faults: faults))
        }
        if has("demands") {
            let entries = DemandsReader.read(root, faults: faults)
            try faults.throwIfAny()
            return .demands(DemandList(format: .sluiceDemands, entries: entries, faults: faults))
        }
        if let links = root["links"]?.array, links.first?["a"] != nil {
            // A Sluice topology without switches: its own reader says so.
            return .network(try SluiceTopologyReader.read(root, options: options, faults: faults))
        }
        throw invalid(faults.file, .unrecognised)
    }

    private static func readXML(
        _ root: XMLElement, options: ImportOptions, faults: FaultCollector
    ) throws(InvalidDocument) -> ImportedNetwork {
        switch root.name {
        case "graphml": return try GraphMLReader.read(root, options: options, faults: faults)
        case "network": return try SNDlibXMLReader.read(root, options: options, faults: faults)
        default: throw invalid(faults.file, .unrecognised)
        }
    }

    private static func readText(
        _ file: DocumentFile, options: ImportOptions, faults: FaultCollector
    ) throws(InvalidDocument) -> Document {
        let bytes = withoutMark(file.bytes)
        let head = String(decoding: bytes.prefix(4_096), as: UTF8.self)
        let firstWords = head.split(whereSeparator: \.isWhitespace).prefix(2).map(String.init)
        let isNative =
            firstWords.first?.hasPrefix("?SNDlib") == true
            || firstWords == ["NODES", "("] || firstWords == ["META", "("]
        if let text = String(validating: bytes, as: UTF8.self) {
            if isNative {
                return .network(
                    try SNDlibNativeReader.read(text, isLatin1: false, options: options, faults: faults))
            }
            if firstWords.first == "NODES" {
                return .network(try RepetitaReader.readGraph(text, options: options, faults: faults))
            }
            if firstWords.first == "DEMANDS" {
                let entries = RepetitaReader.readDemands(text, faults: faults)
                try faults.throwIfAny()
                return .demands(DemandList(format: .repetitaDemands, entries: entries, faults: faults))
            }
            throw invalid(file, .unrecognised)
        }
        // SNDlib's older files are ISO 8859-1, whose bytes are the first 256 scalars.
        if isNative {
            let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
            return .network(try SNDlibNativeReader.read(text, isLatin1: true, options: options, faults: faults))
        }
        throw invalid(file, .invalidUTF8)
    }
}
