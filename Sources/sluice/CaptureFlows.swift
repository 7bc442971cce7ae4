// `sluice capture flows`: the flows of a capture over time, with their rates.

import ArgumentParser
import SluiceCapture
import SluiceJSON
import SluiceModel

struct CaptureFlowsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flows",
        abstract: "Lists a capture's flows with start, end and rates.",
        discussion: """
            A flow is one direction. After the idle timeout the next packet begins another one. Peak and percentile \
            are of windows: what was sent in each second, unless --window says otherwise, silent ones included.

            Examples:
              sluice capture flows trace.pcap
              sluice capture flows trace.pcap --by prefix --window 60 --csv > flows.csv
            """)

    @Argument(help: "pcap or pcapng files, or - for standard input; several are merged in time order.")
    var captures: [String]

    @Option(help: "What makes packets one flow: five-tuple, host-pair, prefix, vlan or dscp.")
    var by = FlowsBy.fiveTuple

    @Option(help: ArgumentHelp("Prefix lengths of --by prefix, IPv4 and IPv6.", valueName: "length,length"))
    var prefixLengths = PrefixLengths(ipv4: 24, ipv6: 64)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Time that a rate is measured over.", valueName: "seconds"))
    var window = 1.0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Silence after which the next packet is of another flow.", valueName: "seconds"))
    var idleTimeout = 30.0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Which percentile of the windows to list.", valueName: "percent"))
    var percentile = 95.0

    @Option(help: ArgumentHelp("Take only packets that match a BPF expression.", valueName: "expression"))
    var filter: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("List this many flows, the largest first; 0: all, by start.", valueName: "count"))
    var limit = 20

    @Flag(help: "Print one JSON document.")
    var json = false

    @Flag(help: "Print comma-separated values of all flows, by start.")
    var csv = false

    @Flag(help: "End with code 3 where a capture is damaged.")
    var strict = false

    func validate() throws {
        for (name, value) in [("window", window), ("idle-timeout", idleTimeout)] {
            guard value > 0, value <= 1e9 else { throw ValidationError("--\(name): must be above 0 and at most 1e9") }
        }
        guard percentile > 0, percentile <= 100 else {
            throw ValidationError("--percentile: must be above 0 and at most 100")
        }
        guard limit >= 0 else { throw ValidationError("--limit: must not be negative") }
        if csv, json { throw ValidationError("give --csv or --json, not both") }
        try CaptureInput.validate(captures)
    }

    func run() throws {
        var options = EpisodeOptions()
        options.aggregation = by.aggregation(prefixLengths)
        options.idleTimeoutSeconds = idleTimeout
        options.windowSeconds = window
        let (table, damages) = try CaptureInput.read(captures, options, filter: filter)
        try CaptureInput.report(damages, of: captures, strict: strict)
        CaptureInput.warn(of: table, filter: filter)
        // Positions, not copies: there may be millions of flows.
        let listed = csv || limit == 0 ? table.byStart[...] : table.largest(limit)
        let flows = listed.lazy.map { table.episodes[$0] }
        if csv {
            StandardOutput.write(sheet(flows, options.aggregation))
        } else if json {
            StandardOutput.write(document(flows, of: table.episodes.count, options.aggregation))
        } else {
            StandardOutput.write(text(flows, of: table.episodes.count, options.aggregation))
        }
    }

    private func rates(_ flow: TrafficEpisode) -> [Int] {
        [
            flow.meanRate(window: window), flow.peakRate(window: window),
            flow.rate(atShare: percentile / 100, window: window),
        ].map { Int(min(9e15, $0.rounded(.up))) }
    }

    private func text(_ flows: some Sequence<TrafficEpisode>, of count: Int, _ aggregation: FlowAggregation) -> String {
        var table = Table([
            .text("SOURCE"), .text("DESTINATION"), .text("WHAT"), .text("START"), .number("SECONDS"),
            .number("PACKETS"), .number("BYTES"), .number("MEAN"), .number("PEAK"),
            .number("P\(decimal(percentile, digits: percentile == percentile.rounded() ? 0 : 1))"),
        ])
        for flow in flows {
            let ends = aggregation.endsText(of: flow.key)
            table.append(
                [
                    ends.source, ends.destination, what(flow, aggregation), flow.start.text,
                    decimal(flow.end.seconds(since: flow.start), digits: 3), "\(flow.packets)", "\(flow.bytes)",
                ] + rates(flow).map { Bandwidth(exactly: $0)?.text ?? "\($0)" })
        }
        return counted(count, "flow") + "\n" + (table.isEmpty ? "" : "\n" + table.text)
    }

    /// What tells the flow apart from others between the same ends.
    private func what(_ flow: TrafficEpisode, _ aggregation: FlowAggregation) -> String {
        switch aggregation {
        case .fiveTuple:
            let tuple = flow.key.tuple
            let name = CaptureSummaryCommand.protocolName(tuple.ipProtocol)
            return tuple.sourcePort == 0 && tuple.destinationPort == 0
                ? name : "\(name) \(tuple.sourcePort) > \(tuple.destinationPort)"
        case .hostPair, .prefix: return "IP"
        case .vlan: return flow.key.tag == 0 ? "untagged" : "VLAN \(flow.key.tag)"
        case .dscp: return "DSCP \(flow.key.tag)"
        }
    }

    private func sheet(_ flows: some Sequence<TrafficEpisode>, _ aggregation: FlowAggregation) -> String {
        var lines = [
            "source,destination,protocol,sourcePort,destinationPort,tag,start,seconds,packets,bytes,mean,peak,percentile"
        ]
        for flow in flows {
            let (ends, tuple) = (aggregation.endsText(of: flow.key), flow.key.tuple)
            let fields =
                [
                    ends.source, ends.destination, "\(tuple.ipProtocol)", "\(tuple.sourcePort)",
                    "\(tuple.destinationPort)", "\(flow.key.tag)", flow.start.text,
                    "\(flow.end.seconds(since: flow.start))", "\(flow.packets)", "\(flow.bytes)",
                ] + rates(flow).map { "\($0)" }
            lines.append(fields.joined(separator: ","))
        }
        return lines.map { $0 + "\r\n" }.joined()
    }

    private func document(
        _ flows: some Sequence<TrafficEpisode>, of count: Int, _ aggregation: FlowAggregation
    ) -> String {
        var writer = JSONWriter(pretty: true)
        writer.beginObject()
        writer.member("flows", count)
        writer.member("by", aggregation.word)
        writer.name("listed")
        writer.beginArray()
        for flow in flows {
            let (ends, tuple, rates) = (aggregation.endsText(of: flow.key), flow.key.tuple, rates(flow))
            writer.beginObject()
            writer.member("source", ends.source)
            writer.member("destination", ends.destination)
            writer.member("protocol", Int(tuple.ipProtocol))
            writer.member("sourcePort", Int(tuple.sourcePort))
            writer.member("destinationPort", Int(tuple.destinationPort))
            writer.member("tag", Int(flow.key.tag))
            writer.member("startNanoseconds", Int(flow.start.nanoseconds))
            writer.member("endNanoseconds", Int(flow.end.nanoseconds))
            writer.member("packets", flow.packets)
            writer.member("bytes", flow.bytes)
            writer.member("meanBitsPerSecond", rates[0])
            writer.member("peakBitsPerSecond", rates[1])
            writer.member("percentileBitsPerSecond", rates[2])
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.text + "\n"
    }
}
