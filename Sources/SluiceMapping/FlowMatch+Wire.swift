// Matches on the wire: the names of OpenFlow 1.3's fields as ofctl_rest writes them. Prerequisites (OpenFlow 1.3.5,
// section 7.2.3.8) need not be spelled out: `tcp_dst` implies `ip_proto` 6, `ipv4_src` implies `eth_type` 2048. What
// contradicts them is refused.

import SluiceJSON
import SluiceModel
import SluiceProtocol

extension FlowMatch {
    /// The member `match`; nil where it is absent or asks for nothing.
    init?(in parent: Fields) throws(ProtocolFault) {
        guard let fields = parent.object("match") else { return nil }
        var values = Values()
        values.etherType = fields.integer("eth_type").map { UInt16($0) }
        values.etherSource = try fields.hardwareAddress("eth_src")
        values.etherDestination = try fields.hardwareAddress("eth_dst")
        values.vlan = fields.integer("vlan_vid").map { UInt16($0) }
        values.ipProtocol = fields.integer("ip_proto").map { UInt8($0) }
        values.dscp = fields.integer("ip_dscp").map { UInt8($0) }
        values.ipv4Source = try fields.ipv4("ipv4_src")
        values.ipv4Destination = try fields.ipv4("ipv4_dst")
        values.ipv6Source = try fields.ipv6("ipv6_src")
        values.ipv6Destination = try fields.ipv6("ipv6_dst")
        if values.ipv4Source != nil || values.ipv4Destination != nil {
            try values.imply(Self.etherTypeIPv4, fields, by: "ipv4_src, ipv4_dst")
        }
        if values.ipv6Source != nil || values.ipv6Destination != nil {
            try values.imply(Self.etherTypeIPv6, fields, by: "ipv6_src, ipv6_dst")
        }
        for (prefix, number) in Self.transports {
            let source = fields.integer("\(prefix)_src")
            let destination = fields.integer("\(prefix)_dst")
            guard source != nil || destination != nil else { continue }
            guard values.ipProtocol == nil || values.ipProtocol == number else {
                throw ProtocolFault(
                    .parameterConflict, field: fields.field("\(prefix)_\(source != nil ? "src" : "dst")"),
                    "needs ip_proto \(number), and the match asks for another protocol")
            }
            values.ipProtocol = number
            values.sourcePort = source.map { UInt16($0) }
            values.destinationPort = destination.map { UInt16($0) }
        }
        if (values.ipProtocol != nil || values.dscp != nil) && values.etherType == nil {
            throw ProtocolFault(
                .parameterConflict, field: fields.field("eth_type"),
                "say 2048 (IPv4) or 34525 (IPv6): fields of the IP header are matched")
        }
        self.init(values)
        if isEmpty { return nil }
    }

    static let transports: [(prefix: String, number: UInt8)] = [
        ("tcp", protocolTCP), ("udp", protocolUDP), ("sctp", protocolSCTP),
    ]
}

extension FlowMatch.Values {
    fileprivate mutating func imply(_ type: UInt16, _ fields: Fields, by names: String) throws(ProtocolFault) {
        guard etherType == nil || etherType == type else {
            throw ProtocolFault(
                .parameterConflict, field: fields.field("eth_type"), "must be \(type) where \(names) are matched")
        }
        etherType = type
    }
}

extension FlowMatch {
    /// Appends the members of this match to the object that `writer` is in.
    func writeMembers(to writer: inout JSONWriter) {
        writer.member("eth_type", etherType.map { Int($0) })
        writer.member("eth_src", etherSource?.text)
        writer.member("eth_dst", etherDestination?.text)
        writer.member("vlan_vid", vlan.map { Int($0) })
        writer.member("ip_proto", ipProtocol.map { Int($0) })
        writer.member("ip_dscp", dscp.map { Int($0) })
        writer.member("ipv4_src", ipv4Source?.text)
        writer.member("ipv4_dst", ipv4Destination?.text)
        writer.member("ipv6_src", ipv6Source?.text)
        writer.member("ipv6_dst", ipv6Destination?.text)
        writer.member("arp_tpa", arpTarget?.text)
        writer.member("icmpv6_type", icmpv6Type.map { Int($0) })
        writer.member("ipv6_nd_target", neighbourTarget?.text)
        if let transport = Self.transports.first(where: { $0.number == ipProtocol }) {
            writer.member("\(transport.prefix)_src", sourcePort.map { Int($0) })
            writer.member("\(transport.prefix)_dst", destinationPort.map { Int($0) })
        }
    }
}

extension Fields {
    fileprivate func hardwareAddress(_ name: String) throws(ProtocolFault) -> HardwareAddress? {
        try address(name, "a MAC address such as 02:00:00:00:00:01", HardwareAddress.init(text:))
    }
    fileprivate func ipv4(_ name: String) throws(ProtocolFault) -> IPv4Prefix? {
        try address(name, "an IPv4 address such as 10.0.0.1 or 10.0.0.0/24", IPv4Prefix.init(text:))
    }
    fileprivate func ipv6(_ name: String) throws(ProtocolFault) -> IPv6Prefix? {
        try address(name, "an IPv6 address such as 2001:db8::1 or 2001:db8::/32", IPv6Prefix.init(text:))
    }

    private func address<Address>(
        _ name: String, _ wanted: String, _ read: (String) -> Address?
    ) throws(ProtocolFault) -> Address? {
        guard let text = text(name) else { return nil }
        guard let address = read(text) else {
            throw ProtocolFault(.parameterRange, field: field(name), "\"\(text.prefix(80))\" is not \(wanted)")
        }
        return address
    }
}
