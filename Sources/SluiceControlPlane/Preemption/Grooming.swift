// Letting a newcomer in by moving a few others to paths that suit them as well: nobody loses anything, and the switches
// change make-before-break, since old and new place are both held until the old rules are gone.
//
// The newcomer's way is the path that lacks room on as little as possible. From each link of it that lacks room, flows
// move away, those first whose bandwidth is just enough; the links that lack room are closed to them, and what the
// newcomer needs of the others is already held. The work is bounded by the number of moves and of paths searched, so
// that a refusal stays cheap: a set that needs a cleverer exchange is left to the re-optimisation.

import SluiceModel

extension ControlPlane {
    /// What a search for room by moving others has come to; taken back or kept as a whole.
    private struct Groomed {
        var moved: [(slot: Int, former: [DirectionPlacement])] = []
        var placements: [DirectionPlacement] = []
        var trials = ControlLimits.groomingTrials
    }

    /// Places `unit` where moving at most as many others as the policy allows lets it in; nothing has changed where the
    /// answer is false.
    mutating func groom(_ unit: FlowUnit, _ bandwidths: [Bandwidth], _ consequences: inout Consequences) -> Bool {
        let most = policy.admission.groomingMoves
        guard most > 0, let groomed = searchGrooming(unit, bandwidths, moves: most) else { return false }
        for item in groomed.moved {
            // The record of before is what counts; the unit already runs elsewhere.
            consequences.touch(flows[item.slot], placedAt: item.former)
            consequences.groomedFor[item.slot] = unit.id
        }
        consequences.touch(unit)
        setPlacement(unit.slot, groomed.placements)
        return true
    }

    /// The flows that would have to move, at most `moves`, for `unit` to fit; nil where none were found. Nothing
    /// changes.
    mutating func movesThatHelp(_ unit: FlowUnit, _ bandwidths: [Bandwidth], moves: Int) -> [FlowID]? {
        guard let groomed = searchGrooming(unit, bandwidths, moves: moves) else { return nil }
        let names = groomed.moved.map { flows[$0.slot].id }
        takeBack(unit, groomed)
        return names
    }

    /// Holds what is found for the unit and for those that moved; holds nothing new where that is nil.
    private mutating func searchGrooming(_ unit: FlowUnit, _ bandwidths: [Bandwidth], moves: Int) -> Groomed? {
        var groomed = Groomed()
        for (direction, flow) in unit.directions.enumerated() {
            let need = bandwidths[direction]
            var found: Route = .notFound
            // The only direction of a unit has just been found not to fit.
            if unit.directions.count > 1 { found = route(flow, need: need, rule: .free) }
            if case .found = found {
            } else if unit.directions.count == 1 {
                found = routeWithoutOthers(flow, need: need)
            } else {
                found = route(flow, need: need, rule: .empty)
            }
            guard case .found(let links, let backup) = found, let path = Path(links: links, in: topology) else {
                takeBack(unit, groomed)
                return nil
            }
            let placement = DirectionPlacement(
                bandwidth: need, path: path, backup: backup.flatMap { Path(links: $0, in: topology) })
            let holder = unit.holder(direction)
            let lacking = placement.links.filter { !holdings.fits(need, on: [$0], for: holder) }
            let roomy = placement.links.filter { !lacking.contains($0) }
            guard lacking.count <= ControlLimits.groomedLinks else {
                takeBack(unit, groomed)
                return nil
            }
            holdings.hold(need, on: roomy, by: holder)
            for link in lacking { takesFlows[link.position] = false }
            let hasRoom = lacking.allSatisfy { clear($0, need, holder, unit, moves: moves, &groomed) }
            for link in lacking { takesFlows[link.position] = isOpenToFlows(link) }
            holdings.release(need, on: roomy, by: holder)
            guard hasRoom else {
                takeBack(unit, groomed)
                return nil
            }
            holdings.hold(need, on: placement.links, by: holder)
            groomed.placements.append(placement)
        }
        guard tablesFit(unit, at: groomed.placements) else {
            takeBack(unit, groomed)
            return nil
        }
        return groomed
    }

    /// Moves units off `link` until `need` fits; those that found no other place stay.
    private mutating func clear(
        _ link: LinkIndex, _ need: Bandwidth, _ holder: Holdings.Holder, _ newcomer: FlowUnit, moves: Int,
        _ groomed: inout Groomed
    ) -> Bool {
        var refused: Set<Int> = []
        while !holdings.fits(need, on: [link], for: holder) {
            let lacking = need.bitsPerSecond - holdings.room(on: [link], for: holder)
            guard groomed.moved.count < moves, groomed.trials > 0,
                let best = leaver(of: link, lacking: lacking, for: newcomer, except: refused, groomed.moved)
            else { return false }
            groomed.trials -= 1
            if !moveAway(best, &groomed) { refused.insert(best) }
        }
        return true
    }

    /// Who leaves `link` first: whose bandwidth is just enough, and where nobody's is, who has the most.
    private func leaver(
        of link: LinkIndex, lacking: Int, for newcomer: FlowUnit, except refused: Set<Int>,
        _ moved: [(slot: Int, former: [DirectionPlacement])]
    ) -> Int? {
        var best: (slot: Int, bandwidth: Int)?
        for place in holdings.holds[link.position].indices {
            let (slot, bandwidth) = (
                holdings.holds[link.position][place].slot, holdings.holds[link.position][place].bandwidth
            )
            if let best {
                let suffices = bandwidth >= lacking
                if suffices != (best.bandwidth >= lacking) {
                    guard suffices else { continue }
                } else if bandwidth != best.bandwidth {
                    guard suffices == (bandwidth < best.bandwidth) else { continue }
                } else {
                    guard slot < best.slot else { continue }
                }
            }
            if slot == newcomer.slot || refused.contains(slot) || moved.contains(where: { $0.slot == slot }) {
                continue
            }
            best = (slot, bandwidth)
        }
        return best?.slot
    }

    /// Gives the unit another place with the bandwidth that it has, in free room.
    private mutating func moveAway(_ slot: Int, _ groomed: inout Groomed) -> Bool {
        let unit = flows[slot]
        guard let former = unit.placement else { return false }
        giveBack(slot)
        var held: [DirectionPlacement] = []
        for (direction, flow) in unit.directions.enumerated() {
            let need = former[direction].bandwidth
            guard case .found(let links, let backup) = route(flow, need: need, rule: .free),
                let path = Path(links: links, in: topology)
            else {
                for (direction, placement) in held.enumerated() {
                    holdings.release(placement.bandwidth, on: placement.links, by: unit.holder(direction))
                }
                takeAgain(slot)
                return false
            }
            let placement = DirectionPlacement(
                bandwidth: need, path: path, backup: backup.flatMap { Path(links: $0, in: topology) })
            holdings.hold(need, on: placement.links, by: unit.holder(direction))
            held.append(placement)
        }
        setPlacement(slot, nil)
        guard tablesFit(unit, at: held) else {
            for (direction, placement) in held.enumerated() {
                holdings.release(placement.bandwidth, on: placement.links, by: unit.holder(direction))
            }
            setPlacement(slot, former)
            takeAgain(slot)
            return false
        }
        setPlacement(slot, held)
        groomed.moved.append((slot, former))
        return true
    }

    private mutating func takeBack(_ unit: FlowUnit, _ groomed: Groomed) {
        for (direction, placement) in groomed.placements.enumerated() {
            holdings.release(placement.bandwidth, on: placement.links, by: unit.holder(direction))
        }
        for item in groomed.moved { giveBack(item.slot) }
        for item in groomed.moved {
            setPlacement(item.slot, item.former)
            takeAgain(item.slot)
        }
    }
}
