// What a file about a network says, in the terms of the model.

package import SluiceModel

package struct ImportedNetwork: Sendable {
    package let format: DocumentFormat
    package let topology: Topology
    /// What the network is, in the document's words; nil where it does not say.
    package let description: String?
    /// Where the document's facts come from.
    package let source: String?
    /// In file order.
    package let demands: [DemandRecord]
    package let counts: ListedCounts
    package let warnings: [DocumentWarning]

    package init(
        format: DocumentFormat, topology: Topology, description: String? = nil, source: String? = nil,
        demands: [DemandRecord] = [], counts: ListedCounts, warnings: [DocumentWarning] = []
    ) {
        self.format = format
        self.topology = topology
        self.description = description
        self.source = source
        self.demands = demands
        self.counts = counts
        self.warnings = warnings
    }

    /// The same network with the demands of another file in the place of its own.
    package func replacing(demands: [DemandRecord], listed: Int, warnings: [DocumentWarning]) -> ImportedNetwork {
        var counts = counts
        counts.demands = listed
        return ImportedNetwork(
            format: format, topology: topology, description: description, source: source, demands: demands,
            counts: counts, warnings: self.warnings + warnings)
    }
}

/// What the file lists, before anything was left out.
package struct ListedCounts: Hashable, Sendable {
    package var nodes: Int
    /// Parallel links and self-loops included; attachments of hosts in a Sluice topology are not in its list of links.
    package var links: Int
    package var directedLinks: Int
    package var demands: Int
    /// Sum over the directed links counted above.
    package var capacityBitsPerSecond: Int

    package init(nodes: Int, links: Int, directedLinks: Int, demands: Int, capacityBitsPerSecond: Int) {
        self.nodes = nodes
        self.links = links
        self.directedLinks = directedLinks
        self.demands = demands
        self.capacityBitsPerSecond = capacityBitsPerSecond
    }
}

/// How a file that leaves things open is read.
package struct ImportOptions: Hashable, Sendable {
    /// Capacity of a link whose file gives none.
    package var defaultCapacity: Bandwidth = .gigabits(10)
    package init() {}
    package init(defaultCapacity: Bandwidth) { self.defaultCapacity = defaultCapacity }
}

/// Something that was assumed or left out while reading; the document is usable.
package enum DocumentWarning: Hashable, Sendable {
    case capacityAssumed(links: Int, first: String, capacity: Bandwidth)
    case unitAssumed(of: String, unit: String)
    case selfLoopsDropped(links: Int, first: String)
    case emptyDemandsDropped(demands: Int, first: String)
    case selfDemandsDropped(demands: Int, first: String)
    case bothDirectionsListed
    case delaysRelative
    case readAsLatin1
    case coordinatesIgnored
    case notConnected

    package var text: String {
        switch self {
        case .capacityAssumed(let links, let first, let capacity):
            "\(Self.count(links, "link has", "links have")) no capacity; \(capacity.text) is assumed (first: \(first))"
        case .unitAssumed(let subject, let unit): "the unit of \(subject) is not stated; \(unit) is assumed"
        case .selfLoopsDropped(let links, let first):
            "\(Self.count(links, "link joins", "links join")) a node to itself and is left out (first: \(first))"
        case .emptyDemandsDropped(let demands, let first):
            "\(Self.count(demands, "demand is", "demands are")) zero and left out (first: \(first))"
        case .selfDemandsDropped(let demands, let first):
            "\(Self.count(demands, "demand ends", "demands end")) where it begins and is left out (first: \(first))"
        case .bothDirectionsListed: "every link is listed in both directions; each is read as one directed link"
        case .delaysRelative: "the delays have no stated unit and are taken as microseconds; treat them as relative"
        case .readAsLatin1: "the file is not UTF-8; it is read as ISO 8859-1"
        case .coordinatesIgnored: "the coordinates are not longitude and latitude; latencies are zero"
        case .notConnected: "not every node reaches every other"
        }
    }

    private static func count(_ count: Int, _ one: String, _ many: String) -> String {
        "\(count) " + (count == 1 ? one : many)
    }
}
