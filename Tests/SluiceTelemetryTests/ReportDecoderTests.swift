import SluiceTelemetry
import Testing

private let format = ReportFormat(placement: StackPlacement(dscp: 0x17, udpPort: 5_000))

private func decoded(
    _ bytes: [UInt8], _ format: ReportFormat = format
) throws(ReportRefusal) -> (header: ReportHeader, hops: [HopMetadata]) {
    var hops: [HopMetadata] = []
    let header = try ReportDecoder(format: format).decode(bytes, into: &hops)
    return (header, hops)
}

private func hop(_ node: UInt32, _ change: (inout HopMetadata) -> Void) -> HopMetadata {
    var hop = HopMetadata()
    hop.nodeID = node
    change(&hop)
    return hop
}

/// Everything the specifications show, and what it means.
private let examples: [(name: String, bytes: [UInt8])] = [
    ("baseline", ReportBytes.baseline), ("templates", ReportBytes.templates), ("embedded", ReportBytes.embedded),
    ("vxlan", ReportBytes.vxlan), ("version 1", ReportBytes.version1Embedded),
    (
        "two reports",
        ReportBytes.group(
            sequence: 1, node: 3,
            [
                ReportBytes.individual(
                    inner: 0, bitmap: 0x7f80, metadata: Array(repeating: 7, count: 44), contents: []),
                ReportBytes.innerOnly(inner: 4, ReportBytes.intOverTCP),
            ])
    ),
]

@Suite struct ReportDecoderTests {
    @Test func `the baseline example reads as interfaces and queue occupancy of the sender`() throws {
        let (header, hops) = try decoded(ReportBytes.baseline)
        #expect(header.version == .two)
        #expect(header.nodeID == 3)
        #expect(header.hardwareID == 5)
        #expect(header.sequence == 77)
        #expect(header.isTrackedFlow && !header.isDrop && !header.isCongestion)
        let expected = [hop(3) { ($0.ingressInterface, $0.egressInterface, $0.queueOccupancy) = (7, 8, 0x2000) }]
        #expect(hops == expected)
        #expect(ReportBytes.baseline[9] == 14, "the report length that the specification works out")
    }

    @Test func `domain-specific metadata and templates are stepped over`() throws {
        let (_, hops) = try decoded(ReportBytes.templates)
        let expected = [hop(3) { ($0.ingressInterface, $0.egressInterface, $0.queueOccupancy) = (7, 8, 0x2000) }]
        #expect(hops == expected)
    }

    @Test func `the embedded INT-MD example reads as three hops, newest first`() throws {
        let (_, hops) = try decoded(ReportBytes.embedded)
        #expect(ReportBytes.embedded[9] == 23, "the report length that the specification works out")
        let expected = [
            hop(3) { $0.queueOccupancy = 0x301 }, hop(2) { $0.queueOccupancy = 0x102 },
            hop(1) { $0.queueOccupancy = 0x203 },
        ]
        #expect(hops == expected)
    }

    @Test func `the VXLAN example reads as three hops with their interfaces`() throws {
        let (_, hops) = try decoded(ReportBytes.vxlan)
        #expect(hops.map(\.nodeID) == [3, 2, 1])
        #expect(hops.map(\.ingressInterface) == [5, 3, 1])
        #expect(hops.map(\.egressInterface) == [6, 4, 2])
    }

    @Test func `INT over TCP is found by its DSCP`() throws {
        let packet = ReportBytes.group(sequence: 1, node: 3, [ReportBytes.innerOnly(inner: 4, ReportBytes.intOverTCP)])
        let (_, hops) = try decoded(packet)
        #expect(hops.map(\.nodeID) == [2, 1])
        #expect(hops.map(\.queueOccupancy) == [0x102, 0x203])
        let other = ReportFormat(placement: StackPlacement(dscp: 0x16, udpPort: 5_000))
        #expect(try decoded(packet, other).hops.isEmpty)
    }

    @Test func `INT is found behind VLAN tags and in IPv6`() throws {
        let shim = ReportBytes.shim2(
            next: 1, field: 80, ReportBytes.stack2(hopWords: 1, remaining: 1, bitmap: 0x8000, ReportBytes.words(9)))
        let inside = ReportBytes.ipv6(transport: 17, ReportBytes.udp(port: 5_000, shim))
        // Two tags make a header of 22 bytes; two bytes of padding end the word.
        let frame = ReportBytes.ethernet(tags: 2, type: 0x86dd, inside) + [0, 0]
        let ethernet = ReportBytes.innerOnly(inner: 3, frame)
        let plain = ReportBytes.innerOnly(inner: 5, inside)
        let template = ReportBytes.innerOnly(inner: 1, ReportBytes.template(type: 3, inside))
        let (_, hops) = try decoded(ReportBytes.group(sequence: 1, node: 3, [ethernet, plain, template]))
        #expect(hops.map(\.nodeID) == [9, 9, 9])
    }

    @Test func `version 1 reads with four-byte time stamps and INT version 1 inside`() throws {
        let (header, hops) = try decoded(ReportBytes.version1Embedded)
        #expect(header.version == .one)
        #expect(header.sequence == 500)
        #expect(header.hardwareID == 9)
        #expect(header.isTrackedFlow)
        let expected = [
            hop(3) {
                ($0.ingressInterface, $0.egressInterface, $0.latency, $0.queueOccupancy) = (7, 8, 250, 0x999)
                ($0.ingressTimestamp, $0.egressTimestamp, $0.transmitUtilisation) = (1_000, 1_250, 42)
            },
            hop(2) {
                ($0.ingressInterface, $0.egressInterface, $0.latency) = (3, 4, 99)
                ($0.levelTwoIngressInterface, $0.levelTwoEgressInterface) = (5, 6)
            },
            hop(1) {
                ($0.ingressInterface, $0.egressInterface, $0.latency) = (1, 2, 98)
                ($0.levelTwoIngressInterface, $0.levelTwoEgressInterface) = (3, 4)
            },
        ]
        #expect(hops == expected)
    }

    @Test(arguments: [(false, ReportFormat.AssociationBits.afterReserved), (true, .beforeReserved)])
    func `the association bits of version 1 are read where the senders put them`(
        flagsFirst: Bool, place: ReportFormat.AssociationBits
    ) throws {
        let bytes = ReportBytes.version1(
            next: 1, bitmap: 0, flags: 0b101, node: 1, sequence: 1, ingress: 1, metadata: [], packet: [],
            flagsFirst: flagsFirst)
        let (header, hops) = try decoded(bytes, ReportFormat(associationBits: place))
        #expect(header.isDrop && !header.isCongestion && header.isTrackedFlow)
        #expect(hops.isEmpty)
    }

    @Test func `all metadata of version 2 land in their fields and all ones are unknown`() throws {
        let metadata =
            ReportBytes.words(0x0001_0002, 3, 0x0400_0005, 0, 6, 0, 7, 8, 9, 10, 0x0b00_000c, 0x0d0e_0000)
        let known = ReportBytes.individual(inner: 0, bitmap: 0x7f81, metadata: metadata, contents: [])
        let unknown = ReportBytes.individual(
            inner: 0, bitmap: 0x7f80, metadata: Array(repeating: 0xff, count: 44), contents: [])
        let (_, hops) = try decoded(ReportBytes.group(sequence: 1, node: 3, [known, unknown]))
        let expected = [
            hop(3) {
                ($0.ingressInterface, $0.egressInterface, $0.latency, $0.queueOccupancy) = (1, 2, 3, 5)
                ($0.ingressTimestamp, $0.egressTimestamp) = (6, 7)
                ($0.levelTwoIngressInterface, $0.levelTwoEgressInterface) = (8, 9)
                ($0.transmitUtilisation, $0.bufferOccupancy, $0.dropReason) = (10, 12, 14)
            }, hop(3) { _ in },
        ]
        #expect(hops == expected)
    }

    @Test func `a report length of 255 fills the datagram and unsupported report types are counted`() throws {
        let rest = ReportBytes.individual(
            inner: 0, bitmap: 0x1000, metadata: ReportBytes.words(5), contents: [], length: 0xff)
        let ioam = ReportBytes.words(0x2001_0000, 0x1234_5678)
        let (header, hops) = try decoded(ReportBytes.group(sequence: 1, node: 3, [ioam, rest]))
        #expect(header.unsupportedReports == 1)
        #expect(hops.map(\.queueOccupancy) == [5])
    }

    @Test func `a stack that its source made longer is read where the domain bitmap allows it`() throws {
        func report(_ domainBitmap: UInt64) -> [UInt8] {
            let stack = ReportBytes.stack2(
                hopWords: 2, remaining: 6, bitmap: 0x9000, domainBitmap: domainBitmap, ReportBytes.words(2, 5, 1, 6, 99)
            )
            let packet = ReportBytes.ipv4(
                transport: 17, ReportBytes.udp(port: 5_000, ReportBytes.shim2(next: 1, field: 80, stack)))
            return ReportBytes.group(sequence: 1, node: 3, [ReportBytes.innerOnly(inner: 4, packet)])
        }
        #expect(try decoded(report(0x8000)).hops.map(\.nodeID) == [2, 1])
        #expect(throws: ReportRefusal.badLength) { try decoded(report(0)) }
    }

    @Test func `what cannot be read is refused with its reason`() {
        func reason(_ bytes: [UInt8]) -> ReportRefusal? {
            do throws(ReportRefusal) {
                _ = try decoded(bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(reason([]) == .truncated)
        #expect(reason([0x30, 0, 0, 0]) == .unsupportedVersion)
        #expect(reason(ReportBytes.group(sequence: 1, node: 3, [])) == .truncated, "a group of nothing")
        // Two words of metadata announced, one there.
        let short = ReportBytes.individual(inner: 0, bitmap: 0x5000, metadata: ReportBytes.words(1), contents: [])
        #expect(reason(ReportBytes.group(sequence: 1, node: 3, [short])) == .badLength)
        let wrongInner = ReportBytes.ipv4(
            transport: 17,
            ReportBytes.udp(port: 5_000, ReportBytes.shim2(next: 1, field: 80, ReportBytes.words(0x3000_0106, 0, 0))))
        #expect(
            reason(ReportBytes.group(sequence: 1, node: 3, [ReportBytes.innerOnly(inner: 4, wrongInner)]))
                == .unsupportedVersion)
        var version1 = ReportBytes.version1Embedded
        version1[0] = 0x18
        #expect(reason(version1) == .badLength)
    }

    @Test func `every truncation is refused or reads as a part, never traps and leaves nothing behind when refused`() {
        let decoder = ReportDecoder(format: format)
        for (name, bytes) in examples {
            var whole: [HopMetadata] = []
            _ = try? decoder.decode(bytes, into: &whole)
            for length in 0..<bytes.count {
                var hops = whole
                do throws(ReportRefusal) {
                    let header = try decoder.decode(Array(bytes[..<length]), into: &hops)
                    // Version 1 has no length of the whole, and a group may end after a report.
                    #expect(hops.allSatisfy(whole.contains), "\(name) cut at \(length) invented a hop")
                    #expect(header.nodeID == 3)
                } catch {
                    #expect(hops.isEmpty, "\(name) cut at \(length)")
                }
            }
        }
    }

    @Test func `every single-bit flip is read or refused and never invents hops beyond the bytes`() {
        let decoder = ReportDecoder(format: format)
        var refused = 0
        var read = 0
        for (name, bytes) in examples {
            for bit in 0..<bytes.count * 8 {
                var flipped = bytes
                flipped[bit / 8] ^= 0x80 >> UInt8(bit % 8)
                var hops: [HopMetadata] = []
                do throws(ReportRefusal) {
                    _ = try decoder.decode(flipped, into: &hops)
                    read += 1
                    #expect(hops.count <= bytes.count / 4, "\(name), bit \(bit)")
                } catch {
                    refused += 1
                    #expect(hops.isEmpty)
                }
            }
        }
        #expect(refused > 100 && read > 100, "\(refused) refused, \(read) read")
    }
}
