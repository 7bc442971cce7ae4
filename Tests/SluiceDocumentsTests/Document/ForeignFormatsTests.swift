import SluiceDocuments
import SluiceModel
import Testing

@Suite struct ForeignFormatsTests {
    private func network(_ text: String) throws -> ImportedNetwork { try Document.readNetwork(document(text)) }

    @Test func `node-link JSON: edges, distances, demands in Mbit/s, hosts`() throws {
        let network = try network(Samples.nodeLink)
        let topology = network.topology
        #expect(topology.name == "small")
        #expect(topology.nodes.map(\.id.text) == ["0", "1", "h"])
        #expect(topology.hosts.count == 1)
        #expect(topology.links.map(\.id.text) == ["e0>", "e0<", "access:h>", "access:h<"])
        // 100.1 km at 5 us, rounded up; 100.5 Mbit/s.
        #expect(topology.links.map(\.latency.microseconds) == [501, 501, 0, 0])
        #expect(
            topology.links.map(\.capacity.bitsPerSecond) == [10_000_000_000, 10_000_000_000, 100_500_000, 100_500_000])
        #expect(network.demands.map(\.id.text) == ["d0", "d1", "d2"])
        // 0.0000001 Mbit/s is a tenth of a bit/s, and rounds up.
        #expect(network.demands.map(\.bandwidth.bitsPerSecond) == [2_500_000, 1, 1_000_000])
        #expect(network.demands.allSatisfy { $0.priority == FlowPriority(1) })
        #expect(network.warnings == [.capacityAssumed(links: 1, first: "e0", capacity: .gigabits(10))])
        #expect(network.counts.links == 2 && network.counts.directedLinks == 4)
    }

    @Test func `node-link JSON: directed, links instead of edges, unit of capacity assumed`() throws {
        let network = try network(
            """
            {"directed": true, "graph": {}, "nodes": [{"id": 0}, {"id": 1}],
             "links": [{"source": 0, "target": 1, "capacity": 5000.0}, {"source": 1, "target": 0, "capacity": 5000.0}]}
            """)
        #expect(network.topology.links.map(\.id.text) == ["e0", "e1"])
        #expect(network.topology.links.map(\.capacity) == [.gigabits(5), .gigabits(5)])
        #expect(network.warnings == [.unitAssumed(of: "capacity", unit: "Mbit/s")])
    }

    @Test func `GraphML: keys by name, parallel links, self-loops, missing speeds and coordinates`() throws {
        let network = try network(Samples.graphML)
        #expect(network.topology.name == "Small & old")
        #expect(network.counts.links == 4 && network.counts.directedLinks == 6)
        #expect(network.topology.links.map(\.capacity) == [1, 1, 10, 10, 10, 10].map { .gigabits($0) })
        // Paris to Amsterdam is 430 km; node 2 has no place.
        #expect((2_100...2_200).contains(network.topology.links[0].latency.microseconds))
        #expect(network.topology.links[4].latency == .zero)
        #expect(
            network.warnings == [
                .capacityAssumed(links: 2, first: "e1", capacity: .gigabits(10)),
                .selfLoopsDropped(links: 1, first: "e3"),
            ])
    }

    @Test func `SNDlib native: capacities, units, hop limits, rounding`() throws {
        let network = try network(Samples.sndlibNative)
        #expect(
            network.topology.links.map(\.capacity.bitsPerSecond)
                == [40, 40, 2, 2].map { $0 == 2 ? 2_500_000_000 : $0 * 1_000_000_000 })
        #expect(network.demands.map(\.bandwidth.bitsPerSecond) == [2, 1_000_000_000])
        #expect(network.demands.map(\.constraints.maxHops) == [3, nil])
        #expect(network.demands.map(\.id.text) == ["D1", "D2"])
        #expect(network.warnings.isEmpty)
    }

    @Test func `SNDlib that lists both directions is read as directed`() throws {
        let both = Samples.sndlibNative.replacing("L2 ( A B )", with: "L2 ( B A )")
        let network = try network(both)
        #expect(network.topology.links.map(\.id.text) == ["L1", "L2"])
        #expect(network.warnings == [.bothDirectionsListed])
    }

    @Test func `SNDlib XML: largest module, assumed unit, pixels`() throws {
        let network = try network(Samples.sndlibXML)
        #expect(network.topology.links.map(\.capacity) == [.megabits(622), .megabits(622)])
        #expect(network.demands.map(\.bandwidth) == [.megabits(195)])
        #expect(
            network.warnings == [.unitAssumed(of: "capacities and demands", unit: "Mbit/s"), .coordinatesIgnored])
    }

    @Test func `Repetita: directed edges, kbit/s, ends by number`() throws {
        let network = try Document.readNetwork(
            document(Samples.repetitaGraph), demands: document(Samples.repetitaDemands))
        #expect(network.topology.links.map(\.id.text) == ["e_0", "e_1"])
        #expect(network.topology.links.map(\.capacity.bitsPerSecond) == [1_000_000, 2_000_500])
        #expect(network.demands.map(\.bandwidth) == [.kilobits(12)])
        #expect(network.counts.demands == 2)
        #expect(network.warnings == [.delaysRelative, .emptyDemandsDropped(demands: 1, first: "d_1")])
    }

    @Test(arguments: [
        (
            Samples.graphML.replacing("source=\"1\" target=\"2\"", with: "source=\"1\" target=\"9\""),
            "there is no switch or host \"9\""
        ),
        (
            Samples.graphML.replacing("1000000000.0", with: "fast"),
            "edge[0].LinkSpeedRaw: \"fast\" is not a number of bit/s"
        ),
        (Samples.graphML.replacing(">52.37<", with: ">95<"), "node[1].Latitude: \"95\" is not degrees"),
        (Samples.graphML.replacing("<node id=\"2\">", with: "<node>"), "node[2].id: \"id\" is missing"),
        (
            Samples.sndlibNative.replacing("L1 ( A B )", with: "L1 ( A C )"),
            "LINKS[0].target: there is no switch or host \"C\""
        ),
        (Samples.sndlibNative.replacing("GBITPERSEC", with: "BUSHELS"), "\"BUSHELS\" is none of the choices"),
        (Samples.sndlibNative.replacing("1 1.00 UNLIMITED", with: "1 1.00"), "DEMANDS[1]: the line is not a demand"),
        (Samples.sndlibNative.replacing("0.0000000015", with: "-1"), "DEMANDS[0].demandValue: \"-1\" is not a number"),
        (
            Samples.sndlibXML.replacing("<source>A</source><target>B</target>\n", with: "<target>B</target>\n"),
            "link[0].source: \"source\" is missing"
        ),
        (Samples.repetitaGraph.replacing("e_1 1 0", with: "e_1 1 7"), "EDGES[1].dest: there is no node 7"),
        (Samples.repetitaGraph.replacing("EDGES 2", with: "EDGES 3"), "EDGES: 3 are announced, 2 follow"),
        (
            Samples.nodeLink.replacing("\"target\": 1", with: "\"target\": 5"),
            "edges[0].target: there is no switch or host \"5\""
        ),
        (Samples.nodeLink.replacing("\"1\": 2.5", with: "\"1\": -2.5"), "is out of range"),
        (
            Samples.nodeLink.replacing("\"1\": 2.5", with: "\"7\": 2.5"),
            "graph.demands.0.7: there is no switch or host \"7\""
        ),
    ])
    func `a fault of a foreign file has its place`(text: String, fault: String) {
        let lines = faultLines(text)
        #expect(lines.contains { $0.contains(fault) }, "\(fault) in \(lines)")
        #expect(lines.count == 1 || fault.contains("id"), "\(lines)")
    }
}
