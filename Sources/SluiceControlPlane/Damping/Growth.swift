// Units that have less than they asked for get it back when room appears: bandwidth, and the links that an operator wants
// emptied. Not at every opportunity: a unit whose bandwidth has just changed waits for the policy's time, and is looked
// at again then.

import SluiceModel

extension ControlPlane {
    /// Room has appeared: those that wait try first, then those that have less than they asked for, then those that
    /// should leave drained links.
    mutating func useRoom(_ consequences: inout Consequences) {
        retryWaiting(&consequences)
        growReduced(&consequences)
        leaveDrained(&consequences)
    }

    /// Keeps the lists of units that lack something in step with the unit's placement.
    mutating func noteLacks(_ slot: Int) {
        let unit = flows[slot]
        let placement = unit.placement ?? []
        var isReduced = false
        var isUnprotected = false
        for direction in placement.indices {
            if placement[direction].bandwidth < unit.directions[direction].bandwidth { isReduced = true }
            if placement[direction].backup == nil { isUnprotected = unit.isProtected }
        }
        if isReduced { reduced.insert(slot) } else if !reduced.isEmpty { reduced.remove(slot) }
        if isUnprotected { unprotected.insert(slot) } else if !unprotected.isEmpty { unprotected.remove(slot) }
    }

    private mutating func growReduced(_ consequences: inout Consequences) {
        if reduced.isEmpty { return }
        var ready: [Int] = []
        for slot in reduced.sorted() {
            let unit = flows[slot]
            let due = unit.placedAt.advanced(bySeconds: policy.damping.growthSeconds)
            if due <= now {
                ready.append(slot)
            } else if growing.insert(slot).inserted {
                flows.changes.note(slot)
                timers.arm(.growth(slot: slot, number: unit.number), at: due)
            }
        }
        ready.sort { FlowUnit.inImportanceOrder(flows[$0], flows[$1]) }
        // Room on a unit's own path costs no search; elsewhere it is looked for on behalf of a few.
        var searches = ControlLimits.growthSearches
        for slot in ready {
            let hasRoom = hasRoomToGrow(slot)
            if !hasRoom {
                if searches == 0 { continue }
                searches -= 1
            }
            grow(slot, &consequences)
        }
    }

    private func hasRoomToGrow(_ slot: Int) -> Bool {
        let unit = flows[slot]
        return (unit.placement ?? []).enumerated().contains { direction, place in
            place.bandwidth < unit.directions[direction].bandwidth
                && holdings.room(on: place.links, for: unit.holder(direction)) > 0
        }
    }

    /// A timer of `growReduced` has come up.
    mutating func growOnTime(_ slot: Int, isLive: Bool) {
        growing.remove(slot)
        flows.changes.note(slot)
        guard isLive, reduced.contains(slot) else { return }
        var consequences = Consequences(.release)
        growReduced(&consequences)
        _ = conclude(consequences)
    }

    /// All that it asked for in free room, else as much more as its own path has.
    private mutating func grow(_ slot: Int, _ consequences: inout Consequences) {
        let unit = flows[slot]
        guard let former = unit.placement else { return }
        consequences.touch(unit)
        giveBack(slot)
        setPlacement(slot, nil)
        if attempt(flows[slot], unit.directions.map(\.bandwidth), .free, &consequences) != nil { return }
        var present = former
        for (direction, flow) in unit.directions.enumerated() {
            let place = former[direction]
            // Both directions at once: what one takes is not there for the other.
            let isOpen = place.links.allSatisfy { takesFlows[$0.position] }
            let room = isOpen ? holdings.room(on: place.links, for: unit.holder(direction)) : 0
            let bandwidth = max(place.bandwidth.bitsPerSecond, min(room, flow.bandwidth.bitsPerSecond))
            present[direction].bandwidth = Bandwidth(bitsPerSecond: bandwidth)
            if direction == 0 {
                holdings.hold(present[0].bandwidth, on: present[0].links, by: unit.holder(0))
                let fits = (1..<unit.directions.count).allSatisfy {
                    holdings.fits(former[$0].bandwidth, on: former[$0].links, for: unit.holder($0))
                }
                holdings.release(present[0].bandwidth, on: present[0].links, by: unit.holder(0))
                if !fits { present[0] = former[0] }
                holdings.hold(present[0].bandwidth, on: present[0].links, by: unit.holder(0))
            } else {
                holdings.hold(present[direction].bandwidth, on: present[direction].links, by: unit.holder(direction))
            }
        }
        setPlacement(slot, present)
    }

    /// What could not leave a drained link for want of room tries again.
    private mutating func leaveDrained(_ consequences: inout Consequences) {
        if drained.isEmpty { return }
        let slots = Set(drained.flatMap { holdings.holds[$0].map(\.slot) }).sorted {
            FlowUnit.inImportanceOrder(flows[$0], flows[$1])
        }
        for slot in slots.prefix(ControlLimits.drainedFlows) { _ = leave(slot, grooming: false, &consequences) }
    }

    /// Moves a unit to links that take flows, where `grooming` with others making room for it as the policy lets them;
    /// false where it stays.
    mutating func leave(_ slot: Int, grooming: Bool, _ consequences: inout Consequences) -> Bool {
        let former = flows[slot].placement
        consequences.touch(flows[slot])
        giveBack(slot)
        setPlacement(slot, nil)
        if place(slot, &consequences, preempting: false, grooming: grooming) != nil { return true }
        setPlacement(slot, former)
        takeAgain(slot)
        return false
    }
}
