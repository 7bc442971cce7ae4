// `sluice replay`: what this network and policy would have done with captured traffic.

import ArgumentParser
import SluiceModel
import SluiceSimulation

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replays captured traffic against a network and a policy.",
        discussion: """
            Each five-tuple becomes a flow that asks for its bandwidth at its first packet and leaves after its last, \
            in virtual time. Addresses live at the topology's host with that address, else at the host with the \
            longest prefix that holds it, else at a host chosen by a seeded hash. The policy's match rules give the \
            classes. The same input and seed give the same answer; only what was measured differs.

            Examples:
              sluice replay trace.pcap --topology topologies/abilene.json --policy policies/campus.yaml
              sluice replay day1.pcap day2.pcap --topology campus.json --scale 20 --compare
              sluice replay trace.pcap --topology campus.json --fail core-1@30 --repair core-1@60 --json
            """)

    @OptionGroup var traffic: TrafficOptions

    @Flag(help: "Also play it first come, first served: on shortest paths, and on constrained shortest paths.")
    var compare = false

    @Option(help: ArgumentHelp("Take a link down at a second of the replay; repeatable.", valueName: "link@seconds"))
    var fail: [LinkMoment] = []

    @Option(help: ArgumentHelp("Bring a link up at a second of the replay; repeatable.", valueName: "link@seconds"))
    var repair: [LinkMoment] = []

    @Option(help: ArgumentHelp("List this many links, the fullest first.", valueName: "count"))
    var links = 10

    @Flag(help: "Print one JSON document.")
    var json = false

    func run() throws {
        let input = try TrafficInput(traffic)
        var report = ReplayReport(
            captures: traffic.captures, truncations: input.truncations, policyName: input.policyName,
            topology: input.topology, policy: input.policy, options: traffic.replayOptions, traffic: input.traffic,
            plan: input.plan,
            measured: ReplayReport.Measurement(readSeconds: input.readSeconds, packets: input.traffic.packets))
        let run = ReplayRun(
            input.plan, topology: input.topology, policy: input.policy, faults: try faults(in: input))
        if compare {
            play(FirstComeScheme(input.topology, routing: .shortestPath), run, &report)
            play(FirstComeScheme(input.topology, routing: .constrained), run, &report)
        }
        play(SluiceScheme(input.topology, policy: input.policy, seed: traffic.seed), run, &report)
        StandardOutput.write(json ? report.jsonText() : ReplayText(report, links: links).text)
    }

    private func play(_ scheme: some ReplayScheme, _ run: ReplayRun, _ report: inout ReplayReport) {
        let clock = ContinuousClock()
        let origin = clock.now
        func nanoseconds() -> UInt64 {
            let (seconds, attoseconds) = origin.duration(to: clock.now).components
            return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        }
        var scheme = scheme
        let (result, latencies) = run.play(&scheme, clock: nanoseconds)
        report.results.append(result)
        report.measured.schemes.append(
            ReplayReport.Measurement.Scheme(
                name: result.scheme, seconds: origin.duration(to: clock.now) / .seconds(1), latencies: latencies))
    }

    private func faults(in input: TrafficInput) throws(CommandFailure) -> [ReplayFault] {
        let start = input.plan.flows.first?.start ?? .epoch
        var faults: [ReplayFault] = []
        for (option, state, moments) in [("--fail", LinkState.down, fail), ("--repair", .up, repair)] {
            for moment in moments {
                let links = input.topology.links(named: moment.link)
                guard !links.isEmpty else {
                    throw CommandFailure(
                        .usage, option, "there is no link \"\(moment.link)\" in \(input.topology.name)",
                        remedy: "sluice topology show lists them")
                }
                faults.append(ReplayFault(links: links, state: state, time: start.advanced(bySeconds: moment.seconds)))
            }
        }
        return faults
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
