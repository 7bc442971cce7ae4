// Writes a network as Sluice's own topology JSON: one switch, host or link a line, what is at its default left out.

import SluiceJSON
package import SluiceModel

package enum SluiceTopologyWriter {
    /// The document; reading it gives an equal topology.
    package static func write(_ topology: Topology, description: String? = nil, source: String? = nil) -> [UInt8] {
        var text = "{\n"
        text += "  \"name\": \(quoted(topology.name)),\n"
        if let description { text += "  \"description\": \(quoted(description)),\n" }
        if let source { text += "  \"source\": \(quoted(source)),\n" }
        text += list("switches", topology.nodes.filter { !$0.isHost }.map(switchLine)) + ",\n"
        let accesses = topology.cables.filter(isAccess)
        if !accesses.isEmpty {
            let hosts = Dictionary(uniqueKeysWithValues: accesses.map { ($0.a.node, $0) })
            let lines = topology.nodes.compactMap { node in hosts[node.id].map { hostLine(node, $0) } }
            text += list("hosts", lines) + ",\n"
        }
        text += list("links", topology.cables.filter { !isAccess($0) }.map(linkLine)) + "\n}\n"
        return Array(text.utf8)
    }

    private static func isAccess(_ cable: Cable) -> Bool { cable.id == "access:\(cable.a.node)" }

    private static func list(_ name: String, _ lines: [String]) -> String {
        if lines.isEmpty { return "  \"\(name)\": []" }
        return "  \"\(name)\": [\n    " + lines.joined(separator: ",\n    ") + "\n  ]"
    }

    private static func line(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        body(&writer)
        writer.endObject()
        return writer.text
    }

    private static func switchLine(_ node: Node) -> String {
        line { writer in
            writer.member("id", node.id.text)
            guard case .switch(let description) = node.kind else { return }
            if let datapath = description.datapath { writer.member("dpid", hexadecimal(datapath.raw)) }
            if let location = description.location {
                writer.name("location")
                writer.beginObject()
                writer.name("latitude")
                writer.number(location.latitude)
                writer.name("longitude")
                writer.number(location.longitude)
                writer.endObject()
            }
            if let capacity = description.ruleCapacity { writer.member("ruleCapacity", capacity) }
        }
    }

    private static func hostLine(_ node: Node, _ access: Cable) -> String {
        line { writer in
            writer.member("id", node.id.text)
            if case .host(let host) = node.kind {
                if let mac = host.hardwareAddress { writer.member("mac", mac.text) }
                if let ipv4 = host.ipv4 { writer.member("ipv4", ipv4.text) }
                if let ipv6 = host.ipv6 { writer.member("ipv6", ipv6.text) }
            }
            writer.name("attachment")
            writer.beginObject()
            writer.member("switch", access.b.node.text)
            if let port = access.b.port { writer.member("port", Int(port.raw)) }
            if access.capacity != .unlimited { writer.member("capacity", access.capacity.bitsPerSecond) }
            if access.latency != .zero { writer.member("latency", access.latency.microseconds) }
            writer.endObject()
        }
    }

    private static func linkLine(_ cable: Cable) -> String {
        line { writer in
            writer.member("id", cable.id)
            for (name, end) in [("a", cable.a), ("b", cable.b)] {
                writer.name(name)
                writer.beginObject()
                writer.member("switch", end.node.text)
                if let port = end.port { writer.member("port", Int(port.raw)) }
                writer.endObject()
            }
            writer.member("capacity", cable.capacity.bitsPerSecond)
            if cable.reservable != cable.capacity { writer.reservable(cable) }
            if cable.latency != .zero { writer.member("latency", cable.latency.microseconds) }
            if !cable.affinity.isEmpty { writer.member("affinity", cable.affinity) }
            if !cable.sharedRisks.isEmpty { writer.member("sharedRisk", cable.sharedRisks) }
            if cable.isDirected {
                writer.name("directed")
                writer.bool(true)
            }
        }
    }

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return writer.text
    }

    private static func hexadecimal(_ raw: UInt64) -> String {
        let digits = String(raw, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension JSONWriter {
    mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        integer(value)
    }

    mutating func member(_ name: String, _ values: [String]) {
        self.name(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    /// Numbers up to 1 are shares, so one bit/s is written with its unit.
    fileprivate mutating func reservable(_ cable: Cable) {
        if cable.reservable.bitsPerSecond > 1 {
            member("reservable", cable.reservable.bitsPerSecond)
        } else {
            member("reservable", "\(cable.reservable.bitsPerSecond) bit/s")
        }
    }
}
