import SluiceCapture
import SluiceModel
import Testing

@Suite struct FlowTableTests {
    private func tuple(_ source: UInt128, _ destination: UInt128, _ from: UInt16 = 1, _ to: UInt16 = 2) -> FiveTuple {
        FiveTuple(
            sourceRaw: source, destinationRaw: destination, isIPv6: false, ipProtocol: 6, sourcePort: from,
            destinationPort: to)
    }

    @Test func `both directions are two flows, one conversation and one pair`() {
        var table = FlowTable()
        table.count(tuple(1, 2), wireLength: 100, capturedLength: 60, at: Instant(nanoseconds: 5))
        table.count(tuple(2, 1, 2, 1), wireLength: 10, capturedLength: 10, at: Instant(nanoseconds: 9))
        table.count(tuple(1, 2), wireLength: 200, capturedLength: 60, at: Instant(nanoseconds: 3))
        #expect(table.flows.count == 2)
        #expect(table.conversations == 1)
        #expect(table.hostPairs == 1)
        #expect(table.flows[0].packets == 2)
        #expect(table.flows[0].bytes == 300)
        #expect(table.flows[0].bytesCaptured == 120)
        #expect(table.flows[0].first == Instant(nanoseconds: 3))
        #expect(table.flows[0].last == Instant(nanoseconds: 5))
    }

    @Test func `other ports make another conversation of the same pair`() {
        var table = FlowTable()
        table.count(tuple(1, 2), wireLength: 1, capturedLength: 1, at: nil)
        table.count(tuple(2, 1), wireLength: 1, capturedLength: 1, at: nil)
        #expect(table.conversations == 2)
        #expect(table.hostPairs == 1)
    }

    @Test func `an IPv6 address is not the IPv4 address with the same number`() {
        var table = FlowTable()
        table.count(tuple(1, 2), wireLength: 1, capturedLength: 1, at: nil)
        table.count(
            FiveTuple(
                sourceRaw: 1, destinationRaw: 2, isIPv6: true, ipProtocol: 6, sourcePort: 1, destinationPort: 2),
            wireLength: 1, capturedLength: 1, at: nil)
        #expect(table.flows.count == 2)
        #expect(table.hostPairs == 2)
    }

    @Test func `beyond its limit the table counts packets only`() {
        var table = FlowTable(limit: 2)
        for source in 1...4 as ClosedRange<UInt128> {
            for _ in 1...2 { table.count(tuple(source, 9), wireLength: 1, capturedLength: 1, at: nil) }
        }
        #expect(table.flows.map(\.packets) == [2, 2])
        #expect(table.packetsBeyondLimit == 4)
    }

    @Test func `many flows are all found again, whatever the seed of the hash`() {
        for seed in [0, 1, UInt64.max] {
            var table = FlowTable(seed: seed)
            for _ in 1...2 {
                for source in 1...5_000 as ClosedRange<UInt128> {
                    table.count(tuple(source, 9), wireLength: 1, capturedLength: 1, at: nil)
                }
            }
            #expect(table.flows.count == 5_000)
            #expect(table.flows.allSatisfy { $0.packets == 2 })
            #expect(table.flows.map(\.tuple.sourceRaw) == Array(1...5_000))
        }
    }

    @Test func `the top is by bytes, then packets, then tuple`() {
        var table = FlowTable()
        for (source, packets, length) in [(4, 1, 100), (3, 1, 100), (2, 2, 50), (1, 1, 40), (5, 1, 101)] {
            for _ in 0..<packets {
                table.count(tuple(UInt128(source), 9), wireLength: length, capturedLength: length, at: nil)
            }
        }
        #expect(table.top(10).map(\.tuple.sourceRaw) == [5, 2, 3, 4, 1])
        #expect(table.top(2).map(\.tuple.sourceRaw) == [5, 2])
    }
}

@Suite struct CaptureSummaryTests {
    @Test func `times at both ends of the range have a duration`() throws {
        var summary = CaptureSummary()
        Packets.udp.withUnsafeBytes { bytes in
            for time in [Int64.min + 1, .max] {
                summary.count(
                    CapturedPacket(
                        time: Instant(nanoseconds: time), wireLength: 100, linkType: .ethernet, bytes: bytes))
            }
        }
        #expect(try #require(summary.durationSeconds) > 1.8e10)
    }
}
