// `sluice replay`: what this network and policy would have done with captured traffic.

import ArgumentParser
import SluiceGLPK
import SluiceModel
import SluiceSimulation

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replays captured traffic against a network and a policy.",
        discussion: """
            Each five-tuple becomes a flow that asks for its bandwidth at its first packet, for more or less as its \
            rate changes, and leaves after its last, in virtual time. Addresses live at the topology's host with that \
            address, else at the host with the longest prefix that holds it, else at a host chosen by a seeded hash. \
            The policy's match rules give the classes. The same input and seed give the same answer; only what was \
            measured differs. With --socket the flows are submitted to a running daemon instead, in real time.

            Examples:
              sluice replay trace.pcap -t topologies/abilene.json -p policies/campus.yaml
              sluice replay day1.pcap day2.pcap -t campus.json --scale 20 --compare
              sluice replay trace.pcap -t campus.json --fail core-1@30 --repair core-1@60
              sluice replay trace.pcap -t campus.json --html report.html --csv report.csv
              sluice replay trace.pcap -t campus.json --socket /run/sluice/control.sock
            """)

    @OptionGroup var traffic: TrafficOptions

    @Flag(
        help: """
            Also play it to four networks without Sluice's learning or without Sluice: shortest path, ECMP, \
            constrained shortest path, Sluice without learning; and find the optimum of each interval.
            """)
    var compare = false

    @Option(
        help: ArgumentHelp(
            "Take a link down at a second of the replay, as core-1@30; repeatable.", valueName: "link@seconds"))
    var fail: [LinkMoment] = []

    @Option(
        help: ArgumentHelp(
            "Bring a link up at a second of the replay, as core-1@60; repeatable.", valueName: "link@seconds"))
    var repair: [LinkMoment] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Measure the links so often, for learning; 0: never. Without it every 5 s, at most 2000 times.",
            valueName: "seconds"))
    var telemetry: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Into how many parts of equal length the report cuts time.", valueName: "count"))
    var intervals = 24

    @Option(
        parsing: .unconditional, help: ArgumentHelp("List this many links, the fullest first.", valueName: "count"))
    var links = 10

    @Flag(help: "Print one JSON document.")
    var json = false

    @Option(help: ArgumentHelp("Write a report for browsers and paper; implies --compare.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Write the intervals as comma-separated values.", valueName: "file"))
    var csv: String?

    @Option(help: ArgumentHelp("Submit to the daemon at this socket, in real time.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("With --socket: so many times as fast as captured, or max.", valueName: "factor"))
    var speed: ReplaySpeed?

    func validate() throws {
        guard (1...1_000).contains(intervals) else { throw ValidationError("--intervals: must be 1 to 1000") }
        if let telemetry, telemetry != 0, !(0.01...86_400).contains(telemetry) {
            throw ValidationError("--telemetry: must be 0, or 0.01 to 86400 seconds")
        }
        if socket == nil, let speed, speed != .greatest {
            throw ValidationError("--speed: a replay without --socket always runs at the greatest speed")
        }
        if socket != nil, compare || html != nil {
            throw ValidationError("--compare and --html are for replays without --socket")
        }
        guard links >= 0 else { throw ValidationError("--links: must not be negative") }
        for (option, file) in [("--html", html), ("--csv", csv)] where file == "-" {
            throw ValidationError("\(option): standard output has the answer; name a file")
        }
        if let html, html == csv { throw ValidationError("--html and --csv: give them different files") }
    }

    func run() throws {
        // A replay may take long; that its reports have nowhere to go is better known before.
        for file in [csv, html].compactMap({ $0 }) { try OutputFile.check(file) }
        let input = try TrafficInput(traffic, rate: .changing)
        let (faults, lateFaults) = try faults(in: input)
        for fault in lateFaults {
            StandardError.write("sluice: \(fault) comes after the end of the last flow, and changes nothing\n")
        }
        let run = ReplayRun(
            input.plan, topology: input.topology, policy: input.policy, faults: faults, intervals: intervals)
        var report = ReplayReport(
            captures: traffic.captures, truncations: input.truncations, policyName: input.policyName,
            topology: input.topology, policy: input.policy, options: input.replayOptions, traffic: input.traffic,
            plan: input.plan, timeline: run.timeline,
            measured: ReplayReport.Measurement(readSeconds: input.readSeconds, packets: input.traffic.packets))
        report.faults = faults
        if let socket {
            var live = try LiveScheme(
                socket: socket, topology: input.topology, policy: input.policy, start: run.timeline.start,
                speed: speed ?? .times(1))
            play(&live, run, &report)
            try live.finish()
        } else {
            playOffline(input, run, &report)
        }
        if let csv { try OutputFile.write(Array(ReplaySheet(report).text.utf8), to: csv) }
        if let html { try OutputFile.write(Array(ReplayPage(report, links: links).html.utf8), to: html) }
        StandardOutput.write(json ? report.jsonText() : ReplayText(report, links: links).text)
    }

    private func playOffline(_ input: TrafficInput, _ run: ReplayRun, _ report: inout ReplayReport) {
        let (topology, seed) = (input.topology, traffic.seed)
        let engine = GLPKEngine()
        if compare || html != nil {
            for routing in [FirstComeScheme.Routing.shortestPath, .equalCost, .constrained] {
                var scheme = FirstComeScheme(topology, routing: routing, seed: seed)
                play(&scheme, run, &report)
            }
            var scheme = SluiceScheme.withoutLearning(topology, policy: input.policy, seed: seed, engine: engine)
            play(&scheme, run, &report)
            findOptima(run, &report, engine)
        }
        let interval = telemetry ?? SluiceScheme.telemetrySeconds(for: run.plan)
        report.telemetrySeconds = interval > 0 && input.policy.learning.scheme != .off ? interval : nil
        var scheme = SluiceScheme(
            topology, policy: input.policy, seed: seed, engine: engine, telemetrySeconds: report.telemetrySeconds)
        play(&scheme, run, &report)
    }

    private func play(_ scheme: inout some ReplayScheme, _ run: ReplayRun, _ report: inout ReplayReport) {
        let clock = ContinuousClock()
        let origin = clock.now
        func nanoseconds() -> UInt64 {
            let (seconds, attoseconds) = origin.duration(to: clock.now).components
            return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        }
        var bar = ProgressBar(scheme.name, unit: "events")
        let (result, latencies) = run.play(&scheme, clock: nanoseconds) { step, share in
            bar.update(step, share: share)
        }
        bar.finish()
        report.results.append(result)
        report.measured.schemes.append(
            ReplayReport.Measurement.Scheme(
                name: result.scheme, seconds: origin.duration(to: clock.now) / .seconds(1), latencies: latencies))
    }

    private func findOptima(_ run: ReplayRun, _ report: inout ReplayReport, _ engine: GLPKEngine) {
        let start = ContinuousClock.now
        let yardstick = ReplayYardstick(run, seed: traffic.seed, engine: engine)
        var bar = ProgressBar("optimum", unit: "intervals")
        for interval in 0..<run.timeline.count {
            report.optima.append(yardstick.optimum(of: interval))
            bar.update(interval + 1, share: Double(interval + 1) / Double(run.timeline.count))
        }
        bar.finish()
        report.measured.optimumSeconds = start.duration(to: .now) / .seconds(1)
    }

    /// The faults of the command line, and apart from them those that come when no flow is left, as they were given.
    private func faults(in input: TrafficInput) throws(CommandFailure) -> (played: [ReplayFault], late: [String]) {
        let start = input.plan.flows.first?.start ?? .epoch
        var faults: [ReplayFault] = []
        var late: [String] = []
        for (option, state, moments) in [("--fail", LinkState.down, fail), ("--repair", .up, repair)] {
            for moment in moments {
                let links = input.topology.links(named: moment.link)
                guard !links.isEmpty else {
                    throw CommandFailure(
                        .usage, option, "there is no link \"\(moment.link)\" in \(input.topology.name)",
                        remedy: "sluice topology show lists them")
                }
                let fault = ReplayFault(links: links, state: state, time: start.advanced(bySeconds: moment.seconds))
                // A daemon's links are to be as asked for, also where nobody is left to notice.
                if socket == nil, let span = input.plan.span, fault.time > span.end {
                    late.append("\(option) \(moment.link)@\(moment.seconds)")
                } else {
                    faults.append(fault)
                }
            }
        }
        return (faults, late)
    }
}

/// `LINK@SECONDS`, counted from the first arrival.
struct LinkMoment: ExpressibleByArgument, Hashable {
    let link: String
    let seconds: Double

    init?(argument: String) {
        guard let at = argument.lastIndex(of: "@"), at != argument.startIndex,
            let seconds = Double(argument[argument.index(after: at)...]), seconds >= 0, seconds < 3e9
        else { return nil }
        link = String(argument[..<at])
        self.seconds = seconds
    }
}

/// `10`, or `max`.
enum ReplaySpeed: ExpressibleByArgument, Hashable {
    /// One event after the other, without waiting.
    case greatest
    /// So many times as fast as captured.
    case times(Double)

    init?(argument: String) {
        if argument == "max" {
            self = .greatest
        } else if let factor = Double(argument), factor > 0, factor.isFinite {
            self = .times(factor)
        } else {
            return nil
        }
    }
}
