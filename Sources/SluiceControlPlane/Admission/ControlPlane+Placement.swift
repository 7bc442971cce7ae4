// Placing units on paths: what fits, who gives way, and what becomes of those.
//
// A unit is placed whole (every direction, every path of a protected pair) or not at all. Where it does not fit,
// others may move out of the way (`Grooming`), or strictly less important flows give way, if policy lets them and the
// newcomer then surely fits (`Victims`). Those that gave way are placed again, the most important first, and may in turn
// displace still less important ones; since each displaces only strictly below itself, this ends.

import SluiceModel

extension ControlPlane {
    func roomView(for flow: Flow, need: Bandwidth, rule: RoomView.Rule, ignoringState: Bool = false) -> RoomView {
        RoomView(
            need: need.bitsPerSecond, rule: rule, holdings: holdings, facts: search.facts,
            takesFlows: ignoringState ? Array(repeating: true, count: takesFlows.count) : takesFlows,
            forbidden: forbiddenLinks(of: flow), classType: holdings.pools == nil ? 0 : classType(of: flow))
    }

    private func classType(of flow: Flow) -> Int {
        flows.slot(of: flow.id).map { flows[$0.slot].engineering.classType } ?? 0
    }

    /// The route of `flow` now. The view of the holdings ends here: a copy of them that lived on would make the next
    /// hold copy them all.
    mutating func route(
        _ flow: Flow, need: Bandwidth, rule: RoomView.Rule, ignoringState: Bool = false
    ) -> Route {
        let view = roomView(for: flow, need: need, rule: rule, ignoringState: ignoringState)
        if flow.takesAnyPath { return search.plainRoute(flow, in: view) }
        return search.route(flow, in: view, topology: topology)
    }

    private func forbiddenLinks(of flow: Flow) -> [Bool] {
        let full = flow.match == nil || ignoresRuleRoom ? [] : ruleRoom.full
        if !flow.isConstrained, full.isEmpty { return [] }
        let constraints = flow.constraints
        let isFree =
            constraints.avoidLinks.isEmpty && constraints.avoidNodes.isEmpty && constraints.affinity == .none
        if isFree, full.isEmpty { return [] }
        return topology.links.map { link in
            !constraints.permits(link, from: flow.source, to: flow.destination)
                || (!full.isEmpty && (full.contains(link.from.position) || full.contains(link.to.position)))
        }
    }

    /// Whether `unit` may push others out at all.
    func mayPreempt(_ unit: FlowUnit) -> Bool {
        policy.admission.preemption && unit.mayPreempt && unit.engineering.setup > 0
    }

    /// Finds a place for a unit that has none, and takes it: free room first, then, where `grooming`, room that others
    /// make by moving, then the place of less important ones; and the same with the least of what it accepts. Displaced
    /// units have lost their placement and are returned.
    ///
    /// Nothing has changed where the answer is nil.
    mutating func place(
        _ slot: Int, _ consequences: inout Consequences, preempting: Bool = true, grooming: Bool = false
    ) -> [Int]? {
        scout = nil
        precondition(flows[slot].placement == nil, "slot \(slot) is placed already")
        let isSimple = flows[slot].directions.count == 1 && !ruleRoom.isLimited
        if isSimple, takeFreeRoom(slot, &consequences) { return [] }
        let unit = flows[slot]
        let full = unit.directions.map(\.bandwidth)
        if !isSimple, let victims = attempt(unit, full, .free, &consequences) { return victims }
        if grooming, groom(unit, full, &consequences) { return [] }
        let preempts = preempting && mayPreempt(unit)
        if preempts, let victims = attemptDisplacing(unit, full, &consequences) { return victims }
        guard unit.directions[0].minBandwidth < unit.directions[0].bandwidth else { return nil }
        var reduced = full
        reduced[0] = widestNow(unit.directions[0])
        if reduced[0] >= unit.directions[0].minBandwidth,
            let victims = attempt(unit, reduced, .free, &consequences)
        {
            return victims
        }
        reduced[0] = unit.directions[0].minBandwidth
        if let victims = attempt(unit, reduced, .free, &consequences) { return victims }
        return preempts ? attemptDisplacing(unit, reduced, &consequences) : nil
    }

    /// Places a unit of one direction where there is free room for all it wants: what most decisions come to.
    ///
    /// Nobody may have the unit meanwhile, or its record would be copied for the change.
    private mutating func takeFreeRoom(_ slot: Int, _ consequences: inout Consequences) -> Bool {
        let flow = flows[slot].directions[0]
        guard case .found(let links, let backup) = route(flow, need: flow.bandwidth, rule: .free),
            let path = Path(links: links, joining: topology.linkEnds)
        else { return false }
        let placement = DirectionPlacement(
            bandwidth: flow.bandwidth, path: path,
            backup: backup.flatMap { Path(links: $0, joining: topology.linkEnds) })
        holdings.hold(flow.bandwidth, on: placement.links, by: flows[slot].holder(0))
        consequences.touch(flows[slot])
        setPlacement(slot, [placement])
        return true
    }

    /// The most that `flow`, at most its bandwidth, gets on one path now.
    mutating func widestNow(_ flow: Flow) -> Bandwidth {
        Bandwidth(bitsPerSecond: widestPath(flow)?.width ?? 0)
    }

    /// The open path with the most room, at most the flow's bandwidth; bounds on latency and hops are not considered.
    mutating func widestPath(_ flow: Flow) -> (width: Int, links: [Int32])? {
        var view = roomView(for: flow, need: Bandwidth(bitsPerSecond: 1), rule: .free)
        return search.widest(
            from: flow.source.raw, to: flow.destination.raw, atMost: flow.bandwidth.bitsPerSecond, in: &view)
    }

    /// Tries the priorities below the unit's own as the highest that gives way, the lowest that works first.
    private mutating func attemptDisplacing(
        _ unit: FlowUnit, _ bandwidths: [Bandwidth], _ consequences: inout Consequences
    ) -> [Int]? {
        // Not for those that have just given way themselves: two equals would push each other out for ever.
        let slips = plantedDefect == .priorityOffByOne && consequences.displacedBy[unit.slot] == nil
        let slip = slips ? 1 : 0
        let levels = yieldingLevels.filter { $0 < unit.engineering.setup + slip }
        guard let highest = levels.last, hasRoute(unit, bandwidths, .displacing(level: highest)) else { return nil }
        // Room grows with the level: find the lowest level at which every direction alone has a path.
        var low = 0
        var high = levels.count - 1
        while low < high {
            let middle = (low + high) / 2
            if hasRoute(unit, bandwidths, .displacing(level: levels[middle])) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        for level in levels[low...] {
            if let victims = attempt(unit, bandwidths, .displacing(level: level), &consequences) { return victims }
        }
        return nil
    }

    private mutating func hasRoute(_ unit: FlowUnit, _ bandwidths: [Bandwidth], _ rule: RoomView.Rule) -> Bool {
        for (flow, bandwidth) in zip(unit.directions, bandwidths) where !hasRoute(flow, need: bandwidth, rule: rule) {
            return false
        }
        return true
    }

    /// Priorities of placed flows that may be preempted, ascending.
    private var yieldingLevels: [Int] { yieldCounts.keys.sorted() }

    /// Places every direction under one rule, or changes nothing.
    mutating func attempt(
        _ unit: FlowUnit, _ bandwidths: [Bandwidth], _ rule: RoomView.Rule, _ consequences: inout Consequences
    ) -> [Int]? {
        var placements: [DirectionPlacement] = []
        var victims: [Int] = []
        for (direction, flow) in unit.directions.enumerated() {
            let need = bandwidths[direction]
            // The ways of two directions compete: only for one alone is the known way still there.
            let route =
                unit.directions.count == 1
                ? scoutedRoute(flow, need: need, rule: rule) : route(flow, need: need, rule: rule)
            guard case .found(let links, let backup) = route, let path = Path(links: links, in: topology) else {
                undo(unit, placements, victims)
                return nil
            }
            let placement = DirectionPlacement(
                bandwidth: need, path: path, backup: backup.flatMap { Path(links: $0, in: topology) })
            if case .displacing(let level) = rule {
                let more = victimsToFree(placement.links, need: need, for: unit) {
                    $0.yields && $0.level <= level && $0.slot != unit.slot
                }
                guard let more else {
                    undo(unit, placements, victims)
                    return nil
                }
                for victim in more { giveBack(victim) }
                victims += more
            }
            holdings.hold(placement.bandwidth, on: placement.links, by: unit.holder(direction))
            placements.append(placement)
        }
        guard tablesFit(unit, at: placements) else {
            undo(unit, placements, victims)
            return nil
        }
        // What a later direction displaced may have made an earlier victim needless.
        if unit.directions.count > 1 {
            for victim in victims.sorted(by: { FlowUnit.inImportanceOrder(flows[$0], flows[$1]) })
            where fitsAgain(victim) {
                takeAgain(victim)
                victims.removeAll { $0 == victim }
            }
        }
        consequences.touch(unit)
        for victim in victims {
            consequences.touch(flows[victim])
            consequences.displacedBy[victim] = unit.id
            setPlacement(victim, nil)
        }
        setPlacement(unit.slot, placements)
        if plantedDefect == .ledgerLeak { leak(victims, consequences) }
        return victims
    }

    private mutating func undo(_ unit: FlowUnit, _ placements: [DirectionPlacement], _ victims: [Int]) {
        for (direction, placement) in placements.enumerated() {
            holdings.release(placement.bandwidth, on: placement.links, by: unit.holder(direction))
        }
        for victim in victims { takeAgain(victim) }
    }

    /// Releases what a unit holds; its record keeps the placement.
    mutating func giveBack(_ slot: Int) {
        let unit = flows[slot]
        for (direction, placement) in (unit.placement ?? []).enumerated() {
            holdings.release(placement.bandwidth, on: placement.links, by: unit.holder(direction))
        }
    }

    /// Holds what the unit's record says.
    mutating func takeAgain(_ slot: Int) {
        let unit = flows[slot]
        for (direction, placement) in (unit.placement ?? []).enumerated() {
            holdings.hold(placement.bandwidth, on: placement.links, by: unit.holder(direction))
        }
    }

    func fitsAgain(_ slot: Int) -> Bool {
        var needed: [LinkIndex: Int] = [:]
        for placement in flows[slot].placement ?? [] {
            for link in placement.links { needed[link, default: 0] += placement.bandwidth.bitsPerSecond }
        }
        let holder = flows[slot].holder(0)
        return needed.allSatisfy { link, bandwidth in
            holdings.fits(Bandwidth(bitsPerSecond: bandwidth), on: [link], for: holder)
        }
    }

    /// Records where a unit runs; the holdings are the caller's business.
    mutating func setPlacement(_ slot: Int, _ placement: [DirectionPlacement]?) {
        if flows[slot].yields, (flows[slot].placement == nil) != (placement == nil) {
            let level = flows[slot].engineering.hold
            yieldCounts[level, default: 0] += placement == nil ? -1 : 1
            if yieldCounts[level] == 0 { yieldCounts[level] = nil }
        }
        flows.modify(slot) { $0.placement = placement }
        noteLacks(slot)
        noteRules(slot, placement)
    }

    /// The same for a unit that comes with its placement.
    mutating func noteRestoredPlacement(_ slot: Int) {
        let placement = flows.placement(of: slot)
        if flows[slot].yields, placement != nil { yieldCounts[flows[slot].engineering.hold, default: 0] += 1 }
        noteLacks(slot)
        noteRules(slot, placement)
    }

    private mutating func noteRules(_ slot: Int, _ placement: [DirectionPlacement]?) {
        if ruleRoom.isLimited {
            ruleRoom.set(slot, placement.map { rulesNeeded(by: flows[slot], at: $0) } ?? [])
        }
    }

    /// Takes a unit off its path.
    mutating func displace(_ slot: Int, _ consequences: inout Consequences) {
        consequences.touch(flows[slot])
        giveBack(slot)
        setPlacement(slot, nil)
    }

    /// Places displaced units again, the most important first, and what they displace in turn.
    mutating func settle(_ displaced: [Int], _ consequences: inout Consequences) {
        var queue = displaced.sorted { FlowUnit.inImportanceOrder(flows[$0], flows[$1]) }
        var next = 0
        while next < queue.count {
            let slot = queue[next]
            next += 1
            guard let victims = place(slot, &consequences) else { continue }
            for victim in victims {
                var place = next
                while place < queue.count, FlowUnit.inImportanceOrder(flows[queue[place]], flows[victim]) { place += 1 }
                queue.insert(victim, at: place)
            }
        }
    }
}
