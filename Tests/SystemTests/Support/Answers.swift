// Answers in a form that can be compared with what was written down: times and durations differ from run to run.

import SluiceJSON
import SluiceModel

enum Answers {
    /// One line, every time replaced by `TIME`, every measured duration by 0 and every revision of a switch by 1.
    static func comparable(_ node: JSONNode) -> String {
        var writer = JSONWriter()
        write(node, to: &writer)
        return writer.text
    }

    private static let durations: Set<String> = ["uptimeSeconds", "elapsedSeconds"]
    private static let revisions: Set<String> = ["revision", "confirmedRevision"]
    /// Revisions of switches count from the microsecond of the start; this is 2020.
    private static let firstRevision = 1_577_836_800_000_000

    private static func write(_ node: JSONNode, to writer: inout JSONWriter) {
        switch node.value {
        case .string(let text): writer.string(withoutTimes(text))
        case .number(let number): writer.number(number)
        // 0 and 0.0 are the same number.
        case .integer(let integer): writer.number(Double(integer))
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.name(member.name)
                if durations.contains(member.name) {
                    writer.integer(0)
                } else if revisions.contains(member.name), let number = member.node.integer, number > firstRevision {
                    // Which transaction it is tells the rest of the line.
                    writer.integer(1)
                } else {
                    write(member.node, to: &writer)
                }
            }
            writer.endObject()
        case .bool, .null: writer.node(node)
        }
    }

    /// Times may also stand in a sentence.
    private static func withoutTimes(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let bare = word.last == "." ? word.dropLast() : word
            return Instant(text: String(bare)) == nil ? String(word) : "TIME"
        }.joined(separator: " ")
    }
}

/// Files of this package, found from where this file was compiled.
enum PackageFiles {
    static func path(_ relative: String) -> String {
        let folders = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        // Tests/SystemTests/Support/THIS.
        return folders.dropLast(4).joined(separator: "/") + "/" + relative
    }
}
