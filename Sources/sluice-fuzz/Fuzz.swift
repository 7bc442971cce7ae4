// Hostile bytes for every decoder, by libFuzzer. Built only with SLUICE_FUZZ=1 (see the Makefile), since it needs
// libFuzzer's runtime. SLUICE_FUZZ_TARGET names the decoder; a trap, an exit or an address-sanitizer report is a finding.

private import Glibc
private import SluiceCapture
private import SluiceControlPlane
private import SluiceDocuments
private import SluiceJSON
private import SluiceMapping
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
    FuzzTarget(name: "placements") { bytes in
        guard
            let placements = try? PlacementDocument.read(
                DocumentFile(name: "input", bytes: bytes), topology: triangle)
        else { return }
        for (_, path) in placements.paths {
            precondition(Path(path.links, in: triangle) == path, "a path that loops or does not join")
        }
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
    FuzzTarget(name: "control") { bytes in
        // From lines to decisions: whatever clients say, each request has one answer, which can be written, and the
        // control plane stays in order.
        var plane = ControlPlane(topology: triangle, policy: .standard)
        var framer = LineFramer(limit: 1 << 12)
        var ticket: UInt64 = 0
        framer.receive(bytes) { frame in
            guard case .line(let line) = frame else { return }
            var calls: [Call]
            switch CallDecoder.decode(line) {
            case .single(let call): calls = [call]
            case .batch(let all): calls = all
            }
            for call in calls.prefix(16) {
                guard let invocation = try? call.content.get(), let command = try? Command(invocation),
                    case .plane(let request) = command
                else { continue }
                ticket += 1
                let effects = plane.handle(
                    .request(Ticket(ticket), from: ClientID(1), request), at: Instant(nanoseconds: Int64(ticket)))
                var answers = 0
                for effect in effects {
                    guard case .reply(Ticket(ticket), let answer) = effect else { continue }
                    answers += 1
                    let names = KnownNames(topology: plane.topology, policy: plane.policy)
                    var writer = JSONWriter()
                    switch answer {
                    case .success(let response):
                        ReplyEncoder.result(.null, to: &writer) {
                            $0.response(response, DaemonFacts(uptimeSeconds: 0, clients: 1), names)
                        }
                    case .failure(let error):
                        ReplyEncoder.fault(
                            .null, ProtocolFault(error, nearest: names.nearest(to: error)), to: &writer)
                    }
                    precondition((try? JSONNode(parsing: writer.bytes)) != nil, "an answer is not JSON")
                }
                if case .optimize = request { continue }
                precondition(answers == 1, "\(answers) answers")
            }
        }
        let faults = plane.checkInvariants()
        precondition(faults.isEmpty, faults.first ?? "")
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

/// Three switches, a, b and c, each joined to the others, with hosts ha and hb.
private let triangle: Topology = {
    let names = ["a", "b", "c"]
    var nodes = names.enumerated().map { number, name in
        Node(id: NodeID(name), kind: .switch(Switch(datapath: DatapathID(UInt64(number + 1)))))
    }
    var cables = [(0, 1), (1, 2), (0, 2)].map { ends in
        Cable(
            id: names[ends.0] + names[ends.1], a: .init(node: nodes[ends.0].id), b: .init(node: nodes[ends.1].id),
            capacity: .megabits(10), latency: Latency(microseconds: 1_000))
    }
    for (number, name) in ["a", "b"].enumerated() {
        let host = NodeID("h" + name)
        nodes.append(Node(id: host, kind: .host(Host(ipv4: IPv4Prefix(0x0a00_0001 + UInt32(number))))))
        cables.append(Cable.access(of: host, to: Cable.End(node: NodeID(name))))
    }
    guard let topology = try? Topology(name: "triangle", nodes: nodes, cables: cables) else {
        preconditionFailure("three switches and three cables are a topology")
    }
    return topology
}()

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
