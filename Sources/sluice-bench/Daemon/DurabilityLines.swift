// What durability costs: submissions over the socket with every answer on disk, beside a server that only decodes and
// answers; then the restart after a crash with many flows. The daemon is the real one, on the disk of --state-folder.

import SluiceDocuments
import SluiceModel

enum DurabilityLines {
    private static let depth = 128

    static func all(_ settings: DaemonBenchSettings) throws -> [BenchLine] {
        let folder = try ScratchFolder(in: settings.stateFolder)
        let topology = try DecisionScene.network(settings)
        let arguments = [
            "--topology", try folder.write("topology.json", SluiceTopologyWriter.write(topology)), "--policy",
            try folder.write(
                "policy.yaml", Array("limits:\n  flows: 1000000\n  flowsPerClient: 1000000\n".utf8)), "--socket",
            folder.path + "/socket", "--log-level", "error",
        ]
        var requests = RequestLines(topology, seed: settings.seed)

        let memory = try ServerProcess("sluiced", arguments)
        let volatile = try rate(folder, settings.submissions, &requests)
        var latency = try oneByOne(folder.path + "/socket", settings.samples / 2, &requests)
        memory.kill()
        let answerBytes = Int((Double(volatile.outcome.bytes) / Double(settings.submissions)).rounded())

        let ready = try ReadinessSocket(folder.path + "/notify")
        let state = ["--state", folder.path + "/state"]
        let daemon = try ServerProcess("sluiced", arguments + state, notify: folder.path + "/notify")
        try ready.awaitReady()
        let durable = try rate(folder, settings.submissions, &requests)
        let single = try rate(folder, 200, &requests, depth: 1)
        let sync = try folder.syncSeconds(bytes: 64 << 10)
        var lines = try echoLines(folder, settings, answerBytes, durable.perSecond, volatile.perSecond, &requests)
        lines.append(
            BenchLine(
                name: "one submission at a time over the socket, in memory only",
                figures: [("p50", latency.percentile(0.5), "µs"), ("p99", latency.percentile(0.99), "µs")], wanted: "",
                isReached: nil))
        lines.append(
            BenchLine(
                name: "one durable submission at a time",
                figures: [
                    ("rate", single.perSecond, "/s"), ("each", 1e3 / single.perSecond, "ms"),
                    ("a sync of 64 KiB alone", sync * 1e3, "ms"),
                ], wanted: "", isReached: nil))

        // Up to the wanted number, then a crash.
        let there = settings.submissions + 200
        if settings.restartFlows > there { _ = try rate(folder, settings.restartFlows - there, &requests) }
        let before = daemon.megabytes("VmRSS")
        daemon.kill()
        let begun = Clock.monotonic()
        let restarted = try ServerProcess("sluiced", arguments + state, notify: folder.path + "/notify")
        try ready.awaitReady()
        let seconds = Clock.monotonic() - begun
        let resident = restarted.megabytes("VmRSS")
        let flows = max(settings.restartFlows, there)
        lines.append(
            BenchLine(
                name: "restart after SIGKILL with \(flows) flows",
                figures: [("ready after", seconds, "s")], wanted: "at most 2 s", isReached: seconds <= 2))
        lines.append(
            BenchLine(
                name: "resident with \(flows) flows",
                figures: [
                    ("after the restart", resident, "MB"), ("most", restarted.megabytes("VmHWM"), "MB"),
                    ("before the crash", before, "MB"),
                ], wanted: "at most 200 MB", isReached: resident <= 200))
        return lines
    }

    private static func echoLines(
        _ folder: ScratchFolder, _ settings: DaemonBenchSettings, _ answerBytes: Int, _ durable: Double,
        _ volatile: Double, _ requests: inout RequestLines
    ) throws -> [BenchLine] {
        let socket = folder.path + "/echo"
        let echo = try ServerProcess("sluice-bench", ["echo", "--socket", socket, "--answer-bytes", "\(answerBytes)"])
        let client = try PipelinedClient(socket)
        let outcome = try client.run(count: 5 * settings.submissions, depth: depth, unwanted: "\"error\"") {
            requests.line($0)
        }
        client.disconnect()
        echo.kill()
        let bare = Double(5 * settings.submissions) / outcome.seconds
        return [
            BenchLine(
                name: "durable submissions at depth \(depth) on one connection",
                figures: [
                    ("rate", durable, "/s"), ("of a bare echo server", durable / bare, ""), ("that one", bare, "/s"),
                    ("answer", Double(answerBytes), "bytes"), ("in memory only", volatile, "/s"),
                ], wanted: "at least 0.1 of the echo server", isReached: durable >= 0.1 * bare)
        ]
    }

    /// From before a request is written until its answer is read.
    private static func oneByOne(_ socket: String, _ count: Int, _ requests: inout RequestLines) throws -> Durations {
        let client = try PipelinedClient(socket)
        defer { client.disconnect() }
        var durations = Durations()
        for _ in 0..<count {
            let outcome = try client.run(count: 1, depth: 1, unwanted: "\"rejection\":{") { requests.line($0) }
            guard outcome.failures == 0 else { throw BenchFailure("a submission was not admitted") }
            durations.append(outcome.seconds)
        }
        return durations
    }

    private static func rate(
        _ folder: ScratchFolder, _ count: Int, _ requests: inout RequestLines, depth: Int = depth
    ) throws -> (perSecond: Double, outcome: PipelinedClient.Outcome) {
        let client = try PipelinedClient(folder.path + "/socket")
        defer { client.disconnect() }
        let outcome = try client.run(count: count, depth: depth, unwanted: "\"rejection\":{") { requests.line($0) }
        guard outcome.failures == 0 else { throw BenchFailure("\(outcome.failures) submissions were not admitted") }
        return (Double(count) / outcome.seconds, outcome)
    }
}

/// Submissions of flows between random hosts, each told apart by its ports; small, so that all fit.
struct RequestLines {
    private let hosts: [(name: String, address: String)]
    private var random: RandomStream
    private var next = 0

    init(_ topology: Topology, seed: UInt64) {
        hosts = topology.hosts.compactMap { index in
            guard case .host(let host) = topology[index].kind, let address = host.ipv4 else { return nil }
            return (topology[index].id.text, address.text)
        }
        random = RandomStream(seed: seed, purpose: "bench.durability")
    }

    /// A line with the request id `id`.
    mutating func line(_ id: Int) -> [UInt8] {
        let source = random.below(hosts.count)
        var destination = random.below(hosts.count - 1)
        if destination >= source { destination += 1 }
        next += 1
        let text =
            #"{"jsonrpc":"2.0","id":\#(id),"method":"flow.submit","params":{"id":"flow-number-\#(next)","source":"#
            + #""\#(hosts[source].name)","destination":"\#(hosts[destination].name)","bandwidth":1000,"priority":3,"#
            + #""match":{"eth_type":2048,"ipv4_src":"\#(hosts[source].address)","ipv4_dst":"#
            + #""\#(hosts[destination].address)","ip_proto":17,"udp_src":\#(1_024 + next % 60_000),"#
            + #""udp_dst":\#(1_024 + next / 60_000)}}}"# + "\n"
        return Array(text.utf8)
    }
}
