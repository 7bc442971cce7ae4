// INT telemetry reports version 2.0 over real UDP, one hop each.

import Glibc

final class ReportSender {
    var sequence: UInt32 = 0
    private let descriptor: CInt
    private var target = sockaddr_in()

    /// - Parameter listening: the daemon's IPv4 address and port.
    init(_ listening: String, from source: String = "127.0.0.1") throws {
        let parts = listening.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else { throw SystemTestFailure("no port: \(listening)") }
        descriptor = socket(AF_INET, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var own = sockaddr_in()
        own.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, source, &own.sin_addr)
        let bound = withUnsafePointer(to: own) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0 else { throw SystemTestFailure("cannot send from \(source)") }
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        inet_pton(AF_INET, String(parts[0]), &target.sin_addr)
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) throws {
        let count = withUnsafePointer(to: target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard count == bytes.count else { throw SystemTestFailure("sendto: \(String(cString: strerror(errno)))") }
    }

    /// A report of one node about its own egress port, in per cent of full use.
    func send(node: UInt32, port: UInt32, utilisation: UInt32, egressNanoseconds: UInt64? = nil) throws {
        sequence += 1
        var metadata: [UInt32] = [0x0001_0000 + port]
        var bitmap: UInt32 = 0x4100
        if let egressNanoseconds {
            bitmap |= 0x0400
            metadata += [UInt32(egressNanoseconds >> 32), UInt32(truncatingIfNeeded: egressNanoseconds)]
        }
        metadata.append(utilisation)
        // Group header: version 2, hardware 1. Individual report: INT, nothing inside, two words before the metadata.
        var words: [UInt32] = [0x2040_0000 | (sequence & 0x3f_ffff), node]
        words += [0x1000_0000 | UInt32(2 + metadata.count) << 16 | UInt32(metadata.count) << 8, bitmap << 16, 0]
        try send(
            (words + metadata).flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) }
            })
    }
}
