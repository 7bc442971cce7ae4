// The demands of a file as submissions.

import SluiceDocuments
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct SubmissionFile {
    /// Each writes the members of one submission.
    private let submissions: [(id: String, bytes: [UInt8])]

    /// Reads `name`; throws what is wrong with it.
    init(_ name: String) throws(CommandFailure) {
        let file: DocumentFile
        let document: Document
        do throws(InvalidDocument) {
            file = try DocumentFile(reading: name)
            document = try Document.read(file)
        } catch {
            throw CommandFailure(error)
        }
        switch document {
        case .network(let network):
            submissions = network.demands.map { demand in
                Self.submission(demand.id.text) { writer in
                    writer.member("id", demand.id.text)
                    writer.member("source", network.topology[demand.source].id.text)
                    writer.member("destination", network.topology[demand.destination].id.text)
                    writer.member("bandwidth", demand.bandwidth.bitsPerSecond)
                    switch demand.importance {
                    case .unstated: break
                    case .priority(let priority): writer.member("priority", priority.level)
                    case .trafficClass(let name): writer.member("class", name)
                    }
                }
            }
        case .demands(let list) where list.format == .sluiceDemands: submissions = try Self.submissions(file)
        case .demands:
            throw CommandFailure(
                .input, name, "these demands name their nodes by number",
                remedy: "give a Sluice demands file; sluice topology convert makes one of the graph and the demands")
        }
        if submissions.isEmpty { throw CommandFailure(.input, name, "the file has no demands") }
    }

    /// The reader has found the file free of faults: what is left is to write its members as the wire has them.
    private static func submissions(_ file: DocumentFile) throws(CommandFailure) -> [(id: String, bytes: [UInt8])] {
        let root: JSONNode
        do throws(JSONSyntaxError) {
            root = try JSONNode(parsing: file.bytes)
        } catch {
            throw CommandFailure(.input, file.name, error.reason.text)
        }
        return root.nodes("demands").enumerated().map { position, demand in
            let id = demand["id"]?.string ?? "d\(position)"
            return submission(id) { writer in
                writer.member("id", id)
                writer.member("source", demand["source"]?.string)
                writer.member("destination", demand["destination"]?.string)
                writer.member("bandwidth", rate(demand["bandwidth"]))
                writer.member("class", demand["class"]?.string)
                writer.member("priority", demand["priority"]?.integer)
                var constraints = demand["constraints"]?.object ?? []
                if let latency = demand["maxLatency"] {
                    constraints.append(JSONMember(name: "maxLatency", nameOffset: 0, node: latency))
                }
                guard !constraints.isEmpty else { return }
                writer.name("constraints")
                writer.beginObject()
                for member in constraints {
                    if member.name == "maxLatency" {
                        writer.member("maxLatency", delay(member.node))
                    } else {
                        writer.name(member.name)
                        writer.node(member.node)
                    }
                }
                writer.endObject()
            }
        }
    }

    private static func rate(_ node: JSONNode?) -> Int? {
        node?.integer ?? node?.string.flatMap { Bandwidth(text: $0, rounding: .up) }?.bitsPerSecond
    }

    private static func delay(_ node: JSONNode?) -> Int? {
        node?.integer ?? node?.string.flatMap { Latency(text: $0) }?.microseconds
    }

    private static func submission(
        _ id: String, _ write: (inout JSONWriter) -> Void
    ) -> (id: String, bytes: [UInt8]) {
        var writer = JSONWriter()
        writer.beginObject()
        write(&writer)
        writer.endObject()
        return (id, writer.bytes)
    }

    /// Submits in batches that fit the request limit, an atomic one and a dry run as a whole, since a later batch would
    /// not know of what an earlier one was only asked about; answers whether all were taken in.
    func submit(
        atomic: Bool, dryRun: Bool, to client: inout ControlClient, _ control: ControlOptions
    ) throws(CommandFailure) -> Bool {
        var results: [JSONNode] = []
        for batch in batches(asOne: atomic || dryRun) {
            let answer = try client.call(.flowSubmitBatch) { writer in
                writer.name("flows")
                writer.beginArray()
                for submission in submissions[batch] {
                    // These bytes were written by a JSONWriter a moment ago.
                    if let node = try? JSONNode(parsing: submission.bytes) { writer.node(node) }
                }
                writer.endArray()
                writer.flag("atomic", atomic)
                writer.flag("dryRun", dryRun)
            }
            results += answer.nodes("results")
        }
        let all = JSONNode(
            value: .object([
                JSONMember(name: "results", nameOffset: 0, node: JSONNode(value: .array(results), offset: 0))
            ]), offset: 0)
        control.show(all) { Self.text(results, ids: submissions.map(\.id)) }
        return results.allSatisfy { $0["error"] == nil && !AnswerText.isRefused($0) }
    }

    private func batches(asOne: Bool) -> [Range<Int>] {
        if asOne { return [submissions.indices] }
        var batches: [Range<Int>] = []
        var start = 0
        var bytes = 0
        for index in submissions.indices {
            let size = submissions[index].bytes.count + 1
            if index > start, bytes + size > Limits.requestBytes - 1_024 || index - start >= 1_000 {
                batches.append(start..<index)
                start = index
                bytes = 0
            }
            bytes += size
        }
        batches.append(start..<submissions.count)
        return batches
    }

    private static func text(_ results: [JSONNode], ids: [String]) -> String {
        var table = Table([
            .text("FLOW"), .text("STATE"), .number("PRIORITY"), .number("BANDWIDTH"), .number("LATENCY"),
            .text("PATH OR REASON"),
        ])
        var counts: [(state: String, count: Int)] = []
        func tally(_ state: String) {
            if let index = counts.firstIndex(where: { $0.state == state }) {
                counts[index].count += 1
            } else {
                counts.append((state, 1))
            }
        }
        for (id, result) in zip(ids, results) {
            if let error = result["error"] {
                tally("refused")
                table.append([id, "refused", "-", "-", "-", error.text("message")])
                continue
            }
            guard let flow = result["flow"] else { continue }
            tally(flow.text("state"))
            let reason = result["rejection"].map { "\($0.text("code")): \($0.text("message"))" }
            table.append([
                flow.text("id"), flow.text("state"), "\(flow.count("priority"))", flow.rate("bandwidth"),
                flow.delay("latency"), reason ?? flow.pathText,
            ])
        }
        let summary = counts.map { "\($0.count) \($0.state)" }.joined(separator: ", ")
        return table.text + "\(results.count) flows: \(summary)\n"
    }
}
