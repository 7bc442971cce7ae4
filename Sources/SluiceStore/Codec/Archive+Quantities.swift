// Fields of the model's small types: names, indices, rates, instants, addresses and matches.

import SluiceForwarding
import SluiceModel

extension RecordSink {
    mutating func identifier<Subject>(_ name: String, _ value: Identifier<Subject>) { text(name, value.text) }
    mutating func index<Subject>(_ name: String, _ value: Index<Subject>) { integer(name, value.position) }
    mutating func bandwidth(_ name: String, _ value: Bandwidth) { integer(name, value.bitsPerSecond) }
    mutating func latency(_ name: String, _ value: Latency) { integer(name, value.microseconds) }
    /// Nanoseconds since 1970.
    mutating func instant(_ name: String, _ value: Instant) { integer(name, Int(value.nanoseconds)) }

    mutating func links(_ name: String, _ values: [LinkIndex]) { list(name, values) { $0.index(element, $1) } }
    mutating func linkNames(_ name: String, _ values: [LinkID]) { list(name, values) { $0.identifier(element, $1) } }

    mutating func match(_ name: String, _ value: FlowMatch) {
        func small(_ sink: inout Self, _ name: String, _ value: (some BinaryInteger)?) {
            sink.optional(name, value) { $0.integer(name, Int($1)) }
        }
        func ipv4(_ sink: inout Self, _ name: String, _ value: IPv4Prefix?) {
            sink.optional(name, value) { sink, value in
                sink.group(name) {
                    $0.integer("address", Int(value.address))
                    $0.integer("length", value.length)
                }
            }
        }
        func ipv6(_ sink: inout Self, _ name: String, _ value: IPv6Prefix?) {
            sink.optional(name, value) { sink, value in
                sink.group(name) {
                    $0.wide("address", value.address)
                    $0.integer("length", value.length)
                }
            }
        }
        group(name) { sink in
            small(&sink, "etherType", value.etherType)
            small(&sink, "etherSource", value.etherSource?.raw)
            small(&sink, "etherDestination", value.etherDestination?.raw)
            small(&sink, "vlan", value.vlan)
            small(&sink, "ipProtocol", value.ipProtocol)
            small(&sink, "dscp", value.dscp)
            ipv4(&sink, "ipv4Source", value.ipv4Source)
            ipv4(&sink, "ipv4Destination", value.ipv4Destination)
            ipv6(&sink, "ipv6Source", value.ipv6Source)
            ipv6(&sink, "ipv6Destination", value.ipv6Destination)
            small(&sink, "sourcePort", value.sourcePort)
            small(&sink, "destinationPort", value.destinationPort)
            ipv4(&sink, "arpTarget", value.arpTarget)
            small(&sink, "icmpv6Type", value.icmpv6Type)
            ipv6(&sink, "neighbourTarget", value.neighbourTarget)
        }
    }
}

extension RecordSource {
    mutating func identifier<Subject>(_ name: String) throws(RecordFault) -> Identifier<Subject> {
        Identifier(try text(name))
    }

    mutating func index<Subject>(_ name: String) throws(RecordFault) -> Index<Subject> {
        Index(try integer(name, in: 0...Int(Int32.max)))
    }

    mutating func bandwidth(_ name: String) throws(RecordFault) -> Bandwidth {
        guard let value = Bandwidth(exactly: try integer(name)) else { throw .invalid(field: name) }
        return value
    }

    mutating func latency(_ name: String) throws(RecordFault) -> Latency {
        guard let value = Latency(exactly: try integer(name)) else { throw .invalid(field: name) }
        return value
    }

    mutating func instant(_ name: String) throws(RecordFault) -> Instant {
        Instant(nanoseconds: Int64(try integer(name)))
    }

    mutating func links(_ name: String) throws(RecordFault) -> [LinkIndex] {
        try list(name) { source throws(RecordFault) in try source.index(element) }
    }

    mutating func linkNames(_ name: String) throws(RecordFault) -> [LinkID] {
        try list(name) { source throws(RecordFault) in try source.identifier(element) }
    }

    /// A small whole number that `Value` holds.
    mutating func small<Value: FixedWidthInteger>(
        _ name: String, atMost maximum: Int = .max
    ) throws(RecordFault) -> Value {
        guard let value = Value(exactly: try integer(name)), Int(exactly: value).map({ $0 <= maximum }) ?? false else {
            throw .invalid(field: name)
        }
        return value
    }

    mutating func optionalSmall<Value: FixedWidthInteger>(
        _ name: String, atMost maximum: Int = .max
    ) throws(RecordFault) -> Value? {
        try optional(name) { source throws(RecordFault) in try source.small(name, atMost: maximum) }
    }

    private mutating func hardwareAddress(_ name: String) throws(RecordFault) -> HardwareAddress? {
        let raw: UInt64? = try optionalSmall(name, atMost: 1 << 48 - 1)
        return raw.map { HardwareAddress($0) }
    }

    private mutating func ipv4(_ name: String) throws(RecordFault) -> IPv4Prefix? {
        try optional(name) { source throws(RecordFault) in
            try source.group(name) { source throws(RecordFault) in
                let address: UInt32 = try source.small("address")
                return IPv4Prefix(address, length: try source.integer("length", in: 0...32))
            }
        }
    }

    private mutating func ipv6(_ name: String) throws(RecordFault) -> IPv6Prefix? {
        try optional(name) { source throws(RecordFault) in
            try source.group(name) { source throws(RecordFault) in
                let address = try source.wide("address")
                return IPv6Prefix(address, length: try source.integer("length", in: 0...128))
            }
        }
    }

    mutating func match(_ name: String) throws(RecordFault) -> FlowMatch {
        try group(name) { source throws(RecordFault) in
            var match = FlowMatch.Values()
            match.etherType = try source.optionalSmall("etherType")
            match.etherSource = try source.hardwareAddress("etherSource")
            match.etherDestination = try source.hardwareAddress("etherDestination")
            match.vlan = try source.optionalSmall("vlan")
            match.ipProtocol = try source.optionalSmall("ipProtocol")
            match.dscp = try source.optionalSmall("dscp")
            match.ipv4Source = try source.ipv4("ipv4Source")
            match.ipv4Destination = try source.ipv4("ipv4Destination")
            match.ipv6Source = try source.ipv6("ipv6Source")
            match.ipv6Destination = try source.ipv6("ipv6Destination")
            match.sourcePort = try source.optionalSmall("sourcePort")
            match.destinationPort = try source.optionalSmall("destinationPort")
            match.arpTarget = try source.ipv4("arpTarget")
            match.icmpv6Type = try source.optionalSmall("icmpv6Type")
            match.neighbourTarget = try source.ipv6("neighbourTarget")
            return FlowMatch(match)
        }
    }
}
