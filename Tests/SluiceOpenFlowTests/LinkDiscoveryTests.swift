// Links found by frames, held against a topology, and adopted into one.

import SluiceModel
import SluiceOpenFlow
import Testing

@Suite struct LinkDiscoveryTests {
    /// s1, s2, s3 with cables 1-2 (ports 1, 1), 1-3 (2, 1) and 2-3 (2, 2).
    private static func triangle() throws -> Topology {
        let nodes = (1...3).map { number in
            Node(id: NodeID("s\(number)"), kind: .switch(Switch(datapath: DatapathID(UInt64(number)))))
        }
        func cable(_ id: String, _ a: (Int, UInt32), _ b: (Int, UInt32)) -> Cable {
            Cable(
                id: id, a: .init(node: NodeID("s\(a.0)"), port: PortNumber(a.1)),
                b: .init(node: NodeID("s\(b.0)"), port: PortNumber(b.1)), capacity: .megabits(10))
        }
        return try Topology(
            name: "triangle", nodes: nodes,
            cables: [cable("a", (1, 1), (2, 1)), cable("b", (1, 2), (3, 1)), cable("c", (2, 2), (3, 2))])
    }

    private func place(_ datapath: UInt64, _ port: UInt32) -> PortPlace {
        PortPlace(datapath: DatapathID(datapath), port: port)
    }

    private func frame(_ discovery: LinkDiscovery, from place: PortPlace) throws -> [UInt8] {
        guard case .packetOut(let packet) = discovery.probe(place, hardwareAddress: HardwareAddress(2)) else {
            throw Malformed.truncated
        }
        return packet.data
    }

    /// Frames both ways between each pair.
    private func see(_ pairs: [(PortPlace, PortPlace)], _ discovery: inout LinkDiscovery) throws {
        for (one, other) in pairs {
            _ = discovery.receive(try frame(discovery, from: one), at: other)
            _ = discovery.receive(try frame(discovery, from: other), at: one)
        }
    }

    @Test func `what is as written is confirmed and changes nothing`() throws {
        let topology = try Self.triangle()
        var discovery = LinkDiscovery(topology, nonce: 5)
        let finding = discovery.receive(try frame(discovery, from: place(1, 1)), at: place(2, 1))
        #expect(finding == .confirmed(place(1, 1), place(2, 1)))
        try see([(place(1, 2), place(3, 1)), (place(2, 2), place(3, 2))], &discovery)
        #expect(discovery.adopted(into: topology) == nil)
    }

    @Test func `exchanged cables are adopted once each was seen both ways`() throws {
        let topology = try Self.triangle()
        var discovery = LinkDiscovery(topology, nonce: 5)
        let finding = discovery.receive(try frame(discovery, from: place(1, 1)), at: place(3, 1))
        #expect(finding == .mismatched(place(1, 1), expected: place(2, 1), found: place(3, 1)))
        #expect(discovery.adopted(into: topology) == nil)
        try see([(place(1, 1), place(3, 1)), (place(1, 2), place(2, 1)), (place(2, 2), place(3, 2))], &discovery)
        let found = try #require(discovery.adopted(into: topology))
        #expect(found.moved == ["a", "b"])
        #expect(found.gone.isEmpty)
        let a = try #require(found.topology.cables.first { $0.id == "a" })
        #expect(a.b.node == NodeID("s3") && a.b.port == PortNumber(1))
        #expect(a.capacity == .megabits(10))
        // It is what is expected from then on.
        discovery.follow(found.topology)
        #expect(discovery.adopted(into: found.topology) == nil)
    }

    @Test func `a cable whose port another one has, and that is not seen, is left out`() throws {
        let topology = try Self.triangle()
        var discovery = LinkDiscovery(topology, nonce: 5)
        try see([(place(1, 1), place(3, 1))], &discovery)
        let found = try #require(discovery.adopted(into: topology))
        #expect(found.moved == ["a"])
        #expect(found.gone == ["b"])
        #expect(found.topology.cables.map(\.id) == ["a", "c"])
    }

    @Test func `frames of another run, and other packets, say nothing`() throws {
        let topology = try Self.triangle()
        var discovery = LinkDiscovery(topology, nonce: 5)
        let foreign = try frame(LinkDiscovery(topology, nonce: 6), from: place(1, 1))
        var findings = [discovery.receive(foreign, at: place(3, 1))]
        findings.append(discovery.receive([UInt8](repeating: 0, count: 60), at: place(3, 1)))
        let own = try frame(discovery, from: place(1, 1))
        for length in 0..<own.count - 2 {
            findings.append(discovery.receive(Array(own.prefix(length)), at: place(3, 1)))
        }
        #expect(findings.allSatisfy { $0 == nil })
    }

    @Test func `queues' drops are the share of what they were to send since the last reading`() {
        var counters = PortCounters()
        func queue(_ port: UInt32, sent: UInt64, lost: UInt64) -> QueueStatistics {
            QueueStatistics(port: port, queue: 0, bytesSent: 0, packetsSent: sent, errorsSent: lost)
        }
        let first = counters.record([queue(1, sent: 100, lost: 5)])
        #expect(first.isEmpty)
        let second = counters.record([queue(1, sent: 190, lost: 15), queue(2, sent: 1, lost: 1)])
        #expect(second.map(\.port) == [1])
        #expect(second.first?.lossRatio == 0.1)
        // Counters that start anew say nothing, nor does a queue at rest.
        let anew = counters.record([queue(1, sent: 3, lost: 0)])
        let atRest = counters.record([queue(1, sent: 3, lost: 0)])
        #expect(anew.isEmpty && atRest.isEmpty)
    }
}
