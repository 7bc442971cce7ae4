// What switches would do with one packet: follows it from rule to rule, so that "it arrives and does not loop" is
// checked on what is installed and not on what was meant.

package import SluiceModel

/// A packet, by the fields that rules look at.
package struct Packet: Hashable, Sendable {
    /// Exact values of its header fields.
    package var fields: FlowMatch
    /// Outermost MPLS label.
    package var label: UInt32?

    package init(fields: FlowMatch, label: UInt32? = nil) {
        self.fields = fields
        self.label = label
    }
}

package enum PacketFate: Hashable, Sendable {
    /// Left by the access link of this host, or was taken in by this switch itself.
    case delivered(NodeIndex)
    /// No rule of this switch is its.
    case dropped(NodeIndex)
    /// Came back to this switch in the same state.
    case looped(NodeIndex)
    /// Arrived with a label of ours still on.
    case labelled(NodeIndex)
}

/// Follows packets over one topology.
package struct PacketTracer: Sendable {
    private struct Port: Hashable {
        var node: NodeIndex
        var port: PortNumber
    }

    /// A packet where it has just arrived.
    private struct Place: Hashable {
        var node: NodeIndex
        var inPort: PortNumber?
        var packet: Packet
    }

    private let topology: Topology
    private let linkBehind: [Port: LinkIndex]

    package init(_ topology: Topology) {
        self.topology = topology
        var links: [Port: LinkIndex] = [:]
        for link in topology.links {
            if let port = link.fromPort { links[Port(node: link.from, port: port)] = link.index }
        }
        linkBehind = links
    }

    /// What becomes of a packet that `source`, a host, sends, or that shows up at `source`, a switch. Where a select group
    /// may send it several ways, all of them are followed, and one on which it does not arrive is its fate. A
    /// fast-failover group takes its first bucket whose port leads to a link that is not down.
    package func fate(
        of sent: Packet, from source: NodeIndex, on state: (NodeIndex) -> SwitchState,
        whereDown isDown: (LinkIndex) -> Bool = { _ in false }
    ) -> PacketFate {
        var place = Place(node: source, inPort: nil, packet: sent)
        if topology[source].isHost {
            guard let attachment = topology.attachment(of: source) else { return .dropped(source) }
            place = Place(node: attachment.switch, inPort: attachment.port, packet: sent)
        }
        return fate(at: place, after: [], on: state, whereDown: isDown)
    }

    private func fate(
        at start: Place, after passed: Set<Place>, on state: (NodeIndex) -> SwitchState,
        whereDown isDown: (LinkIndex) -> Bool
    ) -> PacketFate {
        var place = start
        var seen = passed
        while true {
            guard seen.insert(place).inserted else { return .looped(place.node) }
            let content = state(place.node)
            let rules = content.rules.values.filter { Self.accepts($0.key.match, place.packet, at: place.inPort) }
            guard let rule = rules.max(by: { $0.key.priority < $1.key.priority }) else { return .dropped(place.node) }
            var packet = place.packet
            var ways: [PortNumber] = []
            for action in rule.actions {
                switch action {
                case .setLabel(let label): packet.label = label
                case .popLabel: packet.label = nil
                case .output(let port): ways = [port]
                case .group(let id): ways = self.ways(of: content.groups[id], at: place.node, whereDown: isDown)
                case .meter, .pushLabel, .setDSCP: break
                }
            }
            let ends = ways.map { end(of: packet, leaving: place.node, by: $0, whereDown: isDown) }
            guard let first = ends.first else { return .dropped(place.node) }
            if case .next(let next) = first, ends.count == 1 {
                place = next
                continue
            }
            var fate: PacketFate?
            for end in ends {
                let found: PacketFate
                switch end {
                case .fate(let end): found = end
                case .next(let next): found = self.fate(at: next, after: seen, on: state, whereDown: isDown)
                }
                guard case .delivered = found else { return found }
                fate = fate ?? found
            }
            return fate ?? .dropped(place.node)
        }
    }

    private func ways(
        of group: Group?, at node: NodeIndex, whereDown isDown: (LinkIndex) -> Bool
    ) -> [PortNumber] {
        guard let group else { return [] }
        guard group.kind == .fastFailover else { return group.buckets.compactMap(\.output) }
        let live = group.buckets.first { bucket in
            guard let port = bucket.watchPort, let link = linkBehind[Port(node: node, port: port)] else { return false }
            return !isDown(link)
        }
        return live?.output.map { [$0] } ?? []
    }

    private enum End {
        case fate(PacketFate)
        case next(Place)
    }

    private func end(
        of packet: Packet, leaving node: NodeIndex, by port: PortNumber, whereDown isDown: (LinkIndex) -> Bool
    ) -> End {
        func delivered(_ node: NodeIndex) -> End { .fate(packet.label == nil ? .delivered(node) : .labelled(node)) }
        if port == localPort { return delivered(node) }
        guard let link = linkBehind[Port(node: node, port: port)], !isDown(link) else { return .fate(.dropped(node)) }
        let next = topology[link].to
        if topology[next].isHost { return delivered(next) }
        return .next(Place(node: next, inPort: topology[link].toPort, packet: packet))
    }

    private static func accepts(_ match: RuleMatch, _ packet: Packet, at port: PortNumber?) -> Bool {
        if let wanted = match.inPort, wanted != port { return false }
        if let label = match.label { return packet.label == label }
        // Under a label the EtherType is that of MPLS, and what lies behind it is not seen.
        if packet.label != nil { return match.fields.isEmpty }
        return packet.fields == match.fields || packet.fields.isStrictlyMoreSpecific(than: match.fields)
    }
}
