// From a request in names to flows in indices, with everything checked that does not depend on the network's load.

import SluiceModel

/// A request that makes sense in this topology under this policy.
struct ResolvedFlow: Sendable {
    var request: FlowRequest
    var directions: [Flow]
    var weight: Int
    var mayPreempt: Bool
    var yields: Bool
    var engineering: TrafficEngineering
    var maxBandwidth: Bandwidth?
}

let companionSuffix = "~reverse"

extension ControlPlane {
    /// - Parameter id: the flow's id where the request has none.
    func resolve(_ request: FlowRequest, id: FlowID) throws(RequestError) -> ResolvedFlow {
        guard request.bandwidth > .zero else { throw .invalid(field: "bandwidth", reason: .zeroBandwidth) }
        if let reverse = request.reverseBandwidth, reverse == .zero {
            throw .invalid(field: "reverseBandwidth", reason: .zeroBandwidth)
        }
        if let least = request.minBandwidth {
            guard least > .zero else { throw .invalid(field: "minBandwidth", reason: .zeroBandwidth) }
            guard least <= request.bandwidth else { throw .invalid(field: "minBandwidth", reason: .aboveBandwidth) }
        }
        if let lifetime = request.lifetimeSeconds, !(lifetime > 0 && lifetime.isFinite) {
            throw .invalid(field: "lifetimeSeconds", reason: .notPositive)
        }
        let source = try node(request.source, "source")
        let destination = try node(request.destination, "destination")
        guard source != destination else { throw .invalid(field: "destination", reason: .sameEnds) }
        let importance = try importance(of: request)
        var constraints = try resolve(request.constraints)
        guard !constraints.avoidNodes.contains(source), !constraints.avoidNodes.contains(destination) else {
            throw .invalid(field: "constraints.avoid", reason: .endOfFlow)
        }
        guard request.protection == .none || constraints.via.isEmpty else {
            throw .invalid(field: "constraints.via", reason: .viaWithProtection)
        }
        if let bound = importance.trafficClass?.maxLatency {
            constraints.maxLatency = min(bound, constraints.maxLatency ?? bound)
        }
        func flow(_ id: FlowID, _ from: NodeIndex, _ to: NodeIndex, _ bandwidth: Bandwidth, reversed: Bool) -> Flow {
            var match = request.match
            if let given = match {
                match = reversed ? given.reversed : given
            } else if case .host(let sender) = topology[from].kind, case .host(let receiver) = topology[to].kind {
                match = FlowMatch(from: sender, to: receiver)
            }
            return Flow(
                id: id, source: from, destination: to, bandwidth: bandwidth,
                minBandwidth: reversed ? nil : request.minBandwidth, priority: importance.priority,
                className: importance.trafficClass?.name, match: match,
                constraints: reversed ? constraints.reversed(in: topology) : constraints,
                protection: request.protection, start: request.start, lifetimeSeconds: request.lifetimeSeconds)
        }
        var named = request
        named.id = id
        var directions = [flow(id, source, destination, request.bandwidth, reversed: false)]
        if let reverse = request.reverseBandwidth {
            directions.append(
                flow(FlowID(id.text + companionSuffix), destination, source, reverse, reversed: true))
        }
        return ResolvedFlow(
            request: named, directions: directions,
            weight: importance.trafficClass?.weight ?? importance.priority.level,
            mayPreempt: importance.trafficClass?.mayPreempt ?? true,
            yields: importance.trafficClass?.preemptable ?? true,
            engineering: importance.trafficClass.map {
                TrafficEngineering(
                    setup: policy.setupLevel(of: $0), hold: policy.holdLevel(of: $0), classType: $0.classType)
            } ?? TrafficEngineering(setup: importance.priority.level, hold: importance.priority.level),
            maxBandwidth: importance.trafficClass?.maxBandwidth)
    }

    func check(_ id: FlowID) throws(RequestError) {
        let bytes = id.text.utf8
        guard (1...Limits.identifierBytes).contains(bytes.count), bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw .invalid(field: "id", reason: .badIdentifier)
        }
        if bytes.last == companionSuffix.utf8.last, id.text.hasSuffix(companionSuffix) {
            throw .invalid(field: "id", reason: .reservedIdentifier)
        }
    }

    func node(_ name: NodeID, _ field: String) throws(RequestError) -> NodeIndex {
        guard let index = topology.index(of: name) else { throw .unknownNode(field: field, name: name.text) }
        return index
    }

    private func importance(
        of request: FlowRequest
    ) throws(RequestError) -> (priority: FlowPriority, trafficClass: TrafficClass?) {
        if let level = request.priority {
            if request.className != nil { throw .invalid(field: "priority", reason: .classAndPriority) }
            guard (0...Limits.weight).contains(level) else { throw .invalid(field: "priority", reason: .priorityRange) }
            return (FlowPriority(level), nil)
        }
        let name = request.className ?? policy.defaultClass
        guard let trafficClass = policy.trafficClass(named: name) else { throw .unknownClass(name: name) }
        return (FlowPriority(trafficClass.priority), trafficClass)
    }

    private func resolve(_ request: ConstraintRequest) throws(RequestError) -> FlowConstraints {
        if request.isEmpty { return .none }
        if let hops = request.maxHops, hops < 0 { throw .invalid(field: "constraints.maxHops", reason: .outOfRange) }
        guard request.via.count <= ControlLimits.waypoints else {
            throw .invalid(field: "constraints.via", reason: .outOfRange)
        }
        var nodes: [NodeIndex] = []
        var links: [LinkIndex] = []
        for name in request.avoid {
            if let node = topology.index(of: NodeID(name)) {
                nodes.append(node)
            } else {
                links += try namedLinks(name, "constraints.avoid")
            }
        }
        var via: [FlowConstraints.Waypoint] = []
        for name in request.via {
            if let node = topology.index(of: NodeID(name)) {
                via.append(.node(node))
            } else {
                via.append(.link(try namedLinks(name, "constraints.via")))
            }
        }
        return FlowConstraints(
            maxLatency: request.maxLatency, maxHops: request.maxHops, avoidNodes: nodes, avoidLinks: links, via: via,
            affinity: AffinityConstraint(
                includeAny: try affinity(request.includeAny, "includeAny"),
                includeAll: try affinity(request.includeAll, "includeAll"),
                exclude: try affinity(request.exclude, "exclude")))
    }

    func namedLinks(_ name: String, _ field: String) throws(RequestError) -> [LinkIndex] {
        let links = topology.links(named: name)
        guard !links.isEmpty else { throw .unknownLink(field: field, name: name) }
        return links
    }

    private func affinity(_ names: [String], _ field: String) throws(RequestError) -> AffinityBits {
        var bits: AffinityBits = []
        for name in names {
            guard let position = topology.affinityNames.firstIndex(of: name) else {
                throw .unknownAffinity(field: "constraints.affinity.\(field)", name: name)
            }
            bits.insert(AffinityBits(rawValue: 1 << UInt64(position)))
        }
        return bits
    }
}

extension FlowMatch {
    /// The match of the opposite direction: sources and destinations change places.
    var reversed: FlowMatch {
        var result = self
        (result.etherSource, result.etherDestination) = (etherDestination, etherSource)
        (result.ipv4Source, result.ipv4Destination) = (ipv4Destination, ipv4Source)
        (result.ipv6Source, result.ipv6Destination) = (ipv6Destination, ipv6Source)
        (result.sourcePort, result.destinationPort) = (destinationPort, sourcePort)
        return result
    }
}

extension ConstraintRequest {
    /// What the way back is held to, in names: a direction of a link becomes the opposite one, and waypoints come the
    /// other way round.
    func reversed(in topology: Topology) -> ConstraintRequest {
        func opposite(_ name: String) -> String {
            if topology.index(of: NodeID(name)) != nil { return name }
            let links = topology.links(named: name)
            guard links.count == 1, let reverse = topology[links[0]].reverse else { return name }
            return topology[reverse].id.text
        }
        var result = self
        result.avoid = avoid.map(opposite)
        result.via = via.reversed().map(opposite)
        return result
    }
}

extension FlowConstraints {
    /// The same constraints for the way back: directed links become their opposites where they have one.
    func reversed(in topology: Topology) -> FlowConstraints {
        func opposite(_ link: LinkIndex) -> LinkIndex { topology[link].reverse ?? link }
        var result = self
        result.avoidLinks = avoidLinks.map(opposite).sorted()
        result.via = via.map { waypoint in
            switch waypoint {
            case .node: waypoint
            case .link(let links): .link(links.map(opposite))
            }
        }
        return result
    }
}
