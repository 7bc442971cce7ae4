// Submitting, updating and withdrawing flows, and their starts and ends in time.

import SluiceModel

extension ControlPlane {
    mutating func submit(
        _ request: FlowRequest, of client: ClientID, dryRun: Bool
    ) throws(RequestError) -> FlowResult {
        if dryRun {
            var result = try withoutEffect { plane throws(RequestError) in
                try plane.submit(request, of: client)
            }
            result.isDryRun = true
            return result
        }
        return try submit(request, of: client)
    }

    mutating func submitBatch(
        _ requests: [FlowRequest], of client: ClientID, atomic: Bool, dryRun: Bool
    ) throws(RequestError) -> [BatchItem] {
        if dryRun {
            let items = try withoutEffect { plane throws(RequestError) in
                try plane.submitBatch(requests, of: client, atomic: atomic, dryRun: false)
            }
            return items.map { item in
                guard case .decided(var result) = item else { return item }
                result.isDryRun = true
                return .decided(result)
            }
        }
        guard !requests.isEmpty else { throw .invalid(field: "flows", reason: .emptyBatch) }
        guard requests.count <= ControlLimits.batch else {
            throw .limitReached(.batch, maximum: ControlLimits.batch)
        }
        var seen: Set<FlowID> = []
        for (position, request) in requests.enumerated() {
            guard let id = request.id else { continue }
            guard seen.insert(id).inserted else {
                throw .invalid(field: "flows[\(position)].id", reason: .duplicateInBatch)
            }
        }
        let before = atomic ? self : nil
        var items: [BatchItem] = []
        for request in requests {
            do {
                items.append(.decided(try submit(request, of: client)))
            } catch {
                items.append(.refused(error))
            }
        }
        guard let before else { return items }
        let culprit = items.indices.first { position in
            switch items[position] {
            case .refused: true
            case .decided(let result): result.rejection != nil
            }
        }
        guard let culprit else { return items }
        self = before
        let name = requests[culprit].id ?? FlowID("#\(culprit)")
        return items.map { item in
            guard case .decided(var result) = item, result.rejection == nil else { return item }
            let rejection = Rejection(code: .batchAborted, detail: .abortedBy(name))
            result.rejection = rejection
            result.flow = result.flow.rejected(rejection)
            result.companion = result.companion?.rejected(rejection)
            result.preempted = []
            result.moved = []
            result.returned = []
            return .decided(result)
        }
    }

    private mutating func submit(_ request: FlowRequest, of client: ClientID) throws(RequestError) -> FlowResult {
        if let id = request.id {
            try check(id)
            if let known = flows.slot(of: id) {
                guard flows[known.slot].request == request else { throw .duplicateFlow(id) }
                return result(of: known.slot)
            }
        }
        let id = request.id ?? freshID()
        let resolved = try resolve(request, id: id)
        decisionCount += 1
        let slot = flows.nextSlot
        let isFuture = request.start.map { $0 > now } ?? false
        let start = isFuture ? request.start ?? now : now
        let number = nextNumber
        let record = UnitRecord(
            slot: slot, number: number, client: client, submitted: now, request: resolved.request,
            directions: resolved.directions,
            weight: resolved.weight, mayPreempt: resolved.mayPreempt, yields: resolved.yields,
            engineering: resolved.engineering,
            expires: request.lifetimeSeconds.map { start.advanced(bySeconds: $0) }, placedAt: now,
            labels: Array(repeating: nil, count: resolved.directions.count))
        nextNumber += 2
        flows.insert(FlowUnit(record))
        // An earlier flow of this id may have had a companion where this one has none.
        if ended.remove(id) { ended.remove(FlowID(id.text + companionSuffix)) }
        if let rejection = preliminaryRejection(slot, resolved) { return reject(slot, rejection) }
        register(slot)
        if isFuture {
            flows.modify(slot) { $0.reasons = [.waitsForStart(start)] }
            timers.arm(.start(slot: slot, number: number), at: start)
            report(.flowPending, slot, 0) { occurrence, unit in occurrence.reason = unit.reasons.first }
            return result(of: slot)
        }
        return admit(slot)
    }

    /// Tries to place a unit for the first time, and rejects it where that fails.
    private mutating func admit(_ slot: Int) -> FlowResult {
        var consequences = Consequences(.submission)
        guard let victims = place(slot, &consequences, grooming: true) else {
            let rejection = refusal(of: slot)
            unregister(slot)
            return reject(slot, rejection)
        }
        if !victims.isEmpty {
            settle(victims, &consequences)
            useRoom(&consequences)
        }
        let number = flows[slot].number
        if let due = flows[slot].expires { timers.arm(.expiry(slot: slot, number: number), at: due) }
        let outcome = conclude(consequences)
        var result = result(of: slot)
        result.preempted = outcome.preempted
        result.moved = outcome.moved
        if outcome.returned.count > flows[slot].directions.count {
            let own = Set(flows[slot].directions.map(\.id))
            result.returned = outcome.returned.filter { !own.contains($0) }
        }
        return result
    }

    private mutating func freshID() -> FlowID {
        while true {
            let id = FlowID("flow-\(nextName)")
            nextName += 1
            if flows.slot(of: id) == nil, ended[id] == nil { return id }
        }
    }

    /// Refusals that do not depend on the network's load; a unit that passes has its labels.
    private mutating func preliminaryRejection(_ slot: Int, _ resolved: ResolvedFlow) -> Rejection? {
        let unit = flows[slot]
        if let limit = resolved.maxBandwidth, let tooMuch = unit.directions.map(\.bandwidth).max(), tooMuch > limit {
            return Rejection(
                code: .policyDenied, detail: .bandwidthAboveClassLimit(limit),
                wouldFitIf: [.bandwidth(atMost: limit)])
        }
        if flows.count > policy.limits.flows {
            return Rejection(code: .limitReached, detail: .flowLimit(policy.limits.flows))
        }
        if (flowsOfClient[unit.client] ?? 0) >= policy.limits.flowsPerClient {
            return Rejection(code: .limitReached, detail: .clientFlowLimit(policy.limits.flowsPerClient))
        }
        return assignLabels(slot)
    }

    /// Gives labels to the directions that need one, or says with whom they conflict.
    mutating func assignLabels(_ slot: Int) -> Rejection? {
        let unit = flows[slot]
        for (direction, flow) in unit.directions.enumerated() {
            guard let match = flow.match else { continue }
            switch matches.finding(for: match, ingress: flow.source, except: slot, marks: marksPackets) {
            case .distinct: break
            case .conflict(let carrier): return conflict(with: carrier)
            case .needsLabel(let carrier):
                if flows[slot].labels[direction] != nil { continue }
                guard match.etherType != nil else { return conflict(with: carrier) }
                guard let label = labels.take() else {
                    return Rejection(code: .limitReached, detail: .labelsExhausted)
                }
                flows.modify(slot) { $0.labels[direction] = label }
            }
        }
        return nil
    }

    private func conflict(with carrier: Carrier) -> Rejection {
        let other = flows[Int(carrier / 2)].directions[Int(carrier % 2)].id
        return Rejection(code: .matchConflict, detail: .conflictsWith(other), wouldFitIf: [.flowsGone([other])])
    }

    /// Counts a live unit and its matches.
    mutating func register(_ slot: Int) {
        let unit = flows[slot]
        flowsOfClient[unit.client, default: 0] += 1
        registerMatches(slot)
    }

    mutating func unregister(_ slot: Int) {
        let unit = flows[slot]
        flowsOfClient[unit.client, default: 0] -= 1
        if flowsOfClient[unit.client] == 0 { flowsOfClient[unit.client] = nil }
        unregisterMatches(slot)
    }

    mutating func registerMatches(_ slot: Int) {
        let unit = flows[slot]
        for direction in unit.directions.indices {
            if let entry = unit.matchEntry(direction) { matches.insert(entry) }
        }
    }
    mutating func unregisterMatches(_ slot: Int) {
        let unit = flows[slot]
        for direction in unit.directions.indices {
            if let entry = unit.matchEntry(direction) { matches.remove(entry) }
        }
    }

    /// Ends a unit that never held anything; its slot and labels are free at once.
    private mutating func reject(_ slot: Int, _ rejection: Rejection) -> FlowResult {
        flows.modify(slot) {
            $0.state = .rejected
            $0.reasons = []
        }
        for direction in flows[slot].directions.indices {
            report(.flowRejected, slot, direction) { occurrence, _ in occurrence.rejectionCode = rejection.code }
        }
        let unit = flows[slot]
        var result = FlowResult(flow: view(of: unit, 0).rejected(rejection))
        if unit.directions.count > 1 { result.companion = view(of: unit, 1).rejected(rejection) }
        result.rejection = rejection
        end(slot, views: [result.flow] + (result.companion.map { [$0] } ?? []))
        for label in unit.labels { if let label { labels.give(label) } }
        flows.vacate(slot)
        return result
    }

    private mutating func end(_ slot: Int, views: [FlowView]) {
        let history = flows[slot].history
        waiting.remove(slot)
        reduced.remove(slot)
        unprotected.remove(slot)
        flows.forget(slot)
        for view in views { ended.insert(view, history: history.filter { $0.flow == view.id }) }
    }

    // MARK: Leaving

    mutating func withdraw(_ id: FlowID) throws(RequestError) -> FlowResult {
        guard let known = flows.slot(of: id) else {
            if let over = ended[id] { throw .flowEnded(id, state: over.view.state) }
            throw .unknownFlow(id)
        }
        guard known.direction == 0 else { throw .invalid(field: "id", reason: .companion) }
        decisionCount += 1
        return depart(known.slot, as: .withdrawn, .flowWithdrawn)
    }

    /// Takes a live unit away; its slot is free when no switch holds its rules any more.
    private mutating func depart(_ slot: Int, as state: FlowState, _ kind: Occurrence.Kind) -> FlowResult {
        let held = flows[slot].placement != nil
        if held {
            giveBack(slot)
            setPlacement(slot, nil)
        }
        // Also without a place: an optimisation that runs may have one for it.
        revision += 1
        unregister(slot)
        flows.modify(slot) {
            $0.state = state
            $0.reasons = []
        }
        for direction in flows[slot].directions.indices { report(kind, slot, direction) }
        let unit = flows[slot]
        let views = unit.directions.indices.map { view(of: unit, $0) }
        end(slot, views: views)
        // Both carriers: an update may have ended a companion whose rules are still being taken away.
        for direction in 0..<2 { learning.forget(unit.carrier(direction)) }
        let labels = unit.labels.compactMap { $0 } + unit.formerLabels
        if installation.isDormant {
            // No switch has to be waited for.
            for direction in 0..<2 { installation.outline(unit.carrier(direction), as: nil) }
            release(slot, labels)
        } else {
            leaving[slot] = Leaving(carriers: 2, labels: labels)
            for direction in 0..<2 { installation.aim(unit.carrier(direction), at: nil) }
        }
        var result = FlowResult(flow: views[0])
        if views.count > 1 { result.companion = views[1] }
        if held {
            var consequences = Consequences(.release)
            useRoom(&consequences)
            let outcome = conclude(consequences)
            result.returned = outcome.returned
            result.preempted = outcome.preempted
            result.moved = outcome.moved
        }
        return result
    }

    /// No switch holds anything of `carrier` any more.
    mutating func vacated(_ carrier: Carrier) {
        let slot = Int(carrier / 2)
        // A live unit without a place has no rules either.
        guard var unit = leaving[slot] else { return }
        unit.carriers -= 1
        leaving[slot] = unit
        if unit.carriers == 0 {
            leaving[slot] = nil
            release(slot, unit.labels)
        }
    }

    /// Slot and labels may be used again.
    private mutating func release(_ slot: Int, _ labels: [UInt32]) {
        for label in labels { self.labels.give(label) }
        flows.vacate(slot)
    }

    // MARK: Time

    mutating func fireTimers() {
        while let timer = timers.next(dueAt: now) {
            switch timer.purpose {
            case .start(let slot, let number):
                guard isLive(slot, number), flows[slot].placement == nil, !waiting.contains(slot) else { continue }
                decisionCount += 1
                flows.modify(slot) { $0.reasons = [] }
                _ = admit(slot)
            case .expiry(let slot, let number):
                guard isLive(slot, number), let due = flows[slot].expires, due <= now else { continue }
                decisionCount += 1
                _ = depart(slot, as: .expired, .flowExpired)
            case .reoptimisation: reoptimiseOnTime()
            case .reoptimisationAfterChange: reoptimiseAfterChange()
            case .linkRelease(let position, let until):
                let link = LinkIndex(position)
                if health[link]?.heldUntil == until { _ = releaseHeld([link]) }
            case .growth(let slot, let number): growOnTime(slot, isLive: isLive(slot, number))
            }
        }
    }

    private func isLive(_ slot: Int, _ number: UInt64) -> Bool {
        slot < flows.slots.count && flows.slots[slot]?.number == number
    }
}

/// A unit that is over while switches still hold its rules.
struct Leaving: Hashable, Sendable {
    var carriers: Int
    var labels: [UInt32]
}

extension FlowView {
    func rejected(_ rejection: Rejection) -> FlowView {
        var view = self
        view.state = .rejected
        view.rejection = rejection
        view.path = []
        view.links = []
        view.backupLinks = []
        view.latency = nil
        view.reasons = []
        return view
    }
}
