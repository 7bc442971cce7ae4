// The wire pinned by transcripts: each line of a `.requests` file has its answer on the same line of `.answers`.

import SluiceJSON
import Testing

@Suite struct TranscriptTests {
    @Test(arguments: ["envelope"])
    func `every request of a transcript has the answer beside it`(name: String) throws {
        func lines(_ ending: String) throws -> [Substring] {
            try readText(PackageFiles.path("Tests/Transcripts/\(name).\(ending)")).split(separator: "\n")
        }
        let requests = try lines("requests")
        let answers = try lines("answers")
        try #require(requests.count == answers.count)
        let client = try DaemonUnderTest().connect()
        for (request, answer) in zip(requests, answers) {
            try client.send(request + "\n")
            let expected = try JSONNode(parsing: Array(answer.utf8))
            #expect(Answers.comparable(try client.answer()) == Answers.comparable(expected), "\(request)")
        }
    }
}
