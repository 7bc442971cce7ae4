// Where the package's own documents and, where there is one, the folder with public data beside it are.

import Glibc
import SluiceDocuments
import Testing

enum PackageFiles {
    static let root = "/" + "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
    static let topologyData = root + "/../shared/data/topologies"
    static let instanceData = root + "/../shared/data/pfar"
    static var hasData: Bool { access(topologyData + "/figures.json", R_OK) == 0 }

    static func read(_ path: String) throws -> DocumentFile { try DocumentFile(reading: path) }

    /// Names in `folder` that end in `suffix`, sorted.
    static func names(in folder: String, suffix: String) throws -> [String] {
        let directory = try #require(opendir(folder), "\(folder)")
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(suffix) { names.append(name) }
        }
        return names.sorted()
    }
}

/// A document of a test, as a file.
func document(_ text: String, name: String = "test.json") -> DocumentFile {
    DocumentFile(name: name, bytes: Array(text.utf8))
}

/// The faults of reading `text`, one line each, without the file's name.
func faultLines(_ text: String, demandsOf network: String? = nil) -> [String] {
    do throws(InvalidDocument) {
        if let network {
            _ = try Document.readNetwork(document(network), demands: document(text))
        } else {
            _ = try Document.read(document(text))
        }
        return []
    } catch {
        return error.lines.map { String($0.dropFirst("test.json:".count)) }
    }
}
