// Why a flow does not fit, and what would let it in.

import SluiceModel

extension ControlPlane {
    /// The facts about a unit that could not be placed; everything is as it was when that was tried.
    ///
    /// - Parameter isTried: that was just before, so that what was found then still holds.
    mutating func refusal(of slot: Int, isTried: Bool = true) -> Rejection {
        let unit = flows[slot]
        if let rejection = ruleRefusal(of: unit) { return rejection }
        if isTried, unit.directions.count == 1, !ruleRoom.isLimited {
            return refusal(of: unit.directions[0], need: unit.directions[0].minBandwidth, unit: unit)
        }
        var rejections: [Rejection] = []
        var held: [(placement: DirectionPlacement, direction: Int)] = []
        for (direction, flow) in unit.directions.enumerated() {
            let need = direction == 0 ? flow.minBandwidth : flow.bandwidth
            if case .found(let links, let backup) = route(flow, need: need, rule: .free),
                let path = Path(links: links, in: topology)
            {
                // Each direction fits alone: the next is examined with this one in place.
                let placement = DirectionPlacement(
                    bandwidth: need, path: path, backup: backup.flatMap { Path(links: $0, in: topology) })
                holdings.hold(need, on: placement.links, by: unit.holder(direction))
                held.append((placement, direction))
                continue
            }
            var rejection = refusal(of: flow, need: need, unit: unit)
            if direction > 0 {
                // What is said of the bandwidth would be taken for that of the flow itself.
                rejection.wouldFitIf.removeAll { if case .bandwidth = $0 { true } else { false } }
            }
            rejections.append(rejection)
        }
        for item in held {
            holdings.release(item.placement.bandwidth, on: item.placement.links, by: unit.holder(item.direction))
        }
        guard let first = rejections.first else { return Rejection(code: .notFoundInBudget) }
        return unit.directions.count == 1 ? first : together(rejections, of: unit)
    }

    private mutating func refusal(of flow: Flow, need: Bandwidth, unit: FlowUnit) -> Rejection {
        if case .found = routeWithoutOthers(flow, need: need) { return crowded(flow, need: need, unit: unit) }
        let one = Bandwidth(bitsPerSecond: 1)
        // Is there a way at all, if every link were up; and as they are?
        let present = route(flow, need: one, rule: .empty)
        if flow.match != nil, !ruleRoom.full.isEmpty, !present.isFound {
            // Full tables close ways. If there is one all the same they are why, and else they are not.
            ignoresRuleRoom = true
            defer { ignoresRuleRoom = false }
            let regardless = route(flow, need: one, rule: .empty)
            if case .found(let links, let backup) = regardless,
                let rejection = ruleRefusal(along: links + (backup ?? []))
            {
                return rejection
            }
            var rejection = refusal(of: flow, need: need, unit: unit, present: regardless)
            // Whether the tables would let it in is not known.
            rejection.wouldFitIf = []
            return rejection
        }
        return refusal(of: flow, need: need, unit: unit, present: present)
    }

    /// - Parameter present: its way in a network without other flows.
    private mutating func refusal(of flow: Flow, need: Bandwidth, unit: FlowUnit, present: Route) -> Rejection {
        let one = Bandwidth(bitsPerSecond: 1)
        switch present {
        case .closed, .notFound:
            let ifUp = route(flow, need: one, rule: .empty, ignoringState: true)
            guard case .found(let links, let backup) = ifUp else {
                let code: Rejection.Code = if case .notFound = present { .notFoundInBudget } else { .noPath }
                let waypoints = unit.request.constraints.via
                return Rejection(code: code, detail: waypoints.isEmpty ? nil : .waypoints(waypoints))
            }
            let lost = (links + (backup ?? [])).filter { !takesFlows[Int($0)] }.map { LinkIndex(Int($0)) }
            let code: Rejection.Code = if case .notFound = present { .notFoundInBudget } else { .noPath }
            return Rejection(
                code: code, bottlenecks: lost.prefix(ControlLimits.bottlenecks).map { bottleneck($0, need, unit) },
                wouldFitIf: lost.isEmpty ? [] : [.linksUp(lost.map { topology[$0].id })])
        case .outOfBounds(let fastest):
            guard let fastest else { return Rejection(code: .noPath) }
            let latency = Latency(microseconds: fastest)
            // The fastest path of all may be full: only one with room is promised, and only if that is the whole flow.
            var remedies: [Rejection.Remedy] = []
            if flow.takesPlainPath {
                let view = roomView(for: flow, need: flow.bandwidth, rule: .free)
                let path = search.cheapest(
                    from: flow.source.raw, to: flow.destination.raw, open: { view.isOpen($0) },
                    cost: { Double(view.latencyMicroseconds[$0]) })
                if let path {
                    remedies = [.latency(atLeast: Latency(microseconds: search.latency(of: path)))]
                }
            } else if let latency = latencyThatFits(flow) {
                remedies = [.latency(atLeast: latency)]
            }
            return Rejection(
                code: .latencyUnreachable, detail: .fastestLatency(latency), wouldFitIf: remedies)
        case .found(let links, _):
            let narrow = links.filter { most(on: Int($0), for: unit) < need.bitsPerSecond }.map { LinkIndex(Int($0)) }
            return Rejection(
                code: .noCapacity,
                bottlenecks: narrow.prefix(ControlLimits.bottlenecks).map { bottleneck($0, need, unit) },
                wouldFitIf: smallerRemedies(flow, widest: widestPath(flow)?.width))
        }
    }

    /// It would fit an empty network: others are in the way.
    private mutating func crowded(_ flow: Flow, need: Bandwidth, unit: FlowUnit) -> Rejection {
        let amongEquals = scoutedRoute(flow, need: need, rule: .without(level: unit.engineering.setup))
        var links: [LinkIndex] = []
        var isOutranked = false
        if case .found(let path, let backup) = amongEquals {
            links = (path + (backup ?? [])).map { LinkIndex(Int($0)) }
        } else {
            isOutranked = true
            let any = routeWithoutOthers(flow, need: need)
            if case .found(let path, let backup) = any { links = (path + (backup ?? [])).map { LinkIndex(Int($0)) } }
        }
        links = Array(Set(links)).sorted()
        let widest = widestPath(flow)
        let full = tightLinks(flow, need: need, unit, widest: widest?.links, otherwise: links)
        var remedies: [Rejection.Remedy] = []
        let inTheWay = victimsToFree(links, need: need, for: unit) {
            $0.slot != unit.slot && (isOutranked || $0.level <= unit.engineering.setup)
        }
        if let inTheWay, !inTheWay.isEmpty {
            let units = inTheWay.map { flows[$0] }.sorted { FlowUnit.inImportanceOrder($1, $0) }
            // Those that wait would take the room first, unless the newcomer may push them out again.
            let isFirst = waiting.isEmpty || (mayPreempt(unit) && allYield(to: unit, waiting))
            if units.count <= ControlLimits.remedyFlows, isFirst {
                remedies.append(.flowsGone(units.map(\.id)))
            }
            let needed = (units.map(\.engineering.hold).max() ?? 0) + 1
            if needed <= Limits.weight, needed > unit.engineering.setup, policy.admission.preemption, unit.mayPreempt,
                units.allSatisfy(\.yields)
            {
                remedies.append(.priority(atLeast: needed))
            }
        }
        return Rejection(
            code: isOutranked ? .outranked : .noCapacity,
            bottlenecks: full.prefix(ControlLimits.bottlenecks).map { bottleneck($0, need, unit) },
            wouldFitIf: remedies + movesRemedy(unit) + smallerRemedies(flow, widest: widest?.width))
    }

    private mutating func allYield(to unit: FlowUnit, _ slots: WaitingList) -> Bool {
        for slot in slots where !(flows[slot].yields && flows[slot].engineering.hold < unit.engineering.setup) {
            return false
        }
        return true
    }

    /// Links without enough room, ascending: those of the path with the most room, and where no path has any, those that
    /// close every way; for a flow that does not take any path, those of `links`.
    private mutating func tightLinks(
        _ flow: Flow, need: Bandwidth, _ unit: FlowUnit, widest: [Int32]?, otherwise links: [LinkIndex]
    ) -> [LinkIndex] {
        var examined = links
        if flow.takesAnyPath {
            if let widest {
                examined = widest.map { LinkIndex(Int($0)) }
            } else {
                let view = roomView(for: flow, need: Bandwidth(bitsPerSecond: 1), rule: .free)
                let reach = search.reach(from: flow.source.raw, to: flow.destination.raw, in: view)
                if case .closed(let cut, _) = reach { examined = cut.map { LinkIndex(Int($0)) } }
            }
        }
        return Set(examined).sorted().filter {
            takesFlows[$0.position] && !holdings.fits(need, on: [$0], for: unit.holder(0))
        }
    }

    /// Less bandwidth, or a looser latency bound.
    ///
    /// - Parameter widest: room of the widest path, at most the flow's bandwidth, bounds not considered.
    private mutating func smallerRemedies(_ flow: Flow, widest: Int?) -> [Rejection.Remedy] {
        var remedies: [Rejection.Remedy] = []
        guard flow.takesPlainPath, flow.constraints.maxLatency == nil else {
            if let most = bandwidthThatFits(flow) { remedies.append(.bandwidth(atMost: most)) }
            if flow.constraints.maxLatency != nil, let least = latencyThatFits(flow) {
                remedies.append(.latency(atLeast: least))
            }
            return remedies
        }
        if let widest, widest > 0, widest < flow.bandwidth.bitsPerSecond {
            remedies.append(.bandwidth(atMost: Bandwidth(bitsPerSecond: widest)))
        }
        return remedies
    }

    /// What the unit could get on `link` if nobody else held anything.
    private func most(on link: Int, for unit: FlowUnit) -> Int {
        guard let pools = holdings.pools else { return reservable[link] }
        return min(reservable[link], pools.room(on: link, for: unit.engineering.classType, .empty))
    }

    private func bottleneck(_ link: LinkIndex, _ need: Bandwidth, _ unit: FlowUnit) -> Rejection.Bottleneck {
        // Its class type's pool may have less left than the link, and nothing where the policy has shrunk it.
        let left = max(0, holdings.room(on: [link], for: unit.holder(0)))
        return Rejection.Bottleneck(
            link: topology[link].id, residual: Bandwidth(bitsPerSecond: left), needed: need,
            capacity: topology[link].capacity, state: linkStates[link.position])
    }

    /// Links of which one must gain room, or come up, before the unit can fit; nil where that is not known.
    mutating func blockingCut(of slot: Int) -> [LinkIndex]? {
        // Room in a switch's tables may be what it waits for.
        guard ruleRoom.full.isEmpty else { return nil }
        let unit = flows[slot]
        for (direction, flow) in unit.directions.enumerated() {
            let need = direction == 0 ? flow.minBandwidth : flow.bandwidth
            let rule: RoomView.Rule = mayPreempt(unit) ? .displacing(level: unit.engineering.setup - 1) : .free
            if flow.takesAnyPath {
                let view = roomView(for: flow, need: need, rule: rule)
                let reach = search.reach(from: flow.source.raw, to: flow.destination.raw, in: view)
                if case .closed(let cut, _) = reach, (1...64).contains(cut.count) {
                    return cut.map { LinkIndex(Int($0)) }
                }
                continue
            }
            let route = route(flow, need: need, rule: rule)
            if case .closed(let cut) = route, (1...64).contains(cut.count) { return cut.map { LinkIndex(Int($0)) } }
        }
        return nil
    }

    /// Whether nothing that the unit waits for has changed.
    ///
    /// Mutating, or the whole value would be copied for the call.
    mutating func isStillBlocked(_ unit: FlowUnit) -> Bool {
        guard let cut = unit.blockedBy else { return false }
        var need = unit.directions[0].minBandwidth
        for flow in unit.directions.dropFirst() { need = min(need, flow.bandwidth) }
        let level = mayPreempt(unit) ? unit.engineering.setup - 1 : -1
        return !cut.contains {
            takesFlows[$0.position] && holdings.room(on: $0.position, displacing: level) >= need.bitsPerSecond
        }
    }

    /// Room has appeared: waiting units that it may help try again, the most important first.
    mutating func retryWaiting(_ consequences: inout Consequences) {
        let gained = holdings.takeGained()
        if waiting.isEmpty { return }
        var tried = 0
        for slot in waiting.candidates(gained: gained) where flows[slot].placement == nil {
            if isStillBlocked(flows[slot]) {
                waiting.watchOn(slot, for: flows[slot].blockedBy ?? []) { gained.contains(Int32($0)) }
                continue
            }
            if tried >= ControlLimits.returningFlows {
                waiting.watch(slot, for: nil)
                continue
            }
            tried += 1
            if let victims = place(slot, &consequences) {
                // Whether it stays there is known at the end of the event.
                waiting.watch(slot, for: nil)
                settle(victims, &consequences)
            } else {
                let cut = blockingCut(of: slot)
                flows.modify(slot) { $0.blockedBy = cut }
                waiting.watch(slot, for: cut)
            }
        }
    }
}
