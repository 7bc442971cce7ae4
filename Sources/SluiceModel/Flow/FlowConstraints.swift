// What a flow requires of its path, in indices of one topology.

/// Administrative-group constraints (RFC 3209, section 4.7.4): a link serves if it has at least one of `includeAny`
/// (when that is not empty), all of `includeAll` and none of `exclude`.
package struct AffinityConstraint: Hashable, Sendable {
    package var includeAny: AffinityBits
    package var includeAll: AffinityBits
    package var exclude: AffinityBits

    package init(includeAny: AffinityBits = [], includeAll: AffinityBits = [], exclude: AffinityBits = []) {
        self.includeAny = includeAny
        self.includeAll = includeAll
        self.exclude = exclude
    }

    package static let none = AffinityConstraint()

    package func accepts(_ link: AffinityBits) -> Bool {
        (includeAny.isEmpty || !link.isDisjoint(with: includeAny)) && link.isSuperset(of: includeAll)
            && link.isDisjoint(with: exclude)
    }
}

/// Everything a path must satisfy beyond having room.
package struct FlowConstraints: Hashable, Sendable {
    /// One thing a path must pass.
    package enum Waypoint: Hashable, Sendable {
        case node(NodeIndex)
        /// One of these directed links (both directions where a document names a full-duplex link).
        case link([LinkIndex])
    }

    package var maxLatency: Latency?
    /// Most links between switches; access links of hosts do not count.
    package var maxHops: Int?
    /// Ascending.
    package var avoidNodes: [NodeIndex]
    /// Ascending.
    package var avoidLinks: [LinkIndex]
    /// In any order.
    package var via: [Waypoint]
    package var affinity: AffinityConstraint

    package init(
        maxLatency: Latency? = nil, maxHops: Int? = nil, avoidNodes: [NodeIndex] = [], avoidLinks: [LinkIndex] = [],
        via: [Waypoint] = [], affinity: AffinityConstraint = .none
    ) {
        self.maxLatency = maxLatency
        self.maxHops = maxHops
        self.avoidNodes = avoidNodes.sorted()
        self.avoidLinks = avoidLinks.sorted()
        self.via = via
        self.affinity = affinity
    }

    package static let none = FlowConstraints()

    /// Whether a path may use `link`, its ends and its affinity considered; latency, hops and waypoints are matters of
    /// the whole path. Ends of the flow itself are never avoided.
    package func permits(_ link: Link, from source: NodeIndex, to destination: NodeIndex) -> Bool {
        if avoidLinks.contains(link.index) { return false }
        // Access links carry no administrative groups: affinity is a property of the trunks between switches.
        if link.kind == .trunk, !affinity.accepts(link.affinity) { return false }
        for node in [link.from, link.to] where node != source && node != destination {
            if avoidNodes.contains(node) { return false }
        }
        return true
    }

    /// Whether `path` satisfies every constraint.
    package func accept(_ path: Path, in topology: Topology) -> Bool {
        let source = path.source(in: topology)
        let destination = path.destination(in: topology)
        if let maxLatency, path.latency(in: topology) > maxLatency { return false }
        if let maxHops, path.links.count(where: { topology[$0].kind == .trunk }) > maxHops { return false }
        guard path.links.allSatisfy({ permits(topology[$0], from: source, to: destination) }) else { return false }
        let nodes = path.nodes(in: topology)
        return via.allSatisfy { waypoint in
            switch waypoint {
            case .node(let node): nodes.contains(node)
            case .link(let links): links.contains(where: path.links.contains)
            }
        }
    }
}
