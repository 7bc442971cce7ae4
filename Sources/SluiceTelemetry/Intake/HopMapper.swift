// From what a switch says about a packet to a measurement of one of our links.

package import SluiceModel

/// Units and clocks of a network's reports; the specification leaves them to the switch.
package struct HopUnits: Hashable, Sendable {
    package enum Timestamps: Hashable, Sendable {
        /// A measurement is as old as its report.
        case arrival
        /// Egress time stamps are nanoseconds since 1970 in UTC, and a measurement is as old as they say; those that are
        /// further from our clock than this are refused. Version 2 only: four bytes do not tell the day.
        case synchronised(toleranceSeconds: Double)
    }

    /// Bytes of one unit of queue occupancy: 1, or the size of a cell.
    package var queueUnitBytes: Int
    /// Nanoseconds of one unit of hop latency.
    package var latencyUnitNanoseconds: Int
    /// What a fully used port reports as its transmit utilisation.
    package var fullUtilisation: UInt32
    package var timestamps: Timestamps

    package init(
        queueUnitBytes: Int = 1, latencyUnitNanoseconds: Int = 1, fullUtilisation: UInt32 = 100,
        timestamps: Timestamps = .arrival
    ) {
        precondition(queueUnitBytes > 0 && latencyUnitNanoseconds > 0 && fullUtilisation > 0, "units are positive")
        self.queueUnitBytes = queueUnitBytes
        self.latencyUnitNanoseconds = latencyUnitNanoseconds
        self.fullUtilisation = fullUtilisation
        self.timestamps = timestamps
    }
}

/// Finds the link that a hop's egress interface sends on.
///
/// A node id is the low 32 bits of a switch's datapath id, an interface id its port number. What a switch says of a
/// packet that it sends counts for the directed link that leaves by the egress interface.
package struct HopMapper: Sendable {
    /// Longest believable time within one switch.
    package static let hopLatencyMax = Latency(microseconds: 60_000_000)

    private let units: HopUnits
    private var nodes: [UInt32: NodeIndex] = [:]
    private var datapaths: [UInt64: NodeIndex] = [:]
    private var links: [Outlet: LinkIndex] = [:]
    private let propagation: [Latency]

    private struct Outlet: Hashable {
        let node: NodeIndex
        let port: UInt32
    }

    /// Switches whose datapath ids have the same low 32 bits cannot be told apart, so none of them is known.
    package init(topology: Topology, units: HopUnits = HopUnits()) {
        self.units = units
        propagation = topology.links.map(\.latency)
        var ambiguous: Set<UInt32> = []
        for index in topology.switches {
            guard let datapath = topology.datapath(of: index) else { continue }
            datapaths[datapath.raw] = index
            let low = UInt32(truncatingIfNeeded: datapath.raw)
            if nodes.updateValue(index, forKey: low) != nil { ambiguous.insert(low) }
        }
        for low in ambiguous { nodes[low] = nil }
        for link in topology.links {
            if let port = link.fromPort { links[Outlet(node: link.from, port: port.raw)] = link.index }
        }
    }

    /// The link that leaves the switch of this datapath id by `port`.
    package func link(datapath: UInt64, port: UInt32) throws(ReportRefusal) -> LinkIndex {
        guard let node = datapaths[datapath] else { throw .unknownNode }
        guard let link = links[Outlet(node: node, port: port)] else { throw .unknownInterface }
        return link
    }

    /// - Throws: why the hop says nothing about a link.
    package func sample(from hop: HopMetadata, at now: Instant) throws(ReportRefusal) -> LinkSample {
        guard let interface = hop.egressInterface ?? hop.levelTwoEgressInterface, let nodeID = hop.nodeID else {
            throw .nothingMeasured
        }
        guard let node = nodes[nodeID] else { throw .unknownNode }
        guard let link = links[Outlet(node: node, port: interface)] else { throw .unknownInterface }
        var sample = LinkSample(link: link)
        if let utilisation = hop.transmitUtilisation {
            guard utilisation <= units.fullUtilisation else { throw .impossibleValue }
            sample.utilisation = Double(utilisation) / Double(units.fullUtilisation)
        }
        if let occupancy = hop.queueOccupancy { sample.queueDepthBytes = Int(occupancy) * units.queueUnitBytes }
        if let latency = hop.latency {
            let within = Latency(microseconds: Int(latency) * units.latencyUnitNanoseconds / 1_000)
            guard within <= Self.hopLatencyMax else { throw .impossibleValue }
            sample.latency = propagation[link.position] + within
        }
        guard sample.utilisation != nil || sample.queueDepthBytes != nil || sample.latency != nil else {
            throw .nothingMeasured
        }
        switch units.timestamps {
        case .arrival: break
        case .synchronised(let tolerance):
            if let egress = hop.egressTimestamp {
                if let ingress = hop.ingressTimestamp, ingress > egress { throw .impossibleValue }
                guard egress <= UInt64(Int64.max) else { throw .clockSkew }
                let time = Instant(nanoseconds: Int64(egress))
                guard abs(now.seconds(since: time)) <= tolerance else { throw .clockSkew }
                sample.time = min(time, now)
            }
        }
        return sample
    }
}
