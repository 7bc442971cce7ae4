// What `sluice replay` and `sluice capture demands` share: captures, a topology and a policy made into flows over time.

import ArgumentParser
import SluiceCapture
import SluiceDocuments
import SluiceModel
import SluiceSimulation

/// Options that turn captures into flows.
struct TrafficOptions: ParsableArguments {
    @Argument(help: "pcap or pcapng files, or - for standard input; several are merged in time order.")
    var captures: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("The network.", valueName: "file"))
    var topology: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Classes and their match rules; without it the default policy.", valueName: "file"))
    var policy: String?

    @OptionGroup var imports: ImportArguments

    @Option(help: ArgumentHelp("Multiply every bandwidth.", valueName: "factor"))
    var scale = 1.0

    @Option(help: ArgumentHelp("Shortest time that a rate is measured over and held.", valueName: "seconds"))
    var window = 1.0

    @Option(help: ArgumentHelp("Silence after which the same five-tuple is another flow.", valueName: "seconds"))
    var idleTimeout = 30.0

    @Option(help: "Seed of everything that is chosen by chance.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Take only packets that match a BPF expression.", valueName: "expression"))
    var filter: String?

    @Flag(help: "End with code 3 where a capture is damaged.")
    var strict = false

    func validate() throws {
        for (name, value) in [("scale", scale), ("window", window), ("idle-timeout", idleTimeout)] {
            guard value > 0, value <= 1e9 else { throw ValidationError("--\(name): must be above 0 and at most 1e9") }
        }
        if captures.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input can be read once") }
    }

    var replayOptions: ReplayOptions {
        var options = ReplayOptions()
        options.scale = scale
        options.windowSeconds = window
        options.idleTimeoutSeconds = idleTimeout
        options.seed = seed
        return options
    }
}

/// Captures, documents and what they make together.
struct TrafficInput {
    let topology: Topology
    let policy: Policy
    let policyName: String
    let traffic: ReplayReport.Traffic
    let truncations: [ReplayReport.Truncation]
    let plan: ReplayPlan
    let readSeconds: Double

    init(_ options: TrafficOptions) throws {
        let network = try DocumentInput.use { () throws(InvalidDocument) in
            try Document.readNetwork(DocumentFile(reading: options.topology), options: options.imports.options)
        }
        DocumentInput.report(network.warnings, of: options.topology)
        topology = network.topology
        guard !topology.nodes.isEmpty else {
            throw CommandFailure(.input, options.topology, "the network has no nodes")
        }
        policy = try DocumentInput.use { () throws(InvalidDocument) in
            guard let file = options.policy else { return .standard }
            return try PolicyReader.read(DocumentFile(reading: file))
        }
        policyName = options.policy ?? "default"
        let start = ContinuousClock.now
        let (table, damages) = try Self.read(options)
        truncations = damages.map { ReplayReport.Truncation(capture: options.captures[$0.position], damage: $0.damage) }
        traffic = ReplayReport.Traffic(table)
        plan = ReplayPlan(table.episodes, topology: topology, policy: policy, options: options.replayOptions)
        readSeconds = start.duration(to: .now) / .seconds(1)
        for truncation in truncations {
            let text = truncation.damage.text
            guard !options.strict else {
                throw CommandFailure(.input, truncation.capture, text, remedy: "repair it with editcap or pcapfix")
            }
            StandardError.write("sluice: \(truncation.capture): damaged: \(text) (everything before it counts)\n")
        }
        warn()
    }

    private static func read(
        _ options: TrafficOptions
    ) throws(CommandFailure) -> (EpisodeTable, [(position: Int, damage: CaptureDamage)]) {
        let filter = try captureFilter(options.filter)
        var readers: [CaptureReader] = []
        for capture in options.captures {
            do throws(CaptureFailure) {
                readers.append(try CaptureReader(file: capture == "-" ? nil : capture))
            } catch {
                throw CommandFailure(.input, capture, error.text.problem, remedy: error.text.remedy)
            }
        }
        let merge = CaptureMerge(readers)
        var table = EpisodeTable(idleTimeoutSeconds: options.idleTimeout)
        table.read(merge, filter: filter)
        return (table, merge.damages)
    }

    private func warn() {
        func say(_ text: String) { StandardError.write("sluice: \(text)\n") }
        if traffic.packetsBeyondLimit > 0 {
            say("\(traffic.packetsBeyondLimit) packets are of flows beyond the limit of \(Limits.capturedFlows)")
        }
        if plan.flows.isEmpty {
            say("the captures hold no flow between two places of the topology")
        } else if plan.flowsWithoutRule == plan.flows.count {
            say(
                "no class of the policy matches any flow: all are of its default class \"\(policy.defaultClass)\" "
                    + "(add match rules to its classes)")
        }
    }
}

/// The compiled filter, nil where there is none.
func captureFilter(_ expression: String?) throws(CommandFailure) -> CaptureFilter? {
    guard let expression else { return nil }
    do throws(InvalidFilter) {
        return try CaptureFilter(expression)
    } catch {
        throw CommandFailure(.usage, "--filter", error.reason, remedy: "see pcap-filter(7)")
    }
}
