// Answers of the daemon as people read them.

import SluiceJSON
import SluiceModel

extension JSONNode {
    func text(_ name: String) -> String { self[name]?.string ?? "" }
    func count(_ name: String) -> Int { self[name]?.integer ?? 0 }
    func texts(_ name: String) -> [String] { self[name]?.array?.compactMap(\.string) ?? [] }
    func nodes(_ name: String) -> [JSONNode] { self[name]?.array ?? [] }

    func rate(_ name: String) -> String { Bandwidth(exactly: count(name))?.text ?? "-" }
    func delay(_ name: String) -> String { self[name]?.integer.flatMap { Latency(exactly: $0) }?.text ?? "-" }
    /// A share as per cent with one digit.
    func share(_ name: String) -> String {
        self[name]?.number.map { percent($0) } ?? "-"
    }
    /// `path` joined, or `-`.
    var pathText: String {
        let path = texts("path")
        return path.isEmpty ? "-" : path.joined(separator: " - ")
    }
}

/// `ratio` as per cent with one digit after the point.
func percent(_ ratio: Double) -> String {
    let tenths = Int((ratio * 1_000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
}

enum AnswerText {
    /// What became of one flow, in a line or a few.
    static func result(_ result: JSONNode) -> String {
        guard let flow = result["flow"] else { return "" }
        let verb = result["dryRun"]?.bool == true ? " would be" : ":"
        var text = "\(flow.text("id"))\(verb) \(flow.text("state"))"
        if !flow.texts("path").isEmpty {
            text += ", \(flow.rate("bandwidth")) on \(flow.pathText) (\(flow.delay("latency")))"
        }
        text += "\n"
        text += backup(flow)
        if let rejection = result["rejection"] { text += self.rejection(rejection, indent: "  ") }
        for reason in flow.nodes("reasons") { text += "  \(reason.text("text"))\n" }
        if let companion = result["companion"] {
            text +=
                "  \(companion.text("id")): \(companion.text("state")), \(companion.rate("bandwidth")) on "
                + "\(companion.pathText)\n"
            text += backup(companion)
        }
        for flow in result.nodes("preempted") {
            text +=
                "  preempted \(flow.text("id")) (priority \(flow.count("priority")), \(flow.rate("bandwidth"))): "
                + "now \(flow.text("state"))\n"
        }
        text += moves(result.nodes("moved"))
        for flow in result.texts("returned") { text += "  returned \(flow)\n" }
        return text
    }

    /// Whether the answer is no.
    static func isRefused(_ result: JSONNode) -> Bool {
        result["rejection"] != nil && result["flow"]?.text("state") != "pending"
    }

    /// The second path of a protected flow, by its links.
    private static func backup(_ flow: JSONNode) -> String {
        let links = flow.texts("backupLinks")
        return links.isEmpty ? "" : "  second path: \(links.joined(separator: " "))\n"
    }

    static func rejection(_ rejection: JSONNode, indent: String) -> String {
        var text = "\(indent)\(rejection.text("code")): \(rejection.text("message"))\n"
        for remedy in rejection.nodes("wouldFitIf") { text += "\(indent)would fit if \(remedy.text("text"))\n" }
        return text
    }

    static func moves(_ moves: [JSONNode]) -> String {
        moves.map { move in
            "  moved \(move.text("id")) from \(move.texts("from").joined(separator: " ")) to "
                + "\(move.texts("to").joined(separator: " "))\n"
        }.joined()
    }
}
