// Reports as bytes, written from the specifications' diagrams field by field and sharing nothing with the decoder.

struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var pendingBits = 0

    /// Appends the low `width` bits of `value`, most significant first.
    mutating func put(_ value: UInt64, _ width: Int) {
        for bit in (0..<width).reversed() {
            pending = pending << 1 | (value >> UInt64(bit) & 1)
            pendingBits += 1
            if pendingBits == 8 {
                bytes.append(UInt8(pending))
                (pending, pendingBits) = (0, 0)
            }
        }
    }

    mutating func put(_ values: [(UInt64, Int)]) {
        for (value, width) in values { put(value, width) }
    }

    mutating func append(_ more: [UInt8]) { bytes += more }
}

enum ReportBytes {
    /// Report v2.0, section 3.2.
    static func group(hardware: UInt64 = 5, sequence: UInt64, node: UInt64, _ reports: [[UInt8]]) -> [UInt8] {
        var writer = BitWriter()
        writer.put([(2, 4), (hardware, 6), (sequence, 22), (node, 32)])
        for report in reports { writer.append(report) }
        return writer.bytes
    }

    /// Report v2.0, sections 3.3 and 3.4, of report type INT.
    static func individual(
        inner: UInt64, bitmap: UInt64, metadata: [UInt8], contents: [UInt8], domain: UInt64 = 0,
        domainBitmap: UInt64 = 0, flags: UInt64 = 0b0010, length: Int? = nil
    ) -> [UInt8] {
        var writer = BitWriter()
        let words = length ?? 2 + (metadata.count + contents.count) / 4
        writer.put([(1, 4), (inner, 4), (UInt64(words), 8), (UInt64(metadata.count / 4), 8), (flags, 4), (0, 4)])
        writer.put([(bitmap, 16), (domain, 16), (domainBitmap, 16), (0, 16)])
        writer.append(metadata + contents)
        return writer.bytes
    }

    /// Report v2.0, section 3.3, of report type "inner only".
    static func innerOnly(inner: UInt64, _ contents: [UInt8]) -> [UInt8] {
        var writer = BitWriter()
        writer.put([(0, 4), (inner, 4), (UInt64(contents.count / 4), 8), (0, 8), (0b0010, 4), (0, 4)])
        writer.append(contents)
        return writer.bytes
    }

    /// Report v2.0, section 3.5.
    static func template(type: UInt64, template: UInt64 = 0, _ contents: [UInt8]) -> [UInt8] {
        var writer = BitWriter()
        writer.put([(type, 4), (0, 4), (UInt64(contents.count / 4), 8), (template, 16)])
        writer.append(contents)
        return writer.bytes
    }

    /// Report v1.0, section 3.2; `metadata` includes everything after the ingress time stamp.
    static func version1(
        next: UInt64, bitmap: UInt64, flags: UInt64 = 0b001, node: UInt64, sequence: UInt64, ingress: UInt64,
        metadata: [UInt8], packet: [UInt8], flagsFirst: Bool = false
    ) -> [UInt8] {
        var writer = BitWriter()
        writer.put([(1, 4), (UInt64(4 + metadata.count / 4), 4), (next, 3), (bitmap, 6)])
        writer.put(flagsFirst ? [(flags, 3), (0, 6)] : [(0, 6), (flags, 3)])
        writer.put([(9, 6), (node, 32), (sequence, 32), (ingress, 32)])
        writer.append(metadata + packet)
        return writer.bytes
    }

    static func words(_ values: UInt64...) -> [UInt8] {
        var writer = BitWriter()
        for value in values { writer.put(value, 32) }
        return writer.bytes
    }

    /// INT-MD v2.1, section 5.8: header and stack.
    static func stack2(hopWords: UInt64, remaining: UInt64, bitmap: UInt64, domainBitmap: UInt64 = 0, _ stack: [UInt8])
        -> [UInt8]
    {
        var writer = BitWriter()
        writer.put([(2, 4), (0, 3), (0, 12), (hopWords, 5), (remaining, 8), (bitmap, 16), (0, 16)])
        writer.put([(domainBitmap, 16), (0, 16)])
        writer.append(stack)
        return writer.bytes
    }

    /// INT-MD v2.1, section 5.7.2: the shim for TCP and UDP.
    static func shim2(next: UInt64, field: UInt64, type: UInt64 = 1, _ contents: [UInt8]) -> [UInt8] {
        var writer = BitWriter()
        writer.put([(type, 4), (next, 2), (0, 2), (UInt64(contents.count / 4), 8), (field, 16)])
        writer.append(contents)
        return writer.bytes
    }

    /// INT v1.0, sections 4.6.1 and 4.7: shim, header and stack.
    static func shim1(hopWords: UInt64, bitmap: UInt64, _ stack: [UInt8]) -> [UInt8] {
        var writer = BitWriter()
        writer.put([(1, 8), (0, 8), (UInt64(3 + stack.count / 4), 8), (0, 6), (0, 2)])
        writer.put([(1, 4), (0, 2), (0, 3), (0, 7), (0, 3), (hopWords, 5), (6, 8), (bitmap, 16), (0, 16)])
        writer.append(stack)
        return writer.bytes
    }

    static func ipv4(dscp: UInt64 = 0, transport: UInt64, _ payload: [UInt8]) -> [UInt8] {
        var writer = BitWriter()
        writer.put([(4, 4), (5, 4), (dscp, 6), (0, 2), (UInt64(20 + payload.count), 16), (0x1234, 16), (2, 3), (0, 13)])
        writer.put([(63, 8), (transport, 8), (0, 16), (0x0a00_0001, 32), (0x0a00_0002, 32)])
        writer.append(payload)
        return writer.bytes
    }

    static func ipv6(dscp: UInt64 = 0, transport: UInt64, _ payload: [UInt8]) -> [UInt8] {
        var writer = BitWriter()
        writer.put([(6, 4), (dscp, 6), (0, 2), (0, 20), (UInt64(payload.count), 16), (transport, 8), (64, 8)])
        for _ in 0..<8 { writer.put(0x2001_0db8, 32) }
        writer.append(payload)
        return writer.bytes
    }

    static func ethernet(tags: Int = 0, type: UInt64, _ payload: [UInt8]) -> [UInt8] {
        var writer = BitWriter()
        writer.put([(0x0200_0000_0001, 48), (0x0200_0000_0002, 48)])
        for _ in 0..<tags { writer.put([(0x8100, 16), (7, 16)]) }
        writer.put(type, 16)
        writer.append(payload)
        return writer.bytes
    }

    static func udp(port: UInt64, _ payload: [UInt8]) -> [UInt8] {
        var writer = BitWriter()
        writer.put([(56_789, 16), (port, 16), (UInt64(8 + payload.count), 16), (0, 16)])
        writer.append(payload)
        return writer.bytes
    }

    static func tcp(_ payload: [UInt8]) -> [UInt8] {
        var writer = BitWriter()
        writer.put([
            (40_000, 16), (443, 16), (1, 32), (2, 32), (5, 4), (0, 6), (0b010000, 6), (512, 16), (0, 16), (0, 16),
        ])
        writer.append(payload)
        return writer.bytes
    }

    // The examples of the specifications, with numbers where they leave names.

    /// INT v2.1, section 6.1: INT-MD over TCP, switch id and queue occupancy of two hops.
    static let intOverTCP = ipv4(
        dscp: 0x17, transport: 6,
        tcp(
            shim2(
                next: 0, field: 0,
                stack2(hopWords: 2, remaining: 6, bitmap: 0x9000, words(2, 0x0300_0102, 1, 0x0400_0203)))))

    /// Report v2.0, section 4.1: level 1 interfaces and queue occupancy, truncated IPv4.
    static let baseline = group(
        sequence: 77, node: 3,
        [
            individual(
                inner: 4, bitmap: 0x5000, metadata: words(0x0007_0008, 0x0000_2000),
                contents: ipv4(transport: 6, tcp([])))
        ])

    /// Report v2.0, section 4.2: the same with domain-specific metadata and templates.
    static let templates = group(
        sequence: 78, node: 3,
        [
            individual(
                inner: 1, bitmap: 0x5000, metadata: words(0x0007_0008, 0x0000_2000, 0xdead_beef),
                contents: template(type: 0, template: 4, words(0xcafe_0001))
                    + template(type: 2, ipv4(transport: 6, tcp([]))),
                domain: 9, domainBitmap: 0x8000)
        ])

    /// Report v2.0, section 4.3: embedded INT-MD in a UDP packet of its own before TCP; report length 23.
    static let embedded = group(
        sequence: 79, node: 3,
        [
            individual(
                inner: 4, bitmap: 0x1000, metadata: words(0x0000_0301),
                contents: ipv4(
                    transport: 17,
                    udp(
                        port: 5_000,
                        shim2(
                            next: 2, field: 6,
                            stack2(hopWords: 2, remaining: 6, bitmap: 0x9000, words(2, 0x102, 1, 0x203)))
                            + tcp([]))))
        ])

    /// Report v2.0, section 4.4: INT-MD over UDP in a VXLAN packet, report type "inner only".
    static let vxlan = group(
        sequence: 80, node: 3,
        [
            innerOnly(
                inner: 4,
                ipv4(
                    transport: 17,
                    udp(
                        port: 5_000,
                        shim2(
                            next: 1, field: 4_789,
                            stack2(
                                hopWords: 2, remaining: 5, bitmap: 0xc000,
                                words(3, 0x0005_0006, 2, 0x0003_0004, 1, 0x0001_0002)))
                            + words(0x0800_0000, 0x0000_0100)
                            + ethernet(type: 0x0800, ipv4(transport: 6, tcp([0, 0]))))))
        ])

    /// Report v1.0 with all metadata, and INT v1.0 over TCP in the packet.
    static let version1Embedded = version1(
        next: 0, bitmap: 0b111101, node: 3, sequence: 500, ingress: 1_000,
        metadata: words(0x0007_0008, 250, 0x0200_0999, 1_250, 42),
        packet: ethernet(
            tags: 1, type: 0x0800,
            ipv4(
                dscp: 0x17, transport: 6,
                tcp(shim1(hopWords: 5, bitmap: 0xe200, words(2, 0x0003_0004, 99, 5, 6, 1, 0x0001_0002, 98, 3, 4))))))
}
