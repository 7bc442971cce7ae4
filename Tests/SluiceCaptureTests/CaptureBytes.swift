// Captures as the tests need them: bytes of pcap and pcapng files, and of packets, put together by hand.

import Glibc
import SluiceCapture

typealias Bytes = [UInt8]

func big16(_ value: Int) -> Bytes { [UInt8(value >> 8 & 0xff), UInt8(value & 0xff)] }
func big32(_ value: Int) -> Bytes { big16(value >> 16) + big16(value) }
func word16(_ value: Int, bigEndian: Bool) -> Bytes { bigEndian ? big16(value) : big16(value).reversed() }
func word32(_ value: Int, bigEndian: Bool) -> Bytes { bigEndian ? big32(value) : big32(value).reversed() }

/// Packets, innermost part first.
enum Packets {
    static let alice: Bytes = [10, 0, 0, 1]
    static let bob: Bytes = [10, 0, 0, 2]

    /// Eight bytes that begin with two ports, as TCP, UDP and SCTP do.
    static func ports(_ source: Int, _ destination: Int) -> Bytes { big16(source) + big16(destination) + [0, 8, 0, 0] }

    static func ipv4(
        _ payload: Bytes, from source: Bytes = alice, to destination: Bytes = bob, ipProtocol: UInt8 = 17,
        options: Bytes = [], fragment: Int = 0, tos: UInt8 = 0
    ) -> Bytes {
        let total = 20 + options.count + payload.count
        let head: Bytes = [0x40 | UInt8(5 + options.count / 4), tos] + big16(total) + [0, 0] + big16(fragment)
        return head + [64, ipProtocol, 0, 0] + source + destination + options + payload
    }

    static func ipv6(_ payload: Bytes, next: UInt8, from source: UInt8 = 1, to destination: UInt8 = 2) -> Bytes {
        func address(_ last: UInt8) -> Bytes { [0x20, 0x01, 0x0d, 0xb8] + Bytes(repeating: 0, count: 11) + [last] }
        return [0x60, 0, 0, 0] + big16(payload.count) + [next, 64] + address(source) + address(destination) + payload
    }

    static func ethernet(_ type: Int, _ payload: Bytes) -> Bytes {
        [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] + big16(type) + payload
    }

    static let udp = ethernet(0x0800, ipv4(ports(5000, 53)))
}

/// One record of a classic file.
struct Record {
    var packet: Bytes
    var seconds = 1
    var fraction = 0
    /// nil: as many as there are bytes.
    var wireLength: Int?
}

enum PcapFile {
    static func bytes(
        _ records: [Record], linkType: Int = 1, bigEndian: Bool = false, nanoseconds: Bool = false,
        snapshotLength: Int = 262_144
    ) -> Bytes {
        func word(_ value: Int) -> Bytes { word32(value, bigEndian: bigEndian) }
        let magic = word(nanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4)
        let version = word16(2, bigEndian: bigEndian) + word16(4, bigEndian: bigEndian)
        var bytes = magic + version + word(0) + word(0) + word(snapshotLength) + word(linkType)
        for record in records {
            bytes += word(record.seconds) + word(record.fraction)
            bytes += word(record.packet.count) + word(record.wireLength ?? record.packet.count) + record.packet
        }
        return bytes
    }
}

/// A pcapng file, block by block.
struct PcapngFile {
    private(set) var bytes: Bytes = []
    let bigEndian: Bool

    init(bigEndian: Bool = false) {
        self.bigEndian = bigEndian
        add(0x0a0d_0d0a, word(0x1a2b_3c4d) + half(1) + half(0) + Bytes(repeating: 0xff, count: 8))
    }

    func word(_ value: Int) -> Bytes { word32(value, bigEndian: bigEndian) }
    func half(_ value: Int) -> Bytes { word16(value, bigEndian: bigEndian) }

    mutating func add(_ type: Int, _ body: Bytes) {
        let padded = body + Bytes(repeating: 0, count: (4 - body.count % 4) % 4)
        bytes += word(type) + word(padded.count + 12) + padded + word(padded.count + 12)
    }

    mutating func addInterface(_ linkType: Int, snapshotLength: Int = 0, resolution: UInt8? = nil) {
        let options = resolution.map { half(9) + half(1) + [$0, 0, 0, 0] + half(0) + half(0) } ?? []
        add(1, half(linkType) + half(0) + word(snapshotLength) + options)
    }

    mutating func addPacket(_ packet: Bytes, interface: Int = 0, ticks: Int = 0) {
        add(6, word(interface) + word(ticks >> 32) + word(ticks) + word(packet.count) + word(packet.count) + packet)
    }

    mutating func addSimplePacket(_ packet: Bytes, wireLength: Int) { add(3, word(wireLength) + packet) }

    mutating func append(_ other: PcapngFile) { bytes += other.bytes }
}

/// A file in a directory of its own that goes with it.
final class TemporaryFile {
    let name: String
    private let directory: String

    init(_ bytes: Bytes) {
        var template = Array("/tmp/sluice-capture-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, let name = mkdtemp(start) else {
                preconditionFailure("no temporary directory")
            }
            return String(cString: name)
        }
        name = directory + "/capture"
        let descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        precondition(written == bytes.count, "the temporary file could not be written")
        close(descriptor)
    }

    func overwrite(_ bytes: Bytes) {
        let descriptor = open(name, O_WRONLY | O_TRUNC)
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        precondition(written == bytes.count, "the temporary file could not be written")
        close(descriptor)
    }

    deinit {
        unlink(name)
        rmdir(directory)
    }
}

func summary(of bytes: Bytes) throws(CaptureFailure) -> CaptureSummary {
    let file = TemporaryFile(bytes)
    var summary = CaptureSummary()
    try summary.read(CaptureReader(file: file.name))
    return summary
}

func headers(of packet: Bytes, linkType: LinkType = .ethernet) -> PacketHeaders {
    packet.withUnsafeBytes { Dissector.headers(of: $0.bytes, linkType: linkType) }
}
