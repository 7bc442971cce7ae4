// What a packet must look like: OpenFlow extensible match TLVs (OpenFlow 1.3.5, section A.2.3).

/// One TLV.
package enum MatchField: Hashable, Sendable {
    /// A field of class OFPXMC_OPENFLOW_BASIC. Nil: every bit counts.
    case basic(Kind, value: UInt128, mask: UInt128?)
    /// Of another class, or a field not named here: header (without length) and payload as they are.
    case other(class: UInt16, fieldAndMask: UInt8, payload: [UInt8])

    /// Field numbers of section A.2.3.7.
    package enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        case inPort = 0
        case inPhysicalPort = 1
        case metadata = 2
        case etherDestination = 3
        case etherSource = 4
        case etherType = 5
        case vlan = 6
        case vlanPriority = 7
        case dscp = 8
        case ecn = 9
        case ipProtocol = 10
        case ipv4Source = 11
        case ipv4Destination = 12
        case tcpSource = 13
        case tcpDestination = 14
        case udpSource = 15
        case udpDestination = 16
        case sctpSource = 17
        case sctpDestination = 18
        case icmpv4Type = 19
        case icmpv4Code = 20
        case arpOperation = 21
        case arpSourceProtocol = 22
        case arpTargetProtocol = 23
        case arpSourceHardware = 24
        case arpTargetHardware = 25
        case ipv6Source = 26
        case ipv6Destination = 27
        case ipv6FlowLabel = 28
        case icmpv6Type = 29
        case icmpv6Code = 30
        case neighbourTarget = 31
        case neighbourSourceHardware = 32
        case neighbourTargetHardware = 33
        case mplsLabel = 34
        case mplsClass = 35
        case mplsBottomOfStack = 36
        case tunnel = 38

        /// Bytes of its value.
        package var width: Int {
            switch self {
            case .vlanPriority, .dscp, .ecn, .ipProtocol, .icmpv4Type, .icmpv4Code, .icmpv6Type, .icmpv6Code,
                .mplsClass, .mplsBottomOfStack:
                1
            case .etherType, .vlan, .tcpSource, .tcpDestination, .udpSource, .udpDestination, .sctpSource,
                .sctpDestination, .arpOperation:
                2
            case .inPort, .inPhysicalPort, .ipv4Source, .ipv4Destination, .arpSourceProtocol, .arpTargetProtocol,
                .ipv6FlowLabel, .mplsLabel:
                4
            case .etherDestination, .etherSource, .arpSourceHardware, .arpTargetHardware, .neighbourSourceHardware,
                .neighbourTargetHardware:
                6
            case .metadata, .tunnel: 8
            case .ipv6Source, .ipv6Destination, .neighbourTarget: 16
            }
        }

        /// The mask under which every bit counts.
        package var fullMask: UInt128 { width == 16 ? .max : (1 << UInt128(8 * width)) - 1 }
    }

    static let basicClass: UInt16 = 0x8000

    init(reading reader: inout WireReader) throws(Malformed) {
        let oxmClass = try reader.half()
        let fieldAndMask = try reader.byte()
        let length = Int(try reader.byte())
        let hasMask = fieldAndMask & 1 == 1
        if oxmClass == Self.basicClass, let kind = Kind(rawValue: fieldAndMask >> 1) {
            guard length == kind.width * (hasMask ? 2 : 1) else { throw .wrongLength }
            let value = try reader.number(kind.width)
            self = .basic(kind, value: value, mask: hasMask ? try reader.number(kind.width) : nil)
        } else {
            self = .other(class: oxmClass, fieldAndMask: fieldAndMask, payload: try reader.take(length))
        }
    }

    func write(to writer: inout WireWriter) {
        switch self {
        case .basic(let kind, let value, let mask):
            writer.half(Self.basicClass)
            writer.byte(kind.rawValue << 1 | (mask == nil ? 0 : 1))
            writer.byte(UInt8(kind.width * (mask == nil ? 1 : 2)))
            writer.number(value, kind.width)
            if let mask { writer.number(mask, kind.width) }
        case .other(let oxmClass, let fieldAndMask, let payload):
            writer.half(oxmClass)
            writer.byte(fieldAndMask)
            precondition(payload.count <= 255, "the length of a match field is one byte")
            writer.byte(UInt8(payload.count))
            writer.append(payload)
        }
    }

    /// Without a mask that masks nothing, and with masked bits zero: as switches give it back.
    var canonical: MatchField? {
        guard case .basic(let kind, let value, let mask?) = self else { return self }
        if mask == 0 { return nil }
        return .basic(kind, value: value & mask, mask: mask == kind.fullMask ? nil : mask)
    }

    private var sortKey: (UInt16, UInt8) {
        switch self {
        case .basic(let kind, _, _): (Self.basicClass, kind.rawValue)
        case .other(let oxmClass, let fieldAndMask, _): (oxmClass, fieldAndMask >> 1)
        }
    }

    static func precedes(_ left: MatchField, _ right: MatchField) -> Bool { left.sortKey < right.sortKey }
}

package struct Match: Hashable, Sendable {
    package var fields: [MatchField]

    package init(_ fields: [MatchField] = []) { self.fields = fields }

    /// Values without their masks, which seldom tell two matches apart.
    package func hash(into hasher: inout Hasher) {
        for field in fields {
            switch field {
            case .basic(let kind, let value, _):
                hasher.combine(UInt64(truncatingIfNeeded: value ^ value >> 64) ^ UInt64(kind.rawValue) << 56)
            case .other(_, let fieldAndMask, let payload):
                hasher.combine(fieldAndMask)
                hasher.combine(payload)
            }
        }
    }

    /// The same match however it was written: fields in the order of their numbers, masks that say nothing left out.
    package var canonical: Match { Match(fields.compactMap(\.canonical).sorted(by: MatchField.precedes)) }

    /// The value of an unmasked field.
    package subscript(_ wanted: MatchField.Kind) -> UInt128? {
        for case .basic(wanted, let value, nil) in fields { return value }
        return nil
    }

    /// OFPMT_OXM.
    private static let oxmType: UInt16 = 1

    init(reading reader: inout WireReader) throws(Malformed) {
        guard reader.remaining >= 4 else { throw .truncated }
        let before = reader.position
        var body = try reader.structure(lengthAt: 2, least: 4)
        let type = try body.half()
        guard type == Self.oxmType else { throw .wrongValue(UInt32(type)) }
        try body.skip(2)
        fields = []
        while body.remaining > 0 { fields.append(try MatchField(reading: &body)) }
        try reader.skip((8 - (reader.position - before) % 8) % 8)
    }

    func write(to writer: inout WireWriter) {
        let start = writer.count
        writer.half(Self.oxmType)
        writer.half(0)
        for field in fields { field.write(to: &writer) }
        writer.setLength(from: start, at: 2)
        writer.pad(from: start)
    }
}
