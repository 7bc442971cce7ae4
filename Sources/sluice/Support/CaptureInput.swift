// Captures named on the command line, read to the flows in them.

import ArgumentParser
import SluiceCapture

enum CaptureInput {
    /// What a capture is called in messages.
    static func name(of capture: String) -> String { capture == "-" ? "standard input" : capture }

    static func validate(_ captures: [String]) throws {
        if captures.count(where: { $0 == "-" }) > 1 {
            throw ValidationError("standard input can be read once: give - once")
        }
    }

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
                throw CommandFailure(.input, name(of: capture), error.text.problem, remedy: error.text.remedy)
            }
        }
        let merge = CaptureMerge(readers)
        var table = EpisodeTable(options)
        var bar = ProgressBar("reading", unit: "packets")
        table.read(merge, filter: filter) { bar.update($0, share: merge.progress) }
        bar.finish()
        if let type = table.unreadableLinkType, table.packetsUnreadable == table.packets {
            let text = CaptureFailure.unsupportedLinkType(type).text
            throw CommandFailure(
                .input, captures.map(name).joined(separator: ", "), text.problem, remedy: text.remedy)
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
                    .input, name(of: captures[position]), damage.text, remedy: "repair it with editcap or pcapfix")
            }
            StandardError.write(
                "sluice: \(name(of: captures[position])): damaged: \(damage.text) (everything before it counts)\n")
        }
    }

    /// Says which packets could be of no flow, and why there is none.
    static func warn(of table: EpisodeTable, filter: String?) {
        func say(_ text: String) { StandardError.write("sluice: \(text)\n") }
        if let type = table.unreadableLinkType {
            say(unreadable(table.packetsUnreadable, type))
        }
        if table.packets == 0 {
            say(
                filter == nil
                    ? "the captures hold no packets" : "no packet passes the filter (see pcap-filter(7))")
        } else if table.packetsNotIP == table.packets {
            say("the captures hold no IP packets, so there are no flows")
        }
        if table.packetsWithoutTime > 0 {
            say("packets without a time are of no flow: \(table.packetsWithoutTime)")
        }
    }

    /// That `count` packets, not all, have link types such as `type`.
    static func unreadable(_ count: Int, _ type: LinkType) -> String {
        "packets of unsupported link types, such as \(type.raw) (\(type.name)), count as not IP: \(count)"
    }
}
