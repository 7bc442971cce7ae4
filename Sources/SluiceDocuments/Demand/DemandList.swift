// Demands whose network is in another file: names are looked up once both are known.

package import SluiceModel

package struct DemandList: Sendable {
    package let format: DocumentFormat
    private let file: DocumentFile
    private let entries: [DemandEntry]
    private let isJSON: Bool

    init(format: DocumentFormat, entries: [DemandEntry], faults: FaultCollector) {
        self.format = format
        self.entries = entries
        file = faults.file
        isJSON = faults.root != nil
    }

    /// Demands that the file lists.
    package var count: Int { entries.count }

    /// Sum of what they ask for, each rounded up to whole bit/s.
    package var totalBitsPerSecond: Int { saturatingSum(entries.map(\.bandwidth.bitsPerSecond)) }

    /// Throws everything that is wrong whatever the network is.
    func check() throws(InvalidDocument) {
        guard format == .sluiceDemands else { return }
        let faults = FaultCollector(file)
        DemandsReader.check(entries, faults: faults)
        // Only faults need the tree again, to name the members at fault.
        if !faults.isEmpty { _ = try Document.parseJSON(file, faults: faults) }
        try faults.throwIfAny()
    }

    /// The demands as flows of `topology`, in file order; throws every name that is not in it.
    package func resolved(
        in topology: Topology
    ) throws(InvalidDocument) -> (demands: [DemandRecord], warnings: [DocumentWarning]) {
        let faults = FaultCollector(file)
        var resolver = DemandResolver(topology: topology, faults: faults)
        let records = resolver.resolve(entries, isStrict: format == .sluiceDemands)
        if !faults.isEmpty, isJSON {
            // Only faults need the tree again, to name the members at fault.
            _ = try Document.parseJSON(file, faults: faults)
        }
        try faults.throwIfAny()
        return (records, resolver.warnings)
    }
}

extension ImportedNetwork {
    /// This network's demands between the nodes of the same names in another topology.
    func demands(in other: Topology, file: DocumentFile) throws(InvalidDocument) -> [DemandRecord] {
        let faults = FaultCollector(file)
        func index(_ node: NodeIndex) -> NodeIndex? {
            let id = topology[node].id
            if let index = other.index(of: id) { return index }
            let nearest = faults.nearest(to: id.text, among: other.nodes.map(\.id.text))
            faults.report(.document, .unknownNode(id.text, nearest: nearest))
            return nil
        }
        var known: [NodeIndex: NodeIndex?] = [:]
        var records: [DemandRecord] = []
        for demand in demands {
            for end in [demand.source, demand.destination] where known[end] == nil { known[end] = .some(index(end)) }
            guard let source = known[demand.source] ?? nil, let destination = known[demand.destination] ?? nil else {
                continue
            }
            // Bounds on latency and hops mean the same elsewhere; links and affinities are the other network's own.
            let constraints = FlowConstraints(
                maxLatency: demand.constraints.maxLatency, maxHops: demand.constraints.maxHops)
            records.append(
                DemandRecord(
                    id: demand.id, source: source, destination: destination, bandwidth: demand.bandwidth,
                    importance: demand.importance, constraints: constraints))
        }
        try faults.throwIfAny()
        return records
    }
}
