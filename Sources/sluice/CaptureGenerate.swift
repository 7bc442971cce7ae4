// `sluice capture generate`: made-up traffic as a capture, to try things out without anybody's packets.

import ArgumentParser
import SluiceCapture
import SluiceDocuments
import SluiceModel

struct CaptureGenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Makes up traffic and writes it as a pcap file.",
        discussion: """
            Voice, video, web, names and backups in one direction each, headers only. The same seed makes the same \
            bytes. With --topology its hosts' IPv4 addresses talk.

            Examples:
              sluice capture generate --flows 500 --seconds 60 --output trace.pcap
              sluice capture generate --seconds 3600 | sluice capture summary -
            """)

    @Option(parsing: .unconditional, help: "How many flows.")
    var flows = 500

    @Option(parsing: .unconditional, help: "How long they take to begin; the last ones end later.")
    var seconds = 60.0

    @Option(parsing: .unconditional, help: "How many addresses talk, from 10.0.0.1 on; at least 2.")
    var addresses = 50

    @Option(name: .shortAndLong, help: ArgumentHelp("Let the hosts of a network talk instead.", valueName: "file"))
    var topology: String?

    @Option(parsing: .unconditional, help: "Seed of the traffic.")
    var seed: UInt64 = 1

    @Option(name: .shortAndLong, help: ArgumentHelp("Write there instead of to standard output.", valueName: "file"))
    var output: String?

    func validate() throws {
        guard (1...100_000_000).contains(flows) else { throw ValidationError("--flows: must be 1 to 100000000") }
        guard seconds > 0, seconds <= 3.1e8 else { throw ValidationError("--seconds: must be above 0, at most 3.1e8") }
        guard (2...16_000_000).contains(addresses) else {
            throw ValidationError("--addresses: must be 2 to 16000000")
        }
        if output == nil, StandardOutput.isTerminal {
            throw ValidationError("a capture is not for a terminal; give --output or a pipe")
        }
    }

    func run() throws {
        var model = TrafficModel(addresses: try talkers())
        model.flows = flows
        model.durationSeconds = seconds
        model.seed = seed
        var generator = TrafficGenerator(model)
        var writer = CaptureWriter()
        let sink = try ByteSink(output)
        while let packet = generator.next() {
            writer.append(
                packet.tuple.headerBytes(dscp: packet.dscp), wireLength: packet.wireLength, at: packet.time)
            if writer.count >= 1 << 18 { try sink.write(writer.take()) }
        }
        try sink.write(writer.take())
        try sink.close()
    }

    private func talkers() throws -> [IPv4Prefix] {
        guard let topology else { return (1...UInt32(addresses)).map { IPv4Prefix(0x0a00_0000 + $0) } }
        let network = try DocumentInput.use { () throws(InvalidDocument) in
            try Document.readNetwork(DocumentFile(reading: topology)).topology
        }
        let hosts = network.nodes.compactMap { node in
            if case .host(let host) = node.kind { host.ipv4.map { IPv4Prefix($0.address) } } else { nil }
        }
        guard hosts.count >= 2 else {
            throw CommandFailure(
                .input, topology, "fewer than two hosts have an IPv4 address", remedy: "use --addresses instead")
        }
        return hosts
    }
}
