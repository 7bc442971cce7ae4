// What would let a refused flow in where the widest or the fastest path alone does not say it: bounds, waypoints, second
// paths, and flows of two directions. Each remedy has been tried before it is promised.

import SluiceModel

extension Flow {
    /// Whether its path is bound by nothing but links and latency.
    var takesPlainPath: Bool { protection == .none && constraints.via.isEmpty && constraints.maxHops == nil }
}

extension ControlPlane {
    /// The most bandwidth, less than asked for, for which `flow` finds its way now: by bisection over what links have
    /// left, since only those amounts make a difference. Nil where it finds none.
    mutating func bandwidthThatFits(_ flow: Flow) -> Bandwidth? {
        let rooms = roomsLeft(flow)
        var (low, high) = (0, rooms.count)
        while low < high {
            let middle = (low + high) / 2
            if case .found = route(flow, need: Bandwidth(bitsPerSecond: rooms[middle]), rule: .free) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low == 0 ? nil : Bandwidth(bitsPerSecond: rooms[low - 1])
    }

    /// Distinct amounts below the flow's bandwidth that links have left for it, ascending.
    private func roomsLeft(_ flow: Flow) -> [Int] {
        let view = roomView(for: flow, need: Bandwidth(bitsPerSecond: 1), rule: .free)
        var rooms: Set<Int> = []
        for link in topology.links.indices where view.isOpen(link) {
            let room = view.room(on: link)
            if room < flow.bandwidth.bitsPerSecond { rooms.insert(room) }
        }
        return rooms.sorted()
    }

    /// The latency of the way that `flow` finds now without a bound on it; of a protected one, of the slower path.
    mutating func latencyThatFits(_ flow: Flow) -> Latency? {
        var constraints = flow.constraints
        constraints.maxLatency = nil
        if flow.takesPlainPath {
            let view = roomView(for: flow, need: flow.bandwidth, rule: .free)
            let fastest = search.cheapest(
                from: flow.source.raw, to: flow.destination.raw, open: { view.isOpen($0) },
                cost: { Double(view.latencyMicroseconds[$0]) })
            return fastest.map { Latency(microseconds: search.latency(of: $0)) }
        }
        guard
            case .found(let links, let backup) = route(
                flow.with(constraints), need: flow.bandwidth, rule: .free)
        else { return nil }
        return Latency(microseconds: max(search.latency(of: links), backup.map { search.latency(of: $0) } ?? 0))
    }

    /// The flows that would have to move, where that is more than the policy lets a newcomer move.
    mutating func movesRemedy(_ unit: FlowUnit) -> [Rejection.Remedy] {
        guard policy.admission.groomingMoves < ControlLimits.remedyMoves else { return [] }
        let bandwidths = unit.directions.map(\.bandwidth)
        return movesThatHelp(unit, bandwidths, moves: ControlLimits.remedyMoves).map { [.flowsMoved($0)] } ?? []
    }

    /// One answer for the directions of a unit that do not fit: what is in the way of any, and what was found to help
    /// all of them.
    mutating func together(_ rejections: [Rejection], of unit: FlowUnit) -> Rejection {
        var result = rejections[0]
        for other in rejections.dropFirst() {
            result.bottlenecks += other.bottlenecks.filter { !result.bottlenecks.contains($0) }
        }
        result.bottlenecks = Array(result.bottlenecks.prefix(ControlLimits.bottlenecks))
        guard rejections.count > 1 else {
            result.wouldFitIf = result.wouldFitIf.filter { holds($0, for: unit) }
            return result
        }
        var gone: [FlowID] = []
        var least: Int?
        var isWhole = true
        for rejection in rejections {
            var hasFlows = false
            for remedy in rejection.wouldFitIf {
                if case .flowsGone(let flows) = remedy {
                    gone += flows.filter { !gone.contains($0) }
                    hasFlows = true
                }
                if case .priority(let level) = remedy { least = max(least ?? 0, level) }
            }
            isWhole = isWhole && hasFlows
        }
        result.wouldFitIf = isWhole ? [.flowsGone(gone)].filter { holds($0, for: unit) } : []
        let all = rejections.allSatisfy { rejection in
            rejection.wouldFitIf.contains { if case .priority = $0 { true } else { false } }
        }
        if isWhole, all, let least, !result.wouldFitIf.isEmpty { result.wouldFitIf.append(.priority(atLeast: least)) }
        return result
    }

    /// Whether the remedy lets every direction of `unit` in, tried on the ledger; what cannot be tried there is taken at
    /// its word.
    private mutating func holds(_ remedy: Rejection.Remedy, for unit: FlowUnit) -> Bool {
        var needs = unit.directions.map(\.bandwidth)
        needs[0] = unit.directions[0].minBandwidth
        var gone: [Int] = []
        switch remedy {
        case .flowsGone(let names):
            gone = Set(names.compactMap { flows.slot(of: $0)?.slot }).sorted().filter { flows[$0].placement != nil }
        case .bandwidth(let most): needs[0] = most
        case .latency, .priority, .linksUp, .flowsMoved: return true
        }
        for slot in gone { giveBack(slot) }
        var held: [(direction: Int, bandwidth: Bandwidth, links: [LinkIndex])] = []
        var fits = true
        for (direction, flow) in unit.directions.enumerated() {
            guard case .found(let links, let backup) = route(flow, need: needs[direction], rule: .free) else {
                fits = false
                break
            }
            let all = Set(links + (backup ?? [])).sorted().map { LinkIndex(Int($0)) }
            holdings.hold(needs[direction], on: all, by: unit.holder(direction))
            held.append((direction, needs[direction], all))
        }
        for item in held { holdings.release(item.bandwidth, on: item.links, by: unit.holder(item.direction)) }
        for slot in gone { takeAgain(slot) }
        return fits
    }
}
