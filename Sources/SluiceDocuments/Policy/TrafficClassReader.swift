// The classes of a policy, their matches and reward weights. Matches have the names that OpenFlow and the control
// socket give them.

import SluiceJSON
import SluiceModel
import Yams

struct TrafficClassReader {
    private static let keys = [
        "name", "priority", "weight", "mayPreempt", "preemptable", "maxBandwidth", "maxLatency", "matches",
        "rewardWeights", "learningAction", "setup", "hold", "classType", "dscp",
    ]
    private static let matchKeys =
        ["eth_type", "eth_src", "eth_dst", "vlan_vid", "ip_proto", "ip_dscp"]
        + ["ipv4_src", "ipv4_dst", "ipv6_src", "ipv6_dst"]
        + ["tcp_src", "tcp_dst", "udp_src", "udp_dst", "sctp_src", "sctp_dst"]
    let faults: FaultCollector

    func classes(_ elements: [(node: Yams.Node, field: String)]) -> [TrafficClass] {
        var names: Set<String> = []
        return elements.compactMap { element in
            guard let mapping = MappingReader(element.node, field: element.field, known: Self.keys, faults: faults)
            else { return nil }
            let read = trafficClass(mapping)
            if let name = read?.name, !names.insert(name).inserted {
                faults.report(mapping.place("name"), .duplicate(name))
            }
            return read
        }
    }

    private func trafficClass(_ mapping: MappingReader) -> TrafficClass? {
        let name = mapping.parsed("name", wanted: "a name of 1 to \(Limits.identifierBytes) bytes") {
            (1...Limits.identifierBytes).contains($0.utf8.count) ? $0 : nil
        }
        let priority = mapping.integer("priority", in: 0...Limits.weight)
        for key in ["name", "priority"] where !mapping.has(key) { mapping.reportMissing(key) }
        var result = TrafficClass(name: name ?? "", priority: priority ?? 0)
        result.weight = mapping.integer("weight", in: 0...Limits.weight)
        result.setup = mapping.integer("setup", in: 0...7)
        result.hold = mapping.integer("hold", in: 0...7)
        mapping.integer("classType", in: 0...(BandwidthConstraints.classTypes - 1)).map { result.classType = $0 }
        mapping.bool("mayPreempt").map { result.mayPreempt = $0 }
        mapping.bool("preemptable").map { result.preemptable = $0 }
        result.maxBandwidth = mapping.parsed("maxBandwidth", wanted: "a bandwidth such as 10Gbps") {
            Bandwidth(text: $0).flatMap { $0 > .zero ? $0 : nil }
        }
        result.maxLatency = mapping.parsed("maxLatency", wanted: "a latency such as 50ms") { Latency(text: $0) }
        result.matches = (mapping.elements("matches") ?? []).compactMap { match($0.node, $0.field) }
        result.rewardWeights = rewardWeights(mapping)
        result.dscp = mapping.integer("dscp", in: 0...63).map { UInt8($0) }
        result.learningAction = mapping.choice("learningAction", of: LearningPolicy.Action.self)
        // A class without its priority is still a class by its name: later checks see it.
        return name == nil ? nil : result
    }

    /// The weights under the key `rewardWeights`; what is absent counts as 1.
    func rewardWeights(_ mapping: MappingReader) -> RewardWeights? {
        let keys = ["utilisation", "queue", "latency", "loss"]
        guard let weights = mapping.mapping("rewardWeights", known: keys) else { return nil }
        var result = RewardWeights()
        weights.number("utilisation", in: 0...1e6).map { result.utilisation = $0 }
        weights.number("queue", in: 0...1e6).map { result.queue = $0 }
        weights.number("latency", in: 0...1e6).map { result.latency = $0 }
        weights.number("loss", in: 0...1e6).map { result.loss = $0 }
        if result.utilisation + result.queue + result.latency + result.loss == 0 {
            faults.report(mapping.place("rewardWeights"), .outOfRange("0", wanted: "at least one weight above 0"))
        }
        return result
    }

    private func match(_ node: Yams.Node, _ field: String) -> FlowMatch? {
        guard let mapping = MappingReader(node, field: field, known: Self.matchKeys, faults: faults) else { return nil }
        var match = FlowMatch()
        match.etherType = mapping.integer("eth_type", in: 0...65_535).map { UInt16($0) }
        match.etherSource = mapping.parsed("eth_src", wanted: "a MAC address") { HardwareAddress(text: $0) }
        match.etherDestination = mapping.parsed("eth_dst", wanted: "a MAC address") { HardwareAddress(text: $0) }
        match.vlan = mapping.integer("vlan_vid", in: 0...4_094).map { UInt16($0) }
        match.ipProtocol = mapping.integer("ip_proto", in: 0...255).map { UInt8($0) }
        match.dscp = mapping.integer("ip_dscp", in: 0...63).map { UInt8($0) }
        match.ipv4Source = mapping.parsed("ipv4_src", wanted: "an IPv4 address or prefix") { IPv4Prefix(text: $0) }
        match.ipv4Destination = mapping.parsed("ipv4_dst", wanted: "an IPv4 address or prefix") { IPv4Prefix(text: $0) }
        match.ipv6Source = mapping.parsed("ipv6_src", wanted: "an IPv6 address or prefix") { IPv6Prefix(text: $0) }
        match.ipv6Destination = mapping.parsed("ipv6_dst", wanted: "an IPv6 address or prefix") { IPv6Prefix(text: $0) }
        readPorts(mapping, into: &match)
        requireEtherType(mapping, of: &match)
        return match
    }

    /// The port keys name the protocol too.
    private func readPorts(_ mapping: MappingReader, into match: inout FlowMatch) {
        let protocols = [
            ("tcp", FlowMatch.protocolTCP), ("udp", FlowMatch.protocolUDP), ("sctp", FlowMatch.protocolSCTP),
        ]
        var first: String?
        for (name, number) in protocols {
            let keys = [name + "_src", name + "_dst"].filter { mapping.has($0) }
            guard let key = keys.first else { continue }
            if let first {
                faults.report(mapping.place(key), .together(first, key))
                continue
            }
            first = key
            if let stated = match.ipProtocol, stated != number {
                faults.report(mapping.place("ip_proto"), .together("ip_proto", key))
            }
            match.ipProtocol = number
            match.sourcePort = mapping.integer(name + "_src", in: 0...65_535).map { UInt16($0) }
            match.destinationPort = mapping.integer(name + "_dst", in: 0...65_535).map { UInt16($0) }
        }
    }

    /// Addresses say which EtherType they belong to.
    private func requireEtherType(_ mapping: MappingReader, of match: inout FlowMatch) {
        let families = [
            (["ipv4_src", "ipv4_dst"], FlowMatch.etherTypeIPv4), (["ipv6_src", "ipv6_dst"], FlowMatch.etherTypeIPv6),
        ]
        for (keys, etherType) in families {
            guard let key = keys.first(where: { mapping.has($0) }) else { continue }
            if let stated = match.etherType, stated != etherType {
                faults.report(mapping.place(key), .together("eth_type", key))
            }
            match.etherType = etherType
        }
    }
}
