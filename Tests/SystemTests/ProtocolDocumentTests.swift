// docs/protocol.md is run: every request in it against a real daemon, every answer compared.

import Glibc
import SluiceJSON
import SluiceProtocol
import Testing

@Suite struct ProtocolDocumentTests {
    @Test func `every request of the document has the answer that the document says`() throws {
        let document = try ProtocolDocument()
        let daemon = try DaemonUnderTest(topology: document.topology)
        #expect(document.examples.count >= Method.allCases.count)
        for example in document.examples {
            // A connection for each, as when pasted: a subscription ends with its command.
            let client = try daemon.connect()
            try client.send(example.request + "\n")
            for expected in example.answers {
                let answer = try client.answer()
                #expect(Answers.comparable(answer) == Answers.comparable(expected), "\(example.request)")
            }
        }
    }

    @Test func `every answer of the document has the shape that rpc discover promises`() throws {
        for example in try ProtocolDocument().examples {
            let request = try JSONNode(parsing: Array(example.request.utf8))
            let method = try #require(request["method"]?.string.flatMap(Method.init))
            for result in example.answers.compactMap({ $0["result"] }) {
                do throws(ProtocolFault) {
                    try method.description.result.check(result, field: "result")
                } catch {
                    Issue.record("\(method.rawValue): \(error.message)")
                }
            }
        }
    }

    @Test(.enabled(if: access("/usr/bin/socat", X_OK) == 0, "needs socat"))
    func `the whole page can be pasted into a shell`() throws {
        let document = try ProtocolDocument()
        let folder = try TemporaryFolder()
        let programs = try ChildProcess.program("sluiced").dropLast("/sluiced".count)
        let lines = [document.preamble] + document.examples.map(\.command) + ["kill $!", "wait"]
        // In a folder of its own, so that nothing of the machine's is in the way.
        let script = lines.joined(separator: "\n").split(separator: "/tmp/", omittingEmptySubsequences: false)
            .joined(separator: folder.path + "/")
        let ending = try ChildProcess(
            "/bin/sh", ["-c", script], environment: ["PATH": "\(programs):/usr/bin:/bin"]
        ).ending()
        let printed = try ending.output.split(separator: "\n").map { try JSONNode(parsing: Array($0.utf8)) }
        var expected = document.examples.flatMap(\.answers).map(Answers.comparable)[...]
        for answer in printed.map(Answers.comparable) {
            if answer == expected.first { expected.removeFirst() }
        }
        #expect(expected.isEmpty, "not printed: \(expected.first ?? ""); errors: \(ending.errors)")
        #expect(ending.errors.contains("notice: stopped"))
    }

    @Test func `every method, every param and every error code is in the document`() throws {
        let text = try ProtocolDocument().text
        let sections = text.split(separator: "### `").dropFirst()
        for method in Method.allCases {
            let section = try #require(sections.first { $0.hasPrefix(method.rawValue + "`") }, "\(method.rawValue)")
            for param in method.description.params {
                #expect(section.contains("`\(param.name)`"), "\(method.rawValue): \(param.name)")
            }
        }
        for code in ErrorCode.allCases { #expect(text.contains("| \(code.number) | `\(code.rawValue)` |")) }
    }
}
