// A capture of any length, written as fast as a pipe takes it: the same block of records again and again, with only the
// times changed.

import Glibc
import SluiceCapture
import SluiceModel

struct PacketStream {
    private let packets: Int
    private let flows: Int

    private let gapNanoseconds: Int64
    private static let start = Instant(nanoseconds: 1_767_225_600_000_000_000)
    private static let recordsPerBlock = 4_096

    /// - Parameters:
    ///   - flows: distinct five-tuples, at most eight million; their packets take turns.
    ///   - gapNanoseconds: from one packet to the next.
    init(packets: Int, flows: Int, gapNanoseconds: Int64 = 1_000) {
        self.packets = packets
        self.flows = flows
        self.gapNanoseconds = gapNanoseconds
    }

    func write(to descriptor: Int32) throws {
        var writer = CaptureWriter()
        try write(writer.take()[...], to: descriptor)
        let block = min(packets, Self.recordsPerBlock / flows * flows + flows)
        var offsets: [Int] = []
        for record in 0..<block {
            offsets.append(writer.count)
            let tuple = FiveTuple(
                sourceRaw: 0x0a00_0000 + UInt128(record % flows), destinationRaw: 0x0a80_0001, isIPv6: false,
                ipProtocol: 6, sourcePort: UInt16(1_024 + record % flows % 60_000), destinationPort: 443)
            writer.append(tuple.headerBytes(dscp: 0), wireLength: 1_000, at: Self.start)
        }
        var bytes = writer.take()
        offsets.append(bytes.count)
        var written = 0
        while written < packets {
            let count = min(block, packets - written)
            bytes.withUnsafeMutableBytes { buffer in
                for record in 0..<count {
                    let time = Self.start.nanoseconds + Int64(written + record) * gapNanoseconds
                    buffer.storeBytes(
                        of: UInt32(time / 1_000_000_000).littleEndian, toByteOffset: offsets[record], as: UInt32.self)
                    buffer.storeBytes(
                        of: UInt32(time % 1_000_000_000).littleEndian, toByteOffset: offsets[record] + 4,
                        as: UInt32.self)
                }
            }
            try write(bytes[..<offsets[count]], to: descriptor)
            written += count
        }
    }

    private func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw BenchFailure("write: \(String(cString: strerror(errno)))")
            }
        }
    }
}
