// Captures named on the command line, read to the flows in them.

import SluiceCapture

enum CaptureInput {
    /// The flows of `captures`, merged in time order (`-`: standard input), and where captures broke off.
    static func read(
        _ captures: [String], _ options: EpisodeOptions, filter expression: String?
    ) throws(CommandFailure) -> (table: EpisodeTable, damages: [(position: Int, damage: CaptureDamage)]) {
        let filter = try captureFilter(expression)
        var readers: [CaptureReader] = []
        for capture in captures {
            do throws(CaptureFailure) {
                readers.append(try CaptureReader(file: capture == "-" ? nil : capture))
            } catch {
                throw CommandFailure(.input, capture, error.text.problem, remedy: error.text.remedy)
            }
        }
        let merge = CaptureMerge(readers)
        var table = EpisodeTable(options)
        var bar = ProgressBar("reading", unit: "packets")
        table.read(merge, filter: filter) { bar.update($0, share: merge.progress) }
        bar.finish()
        if let type = table.unreadableLinkType, table.packetsUnreadable == table.packets {
            let text = CaptureFailure.unsupportedLinkType(type).text
            throw CommandFailure(.input, captures.joined(separator: ", "), text.problem, remedy: text.remedy)
        }
        return (table, merge.damages)
    }

    /// Says where captures broke off; with `strict` the first ends the command.
    static func report(
        _ damages: [(position: Int, damage: CaptureDamage)], of captures: [String], strict: Bool
    ) throws(CommandFailure) {
        for (position, damage) in damages {
            guard !strict else {
                throw CommandFailure(
                    .input, captures[position], damage.text, remedy: "repair it with editcap or pcapfix")
            }
            StandardError.write(
                "sluice: \(captures[position]): damaged: \(damage.text) (everything before it counts)\n")
        }
    }
}
