// What every command that talks to the daemon takes.

import ArgumentParser
import SluiceJSON
import SluiceModel

private import Glibc

struct ControlOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket (default: SLUICE_SOCKET, else /run/sluice/control.sock).", valueName: "path"))
    var socket: String?

    @Flag(help: "Print one JSON document.")
    var json = false

    func connect() throws(CommandFailure) -> ControlClient {
        try ControlClient(
            socket ?? getenv("SLUICE_SOCKET").map { String(cString: $0) } ?? "/run/sluice/control.sock")
    }

    /// Prints `node` for machines or `text` for people.
    func show(_ node: JSONNode, _ text: () -> String) {
        guard json else {
            StandardOutput.write(text())
            return
        }
        var writer = JSONWriter(pretty: true)
        writer.node(node)
        StandardOutput.write(writer.bytes + [UInt8(ascii: "\n")])
    }
}

/// A rate on the command line, as `10Mbit/s`, `2.5Gbps` or plain bit/s. Fractions round up, as demands do.
struct BandwidthArgument: ExpressibleByArgument {
    let value: Bandwidth
    init?(argument: String) {
        guard let value = Bandwidth(text: argument, rounding: .up) else { return nil }
        self.value = value
    }
}

/// A delay on the command line, as `5ms`, `200us` or plain microseconds.
struct LatencyArgument: ExpressibleByArgument {
    let value: Latency
    init?(argument: String) {
        guard let value = Latency(text: argument) else { return nil }
        self.value = value
    }
}

/// A time span on the command line, as `500ms`, `30s`, `10min`, `2h` or plain seconds.
struct SecondsArgument: ExpressibleByArgument {
    let seconds: Double
    init?(argument: String) {
        let number = argument.prefix { $0.isNumber || $0 == "." }
        let scale: Double? =
            switch argument.dropFirst(number.count) {
            case "ms": 0.001
            case "", "s": 1
            case "min", "m": 60
            case "h": 3_600
            case "d": 86_400
            default: nil
            }
        guard let scale, let value = Double(number), value.isFinite else { return nil }
        seconds = value * scale
    }
}

extension JSONWriter {
    mutating func member(_ name: String, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }
    mutating func member(_ name: String, _ value: Int?) {
        guard let value else { return }
        self.name(name)
        integer(value)
    }
    mutating func member(_ name: String, _ value: Double?) {
        guard let value else { return }
        self.name(name)
        number(value)
    }
    mutating func member(_ name: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        self.name(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }
    mutating func flag(_ name: String, _ value: Bool) {
        guard value else { return }
        self.name(name)
        bool(true)
    }
}
