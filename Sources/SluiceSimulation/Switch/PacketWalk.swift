// Follows one packet through the tables that switches really hold, row by row as they were decoded from OpenFlow
// messages. It shares no code with the compiler of rules or with `PacketTracer`, which looks at what was meant.

import SluiceModel
import SluiceOpenFlow

/// A packet by the fields that rules look at.
struct WalkedPacket: Hashable {
    var etherType: UInt16 = FlowMatch.etherTypeIPv4
    var ipProtocol: UInt8 = FlowMatch.protocolUDP
    var source: UInt32
    var destination: UInt32
    var sourcePort: UInt16 = 40_000
    var destinationPort: UInt16
    /// The outermost MPLS label.
    var label: UInt32?

    /// The value that a field of a match is compared with; nil: the packet has no such field.
    fileprivate func value(_ kind: MatchField.Kind) -> UInt128? {
        if label != nil {
            return switch kind {
            case .etherType: 0x8847
            case .mplsLabel: label.map { UInt128($0) }
            default: nil
            }
        }
        return switch kind {
        case .etherType: UInt128(etherType)
        case .ipProtocol: UInt128(ipProtocol)
        case .ipv4Source: UInt128(source)
        case .ipv4Destination: UInt128(destination)
        case .udpSource: UInt128(sourcePort)
        case .udpDestination: UInt128(destinationPort)
        default: nil
        }
    }
}

enum WalkEnd: Hashable, CustomStringConvertible {
    case delivered(NodeIndex)
    case dropped(NodeIndex, why: String)
    case looped(NodeIndex)

    var description: String {
        switch self {
        case .delivered(let node): "delivered at node \(node.position)"
        case .dropped(let node, let why): "dropped at node \(node.position): \(why)"
        case .looped(let node): "looped at node \(node.position)"
        }
    }
}

struct PacketWalk {
    private struct Port: Hashable {
        var node: Int32
        var port: UInt32
    }

    private struct Place: Hashable {
        var node: NodeIndex
        var inPort: UInt32
        var packet: WalkedPacket
    }

    let topology: Topology
    private let linkBehind: [Port: LinkIndex]

    init(_ topology: Topology) {
        self.topology = topology
        var links: [Port: LinkIndex] = [:]
        for link in topology.links {
            if let port = link.fromPort { links[Port(node: link.from.raw, port: port.raw)] = link.index }
        }
        linkBehind = links
    }

    /// The link that leaves `node` by `port`.
    func link(_ node: NodeIndex, _ port: UInt32) -> LinkIndex? { linkBehind[Port(node: node.raw, port: port)] }

    /// - Parameter isDown: whether a link, by its position, is physically dead.
    func end(
        of packet: WalkedPacket, from host: NodeIndex, on switches: [SimulatedSwitch?], isDown: [Bool]
    ) -> WalkEnd {
        guard let attachment = topology.attachment(of: host) else { return .dropped(host, why: "it hangs nowhere") }
        let place = Place(node: attachment.switch, inPort: attachment.port.raw, packet: packet)
        return walk(place, after: [], on: switches, isDown: isDown)
    }

    private func walk(
        _ start: Place, after passed: [Place], on switches: [SimulatedSwitch?], isDown: [Bool]
    ) -> WalkEnd {
        var place = start
        var seen = passed
        while true {
            if seen.contains(place) { return .looped(place.node) }
            seen.append(place)
            guard let table = switches[place.node.position] else { return .dropped(place.node, why: "no switch") }
            let best = table.rows.best(udpDestination: place.packet.destinationPort) { accepts($0, place) }
            guard let row = best else { return .dropped(place.node, why: "no rule is its") }
            var packet = place.packet
            var outputs: [UInt32] = []
            for instruction in row.instructions {
                switch instruction {
                case .meter(let id) where table.meters[id] == nil: return .dropped(place.node, why: "no such meter")
                case .applyActions(let actions):
                    for action in actions {
                        switch action {
                        case .output(let port, _): outputs = [port]
                        case .group(let id):
                            guard let group = table.groups[id] else {
                                return .dropped(place.node, why: "no such group")
                            }
                            outputs = ways(of: group, at: place.node, isDown: isDown)
                        case .setField(.basic(.mplsLabel, let value, _)): packet.label = UInt32(value)
                        case .pushMPLS: packet.label = packet.label ?? 0
                        case .popMPLS: packet.label = nil
                        default: break
                        }
                    }
                default: break
                }
            }
            if outputs.isEmpty { return .dropped(place.node, why: "its rule sends it nowhere") }
            var ends: [WalkEnd] = []
            var next: Place?
            for port in outputs {
                guard let link = link(place.node, port), !isDown[link.position] else {
                    ends.append(.dropped(place.node, why: "port \(port) is dead"))
                    continue
                }
                let to = topology.ends(of: link).to
                if topology.isHost(to) {
                    ends.append(packet.label == nil ? .delivered(to) : .dropped(to, why: "it still has a label"))
                    continue
                }
                let following = Place(node: to, inPort: topology.ends(of: link).toPort?.raw ?? 0, packet: packet)
                if outputs.count == 1 {
                    next = following
                } else {
                    ends.append(walk(following, after: seen, on: switches, isDown: isDown))
                }
            }
            if let next {
                place = next
                continue
            }
            for end in ends { if case .delivered = end {} else { return end } }
            return ends[0]
        }
    }

    private func ways(of group: SimulatedSwitch.GroupEntry, at node: NodeIndex, isDown: [Bool]) -> [UInt32] {
        func output(_ bucket: Bucket) -> UInt32? {
            for case .output(let port, _) in bucket.actions { return port }
            return nil
        }
        guard group.type == .fastFailover else { return group.buckets.compactMap(output) }
        let live = group.buckets.first { bucket in
            guard let link = link(node, bucket.watchPort) else { return false }
            return !isDown[link.position]
        }
        return live.flatMap(output).map { [$0] } ?? []
    }

    private func accepts(_ match: Match, _ place: Place) -> Bool {
        for field in match.fields {
            guard case .basic(let kind, let wanted, let mask) = field else { return false }
            let found = kind == .inPort ? UInt128(place.inPort) : place.packet.value(kind)
            guard let found, found & (mask ?? .max) == wanted else { return false }
        }
        return true
    }
}
