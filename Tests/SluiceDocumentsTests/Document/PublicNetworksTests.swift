// Every public network beside the package against the figures that others computed from it.

import SluiceDocuments
import SluiceJSON
import SluiceModel
import Testing

@Suite(.enabled(if: PackageFiles.hasData, "needs ../shared/data")) struct PublicNetworksTests {
    private func figures() throws -> [JSONMember] {
        let file = try PackageFiles.read(PackageFiles.topologyData + "/figures.json")
        return try #require(try JSONNode(parsing: file.bytes).object)
    }

    private func network(_ name: String) throws -> ImportedNetwork {
        try Document.readNetwork(PackageFiles.read(PackageFiles.topologyData + "/" + name))
    }

    private func total(_ demands: [DemandRecord]) -> Int { demands.reduce(0) { $0 + $1.bandwidth.bitsPerSecond } }

    @Test func `nodes, links and demands of every network are those of its figures`() throws {
        var checked = 0
        for entry in try figures() where !entry.name.hasPrefix("tm-dynamic/") && !entry.name.hasSuffix(".demands") {
            // The XML form has the counts of its native twin.
            let twin = entry.name.replacing("sndlib-xml/", with: "sndlib-native/").replacing(".xml", with: ".txt")
            let figure = try #require(try figures().first { $0.name == twin }?.node)
            let network = try network(entry.name)
            let counts = network.counts
            #expect(counts.nodes == figure["nodes"]?.integer, "\(entry.name)")
            if let directed = (figure["directed_edges"] ?? figure["directed_links"])?.integer {
                #expect(counts.directedLinks == directed, "\(entry.name)")
                #expect(counts.links == directed, "\(entry.name)")
            } else {
                let links = try #require((figure["links"] ?? figure["edges"])?.integer, "\(entry.name)")
                #expect(counts.links == links, "\(entry.name)")
                #expect(counts.directedLinks == 2 * links, "\(entry.name)")
            }
            #expect(counts.demands == figure["demands"]?.integer ?? 0, "\(entry.name)")
            if let megabits = figure["total_demand"]?.number {
                #expect(Double(total(network.demands)) == megabits * 1e6, "\(entry.name)")
            }
            if let components = figure["components"]?.integer {
                #expect(network.topology.isStronglyConnected == (components == 1), "\(entry.name)")
            }
            checked += 1
        }
        #expect(checked == 27)
    }

    @Test func `Repetita demands have their figures, alone and on their graph`() throws {
        for entry in try figures() where entry.name.hasSuffix(".demands") {
            let file = try PackageFiles.read(PackageFiles.topologyData + "/" + entry.name)
            guard case .demands(let list) = try Document.read(file) else {
                Issue.record("\(entry.name) is read as a network")
                continue
            }
            let kilobits = try #require(entry.node["total_bw"]?.number)
            #expect(list.count == entry.node["demands"]?.integer)
            #expect(Double(list.totalBitsPerSecond) == kilobits * 1_000)
            let stem = entry.name.prefix { $0 != "." }
            let graph = try PackageFiles.read(PackageFiles.topologyData + "/\(stem).graph")
            let network = try Document.readNetwork(graph, demands: file)
            // Demands of nothing are listed and counted, but no flow comes of them.
            let empty = network.warnings.reduce(0) { count, warning in
                if case .emptyDemandsDropped(let demands, _) = warning { count + demands } else { count }
            }
            #expect(network.demands.count + empty == list.count)
            #expect(total(network.demands) == list.totalBitsPerSecond)
        }
    }

    @Test(arguments: ["abilene", "geant", "germany50"])
    func `dynamic matrices have their totals`(name: String) throws {
        let folder = PackageFiles.topologyData + "/tm-dynamic/\(name)"
        let totals = try JSONNode(
            parsing: PackageFiles.read(PackageFiles.topologyData + "/tm-dynamic/\(name).totals.json").bytes)
        for file in try PackageFiles.names(in: folder, suffix: ".xml") {
            let network = try Document.readNetwork(PackageFiles.read(folder + "/" + file))
            let figure = try #require(totals[file])
            #expect(network.counts.demands == figure["demands"]?.integer, "\(file)")
            let megabits = try #require(figure["total_mbps"]?.number)
            // Each demand rounds up to whole bit/s, so the sum is at most one bit/s a demand above the file's.
            let excess = Double(total(network.demands)) - megabits * 1e6
            #expect((-1.0...Double(network.counts.demands + 1)).contains(excess), "\(file) \(excess)")
            #expect(network.counts.links == 0)
        }
    }

    @Test func `dynamic matrices load onto their network`() throws {
        let matrix = try #require(
            try PackageFiles.names(in: PackageFiles.topologyData + "/tm-dynamic/abilene", suffix: ".xml").first)
        let network = try Document.readNetwork(
            PackageFiles.read(PackageFiles.topologyData + "/sndlib-native/abilene.txt"),
            demands: PackageFiles.read(PackageFiles.topologyData + "/tm-dynamic/abilene/" + matrix))
        #expect(network.counts.demands == network.demands.count)
        #expect((131...132).contains(network.demands.count))
    }

    @Test func `capacities follow the stated rules`() throws {
        // Pre-installed where positive; 2480 Mbit/s on ATLAng_IPLSng alone.
        let abilene = try network("sndlib-native/abilene.txt")
        let link = try #require(abilene.topology.index(of: LinkID("ATLAng_IPLSng>")))
        #expect(abilene.topology[link].capacity == .megabits(2_480))
        #expect(abilene.counts.capacityBitsPerSecond == 2 * 141_360_000_000)
        // Else the largest module, in Mbit/s where no unit is stated, with a warning.
        let polska = try network("sndlib-xml/polska.xml")
        #expect(Set(polska.topology.links.map(\.capacity)) == [.megabits(622)])
        #expect(polska.warnings.contains(.unitAssumed(of: "capacities and demands", unit: "Mbit/s")))
        // LinkSpeedRaw is bit/s; without it the default, with a warning.
        let zoo = try network("zoo-graphml/Abilene.graphml")
        #expect(zoo.warnings == [.capacityAssumed(links: 14, first: "e0", capacity: .gigabits(10))])
        let slow = try Document.readNetwork(
            PackageFiles.read(PackageFiles.topologyData + "/zoo-graphml/Abilene.graphml"),
            options: ImportOptions(defaultCapacity: .gigabits(1)))
        #expect(Set(slow.topology.links.map(\.capacity)) == [.gigabits(1)])
        // Repetita is kbit/s.
        let graph = try network("repetita/Abilene.graph")
        #expect(Set(graph.topology.links.map(\.capacity)) == [.kilobits(9_953_280)])
    }

    @Test func `the XML form is the same network as its native twin`() throws {
        for name in ["abilene", "geant", "germany50", "nobel-germany", "polska"] {
            let native = try network("sndlib-native/\(name).txt")
            let xml = try network("sndlib-xml/\(name).xml")
            #expect(xml.topology.links.map(\.capacity) == native.topology.links.map(\.capacity), "\(name)")
            #expect(xml.topology.links.map(\.id) == native.topology.links.map(\.id), "\(name)")
            #expect(xml.demands == native.demands, "\(name)")
        }
    }

    @Test func `every network survives conversion to Sluice's own form`() throws {
        for entry in try figures() where !entry.name.hasPrefix("tm-dynamic/") && !entry.name.hasSuffix(".demands") {
            let network = try network(entry.name)
            let bytes = SluiceTopologyWriter.write(network.topology)
            let again = try Document.readNetwork(DocumentFile(name: "again.json", bytes: bytes))
            #expect(again.format == .sluiceTopology)
            #expect(again.topology.nodes.count == network.topology.nodes.count, "\(entry.name)")
            let before = Set(network.topology.links.map { "\($0.id) \($0.capacity) \($0.latency)" })
            let after = Set(again.topology.links.map { "\($0.id) \($0.capacity) \($0.latency)" })
            #expect(before.symmetricDifference(after).isEmpty, "\(entry.name)")
        }
    }

    @Test func `instances are read whole`() throws {
        for name in ["sr10_f100_l70", "abilene_f1000_l70", "sr50_f2000_l70_delay", "gabriel500_f50000_l70"] {
            let file = try PackageFiles.read(PackageFiles.instanceData + "/\(name).json")
            let root = try JSONNode(parsing: file.bytes)
            let network = try Document.readNetwork(file)
            #expect(network.format == .instance)
            #expect(network.topology.links.map(\.id.text) == root["links"]?.array?.map { $0["id"]?.string })
            #expect(
                network.topology.links.map(\.capacity.bitsPerSecond)
                    == root["links"]?.array?.map { $0["capacity"]?.integer })
            #expect(network.demands.map(\.priority?.level) == root["flows"]?.array?.map { $0["priority"]?.integer })
            #expect(network.demands.map(\.id.text) == root["flows"]?.array?.map { $0["id"]?.string })
            #expect(
                network.demands.map(\.constraints.maxLatency?.microseconds)
                    == root["flows"]?.array?.map { $0["maxDelay"]?.integer })
        }
    }
}
