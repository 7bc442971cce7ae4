// docs/protocol.md as a script: its shell blocks and the answers that follow them.

import Glibc
import SluiceJSON

struct ProtocolDocument {
    struct Example {
        /// The shell command as it can be pasted.
        let command: String
        /// The request line inside it.
        let request: String
        /// The answers that the document promises; empty where it describes them in words.
        let answers: [JSONNode]
    }

    let text: String
    /// The first shell block, which starts a daemon, and the topology that it writes.
    let preamble: String
    let topology: String
    let examples: [Example]

    init() throws {
        text = try readText(PackageFiles.path("docs/protocol.md"))
        var preamble = ""
        var examples: [Example] = []
        var request: (command: String, line: String)?
        func finish(_ answers: [JSONNode]) {
            if let request {
                examples.append(Example(command: request.command, request: request.line, answers: answers))
            }
            request = nil
        }
        for block in Self.blocks(of: text) {
            if block.language == "sh" {
                finish([])
                if block.body.hasPrefix("echo '") {
                    request = (block.body, String(block.body.dropFirst(6).prefix { $0 != "'" }))
                } else if preamble.isEmpty {
                    preamble = block.body
                }
            } else if block.language == "json" {
                finish(try Self.values(block.body))
            }
        }
        finish([])
        self.preamble = preamble
        self.examples = examples
        let lines = preamble.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { $0.contains("<<'END'") }), let end = lines.firstIndex(of: "END")
        else {
            throw SystemTestFailure("docs/protocol.md does not begin with a topology")
        }
        topology = lines[(start + 1)..<end].joined(separator: "\n")
    }

    private static func blocks(of text: String) -> [(language: String, body: String)] {
        var blocks: [(language: String, body: String)] = []
        var open: (language: String, lines: [Substring])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("```") else {
                open?.lines.append(line)
                continue
            }
            if let block = open {
                blocks.append((block.language, block.lines.joined(separator: "\n")))
                open = nil
            } else {
                open = (String(line.dropFirst(3)), [])
            }
        }
        return blocks
    }

    /// JSON values one after the other, each beginning with a brace at the start of a line.
    private static func values(_ body: String) throws -> [JSONNode] {
        var texts: [String] = []
        for line in body.split(separator: "\n") {
            if line.hasPrefix("{") { texts.append("") }
            texts[texts.count - 1] += line + "\n"
        }
        return try texts.map { try JSONNode(parsing: Array($0.utf8)) }
    }
}

func readText(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw SystemTestFailure("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { break }
        bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}
