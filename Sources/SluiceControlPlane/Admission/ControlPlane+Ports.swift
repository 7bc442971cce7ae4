// What switches tell of their ports. A link carries flows only while both its ports are up; what an operator has made of
// it besides is kept, and counts again when they are.

package import SluiceModel

/// What is known of links beside their state.
struct PortStates: Hashable, Sendable {
    /// Ports that their switch has reported down, by node position.
    var down: [Int: Set<PortNumber>] = [:]
    /// What an operator wants of a link; links not listed are wanted up.
    var operated: [LinkIndex: LinkState] = [:]
}

extension ControlPlane {
    /// Ports of `node` that the topology uses, ascending.
    package func ports(of node: NodeIndex) -> [PortNumber] {
        var ports: Set<PortNumber> = []
        for link in topology.links {
            if link.from == node, let port = link.fromPort { ports.insert(port) }
            if link.to == node, let port = link.toPort { ports.insert(port) }
        }
        return ports.sorted()
    }

    private func isDead(_ index: LinkIndex) -> Bool {
        let link = topology[index]
        func isDown(_ node: NodeIndex, _ port: PortNumber?) -> Bool {
            port.map { ports.down[node.position]?.contains($0) ?? false } ?? false
        }
        return isDown(link.from, link.fromPort) || isDown(link.to, link.toPort)
    }

    mutating func changePort(_ port: PortNumber, of name: NodeID, isUp: Bool) {
        guard let node = topology.index(of: name) else { return }
        let wasDown = ports.down[node.position]?.contains(port) ?? false
        guard wasDown == isUp else { return }
        if isUp {
            ports.down[node.position]?.remove(port)
        } else {
            ports.down[node.position, default: []].insert(port)
        }
        let links = topology.links.filter {
            $0.from == node && $0.fromPort == port || $0.to == node && $0.toPort == port
        }.map(\.index)
        for state in LinkState.allCases {
            let concerned = links.filter { (isDead($0) ? .down : ports.operated[$0] ?? .up) == state }
            if !concerned.isEmpty { _ = set(concerned, to: state) }
        }
    }

    /// An operator's wish; a link whose port is down stays so.
    mutating func operate(_ links: [LinkIndex], to state: LinkState) -> LinkChange {
        for link in links { ports.operated[link] = state == .up ? nil : state }
        var change = set(links.filter { state == .down || !isDead($0) }, to: state)
        change.links = links.map { view(of: $0) }
        return change
    }
}
