// pcapng by blocks (https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/draft-ietf-opsawg-pcapng.html): any number
// of sections in either byte order, each with any number of interfaces of any link types and clock resolutions.
//
// Blocks that carry no packets are skipped without being held, so only packet blocks need memory, and those are
// bounded. A block whose length fields cannot be true ends the reading; what came before counts.

import SluiceModel

final class BlockReader {
    private let source: ByteSource
    private var isBigEndian = false
    private var interfaces: [CaptureInterface] = []
    /// Bytes of the packet block that was handed out last.
    private var lastBlockBytes = 0
    private var isAtEnd = false
    private(set) var damage: CaptureDamage?

    /// - Precondition: the source begins with a section header's type.
    init(source: ByteSource) throws(CaptureFailure) {
        self.source = source
        switch section(source.peek(28)) {
        case .success: break
        case .failure(let failure): throw failure
        }
    }

    func next() -> CapturedPacket? {
        source.consume(lastBlockBytes)
        lastBlockBytes = 0
        while !isAtEnd {
            let head = source.peek(12)
            if head.isEmpty {
                if let error = source.readError { return stop(systemText(error)) }
                isAtEnd = true
                return nil
            }
            guard head.count == 12 else { return stop("the file ends inside a block header") }
            if head.bytes.big32(0) == BlockType.sectionHeader {
                // The byte order of this block is its own.
                switch section(source.peek(28)) {
                case .success: interfaces = []
                case .failure(let failure): return stop(failure.text.problem)
                }
            }
            let type = number32(head, 0)
            let length = Int(number32(head, 4))
            guard length >= 12, length % 4 == 0 else { return stop("a block length of \(length) is impossible") }
            switch type {
            case BlockType.interfaceDescription, BlockType.enhancedPacket, BlockType.simplePacket, BlockType.packet:
                guard length <= Limits.captureBlockBytes else {
                    return stop("a block length of \(length) is above the limit of \(Limits.captureBlockBytes)")
                }
                let block = source.peek(length)
                guard block.count == length else {
                    return stop("the file ends inside a block: \(block.count) of \(length) bytes")
                }
                guard Int(number32(block, length - 4)) == length else {
                    return stop("the lengths at the two ends of the block differ")
                }
                if type == BlockType.interfaceDescription {
                    guard addInterface(block) else { return nil }
                    source.consume(length)
                } else {
                    guard let packet = packet(type, block) else {
                        return stop("a packet block's lengths or interface are impossible")
                    }
                    lastBlockBytes = length
                    return packet
                }
            default:
                let blockOffset = source.position
                let skipped = source.skip(length - 4)
                let tail = source.peek(4)
                guard skipped == length - 4, tail.count == 4 else {
                    return stop("the file ends inside a block: \(skipped + tail.count) of \(length) bytes", blockOffset)
                }
                guard Int(number32(tail, 0)) == length else {
                    return stop("the lengths at the two ends of the block differ", blockOffset)
                }
                source.consume(4)
            }
        }
        return nil
    }

    /// Takes the byte order of a section header block and checks its version.
    private func section(_ head: UnsafeRawBufferPointer) -> Result<Void, CaptureFailure> {
        guard head.count >= 16 else {
            return .failure(.refused(reason: "the section header is cut off after \(head.count) bytes"))
        }
        switch head.bytes.big32(8) {
        case 0x1a2b_3c4d: isBigEndian = true
        case 0x4d3c_2b1a: isBigEndian = false
        default: return .failure(.notACapture)
        }
        let (major, minor) = (number16(head, 12), number16(head, 14))
        // 1.2 was written by some programs and means 1.0.
        guard major == 1, minor == 0 || minor == 2 else { return .failure(.unsupportedVersion("\(major).\(minor)")) }
        return .success(())
    }

    /// False where the block is damaged or there are too many interfaces.
    private func addInterface(_ block: UnsafeRawBufferPointer) -> Bool {
        guard block.count >= 20 else {
            _ = stop("an interface block of \(block.count) bytes is too short")
            return false
        }
        guard interfaces.count < Limits.captureInterfaces else {
            _ = stop("more than \(Limits.captureInterfaces) interfaces in one section")
            return false
        }
        var interface = CaptureInterface(
            linkType: LinkType(UInt32(number16(block, 8))), snapshotLength: Int(number32(block, 12)))
        // Options: code and length in 16 bits each, the value padded to four bytes; code 0 ends them. Options that
        // overrun the block are left alone: they change at most the clock, and packets remain packets.
        var offset = 16
        while offset + 4 <= block.count - 4 {
            let code = number16(block, offset)
            let size = Int(number16(block, offset + 2))
            guard code != 0, offset + 4 + size <= block.count - 4 else { break }
            if code == 9, size == 1 { interface.resolution = ClockResolution(option: block[offset + 4]) }
            if code == 14, size == 8 { interface.offsetSeconds = Int64(bitPattern: number64(block, offset + 4)) }
            offset += 4 + (size + 3) / 4 * 4
        }
        interfaces.append(interface)
        return true
    }

    /// The packet in `block`; nil where its lengths or its interface cannot be.
    private func packet(_ type: UInt32, _ block: UnsafeRawBufferPointer) -> CapturedPacket? {
        let payload: Int
        let captured: Int
        let wireLength: Int
        let interface: Int
        switch type {
        case BlockType.simplePacket:
            guard block.count >= 16, let first = interfaces.first else { return nil }
            (payload, interface) = (12, 0)
            wireLength = Int(number32(block, 8))
            // No captured length is stored: the snapshot length cuts, and 0 there means no limit.
            captured = first.snapshotLength == 0 ? wireLength : min(wireLength, first.snapshotLength)
        case BlockType.packet:
            guard block.count >= 32 else { return nil }
            (payload, interface) = (28, Int(number16(block, 8)))
            (captured, wireLength) = (Int(number32(block, 20)), Int(number32(block, 24)))
        default:
            guard block.count >= 32 else { return nil }
            (payload, interface) = (28, Int(number32(block, 8)))
            (captured, wireLength) = (Int(number32(block, 20)), Int(number32(block, 24)))
        }
        guard interface < interfaces.count, captured <= block.count - 4 - payload else { return nil }
        let time =
            type == BlockType.simplePacket
            ? nil : interfaces[interface].instant(UInt64(number32(block, 12)) << 32 | UInt64(number32(block, 16)))
        return CapturedPacket(
            time: time, wireLength: wireLength, linkType: interfaces[interface].linkType,
            bytes: UnsafeRawBufferPointer(rebasing: block[payload..<payload + captured]))
    }

    private func stop(_ reason: String, _ offset: Int? = nil) -> CapturedPacket? {
        damage = CaptureDamage(offset: offset ?? source.position, reason: reason)
        isAtEnd = true
        return nil
    }

    private func number16(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt16 {
        let big = bytes.bytes.big16(offset)
        return isBigEndian ? big : big.byteSwapped
    }
    private func number32(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        let big = bytes.bytes.big32(offset)
        return isBigEndian ? big : big.byteSwapped
    }
    private func number64(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        let big = bytes.bytes.big64(offset)
        return isBigEndian ? big : big.byteSwapped
    }
}

/// Block types of pcapng that are read; all others are skipped.
private enum BlockType {
    static let sectionHeader: UInt32 = 0x0a0d_0d0a
    static let interfaceDescription: UInt32 = 1
    /// Obsolete.
    static let packet: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let enhancedPacket: UInt32 = 6
}

/// How long one tick of an interface's clock is (option if_tsresol).
enum ClockResolution {
    /// Whole nanoseconds: 10^−9 to 1 second.
    case nanoseconds(UInt64)
    /// This many ticks to a nanosecond: 10^−10 seconds and finer.
    case fraction(UInt64)
    /// 2^−n seconds.
    case binary(UInt8)

    init(option: UInt8) {
        guard option & 0x80 == 0 else {
            self = .binary(option & 0x7f)
            return
        }
        func powerOfTen(_ exponent: UInt8) -> UInt64 { (0..<exponent).reduce(1) { power, _ in power * 10 } }
        // 10^19 is the largest power of ten in 64 bits; finer clocks would wrap within a second.
        self = option <= 9 ? .nanoseconds(powerOfTen(9 - option)) : .fraction(powerOfTen(min(19, option - 9)))
    }

    /// `ticks` in nanoseconds, rounded down.
    func nanoseconds(_ ticks: UInt64) -> UInt128 {
        switch self {
        case .nanoseconds(let size): UInt128(ticks) * UInt128(size)
        case .fraction(let count): UInt128(ticks / count)
        case .binary(let bits): (UInt128(ticks) * 1_000_000_000) >> UInt128(bits)
        }
    }
}

/// What an interface block says about its packets.
private struct CaptureInterface {
    let linkType: LinkType
    let snapshotLength: Int
    var resolution = ClockResolution.nanoseconds(1_000)
    /// Added to every time stamp.
    var offsetSeconds: Int64 = 0

    init(linkType: LinkType, snapshotLength: Int) {
        self.linkType = linkType
        self.snapshotLength = snapshotLength
    }

    /// nil where the time is outside the years 1677 to 2262.
    func instant(_ ticks: UInt64) -> Instant? {
        // 2^64 seconds in nanoseconds stay below 2^94.
        let total = Int128(resolution.nanoseconds(ticks)) + Int128(offsetSeconds) * 1_000_000_000
        return Int64(exactly: total).map { Instant(nanoseconds: $0) }
    }
}
