// The network as the shortest-path kernel wants it: links leaving a node side by side, 32-bit indices.

package import SluiceModel

/// Directed links in compressed rows, one row a node.
package struct RoutingGraph: Sendable {
    package let nodeCount: Int
    package let linkCount: Int
    /// Ends of each link.
    package let tail: [Int32]
    package let head: [Int32]
    /// Row n is `rowStart[n]..<rowStart[n + 1]`; an entry holds a link and its head.
    package let rowStart: [Int32]
    package let rowLink: [Int32]
    package let rowHead: [Int32]
    /// Whether the node may lie inside a path: hosts only send and receive.
    package let isTransit: [Bool]

    package init(_ topology: Topology) {
        nodeCount = topology.nodes.count
        linkCount = topology.links.count
        tail = topology.links.map { $0.from.raw }
        head = topology.links.map { $0.to.raw }
        rowStart = topology.outgoingStart
        rowLink = topology.outgoingLinks.map(\.raw)
        let heads = head
        rowHead = topology.outgoingLinks.map { heads[$0.position] }
        isTransit = topology.nodes.map { !$0.isHost }
    }
}
