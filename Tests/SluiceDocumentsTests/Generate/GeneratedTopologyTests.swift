import SluiceDocuments
import SluiceModel
import Testing

@Suite struct GeneratedTopologyTests {
    private func trunks(_ topology: Topology) -> Int { topology.cables.count { !$0.id.hasPrefix("access:") } }

    @Test(arguments: [
        (GeneratedTopology.semiRandom(switches: 50, averageDegree: 4), 50, 100, 50),
        (.semiRandom(switches: 10, averageDegree: 9), 10, 45, 10),
        (.semiRandom(switches: 2, averageDegree: 1), 2, 1, 2),
        (.fatTree(k: 4), 20, 32, 16), (.fatTree(k: 8), 80, 256, 128), (.leafSpine(leaves: 6, spines: 3), 9, 18, 6),
        (.ring(switches: 7), 7, 7, 7), (.grid(rows: 3, columns: 4), 12, 17, 12),
        // 9 groups of 4: 9 × 6 inside, 36 between.
        (.dragonfly(routers: 4, globalLinks: 2), 36, 90, 36),
    ])
    func `a kind has the size its rule says, and is connected`(
        kind: GeneratedTopology, switches: Int, links: Int, hosts: Int
    ) throws {
        let topology = try kind.make()
        #expect(topology.switches.count == switches)
        #expect(trunks(topology) == links)
        #expect(topology.hosts.count == hosts)
        #expect(topology.isStronglyConnected)
    }

    @Test func `a dragonfly's routers have their global links each`() throws {
        let topology = try GeneratedTopology.dragonfly(routers: 3, globalLinks: 2).make()
        for node in topology.switches {
            let group = topology[node].id.text.prefix { $0 != "-" }
            let global = topology.links(leaving: node).count { link in
                topology[link].kind == .trunk
                    && topology[topology[link].to].id.text.prefix { $0 != "-" } != group
            }
            #expect(global == 2)
        }
    }

    @Test(arguments: 1...20)
    func `a Waxman graph is connected whatever its seed`(seed: UInt64) throws {
        var options = GenerationOptions()
        options.seed = seed
        let topology = try GeneratedTopology.waxman(switches: 40, alpha: 0.1, beta: 0.2).make(options)
        #expect(topology.isStronglyConnected)
        #expect(trunks(topology) >= 39)
    }

    @Test func `nearer switches are joined more often in a Waxman graph`() throws {
        let topology = try GeneratedTopology.waxman(switches: 300, alpha: 0.15, beta: 0.4).make()
        let latencies = topology.links.filter { $0.kind == .trunk }.map(\.latency.microseconds).sorted()
        // The mean distance of two places in a square of 1000 km is 521 km, 2607 us.
        #expect(latencies[latencies.count / 2] < 1_500)
    }

    @Test func `the same seed gives the same bytes, another seed another network`() throws {
        for kind in [
            GeneratedTopology.semiRandom(switches: 30, averageDegree: 3), .waxman(switches: 30, alpha: 0.2, beta: 0.5),
        ] {
            var options = GenerationOptions()
            let first = SluiceTopologyWriter.write(try kind.make(options))
            #expect(SluiceTopologyWriter.write(try kind.make(options)) == first)
            options.seed = 2
            #expect(SluiceTopologyWriter.write(try kind.make(options)) != first)
        }
    }

    @Test func `hosts have addresses of their own`() throws {
        let topology = try GeneratedTopology.fatTree(k: 4).make()
        let addresses = topology.nodes.compactMap { node in
            if case .host(let host) = node.kind { host.ipv4 } else { nil }
        }
        #expect(Set(addresses).count == 16)
        #expect(addresses.first?.text == "10.0.0.1")
    }

    @Test func `options rule capacity, latency, hosts and name`() throws {
        var options = GenerationOptions()
        options.capacity = .gigabits(100)
        options.latency = Latency(microseconds: 7)
        options.hostsPerSwitch = 3
        options.name = "mine"
        let topology = try GeneratedTopology.ring(switches: 4).make(options)
        #expect(topology.name == "mine")
        #expect(topology.hosts.count == 12)
        #expect(Set(topology.links.map(\.capacity)) == [.gigabits(100)])
        #expect(topology.links.filter { $0.kind == .trunk }.allSatisfy { $0.latency == Latency(microseconds: 7) })
    }

    @Test(arguments: [
        (GeneratedTopology.semiRandom(switches: 1, averageDegree: 1), "nodes"),
        (.semiRandom(switches: 10, averageDegree: 1), "degree"),
        (.semiRandom(switches: 10, averageDegree: 10), "degree"),
        (.waxman(switches: 10, alpha: 0, beta: 1), "alpha"), (.waxman(switches: 10, alpha: 1, beta: 2), "beta"),
        (.fatTree(k: 5), "k"), (.fatTree(k: 0), "k"), (.leafSpine(leaves: 0, spines: 1), "leaves"),
        (.leafSpine(leaves: 1, spines: 0), "spines"), (.ring(switches: 2), "nodes"),
        (.grid(rows: 0, columns: 1), "rows"),
        (.grid(rows: 500, columns: 500), "columns"), (.dragonfly(routers: 0, globalLinks: 1), "routers"),
        (.dragonfly(routers: 1, globalLinks: 17), "global-links"),
        (.semiRandom(switches: 10, averageDegree: .nan), "degree"),
    ])
    func `a parameter that makes no network is named`(kind: GeneratedTopology, parameter: String) {
        #expect { try kind.make() } throws: { ($0 as? InvalidGeneration)?.parameter == parameter }
    }
}
