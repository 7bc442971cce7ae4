// From "who runs where now" to states, reports, timers and rules: the end of every decision.

import SluiceForwarding
import SluiceModel

extension ControlPlane {
    /// Compares every touched unit with where it was, and sets state, waiting list, reports and rules accordingly.
    mutating func conclude(_ consequences: Consequences) -> Outcome {
        var outcome = Outcome()
        var changed = false
        var touched = consequences.touched
        if touched.count > 1 {
            touched.sort { FlowUnit.inImportanceOrder(flows[$0.slot], flows[$1.slot]) }
        }
        for item in touched {
            let slot = item.slot
            // Never the unit itself: its record would be copied for the changes.
            switch (item.before, flows[slot].placement) {
            case (nil, nil): if !flows[slot].waitsForStart { wait(slot) }
            case (nil, .some):
                changed = true
                for flow in flows[slot].directions { outcome.returned.append(flow.id) }
                admit(slot)
            case (.some(let former), nil):
                changed = true
                lose(slot, consequences)
                for (direction, placement) in former.enumerated()
                where direction < flows[slot].directions.count {
                    outcome.preempted.append(
                        PreemptedFlow(
                            id: flows[slot].directions[direction].id, priority: flows.level(of: slot),
                            bandwidth: placement.bandwidth, state: flows[slot].state))
                }
            case (.some(let former), .some(let present)):
                if former == present, consequences.cause != .update(slot: slot) { continue }
                changed = true
                outcome.moved += moves(of: slot, from: former, to: present, consequences)
            }
        }
        if changed {
            revision += 1
            // What a run of the optimiser could not place, the next one could not either.
            if consequences.cause != .optimization, !waiting.isEmpty { armAfterChange() }
        }
        return outcome
    }

    /// Sets state and rules of a unit that has just got its place.
    private mutating func admit(_ slot: Int) {
        waiting.remove(slot)
        flows.modify(slot) { [now] in
            $0.blockedBy = nil
            $0.placedAt = now
        }
        aim(slot)
        judge(slot)
        for direction in flows[slot].directions.indices {
            let links = flows[slot].placement?[direction].path.links ?? []
            let network = topology.links
            report(.flowAdmitted, slot, direction) { occurrence, _ in occurrence.setPath(links, of: network) }
        }
    }

    /// The state of a placed unit follows from what it has got, and from how far the switches are: after `aim`.
    mutating func judge(_ slot: Int) {
        let (state, reasons) = standing(of: flows[slot])
        flows.modify(slot) {
            $0.state = state
            $0.reasons = reasons
        }
    }

    /// Mutating, as is `occurrence`: else the whole value would be copied for the call.
    private mutating func standing(of unit: FlowUnit) -> (FlowState, [FlowReason]) {
        var reasons: [FlowReason] = []
        var reservesOnly = false
        let placement = unit.placement ?? []
        for direction in placement.indices {
            let flow = unit.directions[direction]
            if placement[direction].bandwidth < flow.bandwidth {
                reasons.append(.reducedBandwidth(wanted: flow.bandwidth))
            }
            if flow.match == nil { reservesOnly = true }
            if unit.isProtected, placement[direction].backup == nil, hasTrunk(placement[direction].path) {
                reasons.append(.unprotected)
            }
        }
        for reason in unit.reasons {
            if case .installationFailed = reason { reasons.append(reason) }
        }
        let state: FlowState = reasons.isEmpty ? (isActive(unit) ? .active : .admitted) : .degraded
        // By design, and no lack of anything.
        if reservesOnly { reasons.append(.reservesOnly) }
        return (state, reasons)
    }

    private func hasTrunk(_ path: Path) -> Bool {
        for link in path.links where search.isTrunk[link.position] { return true }
        return false
    }

    func isActive(_ unit: FlowUnit) -> Bool {
        for direction in unit.directions.indices where !installation.isActive(unit.carrier(direction)) { return false }
        return true
    }

    private mutating func lose(_ slot: Int, _ consequences: Consequences) {
        let reason: FlowReason
        let state: FlowState
        if let by = consequences.displacedBy[slot] {
            (state, reason) = (.preempted, .preemptedBy(by))
        } else if case .linkState(_, let links) = consequences.cause,
            let link = links.first(where: { link in
                consequences.before(slot)?.contains { $0.links.contains(link) } == true
            })
        {
            (state, reason) = (.pending, .linkLost(topology[link].id))
        } else {
            (state, reason) = (.preempted, .displacedByOptimization)
        }
        flows.modify(slot) {
            $0.state = state
            $0.reasons = [reason]
        }
        for (direction, placement) in (consequences.before(slot) ?? []).enumerated() {
            let network = topology.links
            report(state == .preempted ? .flowPreempted : .flowPending, slot, direction) { occurrence, _ in
                occurrence.setFormerPath(placement.path.links, of: network)
                occurrence.reason = reason
            }
        }
        wait(slot)
        aim(slot)
    }

    /// Puts a unit without a place among those that wait for room.
    mutating func wait(_ slot: Int) {
        guard !waiting.contains(slot) else { return }
        waiting.insert(slot, level: flows.level(of: slot), number: flows.number(of: slot))
        let cut = blockingCut(of: slot)
        flows.modify(slot) { $0.blockedBy = cut }
        waiting.watch(slot, for: cut)
    }

    private mutating func moves(
        of slot: Int, from former: [DirectionPlacement], to present: [DirectionPlacement],
        _ consequences: Consequences
    ) -> [MovedFlow] {
        let lacked = flows[slot].state == .degraded
        aim(slot)
        judge(slot)
        var moved: [MovedFlow] = []
        for direction in present.indices {
            let from = direction < former.count ? former[direction].path.links : []
            let to = present[direction].path.links
            if from != to, !from.isEmpty {
                moved.append(
                    MovedFlow(id: flows[slot].directions[direction].id, from: names(of: from), to: names(of: to)))
            }
            let isUpdated = consequences.cause == .update(slot: slot)
            let losesShares = direction < former.count && former[direction].split != present[direction].split
            guard isUpdated || from != to || losesShares else { continue }
            let shares = shares(of: present[direction])
            let kind: Occurrence.Kind = isUpdated ? .flowUpdated : losesShares ? .flowSplit : .flowMoved
            let network = topology.links
            report(kind, slot, direction) { occurrence, _ in
                occurrence.setPath(to, of: network)
                occurrence.setFormerPath(from, of: network)
                occurrence.shares = shares
                if from != to || losesShares {
                    occurrence.moveReason =
                        consequences.groomedFor[slot] == nil ? consequences.cause.moveReason : .grooming
                    occurrence.by = consequences.displacedBy[slot] ?? consequences.groomedFor[slot]
                }
            }
        }
        if flows[slot].state == .degraded {
            report(.flowDegraded, slot, 0) { occurrence, unit in occurrence.reason = unit.reasons.first }
        } else if lacked, consequences.cause != .update(slot: slot) {
            report(.flowRestored, slot, 0)
        }
        flows.modify(slot) { [now] in $0.placedAt = now }
        return moved
    }

    // A closure here would have the whole value copied for it.
    func names(of links: [LinkIndex]) -> [LinkID] {
        var names: [LinkID] = []
        names.reserveCapacity(links.count)
        for link in links { names.append(topology.name(of: link)) }
        return names
    }

    // MARK: Reports

    /// Hands out an occurrence about one direction of a unit and keeps it in the unit's history.
    mutating func report(
        _ kind: Occurrence.Kind, _ slot: Int, _ direction: Int,
        _ fill: (inout Occurrence, FlowUnit) -> Void = { _, _ in }
    ) {
        let occurrence = occurrence(kind, of: flows[slot], direction, fill)
        hand(out: occurrence)
        flows.modify(slot) {
            if $0.history.count >= ControlLimits.history { $0.history.removeFirst() }
            $0.history.append(occurrence)
        }
    }

    @discardableResult
    mutating func report(_ kind: Occurrence.Kind, _ fill: (inout Occurrence) -> Void) -> Occurrence {
        var occurrence = Occurrence(number: occurrenceCount + 1, time: now, kind: kind)
        fill(&occurrence)
        hand(out: occurrence)
        return occurrence
    }

    private mutating func occurrence(
        _ kind: Occurrence.Kind, of unit: FlowUnit, _ direction: Int, _ fill: (inout Occurrence, FlowUnit) -> Void
    ) -> Occurrence {
        var occurrence = Occurrence(number: occurrenceCount + 1, time: now, kind: kind)
        occurrence.flow = unit.directions[direction].id
        fill(&occurrence, unit)
        return occurrence
    }

    private mutating func hand(out occurrence: Occurrence) {
        occurrenceCount += 1
        effects.append(.report(occurrence))
        for client in subscriptions.clients(wanting: occurrence.kind) {
            effects.append(.notify(client, .occurrence(occurrence)))
        }
    }

    // MARK: Rules

    /// Tells the installation what the switches should come to for the unit.
    mutating func aim(_ slot: Int) {
        let unit = flows[slot]
        if installation.isDormant {
            for direction in unit.directions.indices {
                let outline = unit.placement.map { ruleOutline(of: unit, direction, $0[direction]) }
                installation.outline(unit.carrier(direction), as: outline)
            }
            if unit.directions.count == 1 { installation.outline(unit.carrier(1), as: nil) }
            return
        }
        for direction in unit.directions.indices {
            guard let placement = unit.placement?[direction] else {
                installation.aim(unit.carrier(direction), at: nil)
                continue
            }
            installation.aim(unit.carrier(direction), at: target(of: unit, direction, placement))
        }
        if unit.directions.count == 1, installation.knows(unit.carrier(1)) {
            installation.aim(unit.carrier(1), at: nil)
        }
    }

    func target(
        of unit: FlowUnit, _ direction: Int, _ placement: DirectionPlacement
    ) -> InstallationTarget {
        target(of: unit, direction, placement, meter: meter(of: unit, direction, placement))
    }

    func target(
        of unit: FlowUnit, _ direction: Int, _ placement: DirectionPlacement, meter: Meter?
    ) -> InstallationTarget {
        let number = unit.number + UInt64(direction)
        var rules = FlowRules()
        if let match = unit.directions[direction].match {
            rules = FlowRules(
                compiling: FlowForwarding(
                    cookie: number, match: match, label: unit.labels[direction], meter: meter,
                    dscp: marking(of: unit.directions[direction]), path: placement.path.links,
                    backup: placement.backup?.links ?? [], split: placement.split,
                    firstGroup: (UInt32(unit.carrier(direction)) + 1) * SplitPaths.groupsPerFlow), in: topology)
        }
        return InstallationTarget(
            number: number, level: unit.level, rules: rules, links: placement.links,
            bandwidth: placement.bandwidth.bitsPerSecond)
    }

    /// What the ingress switch writes into the DSCP of the flow's packets: what its class says, unless the flow is known by
    /// its DSCP, or need not be IP.
    private func marking(of flow: Flow) -> UInt8? {
        guard let match = flow.match, match.dscp == nil, let name = flow.className,
            match.etherType == FlowMatch.etherTypeIPv4 || match.etherType == FlowMatch.etherTypeIPv6
        else { return nil }
        return policy.trafficClass(named: name)?.dscp
    }
}
