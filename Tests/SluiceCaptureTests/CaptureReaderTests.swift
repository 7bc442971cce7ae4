import Glibc
import SluiceCapture
import SluiceModel
import Testing

@Suite struct CaptureReaderTests {
    @Test(arguments: [false, true], [false, true])
    func `every magic of a classic file gives the same packets`(bigEndian: Bool, nanoseconds: Bool) throws {
        let records = [
            Record(packet: Packets.udp, seconds: 10, fraction: 7), Record(packet: Packets.udp, seconds: 9, fraction: 0),
        ]
        let found = try summary(of: PcapFile.bytes(records, bigEndian: bigEndian, nanoseconds: nanoseconds))
        #expect(found.packets == 2)
        #expect(found.first == Instant(nanoseconds: 9_000_000_000))
        #expect(found.last == Instant(nanoseconds: 10_000_000_000 + (nanoseconds ? 7 : 7_000)))
        #expect(found.timesBackwards == 1)
        #expect(found.flows.flows.count == 1)
        #expect(found.damage == nil)
    }

    @Test func `times after 2038 are after 2038`() throws {
        let found = try summary(of: PcapFile.bytes([Record(packet: Packets.udp, seconds: 3_000_000_000)]))
        #expect(found.first?.text == "2065-01-24T05:20:00Z")
    }

    @Test func `a packet longer than the header's snapshot length is kept whole`() throws {
        let found = try summary(of: PcapFile.bytes([Record(packet: Packets.udp)], snapshotLength: 20))
        #expect(found.bytesCaptured == Packets.udp.count)
        #expect(found.flows.flows.first?.tuple.destinationPort == 53)
    }

    @Test func `a snapped packet counts its length on the wire`() throws {
        let found = try summary(of: PcapFile.bytes([Record(packet: Packets.udp, wireLength: 1_500)]))
        #expect(found.bytesWire == 1_500)
        #expect(found.bytesCaptured == Packets.udp.count)
        #expect(found.packetsSnapped == 1)
    }

    @Test func `a capture without packets is a capture`() throws {
        let found = try summary(of: PcapFile.bytes([]))
        #expect(found.packets == 0)
        #expect(found.first == nil)
        #expect(found.damage == nil)
    }

    @Test func `one ARP packet is a packet and no flow`() throws {
        let found = try summary(
            of: PcapFile.bytes([Record(packet: Packets.ethernet(0x0806, Bytes(repeating: 0, count: 28)))]))
        #expect(found.packetsNotIP == 1)
        #expect(found.flows.flows.isEmpty)
    }

    @Test(arguments: [false, true])
    func `pcapng with interfaces of different link types is read whole`(bigEndian: Bool) throws {
        var file = PcapngFile(bigEndian: bigEndian)
        file.addInterface(1, resolution: 9)
        file.addPacket(Packets.udp, interface: 0, ticks: 5_000_000_007)
        file.addInterface(101, resolution: 0x80 | 10)
        file.add(4, Bytes(repeating: 0, count: 8))
        file.addPacket(Packets.ipv4(Packets.ports(1, 2)), interface: 1, ticks: 3 << 10 | 512)
        let found = try summary(of: file.bytes)
        #expect(found.packets == 2)
        #expect(found.linkTypes.map(\.type) == [.ethernet, .raw])
        #expect(found.first == Instant(nanoseconds: 3_500_000_000))
        #expect(found.last == Instant(nanoseconds: 5_000_000_007))
        #expect(found.flows.flows.count == 2)
    }

    @Test func `sections of both byte orders follow each other`() throws {
        var file = PcapngFile(bigEndian: false)
        file.addInterface(1)
        file.addPacket(Packets.udp, ticks: 1)
        var second = PcapngFile(bigEndian: true)
        second.addInterface(101)
        second.addPacket(Packets.ipv4(Packets.ports(5000, 53)), ticks: 2)
        file.append(second)
        let found = try summary(of: file.bytes)
        #expect(found.packets == 2)
        #expect(found.flows.flows.count == 1)
    }

    @Test func `a simple packet has no time and is cut at the snapshot length`() throws {
        var file = PcapngFile()
        file.addInterface(1, snapshotLength: 40)
        file.addSimplePacket(Bytes(Packets.udp.prefix(40)), wireLength: 90)
        let found = try summary(of: file.bytes)
        #expect(found.packetsWithoutTime == 1)
        #expect(found.first == nil)
        #expect(found.bytesWire == 90)
        #expect(found.packetsSnapped == 1)
    }

    @Test func `a packet on an interface of unsupported link type counts as not IP`() throws {
        var file = PcapngFile()
        file.addInterface(1)
        file.addInterface(105)
        file.addPacket(Packets.udp, interface: 0)
        file.addPacket(Packets.udp, interface: 1)
        #expect(try summary(of: file.bytes).packetsNotIP == 1)
    }

    @Test(arguments: [
        (Bytes(), CaptureFailure.empty),
        (Array("packets,bytes\n1,2\n".utf8), .notACapture),
        (Array("abc".utf8), .notACapture),
        ([0x0a, 0x0d, 0x0d, 0x0a] + Bytes(repeating: 0, count: 24), .notACapture),
        (PcapFile.bytes([], linkType: 105), .unsupportedLinkType(LinkType(105))),
    ])
    func `what is no usable capture is named`(bytes: Bytes, failure: CaptureFailure) {
        #expect(throws: failure) { try summary(of: bytes) }
    }

    @Test func `a directory and a missing file are named`() {
        #expect(throws: CaptureFailure.isDirectory) { try CaptureReader(file: "/tmp") }
        #expect(throws: CaptureFailure.cannotOpen(reason: "No such file or directory")) {
            try CaptureReader(file: "/tmp/no/such/capture")
        }
    }

    @Test func `an unsupported link type has its name`() {
        #expect(CaptureFailure.unsupportedLinkType(LinkType(105)).text.problem.contains("IEEE802_11"))
        var file = PcapngFile()
        file.addInterface(105)
        file.addPacket(Packets.udp)
        #expect(throws: CaptureFailure.unsupportedLinkType(LinkType(105))) { try summary(of: file.bytes) }
    }

    @Test func `a filter keeps what it matches`() throws {
        let other = Packets.ethernet(0x0800, Packets.ipv4(Packets.ports(5000, 80), ipProtocol: 6))
        let file = TemporaryFile(PcapFile.bytes([Record(packet: Packets.udp), Record(packet: other)]))
        var found = CaptureSummary()
        try found.read(CaptureReader(file: file.name), filter: CaptureFilter("tcp port 80"))
        #expect(found.packets == 1)
        #expect(found.flows.flows.first?.tuple.destinationPort == 80)
        #expect(throws: InvalidFilter.self) { try CaptureFilter("tcp porto 80") }
    }
}

@Suite struct DamagedCaptureTests {
    private static let records = [
        Record(packet: Packets.udp, seconds: 1),
        Record(packet: Packets.ethernet(0x8100, [0, 5, 8, 0] + Packets.ipv4(Packets.ports(1, 2))), seconds: 2),
        Record(packet: Packets.ethernet(0x86dd, Packets.ipv6(Packets.ports(3, 4), next: 17)), seconds: 3),
    ]

    private static let pcapng: PcapngFile = {
        var file = PcapngFile()
        file.addInterface(1, resolution: 9)
        file.addPacket(Packets.udp, ticks: 1)
        file.add(5, Bytes(repeating: 7, count: 20))
        file.addInterface(101)
        file.addPacket(Packets.ipv4(Packets.ports(1, 2)), interface: 1, ticks: 2)
        return file
    }()

    @Test func `everything before a 4 GiB record counts and its offset is told`() throws {
        let good = PcapFile.bytes([Record(packet: Packets.udp)])
        let found = try summary(of: good + big32(0) + big32(0) + big32(0xffff_ffff) + big32(0xffff_ffff) + Packets.udp)
        #expect(found.packets == 1)
        #expect(found.damage?.offset == good.count)
    }

    @Test(arguments: [1, 3, 5, 6, 77])
    func `everything before a 4 GiB block counts and its offset is told`(type: Int) throws {
        let good = Self.pcapng
        for length in [0xffff_fffc, 0xffff_ffff, 0, 8] {
            let found = try summary(of: good.bytes + good.word(type) + good.word(length) + Packets.udp)
            #expect(found.packets == 2)
            #expect(found.damage?.offset == good.bytes.count)
        }
    }

    @Test func `a packet of an interface that is not there is damage`() throws {
        var file = Self.pcapng
        let good = file.bytes.count
        file.addPacket(Packets.udp, interface: 9)
        let found = try summary(of: file.bytes)
        #expect(found.packets == 2)
        #expect(found.damage?.offset == good)
    }

    @Test func `every truncation of a classic file counts the whole records before it`() throws {
        let bytes = PcapFile.bytes(Self.records)
        var ends = [24]
        for record in Self.records { ends.append(ends[ends.count - 1] + 16 + record.packet.count) }
        let file = TemporaryFile(bytes)
        for length in 24...bytes.count {
            file.overwrite(Bytes(bytes[..<length]))
            var found = CaptureSummary()
            try found.read(CaptureReader(file: file.name))
            let whole = ends.lastIndex { $0 <= length } ?? 0
            #expect(found.packets == whole)
            #expect(found.damage?.offset == (ends.contains(length) ? nil : ends[whole]))
        }
    }

    @Test func `no truncation or change of a bit stops the process`() {
        for bytes in [PcapFile.bytes(Self.records), Self.pcapng.bytes] {
            let file = TemporaryFile(bytes)
            var answers = 0
            func read(_ bytes: Bytes) {
                file.overwrite(bytes)
                var found = CaptureSummary()
                do {
                    try found.read(CaptureReader(file: file.name))
                } catch {
                    answers += 1
                    return
                }
                if found.packets <= 64 { answers += 1 }
            }
            for length in 0..<bytes.count { read(Bytes(bytes[..<length])) }
            for bit in 0..<bytes.count * 8 {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                read(changed)
            }
            #expect(answers == bytes.count * 9)
        }
    }
}
