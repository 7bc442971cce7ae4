import SluiceDocuments
import SluiceModel
import Testing

@Suite struct DemandsTests {
    @Test func `demands are looked up in the topology`() throws {
        let network = try Document.readNetwork(document(Samples.topology), demands: document(Samples.demands))
        let topology = network.topology
        let demands = network.demands
        #expect(network.counts.demands == 2)
        #expect(demands.map(\.id.text) == ["x", "d1"])
        #expect(demands[0].source == topology.index(of: NodeID("h")))
        #expect(demands[0].bandwidth.bitsPerSecond == 1_500_000)
        #expect(demands[0].importance == .trafficClass("voice") && demands[0].priority == nil)
        #expect(demands[0].constraints.maxLatency == Latency(microseconds: 5_000))
        #expect(demands[1].priority == FlowPriority(7))
        let constraints = demands[1].constraints
        #expect(constraints.maxHops == 3)
        #expect(constraints.avoidLinks == topology.links(named: "ca"))
        let b = try #require(topology.index(of: NodeID("b")))
        #expect(constraints.via == [.node(b), .link(topology.links(named: "bc>"))])
        #expect(constraints.affinity == AffinityConstraint(includeAny: AffinityBits(rawValue: 1)))
    }

    @Test func `what is written is read back equal`() throws {
        let network = try Document.readNetwork(document(Samples.topology), demands: document(Samples.demands))
        let written = DemandsWriter.write(network.demands, of: network.topology)
        let again = try Document.readNetwork(
            document(Samples.topology), demands: DocumentFile(name: "again", bytes: written))
        #expect(again.demands == network.demands)
    }

    @Test func `all faults of the form come at once`() throws {
        let lines = faultLines(
            """
            {"demands": [
              {"source": "h", "destinaton": "b", "bandwidth": "fast"},
              {"source": "h", "destination": "b", "bandwidth": 1, "class": "x", "priority": 1},
              {"source": "h", "destination": "b", "bandwidth": 1, "priority": -1, "constraints": {"maxHops": 0}},
              7
            ]}
            """)
        let expected = [
            "2:3: demands[0].destination: \"destination\" is missing",
            "2:19: demands[0].destinaton: \"destinaton\" is not known here (did you mean \"destination\"?)",
            "2:51: demands[0].bandwidth: \"fast\" is not a bandwidth",
            "3:81: demands[1].priority: \"class\" and \"priority\" exclude each other",
            "4:67: demands[2].priority: -1 is out of range",
            "4:98: demands[2].constraints.maxHops: 0 is out of range",
            "5:3: demands[3]: a number stands where an object is wanted",
        ]
        #expect(lines.count == expected.count, "\(lines)")
        for wanted in expected { #expect(lines.contains { $0.hasPrefix(wanted) }, "\(wanted) in \(lines)") }
    }

    @Test func `all faults of the names come at once`() throws {
        let lines = faultLines(
            """
            {"demands": [
              {"id": "x", "source": "hh", "destination": "b", "bandwidth": 1},
              {"id": "x", "source": "a", "destination": "a", "bandwidth": 1},
              {"id": "y", "source": "a", "destination": "b", "bandwidth": 0},
              {"id": "z", "source": "a", "destination": "b", "bandwidth": 1,
               "constraints": {"avoid": ["nowhere"], "via": ["abc"], "affinity": {"exclude": ["glod"]}}}
            ]}
            """, demandsOf: Samples.topology)
        let expected = [
            "2:25: demands[0].source: there is no switch or host \"hh\" (did you mean \"h\"?)",
            "3:10: demands[1].id: \"x\" is given twice",
            "3:45: demands[1].destination: source and destination are both \"a\"",
            "4:63: demands[2].bandwidth: 0 is out of range",
            "6:29: demands[3].constraints.avoid: there is no switch or link \"nowhere\"",
            "6:49: demands[3].constraints.via: there is no switch or link \"abc\" (did you mean \"ab\"?)",
            "6:82: demands[3].constraints.affinity.exclude: no link has the affinity \"glod\" (did you mean \"gold\"?)",
        ]
        #expect(lines.count == expected.count, "\(lines)")
        for wanted in expected { #expect(lines.contains { $0.hasPrefix(wanted) }, "\(wanted) in \(lines)") }
    }

    @Test func `what is wrong without the network is found without it, also beside broken demands`() {
        let sound = """
              {"id": "x", "source": "a", "destination": "a", "bandwidth": 1},
              {"id": "x", "source": "a", "destination": "b", "bandwidth": 0}
            """
        let wanted = [
            "demands[0].destination: source and destination are both \"a\"",
            "demands[1].id: \"x\" is given twice", "demands[1].bandwidth: 0 is out of range",
        ]
        let broken = #", {"id": "x", "source": "a", "destination": "b", "bandwidth": "fast"}"#
        let alone = faultLines("{\"demands\": [\n\(sound)]}")
        #expect(alone.count == wanted.count, "\(alone)")
        let beside = faultLines("{\"demands\": [\n\(sound)\(broken)]}")
        #expect(beside.count == wanted.count + 2, "\(beside)")
        for text in wanted {
            #expect(alone.contains { $0.contains(text) }, "\(text) in \(alone)")
            #expect(beside.contains { $0.contains(text) }, "\(text) in \(beside)")
        }
        #expect(beside.contains { $0.contains("demands[2].id: \"x\" is given twice") })
    }

    @Test func `a demands file is no network`() {
        #expect { try Document.readNetwork(document(Samples.demands)) } throws: { error in
            (error as? InvalidDocument)?.faults.first?.problem
                == .wrongFormat(.sluiceDemands, wanted: "the file of its network")
        }
    }
}
