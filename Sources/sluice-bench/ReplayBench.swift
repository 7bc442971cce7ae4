// `sluice-bench replay`: how fast captures are read and replayed, against yardsticks in the same run, each line `pass`
// or `short`.

import ArgumentParser
import CPcap
import Glibc
import SluiceCapture
import SluiceDocuments
import SluiceGLPK
import SluiceModel
import SluiceSimulation

struct ReplayBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Measures reading captures, accounting of flows and replay.",
        discussion: """
            Reading is measured in processor time of one thread, the best of several passes, over a capture with \
            headers of 1 000 flows that is made up first, or over --capture. tshark is measured where it is installed.
            """)

    @Option(help: ArgumentHelp("Read this capture instead of a made-up one.", valueName: "file"))
    var capture: String?

    @Option(help: "Packets of the capture that is made up.")
    var packets = 2_000_000

    /// What can be measured by itself.
    enum Part: String, ExpressibleByArgument, CaseIterable {
        case reading
        case streaming
        case flows
        case day
    }

    @Option(help: "Measure only this: reading, streaming, flows or day; repeatable.")
    var only: [Part] = []

    @Option(help: "Packets of the capture that is streamed through standard input.")
    var streamed = 100_000_000

    @Option(help: "Flows of the capture whose memory a flow is measured.")
    var flows = 1_000_000

    @Option(help: ArgumentHelp("Where usa50.json is.", valueName: "directory"))
    var topologies = "topologies"

    @Option(help: ArgumentHelp("The sluice command; default: beside this program.", valueName: "file"))
    var sluice: String?

    func validate() throws {
        guard (10_000...100_000_000).contains(packets) else {
            throw ValidationError("--packets: must be 10000 to 100000000")
        }
        guard streamed > 0 else { throw ValidationError("--streamed: must be positive") }
        guard (10_000...4_000_000).contains(flows) else { throw ValidationError("--flows: must be 10000 to 4000000") }
    }

    func run() throws {
        let parts = only.isEmpty ? Part.allCases : only
        if parts.contains(.reading) {
            let file = try capture ?? madeUpCapture()
            defer { if capture == nil { unlink(file) } }
            try reading(file)
        }
        if parts.contains(.streaming) { try streaming() }
        if parts.contains(.flows) { try manyFlows() }
        if parts.contains(.day) { try day() }
    }

    private func line(_ what: String, _ figures: String, wanted: String, _ isReached: Bool) {
        print("\(isReached ? "pass " : "short")  \(what): \(figures) (wanted: \(wanted))")
        fflush(nil)
    }

    // MARK: Reading

    private func madeUpCapture() throws -> String {
        var template = Array("/tmp/sluice-bench-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw BenchFailure("no temporary file: \(String(cString: strerror(errno)))") }
        let name = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { close(descriptor) }
        try PacketStream(packets: packets, flows: 1_000).write(to: descriptor)
        return name
    }

    private func reading(_ file: String) throws {
        let passes = 5
        var counted = 0
        let bare = (0..<passes).map { _ in cpuSeconds { counted = bareLoop(file) } }.min() ?? 0
        guard counted > 0 else { throw BenchFailure("\(file) has no packets that libpcap reads") }
        var found = CaptureSummary()
        let accounting =
            try (0..<passes).map { _ in
                try cpuSeconds {
                    found = CaptureSummary()
                    try found.read(CaptureReader(file: file))
                }
            }.min() ?? 0
        precondition(found.packets == counted, "libpcap counts \(counted) packets, Sluice \(found.packets)")
        let episodes =
            try (0..<passes).map { _ in
                try cpuSeconds {
                    var table = EpisodeTable(idleTimeoutSeconds: 30)
                    table.read(CaptureMerge([try CaptureReader(file: file)]))
                }
            }.min() ?? 0
        let rate = { (seconds: Double) in "\(rounded(Double(counted) / seconds / 1e6, 2)) million packets/s" }
        line(
            "reading and flow accounting, \(counted) packets, \(found.flows.flows.count) flows",
            "\(rate(accounting)), bare pcap_next_ex loop \(rate(bare)), ratio \(rounded(bare / accounting, 2))",
            wanted: "at least a third of the loop", bare / accounting >= 1.0 / 3)
        print(
            "       flows over time, with windows and idle timeout: \(rate(episodes)), "
                + "ratio \(rounded(bare / episodes, 2))")
        try tshark(file, accounting)
    }

    private func bareLoop(_ file: String) -> Int {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard
            let handle = pcap_open_offline_with_tstamp_precision(file, UInt32(PCAP_TSTAMP_PRECISION_NANO), &message)
        else { return 0 }
        defer { pcap_close(handle) }
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var data: UnsafePointer<UInt8>?
        var packets = 0
        while pcap_next_ex(handle, &header, &data) == 1 { packets += 1 }
        return packets
    }

    private func tshark(_ file: String, _ accounting: Double) throws {
        let places: [String] = ["/usr/bin/tshark", "/usr/local/bin/tshark"]
        guard let program = places.first(where: { (file: String) in access(file, X_OK) == 0 }) else {
            print("       tshark is not installed: not compared")
            return
        }
        let command = ChildCommand(program, ["-n", "-q", "-z", "conv,ip", "-r", file], discardsOutput: true)
        let usage = try command.run()
        let ratio = usage.processorSeconds / accounting
        line(
            "the same against tshark -q -z conv,ip",
            "\(rounded(accounting, 3)) s against \(rounded(usage.processorSeconds, 1)) s, ratio \(rounded(ratio, 0))",
            wanted: "at least 20 times as fast", ratio >= 20)
    }

    // MARK: Streaming

    /// Memory must not depend on the number of packets: a hundredth of the stream needs about the same.
    private func streaming() throws {
        let program = try sluice ?? sibling("sluice")
        func run(_ count: Int) throws -> (usage: ChildCommand.Usage, seconds: Double) {
            let stream = PacketStream(packets: count, flows: 1_000)
            let start = ContinuousClock.now
            let command = ChildCommand(program, ["capture", "summary", "--json", "-"], discardsOutput: true)
            let usage = try command.run { try stream.write(to: $0) }
            guard usage.status == 0 else { throw BenchFailure("sluice capture summary ends with \(usage.status)") }
            return (usage, start.duration(to: .now) / .seconds(1))
        }
        let short = try run(max(1, streamed / 100))
        let long = try run(streamed)
        let (less, more) = (Double(short.usage.peakBytes) / 1e6, Double(long.usage.peakBytes) / 1e6)
        line(
            "\(streamed) packets through standard input",
            "\(rounded(long.seconds, 1)) s, \(rounded(more, 1)) MB resident, "
                + "\(rounded(less, 1)) MB for a hundredth of them",
            wanted: "constant memory: at most 2 MB more", more <= less + 2)
    }

    /// Memory must depend on the number of flows alone: twice the packets of each need as much.
    private func manyFlows() throws {
        let program = try sluice ?? sibling("sluice")
        func run(_ flows: Int, packetsEach: Int) throws -> (bytes: Double, seconds: Double) {
            // Five seconds from one packet of a flow to its next: it lasts longer than the windows that are kept one by
            // one, so that everything is there that a flow ever takes.
            let stream = PacketStream(
                packets: flows * packetsEach, flows: flows, gapNanoseconds: 5_000_000_000 / Int64(flows))
            let start = ContinuousClock.now
            let command = ChildCommand(program, ["capture", "flows", "-", "--limit", "1"], discardsOutput: true)
            let usage = try command.run { try stream.write(to: $0) }
            guard usage.status == 0 else { throw BenchFailure("sluice capture flows ends with \(usage.status)") }
            return (Double(usage.peakBytes), start.duration(to: .now) / .seconds(1))
        }
        let none = try run(1_000, packetsEach: 20)
        let short = try run(flows, packetsEach: 20)
        let long = try run(flows, packetsEach: 40)
        line(
            "\(flows) flows over time, 20 packets each, through standard input",
            "\(rounded(short.seconds, 1)) s, \(rounded(short.bytes / 1e6, 0)) MB resident, "
                + "\(rounded((short.bytes - none.bytes) / Double(flows), 0)) bytes a flow; with 40 packets each "
                + "\(rounded(long.bytes / 1e6, 0)) MB",
            wanted: "constant memory a flow: at most 2 % more", long.bytes <= short.bytes * 1.02)
    }

    private func sibling(_ name: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw BenchFailure("where this program lies is not known") }
        let own = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let path = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return path + "/" + name
    }

    // MARK: Replay

    /// A day of traffic on a backbone of 50 nodes, through the control plane with telemetry and learning.
    private func day() throws {
        let network = try Document.readNetwork(DocumentFile(reading: topologies + "/usa50.json"))
        let topology = network.topology
        let addresses = topology.hosts.compactMap { node -> IPv4Prefix? in
            guard case .host(let host) = topology[node].kind else { return nil }
            return host.ipv4
        }
        var model = TrafficModel(
            addresses: addresses.count >= 2 ? addresses : (1...200).map { IPv4Prefix(0x0a00_0000 + $0) })
        // Ten minutes of a campus made into a day of trunks: flows last minutes to hours.
        model.flows = 10_000
        model.durationSeconds = 600
        model.stretch = 144
        var generator = TrafficGenerator(model)
        var episodes = EpisodeOptions()
        episodes.windowSeconds = 60
        episodes.idleTimeoutSeconds = 3_600
        var table = EpisodeTable(episodes)
        while let packet = generator.next() { table.count(packet) }
        var options = ReplayOptions()
        options.rate = .changing
        options.episodes = episodes
        // Enough that flows are refused, and that learning has something to choose between.
        options.scale = 4_000_000
        let plan = ReplayPlan(table.episodes, topology: topology, policy: .standard, options: options)
        let run = ReplayRun(plan, topology: topology, policy: .standard)
        let interval = SluiceScheme.telemetrySeconds(for: plan)
        var scheme = SluiceScheme(
            topology, policy: .standard, seed: 1, engine: GLPKEngine(), telemetrySeconds: interval)
        let start = ContinuousClock.now
        let result = run.play(&scheme).result
        let seconds = start.duration(to: .now) / .seconds(1)
        line(
            "a day of \(plan.flows.count) arrivals on \(topology.name), \(topology.switches.count) switches, "
                + "telemetry every \(rounded(interval, 1)) s",
            "\(rounded(seconds, 1)) s; \(result.total.admitted) admitted, \(result.total.refused) refused, "
                + "\(result.total.moved) moved",
            wanted: "under 30 s", seconds < 30)
    }

    private func cpuSeconds(_ body: () throws -> Void) rethrows -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        }
        let start = now()
        try body()
        return max(now() - start, 1e-9)
    }

    private func rounded(_ value: Double, _ decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let result = (value * scale).rounded() / scale
        return decimals == 0 ? "\(Int(result))" : "\(result)"
    }
}

/// What kept a measurement from its figures.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
