// Hostile bytes for every decoder, by libFuzzer. Built only with SLUICE_FUZZ=1 (see the Makefile), since it needs
// libFuzzer's runtime. SLUICE_FUZZ_TARGET names the decoder; a trap, an exit or an address-sanitizer report is a finding.

private import Glibc
private import SluiceCapture
private import SluiceControlPlane
private import SluiceDocuments
private import SluiceJSON
private import SluiceModel
private import SluiceOpenFlow
private import SluiceProtocol
private import SluiceStore
private import SluiceTelemetry

/// A decoder and what must hold for whatever it is fed.
private struct FuzzTarget: Sendable {
    let name: String
    let run: @Sendable ([UInt8]) -> Void
}

private let targets: [FuzzTarget] = [
    FuzzTarget(name: "quantities") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let bandwidth = Bandwidth(text: text) {
            precondition(Bandwidth(text: bandwidth.text) != nil || bandwidth == .unlimited)
        }
        _ = Latency(text: text)
        if let address = HardwareAddress(text: text) { precondition(HardwareAddress(text: address.text) == address) }
        if let prefix = IPv4Prefix(text: text) { precondition(IPv4Prefix(text: prefix.text) == prefix) }
        if let prefix = IPv6Prefix(text: text) { precondition(IPv6Prefix(text: prefix.text) == prefix) }
    },
    FuzzTarget(name: "json") { bytes in
        guard let node = try? JSONNode(parsing: bytes) else { return }
        let written = rewritten(node)
        guard let again = try? JSONNode(parsing: written) else {
            preconditionFailure("what was written is not JSON: \(String(decoding: written, as: UTF8.self))")
        }
        precondition(rewritten(again) == written)
    },
    FuzzTarget(name: "documents") { bytes in
        guard case .network(let network) = try? Document.read(DocumentFile(name: "input", bytes: bytes)) else { return }
        // Our own document of whatever was read says the same, to the byte, when it is read and written again.
        let written = SluiceTopologyWriter.write(network.topology)
        guard let again = try? Document.readNetwork(DocumentFile(name: "written", bytes: written)) else {
            preconditionFailure("what was written cannot be read: \(String(decoding: written, as: UTF8.self))")
        }
        precondition(SluiceTopologyWriter.write(again.topology) == written)
    },
    FuzzTarget(name: "policy") { bytes in
        _ = try? PolicyReader.read(DocumentFile(name: "input", bytes: bytes))
    },
    FuzzTarget(name: "requests") { bytes in
        // However the stream is cut into pieces, the lines are the same.
        var whole = LineFramer(limit: 512)
        var lines: [Frame] = []
        whole.receive(bytes) { lines.append($0) }
        var pieces = LineFramer(limit: 512)
        var linesOfPieces: [Frame] = []
        for byte in bytes { pieces.receive([byte]) { linesOfPieces.append($0) } }
        precondition(lines == linesOfPieces)
        for case .line(let line) in lines { _ = CallDecoder.decode(line) }
    },
    FuzzTarget(name: "journal") { bytes in
        // An entry; then each of its records, which must be the same when it is written and read again, as bytes and
        // as JSON.
        guard let items = try? JournalEntry.items(of: bytes) else { return }
        for item in items {
            guard let body = item.body, let record = try? PlaneRecord(item.key, bytes: body) else { continue }
            precondition((try? PlaneRecord(item.key, bytes: record.bytes).bytes) == record.bytes, "a record changes")
            let change = PlaneChange(key: item.key, record: record)
            let text = StoreDocument.record(change)
            guard let node = try? JSONNode(parsing: text), let again = try? StoreDocument.record(node) else {
                preconditionFailure("what was written cannot be read: \(String(decoding: text, as: UTF8.self))")
            }
            precondition(again.key == item.key && again.record?.bytes == record.bytes, "JSON changes a record")
        }
    },
    FuzzTarget(name: "openflow") { bytes in
        // However the stream is cut, and whatever it says, a switch's agent survives it; what is understood can be
        // written, and then says the same.
        var agent = SwitchAgent(at: .epoch)
        _ = agent.receive(bytes, at: .epoch)
        var framer = MessageFramer()
        framer.receive(bytes)
        while let frame = try? framer.next() {
            guard let message = try? Envelope(frame) else { continue }
            precondition((try? Envelope(message.bytes)) == message)
        }
    },
    FuzzTarget(name: "captures") { bytes in
        let file = "/dev/shm/sluice-fuzz-\(getpid())"
        let descriptor = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
        precondition(descriptor >= 0)
        defer { unlink(file) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            precondition(count > 0)
            offset += count
        }
        close(descriptor)
        guard let reader = try? CaptureReader(file: file) else { return }
        var summary = CaptureSummary(flowLimit: 64)
        try? summary.read(reader)
    },
    FuzzTarget(name: "reports") { bytes in
        // The first byte chooses the format, the rest is the datagram.
        guard let first = bytes.first else { return }
        let format = ReportFormat(
            associationBits: first & 1 == 0 ? .afterReserved : .beforeReserved,
            placement: StackPlacement(dscp: first & 2 == 0 ? 0x17 : nil, udpPort: first & 4 == 0 ? 5_000 : nil))
        let datagram = Array(bytes.dropFirst())
        var hops: [HopMetadata] = []
        do {
            _ = try ReportDecoder(format: format).decode(datagram, into: &hops)
            precondition(hops.count <= datagram.count / 4, "\(hops.count) hops out of \(datagram.count) bytes")
        } catch {
            precondition(hops.isEmpty, "a refused datagram left hops behind")
        }
        var intake = fuzzedIntake(format)
        intake.receive(datagram, at: .epoch)
        // Counters are measured between two readings: the next one, a second of the agent's clock later.
        var next = datagram
        if next.count > 24 {
            next[19] &+= 1
            next[22] &+= 4
            for position in 24..<next.count where position % 8 == 7 { next[position] &+= first }
        }
        intake.receive(next, at: .epoch)
        for sample in intake.drain() {
            precondition(
                sample.link.position < 2 && (0...1).contains(sample.utilisation ?? 0)
                    && (0...1).contains(sample.lossRatio ?? 0), "an impossible sample")
        }
        precondition(intake.reports + intake.refusals.total > 0, "a datagram went uncounted")
    },
]

/// Two switches, 1 and 2, joined at their ports 1.
private func fuzzedIntake(_ format: ReportFormat) -> ReportIntake {
    let nodes = [1, 2].map { Node(id: NodeID("s\($0)"), kind: .switch(Switch(datapath: DatapathID($0)))) }
    let cable = Cable(
        id: "c", a: .init(node: nodes[0].id, port: PortNumber(1)), b: .init(node: nodes[1].id, port: PortNumber(1)),
        capacity: .gigabits(1))
    guard let topology = try? Topology(name: "two", nodes: nodes, cables: [cable]) else {
        preconditionFailure("two switches and a cable are a topology")
    }
    return ReportIntake(
        topology: topology, format: format, units: HopUnits(timestamps: .synchronised(toleranceSeconds: 1e9)))
}

private func rewritten(_ node: JSONNode) -> [UInt8] {
    var writer = JSONWriter()
    writer.node(node)
    return writer.bytes
}

/// libFuzzer's own loop (compiler-rt, FuzzerInterface.h); it reads the flags of `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private let chosenTarget: FuzzTarget? = {
    let name = getenv("SLUICE_FUZZ_TARGET").map { String(cString: $0) }
    return targets.first { $0.name == name }
}()

@main
enum Fuzz {
    static func main() {
        guard chosenTarget != nil else {
            print("sluice-fuzz: SLUICE_FUZZ_TARGET is one of \(targets.map(\.name).joined(separator: ", "))")
            exit(2)
        }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        let status = runFuzzer(&count, &arguments) { data, count in
            chosenTarget?.run(Array(UnsafeBufferPointer(start: data, count: count)))
            return 0
        }
        exit(status)
    }
}
