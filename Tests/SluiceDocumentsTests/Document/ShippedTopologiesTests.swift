import SluiceDocuments
import SluiceModel
import Testing

@Suite struct ShippedTopologiesTests {
    private static let folder = PackageFiles.root + "/topologies"
    static let names = ["abilene", "campus", "fat-tree-k4", "geant", "leaf-spine", "usa50"]

    private func load(_ name: String) throws -> ImportedNetwork {
        try Document.readNetwork(PackageFiles.read(Self.folder + "/\(name).json"))
    }

    @Test func `every shipped topology is tested`() throws {
        #expect(
            try PackageFiles.names(in: Self.folder, suffix: "").filter { !$0.hasPrefix(".") }
                == Self.names.map { $0 + ".json" })
    }

    @Test(arguments: names)
    func `a shipped topology loads without a warning and says what it is and where from`(name: String) throws {
        let network = try load(name)
        #expect(network.format == .sluiceTopology)
        #expect(network.warnings.isEmpty)
        #expect(network.topology.name == name)
        #expect(network.topology.isStronglyConnected)
        #expect(network.description?.isEmpty == false)
        #expect(network.source?.isEmpty == false)
    }

    @Test(arguments: names)
    func `its hosts have addresses of their own, so that any two make a match`(name: String) throws {
        let topology = try load(name).topology
        let addresses = topology.nodes.compactMap { node in
            if case .host(let host) = node.kind { host.ipv4 } else { nil }
        }
        #expect(!addresses.isEmpty)
        #expect(addresses.count == topology.hosts.count)
        #expect(Set(addresses).count == addresses.count)
    }

    @Test(arguments: names)
    func `its file is what Sluice writes`(name: String) throws {
        let network = try load(name)
        let written = SluiceTopologyWriter.write(
            network.topology, description: network.description, source: network.source)
        #expect(written == (try PackageFiles.read(Self.folder + "/\(name).json")).bytes)
    }

    @Test(arguments: ["abilene", "geant", "usa50"])
    func `a backbone has a host at each point of presence, and latencies of its distances`(name: String) throws {
        let topology = try load(name).topology
        #expect(topology.hosts.count == topology.switches.count)
        #expect(Set(topology.hosts.compactMap { topology.attachment(of: $0)?.switch }).count == topology.switches.count)
        for link in topology.links where link.kind == .trunk {
            guard case .switch(let from) = topology[link.from].kind, case .switch(let to) = topology[link.to].kind,
                let here = from.location, let there = to.location
            else {
                Issue.record("\(link.id) has an end without a place")
                continue
            }
            #expect(link.latency == .fibre(kilometres: here.kilometres(to: there)), "\(link.id)")
        }
    }

    @Test func `generated shipped topologies are what their source says`() throws {
        var options = GenerationOptions()
        options.latency = Latency(microseconds: 1)
        let tree = try GeneratedTopology.fatTree(k: 4).make(options)
        try expectShipped(tree, as: "fat-tree-k4")
        options.name = "leaf-spine"
        options.capacity = .gigabits(100)
        options.hostsPerSwitch = 4
        try expectShipped(try GeneratedTopology.leafSpine(leaves: 8, spines: 4).make(options), as: "leaf-spine")
    }

    private func expectShipped(_ topology: Topology, as name: String) throws {
        let shipped = try load(name)
        let written = SluiceTopologyWriter.write(
            topology, description: shipped.description, source: shipped.source)
        #expect(written == (try PackageFiles.read(Self.folder + "/\(name).json")).bytes)
    }
}
