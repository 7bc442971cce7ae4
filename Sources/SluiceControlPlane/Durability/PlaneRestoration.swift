// From records to the control plane that they were taken from, as it is once every client has left it: the placements
// are taken as they were decided, and what follows from them is computed anew. Nothing is decided again, and what the
// switches hold already is not sent again.
//
// Where the topology is no longer the one that the records were made for, see `PlaneRestoration+NewTopology`.

package import SluiceModel
import SluiceForwarding

/// Why records are not those of a control plane.
package enum RestorationFailure: Error, Hashable, Sendable {
    case record(RecordKey, fault: String)
    /// Flows hold more of a link than may be reserved.
    case overbooked(LinkID)

    package var text: String {
        switch self {
        case .record(let key, let fault): "\(key.text): \(fault)"
        case .overbooked(let link): "flows hold more of link \(link) than may be reserved"
        }
    }
}

extension RecordKey {
    /// For messages.
    package var text: String {
        switch self {
        case .directory: "the directory of the topology"
        case .counters: "the counters"
        case .link(let position): "link #\(position)"
        case .switch(let position): "switch #\(position)"
        case .slot(let slot): "flow slot #\(slot)"
        case .ended(let order): "ended flow #\(order)"
        case .automaton(let carrier): "automaton #\(carrier)"
        }
    }
}

package struct PlaneRestoration: Sendable {
    var plane: ControlPlane
    /// The records' topology; nil until the directory has been added.
    var directory: TopologyDirectory?
    /// Nil: the indices of the records are those of the topology.
    var translation: IndexTranslation?
    private var counters: PlaneCounters?
    private var timers: [(number: UInt64, due: Instant, purpose: TimerQueue.Timer.Purpose)] = []
    /// Carriers of which switches hold something else than their target.
    private var underWay: [(carrier: Carrier, installation: FlowInstallation)] = []
    /// What automata had learned.
    private var learned: [(carrier: Int, record: AutomatonRecord)] = []
    /// Flows of another topology, which are placed when all are known.
    var foreign: [(slot: Int, record: FlowRecord)] = []
    /// Flows that could not be taken over because an end, or something they name, is gone.
    package internal(set) var lost: [FlowID] = []
    /// Flows that have to be placed anew.
    package internal(set) var unplaced: [FlowID] = []

    package init(topology: Topology, policy: Policy, seed: UInt64) {
        plane = ControlPlane(topology: topology, policy: policy, seed: seed)
    }

    package var topologyHasChanged: Bool { translation != nil }

    /// Makes room for so many flows at once, rather than again and again as they come.
    package mutating func reserve(flows: Int) {
        let flows = min(flows, Limits.flows)
        plane.flows.reserve(flows)
        plane.matches.reserve(flows)
        plane.installation.reserve(carriers: 2 * flows)
    }

    /// Takes one record; they come in the order of their keys.
    package mutating func add(_ key: RecordKey, _ record: PlaneRecord) throws(RestorationFailure) {
        if directory == nil, key != .directory { throw .record(key, fault: "there is no directory of the topology") }
        switch (key, record) {
        case (.directory, .directory(let directory)):
            self.directory = directory
            if directory != TopologyDirectory(plane.topology) {
                translation = IndexTranslation(from: directory, to: plane.topology)
            }
        case (.counters, .counters(let counters)): self.counters = counters
        case (.link(let position), .link(let link)): try restoreLink(position, link, key)
        case (.switch(let position), .switch(let revision)):
            if topologyHasChanged { break }
            guard position < plane.topology.nodes.count, !plane.topology.nodes[position].isHost else {
                throw .record(key, fault: "there is no such switch")
            }
            plane.installation.restore(revision, of: position)
        case (.slot(let slot), .flow(let flow)):
            guard slot >= 0, slot < Limits.flows else { throw .record(key, fault: "is out of range") }
            if topologyHasChanged { foreign.append((slot, flow)) } else { try restore(flow, slot, key) }
        case (.slot(let slot), .leaving(let leaving)):
            guard slot >= 0, slot < Limits.flows else { throw .record(key, fault: "is out of range") }
            // Switches of another topology are told everything anew.
            if !topologyHasChanged { try restore(leaving, slot, key) }
        case (.ended(let order), .ended(let record)):
            guard order < UInt64(Int64.max) else { throw .record(key, fault: "is out of range") }
            plane.ended.restore(record, order: order)
        case (.automaton(let carrier), .automaton(let record)):
            learned.append((carrier, record))
        default: throw .record(key, fault: "is a record of another kind")
        }
    }

    /// The control plane; changes are noted from here on.
    package mutating func finish() throws(RestorationFailure) -> ControlPlane {
        guard directory != nil, let counters else { throw .record(.counters, fault: "there are none") }
        plane.revision = counters.revision
        plane.nextNumber = max(2, counters.nextNumber)
        plane.nextName = max(1, counters.nextName)
        plane.occurrenceCount = counters.occurrences
        plane.decisionCount = counters.decisions
        if topologyHasChanged {
            try placeForeign()
        } else {
            plane.installation.outlineReachability(
                passesUnadmitted: counters.passesUnadmitted, waysChanged: false)
            // What has been sent in part is made good rule by rule.
            if !underWay.isEmpty { plane.wakeRules() }
            for (carrier, installation) in underWay {
                for held in installation.occupied
                where held.bandwidth > plane.installation.room(on: LinkIndex(held.link)) {
                    throw .overbooked(plane.topology.links[held.link].id)
                }
                plane.installation.restore(carrier, installation)
            }
        }
        // Policy and topology may have become stricter since.
        plane.constraintsChanged = plane.holdings.pools != nil
        plane.tablesChanged =
            topologyHasChanged || counters.passesUnadmitted != (plane.policy.unadmitted == .bestEffort)
        plane.countBaseRules()
        // Or had become so before the restart.
        if plane.topology.nodes.indices.contains(where: { plane.ruleRoom.lacking(on: $0) > 0 }) {
            plane.tablesChanged = true
        }
        if !counters.reachabilityIsSettled {
            // Which rules beside flows a switch holds is not known: revisions begin anew, and with them the switches.
            for node in plane.topology.switches { plane.installation.restore(0, of: node.position) }
        }
        plane.flows.restoreFree(except: plane.leaving)
        let (flows, leaving) = (plane.flows, plane.leaving)
        var labels = Set(leaving.values.flatMap(\.labels))
        for slot in flows.liveSlots {
            labels.formUnion(flows[slot].labels.compactMap { $0 })
            labels.formUnion(flows[slot].formerLabels)
            if flows[slot].placement == nil, !flows[slot].waitsForStart {
                plane.waiting.insert(slot, level: flows[slot].level, number: flows[slot].number)
            }
        }
        plane.labels.restore(taken: labels)
        for timer in timers.sorted(by: { $0.number < $1.number }) { plane.timers.arm(timer.purpose, at: timer.due) }
        plane.startRecording()
        // Of another topology every record is new.
        if !topologyHasChanged {
            plane.countAsRecorded()
            for item in learned { plane.restoreAutomaton(item.carrier, item.record) }
        }
        return plane
    }

    private mutating func restoreLink(
        _ position: Int, _ link: LinkRecord, _ key: RecordKey
    ) throws(RestorationFailure) {
        guard position < directory?.links.count ?? 0 else { throw .record(key, fault: "there is no such link") }
        let index = translation.map { $0.link(LinkIndex(position)) } ?? LinkIndex(position)
        // A link that is gone has no state.
        guard let index else { return }
        plane.linkStates[index.position] = link.state
        if link.state == .drained { plane.drained.insert(index.position) }
        // What ports say is heard anew from the switches.
        if link.state != .up { plane.ports.operated[index] = link.state }
        if link.failures > 0 {
            plane.health[index] = LinkHealth(
                failures: link.failures, lastFailure: link.lastFailure, heldUntil: link.heldUntil)
        }
        if let until = plane.health[index]?.heldUntil {
            timers.append((0, until, .linkRelease(link: index.position, until: until)))
        }
        plane.takesFlows[index.position] = plane.isOpenToFlows(index)
    }

    /// Puts a unit into its slot, with everything that follows from it but its rules.
    mutating func restore(unit: FlowUnit, _ key: RecordKey) throws(RestorationFailure) {
        try checkRoom(for: unit)
        guard plane.leaving[unit.slot] == nil, plane.flows.restore(unit) else {
            throw .record(key, fault: "flow \"\(unit.id)\" is there twice")
        }
        plane.noteRestoredPlacement(unit.slot)
        plane.takeAgain(unit.slot)
        plane.register(unit.slot)
        let start = unit.reasons.compactMap { if case .waitsForStart(let start) = $0 { start } else { nil } }.first
        if let start {
            timers.append((unit.number, start, .start(slot: unit.slot, number: unit.number)))
        } else if let expires = unit.expires {
            timers.append((unit.number, expires, .expiry(slot: unit.slot, number: unit.number)))
        }
    }

    private func checkRoom(for unit: FlowUnit) throws(RestorationFailure) {
        guard let places = unit.placement else { return }
        if places.count == 1 {
            // Each link once: nothing has to be added up.
            let need = places[0].bandwidth.bitsPerSecond
            for link in places[0].links where need > plane.holdings.residual[link.position] {
                throw .overbooked(plane.topology[link].id)
            }
            return
        }
        var needed: [LinkIndex: Int] = [:]
        for place in places {
            for link in place.links { needed[link, default: 0] += place.bandwidth.bitsPerSecond }
        }
        for link in needed.keys.sorted() where needed[link] ?? 0 > plane.holdings.residual[link.position] {
            throw .overbooked(plane.topology[link].id)
        }
    }

    private mutating func restore(
        _ record: FlowRecord, _ slot: Int, _ key: RecordKey
    ) throws(RestorationFailure) {
        guard let unit = FlowUnit(record, slot: slot, in: plane.topology) else {
            throw .record(key, fault: "its flow and its path do not fit the topology")
        }
        try restore(unit: unit, key)
        if record.awaitsGrowth {
            plane.growing.insert(slot)
            let due = unit.placedAt.advanced(bySeconds: plane.policy.damping.growthSeconds)
            timers.append((unit.number, due, .growth(slot: slot, number: unit.number)))
        }
        for (direction, carrier) in record.carriers.enumerated() {
            guard let carrier else { continue }
            try restore(carrier, unit.carrier(direction), of: (unit, direction), key)
        }
        for direction in (unit.placement ?? []).indices where record.carriers[direction] == nil {
            throw .record(key, fault: "flow \"\(unit.directions[direction].id)\" has a path and no rules")
        }
    }

    private mutating func restore(
        _ record: LeavingRecord, _ slot: Int, _ key: RecordKey
    ) throws(RestorationFailure) {
        plane.flows.occupy(slot)
        guard plane.flows.slots[slot] == nil, plane.leaving[slot] == nil, record.carriers.count == 2,
            record.labels.allSatisfy(LabelPool.holds)
        else { throw .record(key, fault: "is no flow on its way out") }
        let carriers = record.carriers.count { $0 != nil }
        guard carriers > 0 else { throw .record(key, fault: "nothing of it is left") }
        plane.leaving[slot] = Leaving(carriers: carriers, labels: record.labels)
        for (direction, carrier) in record.carriers.enumerated() {
            guard let carrier else { continue }
            try restore(carrier, Carrier(2 * slot + direction), of: nil, key)
        }
    }

    /// - Parameter flow: the unit and direction that the carrier is of, where that is still live.
    private mutating func restore(
        _ record: CarrierRecord, _ carrier: Carrier, of flow: (unit: FlowUnit, direction: Int)?, _ key: RecordKey
    ) throws(RestorationFailure) {
        var place: DirectionPlacement?
        if let flow, let placement = flow.unit.placement, flow.direction < placement.count {
            place = placement[flow.direction]
        }
        switch record {
        case .settled(let meter):
            guard let flow, let place else { throw .record(key, fault: "rules lead along no path") }
            plane.installation.restore(
                carrier,
                RuleOutline(
                    links: place.links, meter: meter, makesRules: flow.unit.directions[flow.direction].match != nil))
        case .underWay(let record):
            var installation = FlowInstallation(number: record.number, level: record.level)
            guard record.rules.allSatisfy({ plane.topology.datapath(of: $0.switch) != nil }) else {
                throw .record(key, fault: "a rule is on no switch")
            }
            guard record.occupied.allSatisfy({ $0.link.position < plane.topology.links.count }) else {
                throw .record(key, fault: "there is no such link")
            }
            installation.installed.rules = record.rules
            installation.installed.meter = record.meter
            installation.occupied = record.occupied.map {
                FlowInstallation.Occupied(link: $0.link.position, bandwidth: $0.bandwidth.bitsPerSecond)
            }
            if let flow, let place {
                installation.target = plane.target(of: flow.unit, flow.direction, place, meter: record.targetMeter)
            }
            installation.isInterrupted = record.isInterrupted
            installation.phase = record.hasFailed ? .failed : .idle
            installation.isStale = record.isStale && !record.hasFailed
            underWay.append((carrier, installation))
        }
    }
}

extension FlowUnit {
    /// Nil where the record does not fit the topology or itself.
    init?(_ record: FlowRecord, slot: Int, in topology: Topology) {
        guard (1...2).contains(record.directions.count), record.labels.count == record.directions.count,
            record.carriers.count == 2, record.number >= 2, record.number % 2 == 0, record.state.isLive,
            zip(record.labels, record.directions).allSatisfy({ $0 == nil || $1.match?.etherType != nil }),
            (record.labels.compactMap { $0 } + record.formerLabels).allSatisfy(LabelPool.holds),
            record.directions.allSatisfy({ $0.fits(topology) }),
            record.blockedBy?.allSatisfy({ $0.position < topology.links.count }) ?? true,
            record.refusedBy.allSatisfy({ $0.position < topology.nodes.count }),
            record.engineering.setup <= record.directions[0].priority.level,
            record.engineering.hold >= record.directions[0].priority.level,
            (0..<BandwidthConstraints.classTypes).contains(record.engineering.classType)
        else { return nil }
        var placement: [DirectionPlacement]?
        if let places = record.placement {
            guard places.count == record.directions.count else { return nil }
            var made: [DirectionPlacement] = []
            for (place, flow) in zip(places, record.directions) {
                guard let place = DirectionPlacement(place, of: flow, in: topology) else { return nil }
                made.append(place)
            }
            placement = made
        }
        self.init(
            UnitRecord(
                slot: slot, number: record.number, client: record.client, submitted: record.submitted,
                request: record.request, directions: record.directions, weight: record.weight,
                mayPreempt: record.mayPreempt, yields: record.yields,
                engineering: TrafficEngineering(
                    setup: record.engineering.setup, hold: record.engineering.hold,
                    classType: record.engineering.classType),
                // Active are flows whose switches say so, and none is heard of yet.
                state: record.state == .active ? .admitted : record.state, reasons: record.reasons,
                placement: placement,
                expires: record.expires, placedAt: record.placedAt, isKeptWhole: record.isKeptWhole,
                blockedBy: record.blockedBy, labels: record.labels, formerLabels: record.formerLabels,
                refusedBy: record.refusedBy,
                history: record.history.map {
                    $0.sharing(placement, id: record.directions[0].id, topology)
                }))
    }
}

extension Occurrence {
    /// The same with the paths and the texts that there are already, where they would take memory of their own.
    fileprivate func sharing(
        _ placement: [DirectionPlacement]?, id: FlowID, _ topology: Topology
    ) -> Occurrence {
        func indices(_ names: [LinkID]) -> [LinkIndex]? {
            if names.isEmpty { return nil }
            for place in placement ?? [] where isPath(place.path.links, names) { return place.path.links }
            var links: [LinkIndex] = []
            for name in names {
                // A link of an earlier topology keeps its name.
                guard let link = topology.index(of: name) else { return nil }
                links.append(link)
            }
            return links
        }
        func isPath(_ links: [LinkIndex], _ names: [LinkID]) -> Bool {
            guard links.count == names.count else { return false }
            for place in links.indices where topology.name(of: links[place]) != names[place] { return false }
            return true
        }
        var result = self
        if flow == id { result.flow = id }
        if let links = indices(path) { result.setPath(links, of: topology.links) }
        if let links = indices(formerPath) { result.setFormerPath(links, of: topology.links) }
        return result
    }
}

extension DirectionPlacement {
    init?(_ record: PlacementRecord, of flow: Flow, in topology: Topology) {
        let links = record.path + record.backup + record.split.flatMap(\.path)
        guard links.allSatisfy({ $0.raw >= 0 && $0.position < topology.links.count }), record.bandwidth > .zero,
            let path = Path(record.path, in: topology), path.source(in: topology) == flow.source,
            path.destination(in: topology) == flow.destination
        else { return nil }
        if !record.split.isEmpty {
            let paths = record.split.compactMap { Path($0.path, in: topology) }
            guard record.backup.isEmpty, paths.count == record.split.count, paths.count > 1, paths[0] == path,
                Set(paths).count == paths.count, record.split.allSatisfy({ (1...Limits.weight).contains($0.weight) }),
                paths.allSatisfy({
                    $0.source(in: topology) == flow.source && $0.destination(in: topology) == flow.destination
                }),
                let split = SplitPaths(paths, weights: record.split.map(\.weight), in: topology)
            else { return nil }
            self.init(bandwidth: record.bandwidth, split: split)
            return
        }
        var backup: Path?
        if !record.backup.isEmpty {
            guard let second = Path(record.backup, in: topology), second.source(in: topology) == flow.source,
                second.destination(in: topology) == flow.destination
            else { return nil }
            backup = second
        }
        self.init(bandwidth: record.bandwidth, path: path, backup: backup)
    }
}

extension Flow {
    /// Whether every index is one of `topology`'s.
    fileprivate func fits(_ topology: Topology) -> Bool {
        func known(_ node: NodeIndex) -> Bool { node.raw >= 0 && node.position < topology.nodes.count }
        func known(_ link: LinkIndex) -> Bool { link.raw >= 0 && link.position < topology.links.count }
        return known(source) && known(destination) && constraints.avoidNodes.allSatisfy(known)
            && constraints.avoidLinks.allSatisfy(known)
            && constraints.via.allSatisfy { waypoint in
                switch waypoint {
                case .node(let node): known(node)
                case .link(let links): links.allSatisfy(known)
                }
            }
    }
}
