// What must be true after every event, checked from scratch; tests and simulations call it, the daemon does not.

import SluiceForwarding
import SluiceLearning
import SluiceModel

extension ControlPlane {
    /// Every invariant that does not hold, in words; empty where all is well. Costs as much as the whole state is large.
    package func checkInvariants() -> [String] {
        var faults: [String] = []
        func require(_ condition: Bool, _ fault: @autoclosure () -> String) { if !condition { faults.append(fault()) } }

        var held = [Int](repeating: 0, count: topology.links.count)
        var carriers = [[Carrier]](repeating: [], count: topology.links.count)
        var levels: [Int: Int] = [:]
        var entries = 0
        var perClient: [ClientID: Int] = [:]
        for slot in flows.liveSlots {
            let unit = flows[slot]
            require(unit.slot == slot, "unit \(unit.id) is in the wrong slot")
            require(unit.state.isLive, "unit \(unit.id) is \(unit.state.rawValue) and in the table")
            perClient[unit.client, default: 0] += 1
            entries += unit.directions.count { $0.match != nil }
            for (direction, flow) in unit.directions.enumerated() {
                let known = flows.slot(of: flow.id)
                require(known?.slot == slot && known?.direction == direction, "\(flow.id) is not found by its name")
            }
            let isPlaced = unit.state == .admitted || unit.state == .active || unit.state == .degraded
            require(isPlaced == (unit.placement != nil), "\(unit.id) is \(unit.state.rawValue) and does not fit that")
            require(
                waiting.contains(slot) == (unit.placement == nil && !unit.waitsForStart),
                "\(unit.id) is on the wrong side of the waiting list")
            require(unit.state != .active || isActive(unit), "\(unit.id) is active, and its switches do not say so")
            guard let placement = unit.placement else { continue }
            if unit.yields { levels[unit.engineering.hold, default: 0] += 1 }
            require(
                reduced.contains(slot) == zip(unit.directions, placement).contains { $1.bandwidth < $0.bandwidth },
                "\(unit.id) is on the wrong side of the list of those that lack bandwidth")
            require(
                unprotected.contains(slot) == (unit.isProtected && placement.contains { $0.backup == nil }),
                "\(unit.id) is on the wrong side of the list of those that lack a second path")
            require(placement.count == unit.directions.count, "\(unit.id) is placed in part")
            for (direction, place) in placement.enumerated() {
                let flow = unit.directions[direction]
                require(
                    place.bandwidth >= flow.minBandwidth && place.bandwidth <= flow.bandwidth,
                    "\(flow.id) holds \(place.bandwidth.text)")
                faults += pathFaults(place, of: flow, in: unit)
                for link in place.links {
                    held[link.position] += place.bandwidth.bitsPerSecond
                    carriers[link.position].append(unit.carrier(direction))
                }
                let carrier = Int(unit.carrier(direction))
                var aim = installation.outlines.indices.contains(carrier) ? installation.outlines[carrier]?.links : nil
                if installation.carriers.indices.contains(carrier) {
                    aim = installation.carriers[carrier]?.target?.links
                }
                require(aim == place.links, "\(flow.id) is not being installed where it was placed")
            }
        }
        for link in topology.links {
            let position = link.index.position
            require(
                held[position] == holdings.ledger.held(on: link.index).bitsPerSecond, "\(link.id): the ledger is wrong")
            require(held[position] <= link.reservable.bitsPerSecond, "\(link.id) is overbooked")
            require(
                holdings.residual[position] == link.reservable.bitsPerSecond - held[position], "\(link.id): residual")
            require(holdings.ceilings.room[position] >= holdings.residual[position], "\(link.id): ceiling")
            require(
                carriers[position].sorted() == holdings.holds[position].map(\.carrier).sorted(), "\(link.id): carriers")
            faults += holdings.holds[position].filter { !isRight($0) }.map { "\(link.id): hold of \($0.carrier)" }
            require(drained.contains(position) == (linkStates[position] == .drained), "\(link.id): drained")
            require(
                holdings.loads[position].reduce(0) { $0 + $1.held } == held[position], "\(link.id): loads by priority")
            require(takesFlows[position] == isOpenToFlows(link.index), "\(link.id): state")
            if linkStates[position] == .down { require(held[position] == 0, "\(link.id) is down and holds flows") }
        }
        faults += poolFaults()
        for (node, most) in ruleRoom.capacity.enumerated() {
            guard let most else { continue }
            require(
                ruleRoom.base[node] + ruleRoom.used[node] <= most || tablesChanged,
                "the tables of \(topology.nodes[node].id) are overfilled")
            let count = installation.switches[node].state.rules.count
            require(count <= most || tablesChanged, "\(topology.nodes[node].id) holds \(count) rules, at most \(most)")
        }
        for slot in reduced.union(unprotected).sorted() where !flows.liveSlots.contains(slot) {
            faults.append("slot \(slot) lacks something and is nobody")
        }
        require(levels == yieldCounts, "counts of preemptable flows by priority")
        require(entries == matches.entryCount, "the match index has \(matches.entryCount) entries, not \(entries)")
        require(perClient == flowsOfClient, "flows of each client")
        require(
            zip(Array(waiting), waiting.dropFirst()).allSatisfy { FlowUnit.inImportanceOrder(flows[$0], flows[$1]) },
            "the waiting list is out of order")
        for carrier in learning.selectors.keys.sorted() {
            let probabilities = learning.selectors[carrier]?.automaton.probabilities ?? []
            require(
                abs(probabilities.reduce(0, +) - 1) < 1e-9 && probabilities.allSatisfy { $0 >= 0 },
                "the automaton of carrier \(carrier) is no distribution: \(probabilities)")
        }
        return faults + installation.faults(reservable: reservable)
    }

    /// Whether a hold says what its unit says.
    private func isRight(_ hold: Holdings.Hold) -> Bool {
        let unit = flows[hold.slot]
        return hold.level == unit.engineering.hold && hold.yields == unit.yields
            && hold.classType == unit.engineering.classType
            && hold.bandwidth == unit.placement?[Int(hold.carrier % 2)].bandwidth.bitsPerSecond
    }

    /// What class types hold, counted anew, and within their pools unless a new policy has shrunk those.
    private func poolFaults() -> [String] {
        guard let pools = holdings.pools else { return [] }
        var faults: [String] = []
        for link in topology.links {
            var held = [Int](repeating: 0, count: BandwidthConstraints.classTypes)
            for hold in holdings.holds[link.index.position] {
                let unit = flows[hold.slot]
                held[unit.engineering.classType] +=
                    unit.placement?[Int(hold.carrier % 2)].bandwidth.bitsPerSecond ?? 0
            }
            for pool in held.indices {
                let sum = held.indices.reduce(0) { $0 + (pools.counts($1, in: pool) ? held[$1] : 0) }
                if sum != pools.held(in: pool, on: link.index.position) {
                    faults.append("\(link.id): pool \(pool) is counted wrong")
                }
                if sum > pools.limit(of: pool, on: link.index.position), !constraintsChanged {
                    faults.append("\(link.id): pool \(pool) is overbooked")
                }
            }
        }
        return faults
    }

    private func pathFaults(_ place: DirectionPlacement, of flow: Flow, in unit: FlowUnit) -> [String] {
        var faults: [String] = []
        if let split = place.split {
            if split.paths.first != place.path || Set(split.paths).count < 2 || !split.weights.allSatisfy({ $0 > 0 }) {
                faults.append("\(flow.id): its split is none")
            }
        }
        for path in place.pathsInUse + (place.backup.map { [$0] } ?? []) {
            guard let whole = Path(path.links, in: topology) else {
                faults.append("\(flow.id): the path loops or does not join")
                continue
            }
            if whole.source(in: topology) != flow.source || whole.destination(in: topology) != flow.destination {
                faults.append("\(flow.id): the path does not join its ends")
            }
            if !flow.constraints.accept(whole, in: topology) { faults.append("\(flow.id): constraints broken") }
            for link in path.links where linkStates[link.position] == .down {
                faults.append("\(flow.id) runs over \(topology[link].id), which is down")
            }
        }
        if let backup = place.backup {
            // Or the closures would each have a copy of the whole value.
            let topology = topology
            let shared = Set(place.path.links).intersection(backup.links).filter { topology[$0].kind == .trunk }
            if !shared.isEmpty { faults.append("\(flow.id): its two paths share a link") }
            if flow.protection == .nodeDisjoint {
                let first = place.path.nodes(in: topology).filter { !topology[$0].isHost }
                let second = backup.nodes(in: topology).filter { !topology[$0].isHost }
                if !Set(first.dropFirst().dropLast()).isDisjoint(with: second.dropFirst().dropLast()) {
                    faults.append("\(flow.id): its two paths share a switch")
                }
            }
        }
        return faults
    }
}

extension FlowUnit {
    var waitsForStart: Bool {
        self.reasons.contains { if case .waitsForStart = $0 { true } else { false } }
    }
}

extension Installation {
    func faults(reservable: [Int]) -> [String] {
        var faults: [String] = []
        var occupied = [Int](repeating: 0, count: reservable.count)
        for installation in carriers {
            for held in installation?.occupied ?? [] { occupied[held.link] += held.bandwidth }
        }
        for link in reservable.indices {
            if occupied[link] != occupancy[link] { faults.append("occupancy of link \(link) is wrong") }
            if occupied[link] > reservable[link] { faults.append("link \(link) is overbooked on the switches") }
        }
        let groups = carriers.reduce(0) { $0 + ($1?.installed.rules.count { $0.group != nil } ?? 0) }
        if groups != switches.reduce(0, { $0 + $1.state.groups.count }) { faults.append("groups are left on switches") }
        for (carrier, installation) in carriers.enumerated() {
            guard let installation else { continue }
            for placed in installation.installed.rules {
                let state = switches[placed.switch.position].state
                if let group = placed.group, state.groups[group.id] != group {
                    faults.append("carrier \(carrier): a group is not on its switch")
                }
                let row = state.rules[placed.rule.key]
                // Another flow may have taken over the row of one that is leaving.
                if row != placed.rule, row?.cookie == installation.number || installation.target != nil {
                    faults.append("carrier \(carrier): a rule is not on its switch")
                }
            }
        }
        return faults
    }
}
