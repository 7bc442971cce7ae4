// `sluice-bench daemon`: what live decisions cost, each line `pass` or `short`. A group of lines is one file beside this
// one; what is to be added goes into `groups`.

import ArgumentParser
import SluiceJSON

struct DaemonBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon",
        abstract: "Measures live decisions: admission, preemption, refusal, failure, durability and restart.",
        discussion: """
            Every ratio is to one full Dijkstra over the same switches, run between the decisions: 4-ary heap, integer \
            costs, dense arrays. Times are wall time of one thread; on a busy machine the 99th percentiles tell more about \
            the machine.

            Example:
              sluice-bench daemon --only decisions
            """)

    @OptionGroup var settings: DaemonBenchSettings

    @Option(
        help: ArgumentHelp(
            "Only this group of lines: \(groups.map(\.name).joined(separator: ", ")).", valueName: "group"))
    var only: String?

    @Flag(help: "Prints one JSON document instead of lines.")
    var json = false

    /// In the order in which they run.
    private static let groups: [(name: String, run: @Sendable (DaemonBenchSettings) throws -> [BenchLine])] = [
        ("decisions", { try DecisionLines.all($0) }),
        ("failure", { try FailureLines.all($0) }),
        ("durability", { try DurabilityLines.all($0) }),
    ]

    func validate() throws {
        if let only, !Self.groups.contains(where: { $0.name == only }) {
            throw ValidationError("there is no group \"\(only)\"")
        }
    }

    func run() throws {
        var lines: [BenchLine] = []
        for group in Self.groups where only == nil || only == group.name {
            for line in try group.run(settings) {
                if !json { print(line.text) }
                lines.append(line)
            }
        }
        if json { print(BenchLine.json(lines)) }
    }
}

struct DaemonBenchSettings: ParsableArguments {
    @Option(help: "Of the network and the flows.")
    var seed: UInt64 = 1

    @Option(help: "Switches of the semi-random network.")
    var switches = 300

    @Option(help: "Admitted flows.")
    var flows = 10_000

    @Option(help: "Decisions measured for each line.")
    var samples = 4_000

    @Option(help: "Submissions over the socket, for durability.")
    var submissions = 20_000

    @Option(help: "Flows at the restart.")
    var restartFlows = 100_000

    @Option(help: "A folder on the disk that is measured.")
    var stateFolder = "."
}

/// One measurement and what it must reach.
struct BenchLine {
    var name: String
    /// In the order printed: name, value, unit.
    var figures: [(name: String, value: Double, unit: String)]
    var wanted: String
    /// Nil: only told, not judged.
    var isReached: Bool?

    private var status: String { isReached.map { $0 ? "pass" : "short" } ?? "info" }

    var text: String {
        let texts = figures.map { figure in
            "\(figure.name) \(Text.decimal(figure.value, digits: figure.value < 100 ? 2 : 0))"
                + (figure.unit.isEmpty ? "" : " " + figure.unit)
        }
        return status + (status.count < 5 ? " " : "") + "  \(name): " + texts.joined(separator: ", ")
            + (wanted.isEmpty ? "" : " (wanted: \(wanted))")
    }

    static func json(_ lines: [BenchLine]) -> String {
        var writer = JSONWriter(pretty: true)
        writer.beginObject()
        writer.name("lines")
        writer.beginArray()
        for line in lines {
            writer.beginObject()
            writer.name("name")
            writer.string(line.name)
            writer.name("status")
            writer.string(line.status)
            writer.name("wanted")
            writer.string(line.wanted)
            writer.name("figures")
            writer.beginArray()
            for figure in line.figures {
                writer.beginObject()
                writer.name("name")
                writer.string(figure.name)
                writer.name("value")
                writer.number(figure.value)
                writer.name("unit")
                writer.string(figure.unit)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.text
    }
}

/// Durations in microseconds.
struct Durations {
    private var values: [Double] = []
    private var isSorted = true

    var count: Int { values.count }

    mutating func append(_ seconds: Double) {
        values.append(seconds * 1e6)
        isSorted = false
    }

    /// - Parameter share: 0.5 for the median; 0 where nothing was measured.
    mutating func percentile(_ share: Double) -> Double {
        if !isSorted { values.sort() }
        isSorted = true
        guard !values.isEmpty else { return 0 }
        return values[min(values.count - 1, Int(Double(values.count) * share))]
    }
}
