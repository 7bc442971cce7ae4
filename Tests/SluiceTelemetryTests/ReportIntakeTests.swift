import SluiceModel
import SluiceTelemetry
import Testing

/// s1 - s2 - s3 in a row; port 1 leads down the row, port 2 up.
private func row() throws -> Topology {
    let nodes = (1...3).map { Node(id: NodeID("s\($0)"), kind: .switch(Switch(datapath: DatapathID(UInt64($0))))) }
    let cables = [("s1", "s2"), ("s2", "s3")].map {
        Cable(
            id: $0.0 + $0.1, a: .init(node: NodeID($0.0), port: PortNumber(2)),
            b: .init(node: NodeID($0.1), port: PortNumber(1)), capacity: .gigabits(10),
            latency: Latency(microseconds: 500))
    }
    return try Topology(name: "row", nodes: nodes, cables: cables)
}

private func at(_ seconds: Double) -> Instant {
    Instant(nanoseconds: 1_700_000_000_000_000_000).advanced(bySeconds: seconds)
}

private func report(
    _ sequence: UInt64, node: UInt64 = 1, port: UInt64 = 2, bitmap: UInt64 = 0x6100, values: UInt64...
) -> [UInt8] {
    var metadata = ReportBytes.words(0x0001_0000 + port)
    for value in values { metadata += ReportBytes.words(value) }
    return ReportBytes.group(
        sequence: sequence, node: node,
        [ReportBytes.individual(inner: 0, bitmap: bitmap, metadata: metadata, contents: [])])
}

@Suite struct ReportIntakeTests {
    @Test func `a hop measures the link that leaves by its egress interface`() throws {
        let topology = try row()
        var intake = ReportIntake(topology: topology)
        intake.receive(report(1, values: 2_000_000, 40), at: at(0))
        let samples = intake.drain()
        #expect(samples.map(\.link) == topology.links(named: "s1s2>"))
        #expect(samples.first?.utilisation == 0.4)
        #expect(samples.first?.latency == Latency(microseconds: 2_500), "2 ms in the switch and 500 us on the way")
        #expect(intake.refusals.total == 0)
        #expect(intake.drain().isEmpty)
    }

    @Test func `the newest measurement of a link waits and the others are forgotten`() throws {
        var intake = ReportIntake(topology: try row())
        for sequence in 1...1_000 {
            intake.receive(report(UInt64(sequence), values: 1, UInt64(sequence % 100)), at: at(0))
        }
        let samples = intake.drain()
        #expect(samples.count == 1)
        #expect(samples.first?.utilisation == 0)
        #expect(intake.samples == 1_000)
    }

    @Test func `what a hop cannot mean is counted by reason and dropped`() throws {
        var intake = ReportIntake(topology: try row())
        intake.receive(report(1, node: 9, values: 1, 1), at: at(0))
        intake.receive(report(2, port: 7, values: 1, 1), at: at(0))
        intake.receive(report(3, values: 1, 101), at: at(0))
        intake.receive(report(4, values: 0xffff_fff0, 1), at: at(0))
        intake.receive(report(5, bitmap: 0x4000), at: at(0))
        intake.receive(report(6, values: 1, 1).dropLast(), at: at(0))
        intake.refuseSource()
        #expect(intake.drain().count == 1, "4.3 s in a switch are believed, 101 per cent are not")
        #expect(intake.refusals[.unknownNode] == 1)
        #expect(intake.refusals[.unknownInterface] == 1)
        #expect(intake.refusals[.impossibleValue] == 1)
        #expect(intake.refusals[.nothingMeasured] == 1)
        #expect(intake.refusals[.truncated] == 1)
        #expect(intake.refusals[.unknownSource] == 1)
        #expect(intake.refusals.nonZero.map(\.count).reduce(0, +) == intake.refusals.total)
    }

    @Test func `a duplicate and a late report are dropped and gaps are counted`() throws {
        var intake = ReportIntake(topology: try row())
        for sequence: UInt64 in [10, 11, 11, 14, 12] { intake.receive(report(sequence, values: 1, 1), at: at(0)) }
        #expect(intake.reports == 3)
        #expect(intake.refusals[.duplicate] == 1)
        #expect(intake.refusals[.reordered] == 1)
        #expect(intake.lostReports == 2)
    }

    @Test func `sequence numbers wrap after 22 bits and start anew after a silence`() throws {
        var intake = ReportIntake(topology: try row())
        intake.receive(report(0x3f_ffff, values: 1, 1), at: at(0))
        intake.receive(report(0, values: 1, 1), at: at(1))
        #expect(intake.reports == 2)
        #expect(intake.lostReports == 0)
        intake.receive(report(0x3f_0000, values: 1, 1), at: at(2))
        #expect(intake.refusals[.reordered] == 1)
        intake.receive(report(0x3f_0000, values: 1, 1), at: at(12))
        #expect(intake.reports == 3)
    }

    @Test func `a single report far ahead shuts nobody out, and two in a row begin anew`() throws {
        var intake = ReportIntake(topology: try row())
        intake.receive(report(1, values: 1, 1), at: at(0))
        intake.receive(report(200_000, values: 1, 99), at: at(1))
        #expect(intake.reports == 1 && intake.refusals[.reordered] == 1)
        intake.receive(report(2, values: 1, 1), at: at(2))
        #expect(intake.reports == 2, "the true sender goes on")
        for sequence: UInt64 in [300_000, 300_001, 300_002] {
            intake.receive(report(sequence, values: 1, 1), at: at(3))
        }
        #expect(intake.reports == 4 && intake.refusals[.reordered] == 2)
        #expect(intake.lostReports == 0, "nobody knows what is missing")
        intake.receive(report(3, values: 1, 1), at: at(4))
        #expect(intake.reports == 4, "what was before the leap is old")
    }

    @Test func `senders that fall silent make room for others`() throws {
        var intake = ReportIntake(topology: try row())
        let count = ReportIntake.sendersMax
        for node in 0..<count { intake.receive(report(7, node: UInt64(1_000 + node), values: 1, 1), at: at(0)) }
        // Too many: the next one is believed, and not followed.
        for _ in 0..<2 { intake.receive(report(7, values: 1, 1), at: at(1)) }
        #expect(intake.refusals[.duplicate] == 0 && intake.samples == 2)
        for _ in 0..<2 { intake.receive(report(8, values: 1, 1), at: at(20)) }
        #expect(intake.refusals[.duplicate] == 1 && intake.samples == 3)
    }

    @Test func `synchronised clocks date a measurement and skewed ones are refused`() throws {
        let units = HopUnits(timestamps: .synchronised(toleranceSeconds: 2))
        var intake = ReportIntake(topology: try row(), units: units)
        func stamped(_ sequence: UInt64, ingress: Double, egress: Double) -> [UInt8] {
            func halves(_ seconds: Double) -> (UInt64, UInt64) {
                let nanoseconds = UInt64(at(seconds).nanoseconds)
                return (nanoseconds >> 32, nanoseconds & 0xffff_ffff)
            }
            let (first, second) = (halves(ingress), halves(egress))
            return report(
                sequence, bitmap: 0x4d00, values: first.0, first.1, second.0, second.1, 50)
        }
        intake.receive(stamped(1, ingress: -1.1, egress: -1), at: at(0))
        #expect(intake.drain().first?.time == at(-1))
        intake.receive(stamped(2, ingress: -9, egress: -8), at: at(0))
        intake.receive(stamped(3, ingress: 0, egress: -0.5), at: at(0))
        #expect(intake.drain().isEmpty)
        #expect(intake.refusals[.clockSkew] == 1)
        #expect(intake.refusals[.impossibleValue] == 1)
    }

    @Test func `a stack of hops measures a link each`() throws {
        let topology = try row()
        let format = ReportFormat(placement: StackPlacement(udpPort: 5_000))
        var intake = ReportIntake(topology: topology, format: format)
        intake.receive(ReportBytes.vxlan, at: at(0))
        #expect(intake.refusals[.unknownInterface] + intake.refusals[.nothingMeasured] == 3)
        let stack = ReportBytes.stack2(
            hopWords: 3, remaining: 6, bitmap: 0xd000,
            ReportBytes.words(2, 0x0001_0002, 0x0000_4000, 1, 0x0009_0002, 0x0000_0010))
        let packet = ReportBytes.ipv4(
            transport: 17, ReportBytes.udp(port: 5_000, ReportBytes.shim2(next: 1, field: 80, stack)))
        intake.receive(
            ReportBytes.group(sequence: 81, node: 3, [ReportBytes.innerOnly(inner: 4, packet)]), at: at(0))
        let samples = intake.drain()
        #expect(samples.map { topology[$0.link].id.text } == ["s2s3>", "s1s2>"])
        #expect(samples.map(\.queueDepthBytes) == [0x4000, 0x10])
    }

    @Test func `switches whose node ids collide are not known`() throws {
        let nodes = [1, 1 + (1 << 32)].map {
            Node(id: NodeID("s\($0)"), kind: .switch(Switch(datapath: DatapathID(UInt64($0)))))
        }
        let cable = Cable(
            id: "c", a: .init(node: nodes[0].id, port: PortNumber(2)), b: .init(node: nodes[1].id),
            capacity: .gigabits(1))
        var intake = ReportIntake(topology: try Topology(name: "two", nodes: nodes, cables: [cable]))
        intake.receive(report(1, values: 1, 1), at: at(0))
        #expect(intake.refusals[.unknownNode] == 1)
    }
}
