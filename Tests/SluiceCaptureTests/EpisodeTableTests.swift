import SluiceCapture
import SluiceModel
import Testing

@Suite struct EpisodeTableTests {
    private func table(idleTimeoutSeconds: Double = 10, limit: Int = 100, _ times: [Double]) -> EpisodeTable {
        var table = EpisodeTable(idleTimeoutSeconds: idleTimeoutSeconds, limit: limit)
        Packets.udp.withUnsafeBytes { bytes in
            for time in times {
                table.count(
                    CapturedPacket(
                        time: Instant(nanoseconds: Int64(time * 1e9)), wireLength: 100, linkType: .ethernet,
                        bytes: bytes))
            }
        }
        return table
    }

    @Test func `a pause longer than the timeout begins another episode`() {
        let found = table([1, 5, 15, 25.5])
        #expect(found.episodes.map(\.packets) == [3, 1])
        #expect(found.episodes[0].start == Instant(nanoseconds: 1_000_000_000))
        #expect(found.episodes[0].end == Instant(nanoseconds: 15_000_000_000))
        #expect(found.episodes[0].bytes == 300)
    }

    @Test func `times that run back extend the episode, or begin one of their own`() {
        #expect(table([20, 12]).episodes.map(\.start.nanoseconds) == [12_000_000_000])
        #expect(table([20, 9.5]).episodes.count == 2)
    }

    @Test func `beyond its limit packets are counted, episodes are not`() {
        let found = table(limit: 1, [1, 20, 21])
        #expect(found.episodes.count == 1)
        #expect(found.packetsBeyondLimit == 2)
        #expect(found.packets == 3)
    }

    @Test func `packets without flow or time are counted apart`() {
        var found = EpisodeTable(idleTimeoutSeconds: 1)
        Packets.udp.withUnsafeBytes {
            found.count(CapturedPacket(time: nil, wireLength: 1, linkType: .ethernet, bytes: $0))
            found.count(CapturedPacket(time: .epoch, wireLength: 1, linkType: LinkType(105), bytes: $0))
        }
        #expect(found.packetsWithoutTime == 1)
        #expect(found.packetsNotIP == 1)
        #expect(found.episodes.isEmpty)
    }
}

@Suite struct CaptureMergeTests {
    @Test func `several captures come out in time order`() throws {
        func packet(_ port: Int) -> Bytes { Packets.ethernet(0x0800, Packets.ipv4(Packets.ports(port, 53))) }
        let first = TemporaryFile(
            PcapFile.bytes([Record(packet: packet(1), seconds: 1), Record(packet: packet(4), seconds: 4)]))
        let second = TemporaryFile(
            PcapFile.bytes([
                Record(packet: packet(2), seconds: 2), Record(packet: packet(3), seconds: 3),
                Record(packet: packet(5), seconds: 4), Record(packet: packet(6), seconds: 9),
            ]))
        let merge = CaptureMerge([try CaptureReader(file: first.name), try CaptureReader(file: second.name)])
        var ports: [UInt16] = []
        while let next = merge.next() { ports.append(next.headers.tuple?.sourcePort ?? 0) }
        #expect(ports == [1, 2, 3, 4, 5, 6])
        #expect(merge.damages.isEmpty)
    }
}

@Suite struct FlowMatchPacketTests {
    private let packet = headers(
        of: Packets.ethernet(0x8100, [0, 7, 8, 0] + Packets.ipv4(Packets.ports(5000, 53), tos: 46 << 2)))

    @Test(
        arguments: [
            { $0.ipProtocol = 6 }, { $0.dscp = 0 }, { $0.vlan = 8 }, { $0.sourcePort = 53 },
            { $0.destinationPort = 5000 },
            { $0.etherType = FlowMatch.etherTypeIPv6 }, { $0.ipv4Source = IPv4Prefix(text: "10.0.0.2") },
            { $0.ipv4Destination = IPv4Prefix(text: "10.1.0.0/16") }, { $0.ipv6Source = IPv6Prefix(text: "::/0") },
            { $0.etherSource = HardwareAddress(5) }, { $0.etherDestination = HardwareAddress(5) },
        ] as [@Sendable (inout FlowMatch) -> Void])
    func `one field that differs refuses the packet`(change: @Sendable (inout FlowMatch) -> Void) {
        var match = FlowMatch()
        match.etherType = FlowMatch.etherTypeIPv4
        match.ipProtocol = 17
        match.dscp = 46
        match.vlan = 7
        match.ipv4Source = IPv4Prefix(text: "10.0.0.0/24")
        match.destinationPort = 53
        match.etherSource = HardwareAddress(text: "02:00:00:00:00:01")
        #expect(match.accepts(packet))
        change(&match)
        #expect(!match.accepts(packet))
    }

    @Test func `a tuple's match accepts its packets and those of no other tuple`() throws {
        let tuple = try #require(packet.tuple)
        #expect(FlowMatch(tuple).accepts(packet))
        #expect(!FlowMatch(tuple.reversed).accepts(packet))
    }
}

@Suite struct TrafficGeneratorTests {
    private func capture(seed: UInt64) -> Bytes {
        var model = TrafficModel(addresses: (1...9).map { IPv4Prefix(0x0a00_0000 + $0) })
        model.flows = 40
        model.durationSeconds = 20
        model.seed = seed
        var generator = TrafficGenerator(model)
        var writer = CaptureWriter()
        while let packet = generator.next() {
            writer.append(
                packet.tuple.headerBytes(dscp: packet.dscp), wireLength: packet.wireLength, at: packet.time)
        }
        return writer.take()
    }

    @Test func `generated traffic is read back as it was made, in time order`() throws {
        let found = try summary(of: capture(seed: 1))
        #expect(found.damage == nil)
        #expect(found.packets > 40)
        #expect(found.packetsIPv4 == found.packets)
        #expect(found.timesBackwards == 0)
        #expect(found.flows.flows.count == 40)
        #expect(found.packetsSnapped > 0)
    }

    @Test func `the seed decides every byte`() {
        #expect(capture(seed: 1) == capture(seed: 1))
        #expect(capture(seed: 1) != capture(seed: 2))
    }

    @Test func `headers of both IP versions are read back`() {
        for isIPv6 in [false, true] {
            let tuple = FiveTuple(
                sourceRaw: 0x0a00_0001, destinationRaw: 0x0a00_0002, isIPv6: isIPv6, ipProtocol: 6, sourcePort: 9,
                destinationPort: 443)
            let found = headers(of: tuple.headerBytes(dscp: 46))
            #expect(found.tuple == tuple)
            #expect(found.dscp == 46)
        }
    }
}
