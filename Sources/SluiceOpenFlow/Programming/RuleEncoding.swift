// Rules, groups and meters as the messages that install them.

package import SluiceForwarding
import SluiceModel

/// What makes two rows of a switch's tables the same row, in the switch's own terms.
package struct RowKey: Hashable, Sendable {
    package var table: UInt8
    package var priority: UInt16
    /// Canonical.
    package var match: Match

    package init(table: UInt8, priority: UInt16, match: Match) {
        self.table = table
        self.priority = priority
        self.match = match
    }
}

/// Why a rule has no OpenFlow 1.3 form.
package enum Inexpressible: Error, Hashable, Sendable {
    /// Transport ports are matched without TCP, UDP or SCTP.
    case portsWithoutProtocol

    package var text: String {
        switch self {
        case .portsWithoutProtocol: "transport ports can only be matched together with ip_proto TCP, UDP or SCTP"
        }
    }
}

extension Rule {
    /// The row that the rule takes.
    package func row() throws(Inexpressible) -> RowKey {
        RowKey(table: key.table, priority: key.priority, match: try Match(key.match))
    }

    package var instructions: [Instruction] {
        var instructions: [Instruction] = []
        var applied: [Action] = []
        for action in actions {
            switch action {
            case .meter(let id): instructions.append(.meter(id))
            default: applied.append(Action(action))
            }
        }
        if !applied.isEmpty { instructions.append(.applyActions(applied)) }
        return instructions
    }

    /// Sets the rule, whatever its row held before.
    package func addition() throws(Inexpressible) -> FlowMod { addition(at: try row()) }

    /// The same, where the rule's row is known.
    func addition(at row: RowKey) -> FlowMod {
        FlowMod(
            .add, table: row.table, priority: row.priority, match: row.match, cookie: CookieMark.wire(cookie),
            flags: .sendRemoved, instructions: instructions)
    }

    /// Removes the rule of this key and cookie and no other.
    package static func removal(_ key: Rule.Key, cookie: UInt64) throws(Inexpressible) -> FlowMod {
        FlowMod(
            .deleteStrict, table: key.table, priority: key.priority, match: try Match(key.match),
            cookie: CookieMark.wire(cookie), cookieMask: .max)
    }

    var meters: [UInt32] { actions.compactMap { if case .meter(let id) = $0 { id } else { nil } } }
    var groups: [UInt32] { actions.compactMap { if case .group(let id) = $0 { id } else { nil } } }
    var outputs: [PortNumber] { actions.compactMap { if case .output(let port) = $0 { port } else { nil } } }
}

extension Action {
    /// - Precondition: no meter, which is an instruction.
    init(_ action: RuleAction) {
        switch action {
        case .meter: preconditionFailure("a meter is an instruction in OpenFlow 1.3")
        case .group(let id): self = .group(id)
        case .output(let port):
            self = .output(port: port.raw, maxLength: port.raw == Port.controller ? Action.wholePacket : 0)
        case .setDSCP(let value): self = .setField(.basic(.dscp, value: UInt128(value), mask: nil))
        case .pushLabel: self = .pushMPLS(etherType: RuleAction.etherTypeMPLS)
        case .setLabel(let label): self = .setField(.basic(.mplsLabel, value: UInt128(label), mask: nil))
        case .popLabel(let etherType): self = .popMPLS(etherType: etherType)
        }
    }
}

extension Match {
    /// Canonical: fields are added in the order of their numbers, and a prefix of no bits is none.
    package init(_ match: RuleMatch) throws(Inexpressible) {
        var fields: [MatchField] = []
        func add(_ kind: MatchField.Kind, _ value: UInt128?, mask: UInt128? = nil) {
            if let value { fields.append(.basic(kind, value: value, mask: mask)) }
        }
        let header = match.fields
        add(.inPort, match.inPort.map { UInt128($0.raw) })
        if let label = match.label {
            add(.etherType, UInt128(RuleAction.etherTypeMPLS))
            add(.mplsLabel, UInt128(label))
        }
        add(.etherDestination, header.etherDestination.map { UInt128($0.raw) })
        add(.etherSource, header.etherSource.map { UInt128($0.raw) })
        add(.etherType, header.etherType.map { UInt128($0) })
        // OFPVID_PRESENT with an id; OFPVID_NONE for untagged packets.
        add(.vlan, header.vlan.map { $0 == 0 ? 0 : 0x1000 | UInt128($0) })
        add(.dscp, header.dscp.map { UInt128($0) })
        add(.ipProtocol, header.ipProtocol.map { UInt128($0) })
        func add(_ kind: MatchField.Kind, _ prefix: IPv4Prefix?) {
            guard let prefix, prefix.length > 0 else { return }
            let mask = UInt128(UInt32.max << UInt32(32 - prefix.length))
            add(kind, UInt128(prefix.address), mask: prefix.length == 32 ? nil : mask)
        }
        func add(_ kind: MatchField.Kind, _ prefix: IPv6Prefix?) {
            guard let prefix, prefix.length > 0 else { return }
            let mask = UInt128.max << UInt128(128 - prefix.length)
            add(kind, prefix.address, mask: prefix.length == 128 ? nil : mask)
        }
        add(.ipv4Source, header.ipv4Source)
        add(.ipv4Destination, header.ipv4Destination)
        if header.sourcePort != nil || header.destinationPort != nil {
            guard let kinds = Self.portFields(of: header.ipProtocol) else { throw .portsWithoutProtocol }
            add(kinds.source, header.sourcePort.map { UInt128($0) })
            add(kinds.destination, header.destinationPort.map { UInt128($0) })
        }
        add(.arpTargetProtocol, header.arpTarget)
        add(.ipv6Source, header.ipv6Source)
        add(.ipv6Destination, header.ipv6Destination)
        add(.icmpv6Type, header.icmpv6Type.map { UInt128($0) })
        add(.neighbourTarget, header.neighbourTarget)
        self.init(fields)
    }

    private static func portFields(
        of ipProtocol: UInt8?
    ) -> (source: MatchField.Kind, destination: MatchField.Kind)? {
        switch ipProtocol {
        case FlowMatch.protocolTCP: (.tcpSource, .tcpDestination)
        case FlowMatch.protocolUDP: (.udpSource, .udpDestination)
        case FlowMatch.protocolSCTP: (.sctpSource, .sctpDestination)
        default: nil
        }
    }
}

extension Group {
    var wireType: GroupType {
        switch kind {
        case .all: .all
        case .select: .select
        case .fastFailover: .fastFailover
        }
    }

    var wireBuckets: [SluiceOpenFlow.Bucket] {
        buckets.map { bucket in
            SluiceOpenFlow.Bucket(
                weight: bucket.weight ?? 0, watchPort: bucket.watchPort?.raw ?? .max,
                actions: bucket.actions.map(Action.init))
        }
    }

    func modification(_ command: GroupMod.Command) -> GroupMod {
        GroupMod(command, type: wireType, group: id, buckets: wireBuckets)
    }
}

extension Meter {
    static let wireFlags: MeterFlags = [.kilobits, .burst, .statistics]

    var wireBands: [MeterBand] { [.drop(rate: rateKilobitsPerSecond, burst: burstKilobits)] }

    func modification(_ command: MeterMod.Command) -> MeterMod {
        MeterMod(command, flags: Self.wireFlags, meter: id, bands: wireBands)
    }
}
