// Which packets belong to a flow, as OpenFlow 1.3 extensible match fields (OpenFlow 1.3.5, section A.2.3).

/// Fields that are nil match anything. The ingress port is not part of it: rules add it.
///
/// A match is one reference to fields that never change, since the same match stands in a flow, in its request, in the
/// index of matches and in a rule of every switch on its path; setting a field makes new ones.
package struct FlowMatch: Sendable {
    /// What a match is made from, field by field.
    package struct Values: Hashable, Sendable {
        package var etherType: UInt16?
        package var vlan: UInt16?
        package var sourcePort: UInt16?
        package var destinationPort: UInt16?
        package var ipProtocol: UInt8?
        package var dscp: UInt8?
        package var icmpv6Type: UInt8?
        package var ipv4Source: IPv4Prefix?
        package var ipv4Destination: IPv4Prefix?
        package var arpTarget: IPv4Prefix?
        package var etherSource: HardwareAddress?
        package var etherDestination: HardwareAddress?
        /// Behind a reference: they are large, and most matches have none.
        private var ipv6: IPv6Fields?

        package var ipv6Source: IPv6Prefix? {
            get { ipv6?.source }
            set { ipv6 = IPv6Fields(newValue, ipv6Destination, neighbourTarget) }
        }
        package var ipv6Destination: IPv6Prefix? {
            get { ipv6?.destination }
            set { ipv6 = IPv6Fields(ipv6Source, newValue, neighbourTarget) }
        }
        package var neighbourTarget: IPv6Prefix? {
            get { ipv6?.neighbour }
            set { ipv6 = IPv6Fields(ipv6Source, ipv6Destination, newValue) }
        }

        package init() {}
    }

    private final class IPv6Fields: Hashable, Sendable {
        let source: IPv6Prefix?
        let destination: IPv6Prefix?
        let neighbour: IPv6Prefix?

        /// Nil where all are.
        init?(_ source: IPv6Prefix?, _ destination: IPv6Prefix?, _ neighbour: IPv6Prefix?) {
            if source == nil, destination == nil, neighbour == nil { return nil }
            self.source = source
            self.destination = destination
            self.neighbour = neighbour
        }

        static func == (left: IPv6Fields, right: IPv6Fields) -> Bool {
            left.source == right.source && left.destination == right.destination && left.neighbour == right.neighbour
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(source)
            hasher.combine(destination)
            hasher.combine(neighbour)
        }
    }

    private final class Box: Sendable {
        let fields: Values
        init(_ fields: Values) { self.fields = fields }
    }

    private static let anything = Box(Values())
    private var box: Box

    package init() { box = Self.anything }

    /// All fields at once: one reference is made, and not one for each field.
    package init(_ fields: Values) { box = fields == Self.anything.fields ? Self.anything : Box(fields) }

    private mutating func change(_ body: (inout Values) -> Void) {
        var fields = box.fields
        body(&fields)
        box = Box(fields)
    }

    package var etherType: UInt16? {
        get { box.fields.etherType }
        set { change { $0.etherType = newValue } }
    }
    package var etherSource: HardwareAddress? {
        get { box.fields.etherSource }
        set { change { $0.etherSource = newValue } }
    }
    package var etherDestination: HardwareAddress? {
        get { box.fields.etherDestination }
        set { change { $0.etherDestination = newValue } }
    }
    /// VLAN id 1 to 4094; 0 for untagged only.
    package var vlan: UInt16? {
        get { box.fields.vlan }
        set { change { $0.vlan = newValue } }
    }
    package var ipProtocol: UInt8? {
        get { box.fields.ipProtocol }
        set { change { $0.ipProtocol = newValue } }
    }
    /// Differentiated services code point, 0 to 63.
    package var dscp: UInt8? {
        get { box.fields.dscp }
        set { change { $0.dscp = newValue } }
    }
    package var ipv4Source: IPv4Prefix? {
        get { box.fields.ipv4Source }
        set { change { $0.ipv4Source = newValue } }
    }
    package var ipv4Destination: IPv4Prefix? {
        get { box.fields.ipv4Destination }
        set { change { $0.ipv4Destination = newValue } }
    }
    package var ipv6Source: IPv6Prefix? {
        get { box.fields.ipv6Source }
        set { change { $0.ipv6Source = newValue } }
    }
    package var ipv6Destination: IPv6Prefix? {
        get { box.fields.ipv6Destination }
        set { change { $0.ipv6Destination = newValue } }
    }
    /// TCP, UDP or SCTP port; `ipProtocol` says which.
    package var sourcePort: UInt16? {
        get { box.fields.sourcePort }
        set { change { $0.sourcePort = newValue } }
    }
    package var destinationPort: UInt16? {
        get { box.fields.destinationPort }
        set { change { $0.destinationPort = newValue } }
    }
    /// Protocol address that an ARP packet asks for, or is an answer to.
    package var arpTarget: IPv4Prefix? {
        get { box.fields.arpTarget }
        set { change { $0.arpTarget = newValue } }
    }
    package var icmpv6Type: UInt8? {
        get { box.fields.icmpv6Type }
        set { change { $0.icmpv6Type = newValue } }
    }
    /// Address that a Neighbor Solicitation asks for.
    package var neighbourTarget: IPv6Prefix? {
        get { box.fields.neighbourTarget }
        set { change { $0.neighbourTarget = newValue } }
    }

    package static let etherTypeIPv4: UInt16 = 0x0800
    package static let etherTypeARP: UInt16 = 0x0806
    package static let etherTypeIPv6: UInt16 = 0x86dd
    package static let protocolTCP: UInt8 = 6
    package static let protocolUDP: UInt8 = 17
    package static let protocolSCTP: UInt8 = 132
    package static let protocolICMPv6: UInt8 = 58
    /// ICMPv6 types of RFC 4861, sections 4.3 and 4.4.
    package static let neighbourSolicitation: UInt8 = 135
    package static let neighbourAdvertisement: UInt8 = 136

    package var isEmpty: Bool { self == FlowMatch() }

    /// The match of traffic between two hosts: IPv4 addresses where both have one, else IPv6, else MAC addresses; nil
    /// where they share no kind of address.
    package init?(from source: Host, to destination: Host) {
        self.init()
        if let from = source.ipv4, let to = destination.ipv4 {
            etherType = Self.etherTypeIPv4
            ipv4Source = from
            ipv4Destination = to
        } else if let from = source.ipv6, let to = destination.ipv6 {
            etherType = Self.etherTypeIPv6
            ipv6Source = from
            ipv6Destination = to
        } else if let from = source.hardwareAddress, let to = destination.hardwareAddress {
            etherSource = from
            etherDestination = to
        } else {
            return nil
        }
    }

    /// Number of packet bits that are compared; more bits make a more specific match.
    package var specificity: Int {
        var bits = 0
        if etherType != nil { bits += 16 }
        if etherSource != nil { bits += 48 }
        if etherDestination != nil { bits += 48 }
        if vlan != nil { bits += 13 }
        if ipProtocol != nil { bits += 8 }
        if dscp != nil { bits += 6 }
        bits += (ipv4Source?.length ?? 0) + (ipv4Destination?.length ?? 0)
        bits += (ipv6Source?.length ?? 0) + (ipv6Destination?.length ?? 0)
        if sourcePort != nil { bits += 16 }
        if destinationPort != nil { bits += 16 }
        if icmpv6Type != nil { bits += 8 }
        bits += (arpTarget?.length ?? 0) + (neighbourTarget?.length ?? 0)
        return bits
    }

    /// Orders matches by the addresses they name, for listings: field by field, one that is not there counting as 0.
    package func precedes(_ other: FlowMatch) -> Bool {
        let (mine, theirs) = (box.fields, other.box.fields)
        var order: Bool?
        func compare<Value: FixedWidthInteger>(_ left: Value?, _ right: Value?) {
            if order == nil, left ?? 0 != right ?? 0 { order = left ?? 0 < right ?? 0 }
        }
        compare(mine.etherType, theirs.etherType)
        compare(mine.ipProtocol, theirs.ipProtocol)
        compare(mine.icmpv6Type, theirs.icmpv6Type)
        compare(mine.arpTarget?.address, theirs.arpTarget?.address)
        compare(mine.neighbourTarget?.address, theirs.neighbourTarget?.address)
        compare(mine.ipv4Source?.address, theirs.ipv4Source?.address)
        compare(mine.ipv4Destination?.address, theirs.ipv4Destination?.address)
        compare(mine.ipv6Source?.address, theirs.ipv6Source?.address)
        compare(mine.ipv6Destination?.address, theirs.ipv6Destination?.address)
        compare(mine.etherSource?.raw, theirs.etherSource?.raw)
        compare(mine.etherDestination?.raw, theirs.etherDestination?.raw)
        compare(mine.sourcePort, theirs.sourcePort)
        compare(mine.destinationPort, theirs.destinationPort)
        compare(mine.vlan, theirs.vlan)
        compare(mine.dscp, theirs.dscp)
        return order ?? false
    }

    /// Whether some packet satisfies both.
    package func overlaps(_ other: FlowMatch) -> Bool {
        func agree<Value: Equatable>(_ mine: Value?, _ theirs: Value?) -> Bool {
            guard let mine, let theirs else { return true }
            return mine == theirs
        }
        func meet<Value>(_ mine: Value?, _ theirs: Value?, _ overlap: (Value, Value) -> Bool) -> Bool {
            guard let mine, let theirs else { return true }
            return overlap(mine, theirs)
        }
        return agree(etherType, other.etherType) && agree(etherSource, other.etherSource)
            && agree(etherDestination, other.etherDestination) && agree(vlan, other.vlan)
            && agree(ipProtocol, other.ipProtocol) && agree(dscp, other.dscp)
            && agree(sourcePort, other.sourcePort) && agree(destinationPort, other.destinationPort)
            && agree(icmpv6Type, other.icmpv6Type)
            && meet(arpTarget, other.arpTarget) { $0.overlaps($1) }
            && meet(neighbourTarget, other.neighbourTarget) { $0.overlaps($1) }
            && meet(ipv4Source, other.ipv4Source) { $0.overlaps($1) }
            && meet(ipv4Destination, other.ipv4Destination) { $0.overlaps($1) }
            && meet(ipv6Source, other.ipv6Source) { $0.overlaps($1) }
            && meet(ipv6Destination, other.ipv6Destination) { $0.overlaps($1) }
    }

    /// Whether every packet of this match is one of `other`'s, and not the other way round.
    package func isStrictlyMoreSpecific(than other: FlowMatch) -> Bool {
        isAtLeastAsSpecific(as: other) && !other.isAtLeastAsSpecific(as: self)
    }

    private func isAtLeastAsSpecific(as other: FlowMatch) -> Bool {
        func pins<Value: Equatable>(_ mine: Value?, _ theirs: Value?) -> Bool {
            guard let theirs else { return true }
            return mine == theirs
        }
        func within<Value>(_ mine: Value?, _ theirs: Value?, _ contains: (Value, Value) -> Bool) -> Bool {
            guard let theirs else { return true }
            guard let mine else { return false }
            return contains(theirs, mine)
        }
        return pins(etherType, other.etherType) && pins(etherSource, other.etherSource)
            && pins(etherDestination, other.etherDestination) && pins(vlan, other.vlan)
            && pins(ipProtocol, other.ipProtocol) && pins(dscp, other.dscp)
            && pins(sourcePort, other.sourcePort) && pins(destinationPort, other.destinationPort)
            && pins(icmpv6Type, other.icmpv6Type)
            && within(arpTarget, other.arpTarget) { $0.contains($1) }
            && within(neighbourTarget, other.neighbourTarget) { $0.contains($1) }
            && within(ipv4Source, other.ipv4Source) { $0.contains($1) }
            && within(ipv4Destination, other.ipv4Destination) { $0.contains($1) }
            && within(ipv6Source, other.ipv6Source) { $0.contains($1) }
            && within(ipv6Destination, other.ipv6Destination) { $0.contains($1) }
    }
}

extension FlowMatch: Hashable {
    package static func == (left: FlowMatch, right: FlowMatch) -> Bool {
        left.box === right.box || left.box.fields == right.box.fields
    }

    /// What nearly always tells two matches apart, packed: tables of many thousand rules are looked up by their matches.
    package func hash(into hasher: inout Hasher) {
        let fields = box.fields
        hasher.combine(UInt64(fields.ipv4Source?.address ?? 0) << 32 | UInt64(fields.ipv4Destination?.address ?? 0))
        hasher.combine(
            UInt64(fields.sourcePort ?? 0) << 48 | UInt64(fields.destinationPort ?? 0) << 32
                | UInt64(fields.etherType ?? 0) << 16 | UInt64(fields.ipProtocol ?? 0) << 8 | UInt64(fields.dscp ?? 0))
        if fields.ipv4Source == nil || fields.ipv4Destination == nil {
            hasher.combine(fields.etherSource)
            hasher.combine(fields.etherDestination)
            hasher.combine(fields.ipv6Source)
            hasher.combine(fields.ipv6Destination)
            hasher.combine(fields.arpTarget)
        }
    }
}
