// `sluice capture`: what is in a packet capture.

import ArgumentParser
import SluiceCapture
import SluiceModel

struct Capture: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads packet captures, and makes them up.",
        discussion: """
            Examples:
              sluice capture summary trace.pcap
              sluice capture flows trace.pcap --by host-pair
              sluice capture demands trace.pcap --topology campus.json
              sluice capture generate --flows 500 --output trace.pcap
            """,
        subcommands: [
            CaptureDemandsCommand.self, CaptureFlowsCommand.self, CaptureGenerateCommand.self,
            CaptureSummaryCommand.self,
        ])
}

struct CaptureSummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract: "Prints packets, bytes, times, link types, flows and top talkers of a capture.",
        discussion: """
            Counts the outermost IP header of each packet, through VLAN tags, MPLS, PPPoE and the like; tunnels are \
            not opened. A damaged file counts up to the damage, which is reported.

            Examples:
              sluice capture summary trace.pcap
              sluice capture summary --json trace.pcapng
              sluice capture summary --filter 'tcp port 443' trace.pcap
              zcat trace.pcap.gz | sluice capture summary -
            """)

    @Argument(help: "A pcap or pcapng file, or - for standard input.")
    var file: String

    @Flag(help: "Print one JSON document.")
    var json = false

    @Option(
        help: ArgumentHelp("Count only packets that match a BPF expression (pcap-filter(7)).", valueName: "expression"))
    var filter: String?

    @Flag(help: "End with code 3 where the file is damaged.")
    var strict = false

    func run() throws {
        let summary = try readSummary(of: file, filter: filter)
        StandardOutput.write(json ? summary.jsonText : text(of: summary))
        let unreadable = summary.linkTypes.filter { !$0.type.isReadable }
        if let first = unreadable.first {
            let count = unreadable.reduce(0) { $0 + $1.packets }
            StandardError.write("sluice: \(CaptureInput.unreadable(count, first.type))\n")
        }
        guard let damage = summary.damage else { return }
        // The figures are there all the same, so what is wrong goes to standard error alone.
        StandardError.write(
            "sluice: \(CaptureInput.name(of: file)): damaged: \(damage.text) (everything before it was counted; editcap or pcapfix may repair it)\n"
        )
        if strict { throw ExitCode(ExitStatus.input.rawValue) }
    }

    private func text(of summary: CaptureSummary) -> String {
        var facts = Table([.text(""), .text("")])
        facts.append(["packets", "\(summary.packets)"])
        facts.append(["bytes on the wire", "\(summary.bytesWire)"])
        facts.append(["bytes captured", "\(summary.bytesCaptured)"])
        if let first = summary.first, let last = summary.last {
            facts.append(["first packet", first.text])
            facts.append(["last packet", last.text])
        }
        if let seconds = summary.durationSeconds {
            facts.append(["duration", "\(seconds) s"])
            if let rate = meanRate(bytes: summary.bytesWire, seconds: seconds) { facts.append(["mean rate", rate]) }
        }
        facts.append([
            "link types",
            summary.linkTypes.map { "\($0.type.name) (\($0.type.raw)): \($0.packets)" }.joined(separator: ", "),
        ])
        facts.append(["IPv4, IPv6, other", "\(summary.packetsIPv4), \(summary.packetsIPv6), \(summary.packetsNotIP)"])
        for (name, count) in [
            ("cut short at capture", summary.packetsSnapped), ("fragments", summary.packetsFragmented),
            ("with VLAN tag", summary.packetsVLAN), ("with MPLS label", summary.packetsMPLS),
            ("in PPPoE", summary.packetsPPPoE), ("without time", summary.packetsWithoutTime),
            ("earlier than the one before", summary.timesBackwards),
            ("beyond the flow limit", summary.flows.packetsBeyondLimit),
        ] where count > 0 {
            facts.append([name, "\(count)"])
        }
        facts.append(["flows", "\(summary.flows.flows.count)"])
        facts.append(["conversations", "\(summary.flows.conversations)"])
        facts.append(["host pairs", "\(summary.flows.hostPairs)"])
        var talkers = Table([
            .text("SOURCE"), .text("DESTINATION"), .text("PROTOCOL"), .number("PACKETS"), .number("BYTES"),
            .number("SHARE"), .number("MEAN RATE"),
        ])
        for flow in summary.flows.top(CaptureSummary.topFlowCount) {
            let tuple = flow.tuple
            let share = summary.bytesWire == 0 ? 0 : flow.bytes * 1_000 / summary.bytesWire
            var rate: String?
            if let first = flow.first, let last = flow.last {
                rate = meanRate(bytes: flow.bytes, seconds: last.seconds(since: first))
            }
            talkers.append([
                endpoint(tuple.source, tuple.sourcePort), endpoint(tuple.destination, tuple.destinationPort),
                Self.protocolName(tuple.ipProtocol), "\(flow.packets)", "\(flow.bytes)",
                "\(share / 10).\(share % 10) %",
                rate ?? "-",
            ])
        }
        let list = talkers.isEmpty ? "" : "\nTop flows by bytes:\n" + talkers.text
        return String(facts.text.drop { $0 == "\n" }) + list
    }

    private func endpoint(_ address: IPAddress, _ port: UInt16) -> String {
        switch address {
        case .ipv4: port == 0 ? address.text : "\(address.text):\(port)"
        case .ipv6: port == 0 ? address.text : "[\(address.text)]:\(port)"
        }
    }

    static func protocolName(_ number: UInt8) -> String {
        switch number {
        case 1: "ICMP"
        case 2: "IGMP"
        case 6: "TCP"
        case 17: "UDP"
        case 47: "GRE"
        case 50: "ESP"
        case 58: "ICMPv6"
        case 89: "OSPF"
        case 132: "SCTP"
        default: "\(number)"
        }
    }

    /// nil for a single instant, which has no rate.
    private func meanRate(bytes: Int, seconds: Double) -> String? {
        guard seconds > 0, let bandwidth = Bandwidth(exactly: Int(min(9e15, Double(bytes) * 8 / seconds))) else {
            return nil
        }
        return bandwidth.text
    }
}

/// The figures of the capture in `file` (`-`: standard input).
func readSummary(of file: String, filter: String?) throws(CommandFailure) -> CaptureSummary {
    let filter = try captureFilter(filter)
    do throws(CaptureFailure) {
        var summary = CaptureSummary()
        let reader = try CaptureReader(file: file == "-" ? nil : file)
        var bar = ProgressBar("reading", unit: "packets")
        defer { bar.finish() }
        try summary.read(reader, filter: filter) { packets in
            let progress = reader.progress
            bar.update(packets, share: progress.bytes.map { Double(progress.bytesRead) / Double(max(1, $0)) })
        }
        return summary
    } catch {
        throw CommandFailure(.input, CaptureInput.name(of: file), error.text.problem, remedy: error.text.remedy)
    }
}
