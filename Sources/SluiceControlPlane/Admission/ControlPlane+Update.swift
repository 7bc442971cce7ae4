// Changing a live flow: its own bandwidth counts as free, it keeps its path where it can, and where the change does not
// fit, everything stays as it was.

import SluiceModel

extension ControlPlane {
    mutating func update(_ update: FlowUpdate, dryRun: Bool) throws(RequestError) -> FlowResult {
        if dryRun {
            var result = try withoutEffect { plane throws(RequestError) in try plane.apply(update) }
            result.isDryRun = true
            return result
        }
        return try apply(update)
    }

    private mutating func apply(_ update: FlowUpdate) throws(RequestError) -> FlowResult {
        guard let known = flows.slot(of: update.id) else {
            if let over = ended[update.id] { throw .flowEnded(update.id, state: over.view.state) }
            throw .unknownFlow(update.id)
        }
        guard known.direction == 0 else { throw .invalid(field: "id", reason: .companion) }
        let slot = known.slot
        let former = flows[slot]
        let resolved = try resolve(changed(former.request, by: update), id: update.id)
        decisionCount += 1
        var unit = former
        unit.request = resolved.request
        unit.directions = resolved.directions
        unit.weight = resolved.weight
        unit.mayPreempt = resolved.mayPreempt
        unit.yields = resolved.yields
        unit.engineering = resolved.engineering
        unit.refusedBy = []
        unit.labels = (0..<resolved.directions.count).map { $0 < former.labels.count ? former.labels[$0] : nil }
        if let lifetime = update.lifetimeSeconds {
            let start = unit.request.start.map { max($0, now) } ?? now
            unit.expires = start.advanced(bySeconds: lifetime)
        }
        if let limit = resolved.maxBandwidth, let tooMuch = unit.directions.map(\.bandwidth).max(), tooMuch > limit {
            return refused(
                slot,
                Rejection(
                    code: .policyDenied, detail: .bandwidthAboveClassLimit(limit),
                    wouldFitIf: [.bandwidth(atMost: limit)]))
        }
        var consequences = Consequences(.update(slot: slot))
        unregisterMatches(slot)
        displace(slot, &consequences)
        // The candidates of its automata may break the new constraints.
        for direction in 0..<2 { learning.forget(former.carrier(direction)) }
        unit.placement = nil
        flows.replace(unit)
        var rejection = assignLabels(slot)
        if rejection == nil {
            registerMatches(slot)
            let waitsForStart = former.placement == nil && !waiting.contains(slot)
            if !waitsForStart, !stay(slot, former, &consequences) {
                if let victims = place(slot, &consequences, grooming: true) {
                    settle(victims, &consequences)
                } else if former.placement != nil {
                    rejection = refusal(of: slot)
                }
            }
            if rejection != nil { unregisterMatches(slot) }
        }
        if let rejection {
            restore(former)
            return refused(slot, rejection)
        }
        returnLabels(former, keptBy: slot)
        if let due = flows[slot].expires, due != former.expires {
            timers.arm(.expiry(slot: slot, number: former.number), at: due)
        }
        reorderWaiting(slot)
        useRoom(&consequences)
        let placed = revision
        let outcome = conclude(consequences)
        // Also without a place: what an optimisation that runs has in mind for it may not suit it any more.
        if revision == placed { revision += 1 }
        var result = result(of: slot)
        let own = Set(flows[slot].directions.map(\.id))
        result.preempted = outcome.preempted.filter { !own.contains($0.id) }
        result.moved = outcome.moved
        result.returned = outcome.returned.filter { !own.contains($0) }
        return result
    }

    private func changed(_ request: FlowRequest, by update: FlowUpdate) throws(RequestError) -> FlowRequest {
        if update.className != nil, update.priority != nil {
            throw .invalid(field: "priority", reason: .classAndPriority)
        }
        var request = request
        if let bandwidth = update.bandwidth { request.bandwidth = bandwidth }
        if let bandwidth = update.reverseBandwidth { request.reverseBandwidth = bandwidth }
        if let bandwidth = update.minBandwidth { request.minBandwidth = bandwidth }
        if let name = update.className { (request.className, request.priority) = (name, nil) }
        if let level = update.priority { (request.className, request.priority) = (nil, level) }
        if let match = update.match { request.match = match }
        if let constraints = update.constraints { request.constraints = constraints }
        if let protection = update.protection { request.protection = protection }
        if let lifetime = update.lifetimeSeconds { request.lifetimeSeconds = lifetime }
        return request
    }

    /// Keeps the paths the unit has, where they still suffice.
    private mutating func stay(_ slot: Int, _ former: FlowUnit, _ consequences: inout Consequences) -> Bool {
        let unit = flows[slot]
        guard let paths = former.placement, paths.count == unit.directions.count else { return false }
        var held: [DirectionPlacement] = []
        for (direction, flow) in unit.directions.enumerated() {
            let isAccepted =
                (flow.protection == former.directions[direction].protection)
                && (flow.protection == .none || paths[direction].backup != nil)
                && [paths[direction].path, paths[direction].backup].allSatisfy { path in
                    path.map { flow.constraints.accept($0, in: topology) } ?? true
                }
            let fits =
                isAccepted && holdings.fits(flow.bandwidth, on: paths[direction].links, for: unit.holder(direction))
            guard fits, flow.source == former.directions[direction].source else {
                for (direction, placement) in held.enumerated() {
                    holdings.release(placement.bandwidth, on: placement.links, by: unit.holder(direction))
                }
                return false
            }
            let placement = DirectionPlacement(
                bandwidth: flow.bandwidth, path: paths[direction].path, backup: paths[direction].backup)
            holdings.hold(placement.bandwidth, on: placement.links, by: unit.holder(direction))
            held.append(placement)
        }
        guard tablesFit(unit, at: held) else {
            for (direction, placement) in held.enumerated() {
                holdings.release(placement.bandwidth, on: placement.links, by: unit.holder(direction))
            }
            return false
        }
        setPlacement(slot, held)
        return true
    }

    private mutating func restore(_ former: FlowUnit) {
        let slot = former.slot
        for label in flows[slot].labels where label != nil && !former.labels.contains(label) {
            if let label { labels.give(label) }
        }
        var unit = former
        unit.placement = nil
        flows.replace(unit)
        setPlacement(slot, former.placement)
        takeAgain(slot)
        registerMatches(slot)
    }

    private mutating func returnLabels(_ former: FlowUnit, keptBy slot: Int) {
        let kept = flows[slot].labels
        for label in former.labels where label != nil && !kept.contains(label) {
            // The label's rules are being replaced; it must not be used again before they are gone, which is known when
            // the whole unit is. So it stays with the unit until then.
            flows.modify(slot) { $0.formerLabels.append(contentsOf: label.map { [$0] } ?? []) }
        }
    }

    private mutating func reorderWaiting(_ slot: Int) {
        guard waiting.contains(slot) else { return }
        waiting.remove(slot)
        flows.modify(slot) { $0.blockedBy = nil }
        if flows[slot].placement == nil {
            waiting.insert(slot, level: flows.level(of: slot), number: flows.number(of: slot))
        }
    }

    private func refused(_ slot: Int, _ rejection: Rejection) -> FlowResult {
        var result = result(of: slot)
        result.rejection = rejection
        return result
    }
}
