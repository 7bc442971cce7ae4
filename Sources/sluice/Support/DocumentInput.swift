// What the commands that read documents share: files in, faults out.

import ArgumentParser
import SluiceDocuments
import SluiceModel

/// How foreign files that leave things open are read.
struct ImportArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("Capacity of links whose file gives none.", valueName: "bandwidth"),
        transform: bandwidthArgument)
    var defaultCapacity: Bandwidth = .gigabits(10)

    var options: ImportOptions { ImportOptions(defaultCapacity: defaultCapacity) }
}

/// A bandwidth on the command line.
func bandwidthArgument(_ text: String) throws -> Bandwidth {
    if let bandwidth = Bandwidth(text: text), bandwidth > .zero { return bandwidth }
    throw ValidationError("\"\(text)\" is no bandwidth; write bit/s or a text such as 10Gbps")
}

/// A latency on the command line.
func latencyArgument(_ text: String) throws -> Latency {
    if let latency = Latency(text: text) { return latency }
    throw ValidationError("\"\(text)\" is no latency; write microseconds or a text such as 5ms")
}

enum DocumentInput {
    /// What `body` reads; where the document cannot be used, the command ends with every fault and the code for an
    /// unusable file.
    static func use<Value>(_ body: () throws(InvalidDocument) -> Value) throws(CommandFailure) -> Value {
        do throws(InvalidDocument) {
            return try body()
        } catch {
            throw CommandFailure(error)
        }
    }

    static func report(_ document: InvalidDocument) {
        StandardError.write(document.lines.map { "sluice: \($0)\n" }.joined())
    }

    static func report(_ warnings: [DocumentWarning], of file: String) {
        StandardError.write(warnings.map { "sluice: \(file): warning: \($0.text)\n" }.joined())
    }
}

extension CommandFailure {
    /// Every fault of a document that cannot be used, a line each.
    init(_ document: InvalidDocument) { self.init(.input, lines: document.lines) }
}
