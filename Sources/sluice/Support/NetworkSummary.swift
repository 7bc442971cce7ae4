// What `sluice topology show` says about a file.

import SluiceDocuments
import SluiceJSON
import SluiceModel

struct NetworkSummary {
    let warnings: [String]
    private let name: String
    private let description: String?
    private let source: String?
    private let format: DocumentFormat
    private let counts: ListedCounts
    private let switches: Int
    private let hosts: Int
    private let totalDemandBitsPerSecond: Int
    /// Every node reaches every other; nil for demands without a network.
    private let isConnected: Bool?

    init(_ document: Document, file: String) {
        switch document {
        case .network(let network):
            name = network.topology.name
            description = network.description
            source = network.source
            format = network.format
            counts = network.counts
            switches = network.topology.switches.count
            hosts = network.topology.hosts.count
            totalDemandBitsPerSecond = network.demands.reduce(0) { sum, demand in
                let (next, overflow) = sum.addingReportingOverflow(demand.bandwidth.bitsPerSecond)
                return overflow ? .max : next
            }
            isConnected = network.topology.isStronglyConnected
            warnings = network.warnings.map(\.text)
        case .demands(let list):
            name = file.split(separator: "/").last.map(String.init) ?? file
            description = nil
            source = nil
            format = list.format
            counts = ListedCounts(nodes: 0, links: 0, directedLinks: 0, demands: list.count, capacityBitsPerSecond: 0)
            switches = 0
            hosts = 0
            totalDemandBitsPerSecond = list.totalBitsPerSecond
            isConnected = nil
            warnings = []
        }
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, text) in [("name", name), ("format", format.rawValue)] {
            writer.name(name)
            writer.string(text)
        }
        for (name, count) in [
            ("nodes", counts.nodes), ("switches", switches), ("hosts", hosts), ("links", counts.links),
            ("directedLinks", counts.directedLinks), ("demands", counts.demands),
            ("totalDemandBitsPerSecond", totalDemandBitsPerSecond),
            ("capacityBitsPerSecond", counts.capacityBitsPerSecond),
        ] {
            writer.name(name)
            writer.integer(count)
        }
        writer.name("connected")
        if let isConnected { writer.bool(isConnected) } else { writer.null() }
        writer.name("warnings")
        writer.beginArray()
        for warning in warnings { writer.string(warning) }
        writer.endArray()
        writer.endObject()
        return writer.bytes + [0x0a]
    }

    var text: String {
        var lines: [(String, String)] = [("name", name), ("format", format.rawValue)]
        if let description { lines.append(("description", description)) }
        if let source { lines.append(("source", source)) }
        if let isConnected {
            lines.append(("nodes", "\(counts.nodes) (\(switches) switches, \(hosts) hosts)"))
            lines.append(("links", "\(counts.links) (\(counts.directedLinks) directed)"))
            lines.append(("capacity", Self.rate(counts.capacityBitsPerSecond) + " over all directed links"))
            lines.append(("connected", isConnected ? "yes" : "no"))
        }
        if counts.demands > 0 {
            lines.append(("demands", "\(counts.demands), \(Self.rate(totalDemandBitsPerSecond)) in all"))
        }
        for warning in warnings { lines.append(("warning", warning)) }
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + value + "\n"
        }.joined()
    }

    private static func rate(_ bitsPerSecond: Int) -> String {
        Bandwidth(exactly: bitsPerSecond)?.text ?? "more than 9 Pbit/s"
    }
}

/// The listings of `sluice topology show`.
enum NetworkTables {
    static func nodes(_ topology: Topology) -> String {
        var table = Table([.text("NODE"), .text("KIND"), .text("ADDRESS"), .number("LINKS")])
        for (position, node) in topology.nodes.enumerated() {
            let links = topology.links(leaving: NodeIndex(position)).count
            switch node.kind {
            case .switch(let description):
                let datapath = description.datapath.map { String($0.raw, radix: 16) } ?? ""
                table.append([node.id.text, "switch", "dpid \(datapath)", "\(links)"])
            case .host(let host):
                let address = host.ipv4?.text ?? host.ipv6?.text ?? host.hardwareAddress?.text ?? ""
                table.append([node.id.text, "host", address, "\(links)"])
            }
        }
        return table.text
    }

    static func links(_ topology: Topology) -> String {
        var table = Table([
            .text("LINK"), .text("FROM"), .text("TO"), .number("CAPACITY"), .number("RESERVABLE"),
            .number("LATENCY"),
        ])
        for link in topology.links {
            table.append([
                link.id.text, topology[link.from].id.text, topology[link.to].id.text, link.capacity.text,
                link.reservable.text, link.latency.text,
            ])
        }
        return table.text
    }
}
