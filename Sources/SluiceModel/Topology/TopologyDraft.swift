// What `Topology.init` works with: the checks, and the assignment of everything that a document may leave out.

/// Every issue of a topology at once: an operator fixes a file in one go, not one run an error.
package struct InvalidTopology: Error, Hashable {
    package let issues: [TopologyIssue]
}

/// One thing wrong with the nodes or cables given to `Topology.init`.
package struct TopologyIssue: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        /// Position in the initialiser's `nodes`.
        case node(Int)
        /// Position in the initialiser's `cables`.
        case cable(Int)
        case topology
    }

    package enum Problem: Hashable, Sendable {
        case emptyID
        case idTooLong
        case duplicateNode(NodeID)
        case duplicateCable(String)
        case duplicateDatapath(DatapathID)
        case unknownNode(NodeID)
        case selfLoop(NodeID)
        case portTaken(PortNumber, of: NodeID)
        case portOnHost(NodeID)
        case hostTransit(NodeID)
        case hostWithoutAttachment(NodeID)
        case zeroCapacity
        case reservableAboveCapacity
        case tooManyAffinities
        case tooManyNodes
        case tooManyCables
    }

    package let subject: Subject
    /// The document's member that is at fault, as `a.switch`.
    package let field: String
    package let problem: Problem
}

extension TopologyIssue.Problem {
    /// What is wrong and what to do about it, in one sentence each.
    package var text: (problem: String, remedy: String) {
        switch self {
        case .emptyID: ("the id is empty", "give it a name")
        case .idTooLong: ("the id is longer than 255 bytes", "shorten it")
        case .duplicateNode(let id): ("node \"\(id)\" is given twice", "give each switch and host an id of its own")
        case .duplicateCable(let id): ("link \"\(id)\" is given twice", "give each link an id of its own")
        case .duplicateDatapath(let id):
            ("datapath id \(id.raw) is given twice", "give each switch a dpid of its own, or leave it out")
        case .unknownNode(let id): ("there is no switch or host \"\(id)\"", "add it or correct the name")
        case .selfLoop(let id): ("the link joins \"\(id)\" to itself", "remove it or correct one end")
        case .portTaken(let port, let id):
            ("port \(port.raw) of \"\(id)\" is used twice", "give each link a port of its own, or leave it out")
        case .portOnHost(let id): ("\"\(id)\" is a host and has no port numbers", "remove the port")
        case .hostTransit(let id):
            ("host \"\(id)\" is the end of a link", "attach hosts by their attachment, once each")
        case .hostWithoutAttachment(let id):
            ("host \"\(id)\" hangs on no switch", "give it an attachment with switch and port")
        case .zeroCapacity: ("the capacity is zero", "give at least 1 bit/s, or remove the link")
        case .reservableAboveCapacity:
            ("more is reservable than the link can carry", "give a share from 0 to 1 or at most the capacity")
        case .tooManyAffinities: ("more than 64 affinity names are used", "use fewer names")
        case .tooManyNodes: ("there are more than \(Limits.nodes) nodes", "split the network")
        case .tooManyCables: ("there are more than \(Limits.cables) links", "split the network")
        }
    }
}

struct TopologyDraft {
    var nodes: [Node]
    var cables: [Cable]
    var issues: [TopologyIssue] = []
    var links: [Link] = []
    var affinityNames: [String] = []
    var sharedRiskNames: [String] = []
    var nodeIndices: [NodeID: NodeIndex] = [:]
    var cablePositions: [String: Int] = [:]
    private var linkIDs: Set<LinkID> = []

    init(nodes: [Node], cables: [Cable]) {
        self.nodes = nodes
        self.cables = cables
    }

    mutating func check() {
        guard nodes.count <= Limits.nodes, cables.count <= Limits.cables else {
            if nodes.count > Limits.nodes { report(.topology, "switches", .tooManyNodes) }
            if cables.count > Limits.cables { report(.topology, "links", .tooManyCables) }
            return
        }
        checkNodes()
        var ports: [NodeID: Set<PortNumber>] = [:]
        var attached: Set<NodeID> = []
        for position in cables.indices {
            checkCable(position, ports: &ports, attached: &attached)
        }
        for (position, node) in nodes.enumerated() where node.isHost && !attached.contains(node.id) {
            report(.node(position), "attachment", .hostWithoutAttachment(node.id))
        }
        if Set(cables.flatMap(\.affinity)).count > AffinityBits.limit {
            report(.topology, "links", .tooManyAffinities)
        }
    }

    private mutating func checkNodes() {
        var datapaths: Set<DatapathID> = []
        for (position, node) in nodes.enumerated() {
            checkID(node.id.text, .node(position))
            if nodeIndices.updateValue(NodeIndex(position), forKey: node.id) != nil {
                report(.node(position), "id", .duplicateNode(node.id))
            }
            if case .switch(let description) = node.kind, let datapath = description.datapath,
                !datapaths.insert(datapath).inserted
            {
                report(.node(position), "dpid", .duplicateDatapath(datapath))
            }
        }
    }

    private mutating func checkCable(
        _ position: Int, ports: inout [NodeID: Set<PortNumber>], attached: inout Set<NodeID>
    ) {
        let cable = cables[position]
        let isAccess = cable.id.hasPrefix("access:")
        checkID(cable.id, .cable(position))
        let ids = cable.isDirected ? [cable.forwardID] : [cable.forwardID, cable.backwardID]
        if cablePositions.updateValue(position, forKey: cable.id) != nil {
            report(.cable(position), "id", .duplicateCable(cable.id))
        } else if let taken = ids.first(where: linkIDs.contains) {
            report(.cable(position), "id", .duplicateCable(taken.text))
        }
        linkIDs.formUnion(ids)
        if cable.a.node == cable.b.node { report(.cable(position), "b.switch", .selfLoop(cable.a.node)) }
        for (end, field) in [(cable.a, "a"), (cable.b, "b")] {
            guard let index = nodeIndices[end.node] else {
                report(.cable(position), field + ".switch", .unknownNode(end.node))
                continue
            }
            let isHost = nodes[index.position].isHost
            if isHost, end.port != nil { report(.cable(position), field + ".port", .portOnHost(end.node)) }
            if isHost, !(isAccess && field == "a" && attached.insert(end.node).inserted) {
                report(.cable(position), field + ".switch", .hostTransit(end.node))
            }
            if !isHost, let port = end.port, !ports[end.node, default: []].insert(port).inserted {
                report(.cable(position), field + ".port", .portTaken(port, of: end.node))
            }
        }
        if cable.capacity == .zero { report(.cable(position), "capacity", .zeroCapacity) }
        if cable.reservable > cable.capacity { report(.cable(position), "reservable", .reservableAboveCapacity) }
    }

    private mutating func checkID(_ text: String, _ subject: TopologyIssue.Subject) {
        if text.isEmpty { report(subject, "id", .emptyID) }
        if text.utf8.count > Limits.identifierBytes { report(subject, "id", .idTooLong) }
    }

    private mutating func report(_ subject: TopologyIssue.Subject, _ field: String, _ problem: TopologyIssue.Problem) {
        issues.append(TopologyIssue(subject: subject, field: field, problem: problem))
    }

    mutating func assignDatapaths() {
        var taken: Set<UInt64> = []
        for node in nodes {
            if case .switch(let description) = node.kind, let datapath = description.datapath {
                taken.insert(datapath.raw)
            }
        }
        var next: UInt64 = 1
        for position in nodes.indices {
            guard case .switch(var description) = nodes[position].kind, description.datapath == nil else { continue }
            while taken.contains(next) { next += 1 }
            taken.insert(next)
            description.datapath = DatapathID(next)
            nodes[position] = Node(id: nodes[position].id, kind: .switch(description))
        }
    }

    mutating func assignPorts() {
        var taken: [NodeID: Set<UInt32>] = [:]
        for cable in cables {
            for end in [cable.a, cable.b] {
                if let port = end.port { taken[end.node, default: []].insert(port.raw) }
            }
        }
        var next: [NodeID: UInt32] = [:]
        func lowestFree(_ node: NodeID) -> PortNumber {
            var candidate = next[node] ?? 1
            while taken[node]?.contains(candidate) == true { candidate += 1 }
            next[node] = candidate + 1
            return PortNumber(candidate)
        }
        for position in cables.indices {
            if cables[position].a.port == nil, !isHost(cables[position].a.node) {
                cables[position].a.port = lowestFree(cables[position].a.node)
            }
            if cables[position].b.port == nil, !isHost(cables[position].b.node) {
                cables[position].b.port = lowestFree(cables[position].b.node)
            }
        }
    }

    mutating func makeLinks() {
        var affinityBits: [String: Int] = [:]
        var riskPositions: [String: Int] = [:]
        func position(of name: String, in positions: inout [String: Int], names: inout [String]) -> Int {
            if let known = positions[name] { return known }
            positions[name] = names.count
            names.append(name)
            return names.count - 1
        }
        for (cablePosition, cable) in cables.enumerated() {
            guard let a = nodeIndices[cable.a.node], let b = nodeIndices[cable.b.node] else {
                preconditionFailure("check() accepted cable \(cable.id) with an unknown end")
            }
            var bits: UInt64 = 0
            for name in cable.affinity {
                bits |= 1 << UInt64(position(of: name, in: &affinityBits, names: &affinityNames))
            }
            let risks = Set(
                cable.sharedRisks.map { position(of: $0, in: &riskPositions, names: &sharedRiskNames) }
            ).sorted()
            let forward = LinkIndex(links.count)
            let backward = LinkIndex(links.count + 1)
            let kind: Link.Kind = isHost(cable.a.node) ? .access : .trunk
            func link(
                _ id: LinkID, _ index: LinkIndex, _ from: (NodeIndex, PortNumber?), _ to: (NodeIndex, PortNumber?),
                reverse: LinkIndex?
            ) -> Link {
                Link(
                    id: id, index: index, kind: kind, from: from.0, to: to.0, fromPort: from.1, toPort: to.1,
                    capacity: cable.capacity, reservable: cable.reservable, latency: cable.latency,
                    affinity: AffinityBits(rawValue: bits), sharedRisks: risks, cable: cablePosition, reverse: reverse)
            }
            links.append(
                link(
                    cable.forwardID, forward, (a, cable.a.port), (b, cable.b.port),
                    reverse: cable.isDirected ? nil : backward))
            if !cable.isDirected {
                links.append(
                    link(cable.backwardID, backward, (b, cable.b.port), (a, cable.a.port), reverse: forward))
            }
        }
    }

    private func isHost(_ id: NodeID) -> Bool { nodeIndices[id].map { nodes[$0.position].isHost } ?? false }
}
