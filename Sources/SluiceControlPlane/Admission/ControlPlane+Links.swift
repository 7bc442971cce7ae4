// Links that fail, recover and are drained: whoever runs over them is placed again, the most important first, in one
// pass; what comes back lets those that wait return.

import SluiceForwarding
import SluiceModel

extension ControlPlane {
    mutating func setLink(_ name: String, to state: LinkState, dryRun: Bool) throws(RequestError) -> LinkChange {
        let links = try linksToSet(name)
        if dryRun {
            var copy = self
            var change = copy.operate(links, to: state)
            change.isDryRun = true
            return change
        }
        return operate(links, to: state)
    }

    /// One link or one direction of it, or every link of a switch, those to its hosts among them.
    private func linksToSet(_ name: String) throws(RequestError) -> [LinkIndex] {
        if let node = topology.index(of: NodeID(name)), !topology[node].isHost {
            return topology.links.filter { $0.from == node || $0.to == node }.map(\.index)
        }
        return try namedLinks(name, "link")
    }

    mutating func set(_ links: [LinkIndex], to state: LinkState) -> LinkChange {
        let changed = links.filter { linkStates[$0.position] != state }
        guard !changed.isEmpty else {
            // Who says again that a link is up wants it used, held down or not.
            let held = state == .up ? links.filter { health[$0]?.heldUntil != nil } : []
            let outcome = held.isEmpty ? Outcome() : releaseHeld(held)
            return change(of: links, outcome)
        }
        decisionCount += 1
        revision += 1
        let changesWays = state == .down || changed.contains { linkStates[$0.position] == .down }
        for link in changed {
            noteHealth(of: link, becoming: state)
            linkStates[link.position] = state
            if state == .drained { drained.insert(link.position) } else { drained.remove(link.position) }
            takesFlows[link.position] = isOpenToFlows(link)
            if takesFlows[link.position] { holdings.noteGain(on: link.position) }
            let id = topology[link].id
            let until = health[link]?.heldUntil
            report(.linkChanged) {
                $0.link = id
                $0.linkState = state
                if let until { $0.message = "takes no flows before \(until.text), since it has failed repeatedly" }
            }
        }
        if changesWays { adoptReachability(waysChanged: true) }
        learning.outdate()
        var consequences = Consequences(.linkState(state, links: changed))
        var remaining: [FlowID] = []
        switch state {
        case .down: evacuate(changed, &consequences)
        case .drained: remaining = drain(changed, &consequences)
        case .up:
            useRoom(&consequences)
            restoreProtection(&consequences)
        }
        if state != .up { useRoom(&consequences) }
        var change = change(of: links, conclude(consequences))
        change.remaining = remaining
        return change
    }

    private func change(of links: [LinkIndex], _ outcome: Outcome) -> LinkChange {
        var change = LinkChange(links: links.map { view(of: $0) })
        change.moved = outcome.moved
        change.preempted = outcome.preempted
        change.returned = outcome.returned
        return change
    }

    private func units(on links: [LinkIndex]) -> [Int] {
        Set(links.flatMap { holdings.holds[$0.position].map(\.slot) }).sorted {
            FlowUnit.inImportanceOrder(flows[$0], flows[$1])
        }
    }

    /// Takes everything off `links`. A protected or split unit that has another path that is whole keeps to it at once;
    /// the rest is placed again, the most important first.
    private mutating func evacuate(_ links: [LinkIndex], _ consequences: inout Consequences) {
        var displaced: [Int] = []
        for slot in units(on: links) {
            consequences.touch(flows[slot])
            if switchOver(slot, away: links) { continue }
            displace(slot, &consequences)
            displaced.append(slot)
        }
        settle(displaced, &consequences)
        // With the failed links out of the way, a new second path may exist.
        restoreProtection(&consequences)
    }

    /// Puts every direction of a protected or split unit on what is left of its paths; false where one has nothing left.
    private mutating func switchOver(_ slot: Int, away links: [LinkIndex]) -> Bool {
        let unit = flows[slot]
        guard unit.isProtected || unit.isSplit, let placement = unit.placement else { return false }
        func isWhole(_ path: Path) -> Bool { !path.links.contains(where: links.contains) }
        var rest: [DirectionPlacement] = []
        for direction in placement {
            if let split = direction.split {
                guard let left = direction.keeping(split.paths.filter(isWhole), in: topology) else { return false }
                rest.append(left)
            } else if isWhole(direction.path) {
                let backup = direction.backup.flatMap { isWhole($0) ? $0 : nil }
                rest.append(
                    DirectionPlacement(bandwidth: direction.bandwidth, path: direction.path, backup: backup))
            } else if let backup = direction.backup, isWhole(backup) {
                rest.append(DirectionPlacement(bandwidth: direction.bandwidth, path: backup))
            } else {
                return false
            }
        }
        giveBack(slot)
        setPlacement(slot, rest)
        takeAgain(slot)
        return true
    }

    /// Gives protected units that lost their second path a new pair, where there is room.
    mutating func restoreProtection(_ consequences: inout Consequences) {
        for slot in unprotected.sorted(by: { FlowUnit.inImportanceOrder(flows[$0], flows[$1]) }) {
            let former = flows[slot].placement
            consequences.touch(flows[slot])
            giveBack(slot)
            setPlacement(slot, nil)
            // Nobody is pushed out for it: the flow runs.
            if place(slot, &consequences, preempting: false) == nil {
                setPlacement(slot, former)
                takeAgain(slot)
            }
        }
    }

    /// Moves what can be moved off `links` without pushing anyone out; the rest stays and is named.
    private mutating func drain(_ links: [LinkIndex], _ consequences: inout Consequences) -> [FlowID] {
        var remaining: [FlowID] = []
        for slot in units(on: links) where !leave(slot, grooming: true, &consequences) {
            remaining += flows[slot].directions.map(\.id)
        }
        return remaining
    }
}
