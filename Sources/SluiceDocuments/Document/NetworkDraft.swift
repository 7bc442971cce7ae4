// What a reader of any format has gathered, before it is a network: finishing it is the same for all.

import SluiceModel

struct NetworkDraft {
    var format: DocumentFormat
    var name = ""
    var description: String?
    var source: String?
    private(set) var nodes: [Node] = []
    private var nodePlaces: [Place] = []
    private(set) var cables: [Cable] = []
    private var cablePlaces: [Place] = []
    var demands: [DemandEntry] = []
    var warnings: [DocumentWarning] = []
    /// Links of the file that became no cable.
    private var selfLoops: [String] = []
    private var linksListed = 0
    private var withoutCapacity: [String] = []

    /// Name of the document's member that the model calls `a.switch`, `capacity` and so on.
    var memberName: (_ field: String, _ isAccess: Bool) -> String = { field, _ in field }

    init(_ format: DocumentFormat) { self.format = format }

    mutating func addNode(_ id: String, location: Location? = nil, at place: Place) {
        add(Node(id: NodeID(id), kind: .switch(Switch(location: location))), at: place)
    }

    mutating func add(_ node: Node, at place: Place) {
        nodes.append(node)
        nodePlaces.append(place)
    }

    /// A link of the file; `isListed` is false for a host's attachment in a Sluice topology.
    mutating func add(_ cable: Cable, at place: Place, isListed: Bool = true) {
        if isListed { linksListed += 1 }
        cables.append(cable)
        cablePlaces.append(place)
    }

    /// A link of a foreign file: a self-loop is left out, a missing capacity assumed.
    ///
    /// - Parameter id: nil: `e` and the position in the file.
    mutating func addForeignLink(
        id: String?, from: String, to: String, capacity: Bandwidth?, latency: Latency? = nil, isDirected: Bool,
        options: ImportOptions, at place: Place
    ) {
        let id = id ?? "e\(linksListed)"
        guard from != to else {
            linksListed += 1
            selfLoops.append(id)
            return
        }
        // Zero is how some files say that they do not know.
        let capacity = capacity == .zero ? nil : capacity
        if capacity == nil { withoutCapacity.append(id) }
        add(
            Cable(
                id: id, a: Cable.End(node: NodeID(from)), b: Cable.End(node: NodeID(to)),
                capacity: capacity ?? options.defaultCapacity, latency: latency ?? .zero, isDirected: isDirected),
            at: place)
    }

    /// Gives every cable without latency the fibre latency between the places of its ends.
    mutating func setLatenciesFromLocations() {
        var locations: [NodeID: Location] = [:]
        for node in nodes {
            if case .switch(let description) = node.kind, let location = description.location {
                locations[node.id] = location
            }
        }
        for position in cables.indices where cables[position].latency == .zero {
            if let a = locations[cables[position].a.node], let b = locations[cables[position].b.node] {
                cables[position].latency = .fibre(kilometres: a.kilometres(to: b))
            }
        }
    }

    /// The cables are full duplex until a reader that has seen all of them knows better.
    mutating func makeDirected() {
        for position in cables.indices { cables[position].isDirected = true }
    }

    /// Nodes that the file calls hosts and that hang on exactly one other node become hosts, their link an access link.
    mutating func makeHosts(of ids: Set<String>) {
        var degrees: [NodeID: Int] = [:]
        for cable in cables {
            degrees[cable.a.node, default: 0] += 1
            degrees[cable.b.node, default: 0] += 1
        }
        let hosts = Set(ids.map { NodeID($0) }.filter { degrees[$0] == 1 })
        // A host can hang on a switch only, and an access link has both directions.
        let attached = cables.filter { hosts.contains($0.a.node) != hosts.contains($0.b.node) && !$0.isDirected }
        let accepted = Set(attached.map { hosts.contains($0.a.node) ? $0.a.node : $0.b.node })
        for position in nodes.indices where accepted.contains(nodes[position].id) {
            nodes[position] = Node(id: nodes[position].id, kind: .host(Host()))
        }
        for position in cables.indices {
            let cable = cables[position]
            let ends = accepted.contains(cable.a.node) ? (cable.a, cable.b) : (cable.b, cable.a)
            guard accepted.contains(ends.0.node) else { continue }
            var access = Cable.access(of: ends.0.node, to: ends.1, capacity: cable.capacity)
            access.latency = cable.latency
            cables[position] = access
        }
    }

    /// The network, or every fault found until now and by the model.
    mutating func finish(
        options: ImportOptions, faults: FaultCollector, isStrict: Bool
    ) throws(InvalidDocument) -> ImportedNetwork {
        if name.isEmpty { name = Self.baseName(faults.file.name) }
        let topology: Topology
        do throws(InvalidTopology) {
            topology = try Topology(name: name, nodes: nodes, cables: cables)
        } catch {
            // A host in the place of a switch is one mistake, however many links name it.
            var transits: Set<NodeID> = []
            for issue in error.issues {
                if case .hostTransit(let host) = issue.problem, !transits.insert(host).inserted { continue }
                report(issue, to: faults)
            }
            throw faults.invalid()
        }
        var resolver = DemandResolver(topology: topology, faults: faults)
        let records = resolver.resolve(demands, isStrict: isStrict)
        try faults.throwIfAny()

        noteWarnings(options: options)
        warnings += resolver.warnings
        if !topology.isStronglyConnected { warnings.append(.notConnected) }
        return ImportedNetwork(
            format: format, topology: topology, description: description, source: source, demands: records,
            counts: counts(of: topology), warnings: warnings)
    }

    private mutating func noteWarnings(options: ImportOptions) {
        if let first = withoutCapacity.first {
            warnings.append(
                .capacityAssumed(links: withoutCapacity.count, first: first, capacity: options.defaultCapacity))
        }
        if let first = selfLoops.first {
            warnings.append(.selfLoopsDropped(links: selfLoops.count, first: first))
        }
    }

    private func counts(of topology: Topology) -> ListedCounts {
        // The attachments of a Sluice topology are not in its list of links; the access links of other formats are.
        let listed = topology.links.filter { format != .sluiceTopology || $0.kind == .trunk }
        return ListedCounts(
            nodes: nodes.count, links: linksListed, directedLinks: listed.count, demands: demands.count,
            capacityBitsPerSecond: saturatingSum(listed.map(\.capacity.bitsPerSecond)))
    }

    private func report(_ issue: TopologyIssue, to faults: FaultCollector) {
        switch issue.subject {
        case .node(let position):
            faults.report(nodePlaces[position].member(memberName(issue.field, false)), .topology(issue.problem))
        case .cable(let position):
            let isAccess = cables[position].id.hasPrefix("access:")
            // An attachment has no id of its own: the host that is given twice has been reported.
            if isAccess, case .duplicateCable = issue.problem { return }
            faults.report(cablePlaces[position].member(memberName(issue.field, isAccess)), .topology(issue.problem))
        case .topology: faults.report(.document, .topology(issue.problem))
        }
    }

    /// `abilene` of `topologies/abilene.json`.
    static func baseName(_ file: String) -> String {
        let last = file.split(separator: "/").last.map(String.init) ?? file
        guard let dot = last.lastIndex(of: "."), dot != last.startIndex else { return last }
        return String(last[..<dot])
    }
}

/// The sum, or `Int.max` where it would be more: a million links of unlimited capacity have one.
func saturatingSum(_ values: some Sequence<Int>) -> Int {
    values.reduce(0) { sum, value in
        let (next, overflow) = sum.addingReportingOverflow(value)
        return overflow ? .max : next
    }
}
