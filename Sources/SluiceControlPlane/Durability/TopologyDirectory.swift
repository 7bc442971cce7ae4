// The names behind the indices of records, and whether the network is still the one that they were made for.

package import SluiceModel

package struct TopologyDirectory: Hashable, Sendable {
    /// In the order of indices.
    package var nodes: [NodeID]
    package var links: [LinkID]
    /// Of everything that decisions depend on; FNV-1a (Fowler, Noll, Vo; draft-eastlake-fnv).
    package var fingerprint: UInt64

    package init(nodes: [NodeID], links: [LinkID], fingerprint: UInt64) {
        self.nodes = nodes
        self.links = links
        self.fingerprint = fingerprint
    }

    package init(_ topology: Topology) {
        nodes = topology.nodes.map(\.id)
        links = topology.links.map(\.id)
        var hash = FingerprintHash()
        for node in topology.nodes {
            hash.add(node.id.text)
            switch node.kind {
            case .switch(let description):
                hash.add(number: 1)
                hash.add(number: description.datapath?.raw ?? 0)
                hash.add(number: UInt64(bitPattern: Int64(description.ruleCapacity ?? -1)))
            case .host(let host):
                hash.add(number: 2)
                hash.add(host.hardwareAddress?.text ?? "")
                hash.add(host.ipv4?.text ?? "")
                hash.add(host.ipv6?.text ?? "")
            }
        }
        for link in topology.links {
            hash.add(link.id.text)
            for number in [
                link.from.position, link.to.position, Int(link.fromPort?.raw ?? 0), Int(link.toPort?.raw ?? 0),
                link.capacity.bitsPerSecond, link.reservable.bitsPerSecond, link.latency.microseconds,
            ] {
                hash.add(number: UInt64(number))
            }
            hash.add(number: link.affinity.rawValue)
            for risk in link.sharedRisks { hash.add(topology.sharedRiskNames[risk]) }
        }
        for name in topology.affinityNames { hash.add(name) }
        fingerprint = hash.value
    }
}

private struct FingerprintHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    private mutating func add(byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

    mutating func add(number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { add(byte: UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte: byte) }
        // Where one text ends and the next begins counts too.
        add(byte: 0xff)
    }
}
