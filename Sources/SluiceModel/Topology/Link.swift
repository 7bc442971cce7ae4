// Directed links, the things that have capacity, and cables, the things that break.

/// What an operator or a failure has made of a link.
package enum LinkState: String, Hashable, Sendable, CaseIterable {
    case up
    case down
    /// Alive, but to be emptied: carries what it must, takes nothing new.
    case drained
}

/// Administrative groups of a link (RFC 2702, section 5.6.2), one bit for each name in `Topology.affinityNames`.
package struct AffinityBits: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Most distinct names a topology may use.
    package static let limit = 64
}

/// One direction of a connection between two nodes.
package struct Link: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Between two switches.
        case trunk
        /// Between a host and its switch.
        case access
    }

    package let id: LinkID
    package let index: LinkIndex
    package let kind: Kind
    package let from: NodeIndex
    package let to: NodeIndex
    /// Port of `from` that the link leaves by; nil where `from` is a host.
    package let fromPort: PortNumber?
    /// Port of `to` that the link arrives at; nil where `to` is a host.
    package let toPort: PortNumber?
    /// What the link can carry.
    package let capacity: Bandwidth
    /// What admission may reserve of it; at most `capacity`.
    package let reservable: Bandwidth
    package let latency: Latency
    package let affinity: AffinityBits
    /// Positions in `Topology.sharedRiskNames`, ascending.
    package let sharedRisks: [Int]
    /// Position in `Topology.cables`; both directions of a full-duplex link share it.
    package let cable: Int
    /// The other direction of the same cable; nil for a directed link.
    package let reverse: LinkIndex?
}

/// What a connection is before it becomes directed links: the shape of a topology document's `links` and hosts'
/// `attachment`.
package struct Cable: Hashable, Sendable {
    package struct End: Hashable, Sendable {
        package var node: NodeID
        /// nil: the lowest free port number of the switch is assigned.
        package var port: PortNumber?
        package init(node: NodeID, port: PortNumber? = nil) {
            self.node = node
            self.port = port
        }
    }

    package var id: String
    package var a: End
    package var b: End
    package var capacity: Bandwidth
    package var reservable: Bandwidth
    package var latency: Latency
    package var affinity: [String]
    package var sharedRisks: [String]
    /// Only the direction from `a` to `b` exists.
    package var isDirected: Bool

    /// `reservable` defaults to the whole capacity.
    package init(
        id: String, a: End, b: End, capacity: Bandwidth, reservable: Bandwidth? = nil, latency: Latency = .zero,
        affinity: [String] = [], sharedRisks: [String] = [], isDirected: Bool = false
    ) {
        self.id = id
        self.a = a
        self.b = b
        self.capacity = capacity
        self.reservable = reservable ?? capacity
        self.latency = latency
        self.affinity = affinity
        self.sharedRisks = sharedRisks
        self.isDirected = isDirected
    }

    /// The access cable of host `host`: `a` is the host, `b` its switch.
    package static func access(of host: NodeID, to attachment: End, capacity: Bandwidth = .unlimited) -> Cable {
        Cable(id: "access:\(host)", a: End(node: host), b: attachment, capacity: capacity)
    }

    /// Names of its directed links.
    package var forwardID: LinkID { LinkID(isDirected ? id : id + ">") }
    package var backwardID: LinkID { LinkID(id + "<") }
}
