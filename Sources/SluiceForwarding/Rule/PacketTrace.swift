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

    /// What becomes of a packet that `source`, a host, sends, or that shows up at `source`, a switch.
    package func fate(
        of sent: Packet, from source: NodeIndex, on state: (NodeIndex) -> SwitchState
    ) -> PacketFate {
        struct Place: Hashable {
            var node: NodeIndex
            var inPort: PortNumber?
            var packet: Packet
        }
        var place = Place(node: source, inPort: nil, packet: sent)
        if topology[source].isHost {
            guard let attachment = topology.attachment(of: source) else { return .dropped(source) }
            place = Place(node: attachment.switch, inPort: attachment.port, packet: sent)
        }
        var seen: Set<Place> = []
        while true {
            guard seen.insert(place).inserted else { return .looped(place.node) }
            let rules = state(place.node).rules.values.filter {
                Self.accepts($0.key.match, place.packet, at: place.inPort)
            }
            guard let rule = rules.max(by: { $0.key.priority < $1.key.priority }) else { return .dropped(place.node) }
            var out: PortNumber?
            for action in rule.actions {
                switch action {
                case .setLabel(let label): place.packet.label = label
                case .popLabel: place.packet.label = nil
                case .output(let port): out = port
                case .meter, .group, .pushLabel: break
                }
            }
            guard let out else { return .dropped(place.node) }
            if out == localPort {
                return place.packet.label == nil ? .delivered(place.node) : .labelled(place.node)
            }
            guard let link = linkBehind[Port(node: place.node, port: out)] else { return .dropped(place.node) }
            let next = topology[link].to
            if topology[next].isHost { return place.packet.label == nil ? .delivered(next) : .labelled(next) }
            place = Place(node: next, inPort: topology[link].toPort, packet: place.packet)
        }
    }

    private static func accepts(_ match: RuleMatch, _ packet: Packet, at port: PortNumber?) -> Bool {
        if let wanted = match.inPort, wanted != port { return false }
        if let label = match.label { return packet.label == label }
        // Under a label the EtherType is that of MPLS, and what lies behind it is not seen.
        if packet.label != nil { return match.fields.isEmpty }
        return packet.fields == match.fields || packet.fields.isStrictlyMoreSpecific(than: match.fields)
    }
}
