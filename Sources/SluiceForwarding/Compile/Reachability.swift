// How hosts find each other without a reserved flow: address resolution always, and where policy lets unadmitted
// traffic pass, everything addressed to a known host at the lowest priority.
//
// Nothing is flooded. A request names the host that it looks for (ARP: the target protocol address, RFC 826; Neighbor
// Solicitation: the target address, RFC 4861, section 4.3), and its answer names the host that asked, so both can be
// sent straight to that host: every switch sends what is for a host to the next switch of a shortest path, in hops,
// over links that are not down. What asks for an unknown address matches no rule. The rules of one destination form a
// tree, so no packet loops; and where a link has gone down or come back, switches change from one tree to the other in
// rounds, so that none loops meanwhile.

package import SluiceModel

package struct Reachability: Sendable {
    /// Cookie of these rules; flows count from 2.
    package static let cookie: UInt64 = 1
    /// Rule priorities below those of every flow, the more specific first.
    private static let resolutionPriority = 512
    private static let unadmittedPriority = 256

    private struct Destination: Sendable {
        var host: Host
        var port: PortNumber
    }

    /// Switches that hosts hang on, ascending, with those hosts.
    private var attachments: [(node: NodeIndex, hosts: [Destination])] = []
    /// For each attachment and node the port that leads there; nil where nothing does.
    private var ports: [[PortNumber?]] = []
    /// For each attachment and node the number of links from there.
    private var distances: [[Int]] = []
    package let passesUnadmitted: Bool

    package init(_ topology: Topology, passesUnadmitted: Bool, isUp: (LinkIndex) -> Bool) {
        self.passesUnadmitted = passesUnadmitted
        var hosts: [NodeIndex: [Destination]] = [:]
        // Where two hosts share an address, it is the first one's: one rule cannot lead to both.
        var taken: (ipv4: Set<IPv4Prefix>, ipv6: Set<IPv6Prefix>, hardware: Set<HardwareAddress>) = ([], [], [])
        for index in topology.hosts {
            guard case .host(var host) = topology[index].kind, let place = topology.attachment(of: index) else {
                continue
            }
            if let address = host.ipv4, !taken.ipv4.insert(address).inserted { host.ipv4 = nil }
            if let address = host.ipv6, !taken.ipv6.insert(address).inserted { host.ipv6 = nil }
            if let address = host.hardwareAddress, !taken.hardware.insert(address).inserted {
                host.hardwareAddress = nil
            }
            hosts[place.switch, default: []].append(Destination(host: host, port: place.port))
        }
        attachments = hosts.sorted { $0.key < $1.key }.map { (node: $0.key, hosts: $0.value) }
        var incoming = [[LinkIndex]](repeating: [], count: topology.nodes.count)
        for link in topology.links where link.kind == .trunk && isUp(link.index) {
            incoming[link.to.position].append(link.index)
        }
        for attachment in attachments {
            var distances = [Int](repeating: 0, count: topology.nodes.count)
            var ports = [PortNumber?](repeating: nil, count: topology.nodes.count)
            var isReached = [Bool](repeating: false, count: topology.nodes.count)
            isReached[attachment.node.position] = true
            var queue = [attachment.node]
            var next = 0
            while next < queue.count {
                for link in incoming[queue[next].position] {
                    let from = topology[link].from
                    if isReached[from.position] { continue }
                    isReached[from.position] = true
                    ports[from.position] = topology[link].fromPort
                    distances[from.position] = distances[queue[next].position] + 1
                    queue.append(from)
                }
                next += 1
            }
            self.ports.append(ports)
            self.distances.append(distances)
        }
    }

    /// What to change on each switch, in ascending order, where it holds the rules of `former`, of the same topology.
    package func changes(from former: Reachability?) -> UpdateRound {
        var all: [NodeIndex: SwitchChange] = [:]
        for round in changesByDistance(from: former) {
            for (node, change) in round { all[node, default: SwitchChange()].merge(change) }
        }
        return all.sorted { $0.key < $1.key }.map { (switch: $0.key, change: $0.value) }
    }

    /// The same in rounds, each of which must be in place before the next begins: the switches next to a destination
    /// first. When a switch turns to the new tree, every switch after it has, so a packet that meets a new rule follows
    /// new rules to its end, and none loops.
    package func rounds(from former: Reachability?) -> [UpdateRound] {
        // At first there is nothing to loop through.
        if former == nil { return [changes(from: nil)].filter { !$0.isEmpty } }
        return changesByDistance(from: former).map { round in
            round.sorted { $0.key < $1.key }.map { (switch: $0.key, change: $0.value) }
        }
    }

    private func changesByDistance(from former: Reachability?) -> [[NodeIndex: SwitchChange]] {
        var changes: [Int: [NodeIndex: SwitchChange]] = [:]
        for (position, attachment) in attachments.enumerated() {
            for node in ports[position].indices {
                if let former, former.passesUnadmitted == passesUnadmitted,
                    former.ports[position][node] == ports[position][node]
                {
                    continue
                }
                for destination in attachment.hosts {
                    let new = rules(for: destination, at: node, position)
                    let old = former?.rules(for: destination, at: node, position) ?? []
                    let kept = Set(new.map(\.key))
                    let added = new.filter { !old.contains($0) }
                    let gone = old.filter { !kept.contains($0.key) }
                    if added.isEmpty, gone.isEmpty { continue }
                    let distance = distances[position][node]
                    var change = SwitchChange()
                    change.rules = added
                    change.deletedRules = gone.map { SwitchChange.DeletedRule(key: $0.key, cookie: $0.cookie) }
                    changes[distance, default: [:]][NodeIndex(node), default: SwitchChange()].merge(change)
                }
            }
        }
        return changes.sorted { $0.key < $1.key }.map(\.value)
    }

    private func rules(for destination: Destination, at node: Int, _ position: Int) -> [Rule] {
        let isAttachment = attachments[position].node.position == node
        guard let port = isAttachment ? destination.port : ports[position][node] else { return [] }
        func rule(_ priority: Int, _ fields: FlowMatch) -> Rule {
            Rule(
                key: Rule.Key(
                    table: 0, priority: UInt16(priority + fields.specificity), match: RuleMatch(fields: fields)),
                cookie: Self.cookie, actions: [.output(port)])
        }
        let resolution = Self.resolutions(of: destination.host).map { rule(Self.resolutionPriority, $0) }
        guard passesUnadmitted else { return resolution }
        return resolution + Self.addresses(of: destination.host).map { rule(Self.unadmittedPriority, $0) }
    }

    /// Address resolution traffic that is for `host`.
    private static func resolutions(of host: Host) -> [FlowMatch] {
        var matches: [FlowMatch] = []
        if let address = host.ipv4 {
            var match = FlowMatch()
            match.etherType = FlowMatch.etherTypeARP
            match.arpTarget = address
            matches.append(match)
        }
        if let address = host.ipv6 {
            var match = FlowMatch()
            match.etherType = FlowMatch.etherTypeIPv6
            match.ipProtocol = FlowMatch.protocolICMPv6
            // OpenFlow compares whole target addresses only (OXM_OF_IPV6_ND_TARGET takes no mask).
            if address.length == 128 {
                match.icmpv6Type = FlowMatch.neighbourSolicitation
                match.neighbourTarget = address
                matches.append(match)
                match.neighbourTarget = nil
            }
            match.icmpv6Type = FlowMatch.neighbourAdvertisement
            match.ipv6Destination = address
            matches.append(match)
        }
        return matches
    }

    /// Everything that is for `host`.
    private static func addresses(of host: Host) -> [FlowMatch] {
        var matches: [FlowMatch] = []
        if let address = host.ipv4 {
            var match = FlowMatch()
            match.etherType = FlowMatch.etherTypeIPv4
            match.ipv4Destination = address
            matches.append(match)
        }
        if let address = host.ipv6 {
            var match = FlowMatch()
            match.etherType = FlowMatch.etherTypeIPv6
            match.ipv6Destination = address
            matches.append(match)
        }
        if let address = host.hardwareAddress {
            var match = FlowMatch()
            match.etherDestination = address
            matches.append(match)
        }
        return matches
    }
}
