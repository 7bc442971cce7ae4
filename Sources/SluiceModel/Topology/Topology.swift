// The network as a directed graph over dense indices. It never changes; what fails, recovers or fills up is state kept
// beside it (link states, the reservation ledger), so a topology can be shared freely between threads.

/// Switches, hosts and directed links of one network.
package struct Topology: Sendable {
    package let name: String
    /// In the order given to the initialiser; document order for documents.
    package let nodes: [Node]
    package let cables: [Cable]
    /// Directed links in cable order, forward before backward.
    package let links: [Link]
    /// Affinity name of each bit, in order of first use.
    package let affinityNames: [String]
    /// Shared-risk group of each position, in order of first use.
    package let sharedRiskNames: [String]
    /// Links leaving node n are `outgoingLinks[outgoingStart[n]..<outgoingStart[n + 1]]`, ascending.
    package let outgoingStart: [Int32]
    package let outgoingLinks: [LinkIndex]

    /// By link.
    @usableFromInline package let linkEnds: [LinkEnds]
    @usableFromInline let isHostNode: [Bool]
    @usableFromInline let nodeIndices: [NodeID: NodeIndex]
    @usableFromInline let linkIndices: [LinkID: LinkIndex]
    private let cablePositions: [String: Int]

    /// Checks everything and throws every issue at once.
    ///
    /// Ports that are not given get the lowest free numbers of their switch in cable order; datapath ids that are not
    /// given the lowest free ones in node order.
    package init(name: String, nodes: [Node], cables: [Cable]) throws(InvalidTopology) {
        var draft = TopologyDraft(nodes: nodes, cables: cables)
        draft.check()
        guard draft.issues.isEmpty else { throw InvalidTopology(issues: draft.issues) }
        draft.assignDatapaths()
        draft.assignPorts()
        draft.makeLinks()
        self.name = name
        self.nodes = draft.nodes
        self.cables = draft.cables
        links = draft.links
        isHostNode = draft.nodes.map(\.isHost)
        linkEnds = draft.links.map { LinkEnds(from: $0.from, to: $0.to, fromPort: $0.fromPort, toPort: $0.toPort) }
        affinityNames = draft.affinityNames
        sharedRiskNames = draft.sharedRiskNames
        nodeIndices = draft.nodeIndices
        cablePositions = draft.cablePositions
        linkIndices = Dictionary(uniqueKeysWithValues: draft.links.map { ($0.id, $0.index) })
        var starts = [Int32](repeating: 0, count: draft.nodes.count + 1)
        for link in draft.links { starts[link.from.position + 1] += 1 }
        for node in 0..<draft.nodes.count { starts[node + 1] += starts[node] }
        var cursor = starts
        var outgoing = [LinkIndex](repeating: LinkIndex(0), count: draft.links.count)
        for link in draft.links {
            outgoing[Int(cursor[link.from.position])] = link.index
            cursor[link.from.position] += 1
        }
        outgoingStart = starts
        outgoingLinks = outgoing
    }

    @inlinable package func index(of node: NodeID) -> NodeIndex? { nodeIndices[node] }
    @inlinable package func index(of link: LinkID) -> LinkIndex? { linkIndices[link] }

    @inlinable package subscript(node: NodeIndex) -> Node { nodes[node.position] }
    @inlinable package subscript(link: LinkIndex) -> Link { links[link.position] }

    /// What a link joins, and nothing else of it.
    package struct LinkEnds: Sendable {
        package let from: NodeIndex
        package let to: NodeIndex
        package let fromPort: PortNumber?
        package let toPort: PortNumber?
    }

    @inlinable package func ends(of link: LinkIndex) -> LinkEnds { linkEnds[link.position] }
    @inlinable package func name(of link: LinkIndex) -> LinkID { links[link.position].id }
    @inlinable package func name(of node: NodeIndex) -> NodeID { nodes[node.position].id }
    @inlinable package func isHost(_ node: NodeIndex) -> Bool { isHostNode[node.position] }

    @inlinable package func links(leaving node: NodeIndex) -> ArraySlice<LinkIndex> {
        outgoingLinks[Int(outgoingStart[node.position])..<Int(outgoingStart[node.position + 1])]
    }

    /// The directed links that a reference in a document or on the wire means: `ID` for both directions of a
    /// full-duplex link (or the one of a directed link), `ID>` or `ID<` for one; empty where there is no such link.
    package func links(named reference: String) -> [LinkIndex] {
        if let single = linkIndices[LinkID(reference)] { return [single] }
        guard let position = cablePositions[reference] else { return [] }
        let cable = cables[position]
        return [cable.forwardID, cable.backwardID].compactMap { linkIndices[$0] }
    }

    /// Datapath of the switch at `node`; nil for a host.
    package func datapath(of node: NodeIndex) -> DatapathID? {
        if case .switch(let description) = self[node].kind { description.datapath } else { nil }
    }

    package var switches: [NodeIndex] { nodes.indices.filter { !nodes[$0].isHost }.map { NodeIndex($0) } }
    package var hosts: [NodeIndex] { nodes.indices.filter { nodes[$0].isHost }.map { NodeIndex($0) } }

    /// The switch that `host` hangs on and the port of that switch; nil for a switch or a host without attachment.
    package func attachment(of host: NodeIndex) -> (switch: NodeIndex, port: PortNumber)? {
        guard self[host].isHost, let access = links(leaving: host).first, let port = self[access].toPort else {
            return nil
        }
        return (self[access].to, port)
    }

    /// Whether every node reaches every other along directed links.
    package var isStronglyConnected: Bool {
        guard let first = nodes.indices.first else { return true }
        return reachable(from: first, forwards: true) == nodes.count
            && reachable(from: first, forwards: false) == nodes.count
    }

    private func reachable(from start: Int, forwards: Bool) -> Int {
        var neighbours = [[Int]](repeating: [], count: nodes.count)
        for link in links {
            let (tail, head) = forwards ? (link.from, link.to) : (link.to, link.from)
            neighbours[tail.position].append(head.position)
        }
        var seen = [Bool](repeating: false, count: nodes.count)
        seen[start] = true
        var stack = [start]
        var count = 0
        while let node = stack.popLast() {
            count += 1
            for next in neighbours[node] where !seen[next] {
                seen[next] = true
                stack.append(next)
            }
        }
        return count
    }
}
