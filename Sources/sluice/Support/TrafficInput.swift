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

    @Option(parsing: .unconditional, help: ArgumentHelp("Multiply every bandwidth.", valueName: "factor"))
    var scale = 1.0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Shortest time that a rate is measured over and held.", valueName: "seconds"))
    var window = 1.0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Silence after which the same five-tuple is another flow.", valueName: "seconds"))
    var idleTimeout = 30.0

    @Option(help: "What makes packets one flow: five-tuple, host-pair, prefix, vlan or dscp.")
    var flowsBy = FlowsBy.fiveTuple

    @Option(
        help: ArgumentHelp("Prefix lengths of --flows-by prefix, IPv4 and IPv6.", valueName: "length,length"))
    var prefixLengths = PrefixLengths(ipv4: 24, ipv6: 64)

    @Option(
        help: ArgumentHelp(
            "What a flow asks for: mean, peak, percentile, or changing, which follows its rate (replay's default).",
            valueName: "kind"))
    var rate: RateKind?

    @Option(parsing: .unconditional, help: ArgumentHelp("The percentile of --rate percentile.", valueName: "percent"))
    var percentile = 95.0

    @Option(
        help: ArgumentHelp(
            "Addresses of a prefix live at this switch or host; repeatable.", valueName: "prefix=node"))
    var place: [PrefixPlace] = []

    @Option(parsing: .unconditional, help: "Seed of everything that is chosen by chance.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Take only packets that match a BPF expression.", valueName: "expression"))
    var filter: String?

    @Flag(help: "End with code 3 where a capture is damaged.")
    var strict = false

    func validate() throws {
        for (name, value) in [("scale", scale), ("window", window), ("idle-timeout", idleTimeout)] {
            guard value > 0, value <= 1e9 else { throw ValidationError("--\(name): must be above 0 and at most 1e9") }
        }
        guard percentile > 0, percentile <= 100 else {
            throw ValidationError("--percentile: must be above 0 and at most 100")
        }
        try CaptureInput.validate(captures)
    }

    /// - Parameter rate: what a flow asks for where the command line does not say.
    func replayOptions(rate standard: RateKind, in topology: Topology) throws(CommandFailure) -> ReplayOptions {
        var options = ReplayOptions()
        options.scale = scale
        options.episodes.windowSeconds = window
        options.episodes.idleTimeoutSeconds = idleTimeout
        options.episodes.aggregation = flowsBy.aggregation(prefixLengths)
        options.rate =
            switch rate ?? standard {
            case .mean: .mean
            case .peak: .peak
            case .percentile: .percentile(share: percentile / 100)
            case .changing: .changing
            }
        for place in place {
            guard let end = topology.index(of: NodeID(place.node)) else {
                throw CommandFailure(
                    .usage, "--place", "there is no switch or host \"\(place.node)\" in \(topology.name)",
                    remedy: "sluice topology show lists them")
            }
            options.places.append(AddressPlace(prefix: place.prefix, end: end))
        }
        options.episodes.keepsPercentiles = (rate ?? standard) == .percentile
        options.seed = seed
        return options
    }
}

/// What makes packets one flow, as on the command line.
enum FlowsBy: String, ExpressibleByArgument, CaseIterable {
    case fiveTuple = "five-tuple"
    case hostPair = "host-pair"
    case prefix
    case vlan
    case dscp

    func aggregation(_ lengths: PrefixLengths) -> FlowAggregation {
        switch self {
        case .fiveTuple: .fiveTuple
        case .hostPair: .hostPair
        case .prefix: .prefix(ipv4: lengths.ipv4, ipv6: lengths.ipv6)
        case .vlan: .vlan
        case .dscp: .dscp
        }
    }
}

/// What a flow asks for, as on the command line.
enum RateKind: String, ExpressibleByArgument, CaseIterable {
    case mean
    case peak
    case percentile
    case changing
}

/// `24,64`: lengths of IPv4 and IPv6 prefixes.
struct PrefixLengths: ExpressibleByArgument, Hashable {
    let ipv4: Int
    let ipv6: Int

    init(ipv4: Int, ipv6: Int) { (self.ipv4, self.ipv6) = (ipv4, ipv6) }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let ipv4 = parts[0], let ipv6 = parts[1], (0...32).contains(ipv4),
            (0...128).contains(ipv6)
        else { return nil }
        self.init(ipv4: ipv4, ipv6: ipv6)
    }

    var defaultValueDescription: String { "\(ipv4),\(ipv6)" }
}

/// `10.1.0.0/16=campus-3`.
struct PrefixPlace: ExpressibleByArgument, Hashable {
    let prefix: AddressPlace.Prefix
    let node: String

    init?(argument: String) {
        guard let sign = argument.firstIndex(of: "="), argument.index(after: sign) != argument.endIndex else {
            return nil
        }
        let text = String(argument[..<sign])
        if let prefix = IPv4Prefix(text: text) {
            self.prefix = .ipv4(prefix)
        } else if let prefix = IPv6Prefix(text: text) {
            self.prefix = .ipv6(prefix)
        } else {
            return nil
        }
        node = String(argument[argument.index(after: sign)...])
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
    let replayOptions: ReplayOptions
    let readSeconds: Double

    /// - Parameter rate: what a flow asks for where the command line does not say.
    init(_ options: TrafficOptions, rate: RateKind) throws {
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
        replayOptions = try options.replayOptions(rate: rate, in: topology)
        let (table, damages) = try CaptureInput.read(
            options.captures, replayOptions.episodes, filter: options.filter)
        truncations = damages.map { ReplayReport.Truncation(capture: options.captures[$0.position], damage: $0.damage) }
        traffic = ReplayReport.Traffic(table)
        plan = ReplayPlan(table.episodes, topology: topology, policy: policy, options: replayOptions)
        readSeconds = start.duration(to: .now) / .seconds(1)
        try CaptureInput.report(damages, of: options.captures, strict: options.strict)
        CaptureInput.warn(of: table, filter: options.filter)
        warn()
    }

    private func warn() {
        // Without a packet that could be of a flow, that has been said.
        guard traffic.packets > traffic.packetsNotIP else { return }
        func say(_ text: String) { StandardError.write("sluice: \(text)\n") }
        if traffic.packetsBeyondLimit > 0 {
            say("packets of flows beyond the limit of \(Limits.capturedFlows) flows: \(traffic.packetsBeyondLimit)")
        }
        if plan.flows.isEmpty {
            say("the captures hold no flow between two places of the topology (say with --place where addresses live)")
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
