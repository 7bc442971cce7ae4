// Records of another topology: the operator has changed the network's document between two runs. Names stay, indices do
// not. A flow keeps its path where every link of it is still there, still has room and still serves; the other flows
// wait for a place and are given one in the first event, the most important first. Flows whose ends are gone, or that
// name something that is gone, are over.

import SluiceModel

/// From the indices of records to those of a topology; nil where the thing is gone.
struct IndexTranslation: Sendable {
    private let links: [LinkIndex?]

    init(from directory: TopologyDirectory, to topology: Topology) {
        links = directory.links.map { topology.index(of: $0) }
    }

    func link(_ index: LinkIndex) -> LinkIndex? {
        index.raw >= 0 && index.position < links.count ? links[index.position] : nil
    }

    /// Nil where a link is gone.
    func links(_ indices: [LinkIndex]) -> [LinkIndex]? {
        var result: [LinkIndex] = []
        for index in indices {
            guard let link = link(index) else { return nil }
            result.append(link)
        }
        return result
    }
}

extension PlaneRestoration {
    /// Places what can stay, the most important first, and leaves the rest waiting.
    mutating func placeForeign() throws(RestorationFailure) {
        guard let translation else { return }
        let records = foreign.sorted { left, right in
            let (first, second) = (left.record.directions[0].priority, right.record.directions[0].priority)
            return first != second ? first > second : left.record.number < right.record.number
        }
        foreign = []
        for (slot, record) in records {
            guard let directions = resolved(record) else {
                lost.append(record.directions[0].id)
                for flow in record.directions { end(flow, record) }
                continue
            }
            var adapted = record
            adapted.directions = directions
            adapted.blockedBy = nil
            adapted.carriers = [nil, nil]
            adapted.refusedBy = []
            // Switches start anew, and with them the labels that they know.
            adapted.formerLabels = []
            adapted.placement = placement(of: record, directions, translation)
            if record.placement != nil, adapted.placement == nil {
                unplaced.append(directions[0].id)
                adapted.state = .pending
                adapted.reasons = [.linkLost(lostLink(of: record, translation))]
            }
            guard let unit = FlowUnit(adapted, slot: slot, in: plane.topology) else {
                throw .record(.slot(slot), fault: "its flow and its path do not fit the topology")
            }
            try restore(unit: unit, .slot(slot))
            plane.aim(slot)
        }
        plane.needsPlacing = !unplaced.isEmpty
    }

    /// The flows in indices of the new topology, from the names that they were asked for with; nil where one is gone.
    /// Class and priority stay what they were, whatever the policy says by now.
    private func resolved(_ record: FlowRecord) -> [Flow]? {
        var request = record.request
        let former = record.directions[0]
        request.className = nil
        request.priority = former.priority.level
        guard let resolved = try? plane.resolve(request, id: former.id) else {
            // Which of its names is gone does not matter: without it the flow is not what was asked for.
            return nil
        }
        return zip(resolved.directions, record.directions).map { fresh, former in
            var constraints = fresh.constraints
            constraints.maxLatency = former.constraints.maxLatency
            return Flow(
                id: former.id, source: fresh.source, destination: fresh.destination, bandwidth: former.bandwidth,
                minBandwidth: former.minBandwidth, priority: former.priority, className: former.className,
                match: former.match, constraints: constraints, protection: former.protection, start: former.start,
                lifetimeSeconds: former.lifetimeSeconds)
        }
    }

    /// The former placement in new indices, where it still serves and there is room for it.
    private func placement(
        of record: FlowRecord, _ directions: [Flow], _ translation: IndexTranslation
    ) -> [PlacementRecord]? {
        guard let former = record.placement, former.count == directions.count else { return nil }
        var left: [LinkIndex: Int] = [:]
        var result: [PlacementRecord] = []
        for (place, flow) in zip(former, directions) {
            guard let path = translation.links(place.path), let backup = translation.links(place.backup) else {
                return nil
            }
            // A split flow stays on its first path; learning may split it again.
            let record = PlacementRecord(bandwidth: place.bandwidth, path: path, backup: backup)
            guard let made = DirectionPlacement(record, of: flow, in: plane.topology),
                flow.constraints.accept(made.path, in: plane.topology),
                made.backup.map({ flow.constraints.accept($0, in: plane.topology) }) ?? true
            else { return nil }
            for link in made.links {
                let room = left[link] ?? plane.holdings.residual[link.position]
                guard plane.linkStates[link.position] != .down, room >= place.bandwidth.bitsPerSecond else {
                    return nil
                }
                left[link] = room - place.bandwidth.bitsPerSecond
            }
            result.append(record)
        }
        return result
    }

    /// A link of the former path that is gone; where all are there, the first.
    private func lostLink(of record: FlowRecord, _ translation: IndexTranslation) -> LinkID {
        let links = (record.placement ?? []).flatMap { $0.path + $0.backup }
        let gone = links.first { translation.link($0) == nil } ?? links.first
        guard let gone, gone.raw >= 0,
            let name = directory.flatMap({ $0.links.indices.contains(gone.position) ? $0.links[gone.position] : nil })
        else { return LinkID("") }
        return name
    }

    private mutating func end(_ flow: Flow, _ record: FlowRecord) {
        let view = FlowView(
            id: flow.id, state: .withdrawn, reasons: [], source: record.request.source,
            destination: record.request.destination, bandwidth: flow.bandwidth, requestedBandwidth: flow.bandwidth,
            priority: flow.priority.level, className: flow.className, path: [], links: [], latency: nil,
            backupLinks: [], protection: flow.protection, match: flow.match, constraints: record.request.constraints,
            companion: nil, start: record.request.start, expires: record.expires, submitted: record.submitted,
            cookie: record.number, rejection: nil)
        plane.ended.insert(view, history: record.history.filter { $0.flow == flow.id })
    }
}

extension ControlPlane {
    /// Gives flows that a new topology has left without a path one, in the first event.
    mutating func placeUnplaced() {
        guard needsPlacing else { return }
        needsPlacing = false
        revision += 1
        var consequences = Consequences(.linkState(.up, links: []))
        useRoom(&consequences)
        _ = conclude(consequences)
    }
}
