// sFlow version 5 counters, built field by field from the specification's structures.

import SluiceModel
import SluiceTelemetry
import Testing

/// s1 - s2, joined at their ports 2 and 1, 1 Gbit/s.
private func pair() throws -> Topology {
    let nodes = (1...2).map { number in
        Node(id: NodeID("s\(number)"), kind: .switch(Switch(datapath: DatapathID(0x1_0000_0000 + UInt64(number)))))
    }
    let cable = Cable(
        id: "c", a: .init(node: nodes[0].id, port: PortNumber(2)), b: .init(node: nodes[1].id, port: PortNumber(1)),
        capacity: .gigabits(1))
    return try Topology(name: "pair", nodes: nodes, cables: [cable])
}

private struct Counters {
    var octets: UInt64 = 0
    var packets: UInt32 = 0
    var discards: UInt32 = 0
    var datapath: UInt64? = 0x1_0000_0001
    var port: UInt32 = 2

    var sample: [UInt8] {
        func wide(_ value: UInt64) -> [UInt8] {
            ReportBytes.words(value >> 32) + ReportBytes.words(value & 0xffff_ffff)
        }
        // ifIndex 7, ethernet, 1 Gbit/s, full duplex, up; the input counters; the output counters; not promiscuous.
        let interface =
            ReportBytes.words(7, 6) + wide(1_000_000_000) + ReportBytes.words(1, 3) + wide(99_999)
            + ReportBytes.words(1, 2, 3, 4, 5, 6) + wide(octets)
            + ReportBytes.words(UInt64(packets), 0, 0, UInt64(discards), 0, 0)
        var records = ReportBytes.words(1, UInt64(interface.count)) + interface
        var count: UInt64 = 1
        if let datapath {
            // A record of a kind that is not read comes between.
            records += ReportBytes.words(1_005, 8, 0, 0)
            records += ReportBytes.words(1_004, 12) + wide(datapath) + ReportBytes.words(UInt64(port))
            count = 3
        }
        return ReportBytes.words(1, 7, count) + records
    }
}

private func datagram(
    _ sequence: UInt64, seconds: Double, agent: [UInt8] = ReportBytes.words(1, 0x0a00_0001), _ counters: [Counters]
) -> [UInt8] {
    let flowSample = ReportBytes.words(1, 8, 0xdead_beef, 0xdead_beef)
    var bytes = ReportBytes.words(5) + agent
    bytes += ReportBytes.words(0, sequence, UInt64(seconds * 1_000), UInt64(counters.count + 1)) + flowSample
    for sample in counters.map(\.sample) { bytes += ReportBytes.words(2, UInt64(sample.count)) + sample }
    return bytes
}

@Suite struct CounterTests {
    private let start = Instant(nanoseconds: 1_700_000_000_000_000_000)

    @Test func `two readings of a port make a measurement of its link`() throws {
        let topology = try pair()
        var intake = ReportIntake(topology: topology)
        intake.receive(datagram(1, seconds: 100, [Counters(octets: 1_000, packets: 10, discards: 0)]), at: start)
        #expect(intake.drain().isEmpty, "one reading tells nothing")
        // 125 MB in 2 s on 1 Gbit/s; 300 of 1 200 packets were lost.
        let second = Counters(octets: 125_001_000, packets: 910, discards: 300)
        intake.receive(datagram(2, seconds: 102, [second]), at: start)
        let samples = intake.drain()
        #expect(samples.map(\.link) == topology.links(named: "c>"))
        #expect(abs((samples.first?.utilisation ?? 0) - 0.5) < 1e-9)
        #expect(samples.first?.lossRatio == 0.25)
        #expect(intake.refusals.total == 0)
        #expect(intake.reports == 2)
    }

    @Test func `restarts, silences and wrapped packet counters are no measurement or the right one`() throws {
        var intake = ReportIntake(topology: try pair())
        intake.receive(datagram(1, seconds: 10, [Counters(octets: 5_000, packets: .max - 4)]), at: start)
        intake.receive(datagram(2, seconds: 11, [Counters(octets: 5_000, packets: 5, discards: 10)]), at: start)
        #expect(intake.drain().first?.lossRatio == 0.5, "ten packets sent over the wrap, ten lost")
        intake.receive(datagram(3, seconds: 12, [Counters(octets: 7)]), at: start)
        #expect(intake.drain().isEmpty, "the port counts from the start again")
        intake.receive(datagram(4, seconds: 2_000, [Counters(octets: 8)]), at: start)
        #expect(intake.drain().isEmpty, "half an hour of silence")
        intake.receive(datagram(5, seconds: 2_001, [Counters(octets: 9, packets: 500, discards: 9)]), at: start)
        _ = intake.drain()
        intake.receive(datagram(6, seconds: 2_002, [Counters(octets: 10, packets: 3, discards: 0)]), at: start)
        #expect(intake.drain().first?.lossRatio == nil, "packets and discards are counted anew, and the octets grew")
        #expect(intake.refusals.total == 0)
    }

    @Test func `what cannot be believed is counted by reason`() throws {
        var intake = ReportIntake(topology: try pair())
        intake.receive(datagram(1, seconds: 1, [Counters()]), at: start)
        intake.receive(datagram(2, seconds: 2, [Counters(octets: 1_000_000_000)]), at: start)
        #expect(intake.refusals[.impossibleValue] == 1, "8 Gbit in a second")
        intake.receive(
            datagram(3, seconds: 3, [Counters(datapath: 9), Counters(port: 9), Counters(datapath: nil)]), at: start)
        #expect(intake.refusals[.unknownNode] == 1)
        #expect(intake.refusals[.unknownInterface] == 2)
        intake.receive(datagram(3, seconds: 4, [Counters()]), at: start)
        intake.receive(datagram(1, seconds: 4, [Counters()]), at: start)
        #expect(intake.refusals[.duplicate] == 1)
        #expect(intake.refusals[.reordered] == 1)
        intake.receive(ReportBytes.words(5, 3, 0, 0, 0, 0), at: start)
        #expect(intake.refusals[.badLength] == 1, "no address of type 3")
        #expect(intake.drain().isEmpty)
    }

    @Test func `an agent with an IPv6 address is another sender`() throws {
        var intake = ReportIntake(topology: try pair())
        let other = ReportBytes.words(2, 0x2001_0db8, 0, 0, 1)
        intake.receive(datagram(1, seconds: 1, [Counters()]), at: start)
        intake.receive(datagram(1, seconds: 1, agent: other, [Counters(datapath: 0x1_0000_0002, port: 1)]), at: start)
        #expect(intake.reports == 2 && intake.refusals.total == 0)
    }

    @Test func `every truncation is refused and every flipped bit is read or refused`() throws {
        let topology = try pair()
        let whole = datagram(2, seconds: 3, [Counters(octets: 1_000, packets: 1)])
        for length in 4..<whole.count {
            var intake = ReportIntake(topology: topology)
            intake.receive(Array(whole[..<length]), at: start)
            #expect(intake.refusals.total == 1 && intake.reports == 0, "cut at \(length)")
        }
        for bit in 0..<whole.count * 8 {
            var flipped = whole
            flipped[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            var intake = ReportIntake(topology: topology)
            intake.receive(datagram(1, seconds: 1, [Counters()]), at: start)
            intake.receive(flipped, at: start)
            for sample in intake.drain() {
                #expect((0...1).contains(sample.utilisation ?? 0) && (0...1).contains(sample.lossRatio ?? 0), "\(bit)")
            }
            #expect(intake.reports + intake.refusals.total >= 2, "bit \(bit) went uncounted")
        }
    }
}
