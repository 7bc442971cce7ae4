// From what was measured to moves. The automata of the flows on the measured links learn; a flow whose automaton
// recommends another path moves there if the ledger has room, and one that is split changes its weights
// (ControlPlane+Split.swift). The moves of one report are a `MoveRound`: few flows leave a link, each move is charged to
// what is expected of the links before the next is looked at, and who gains little waits for its turn; so many flows do
// not swing together.

import SluiceLearning
import SluiceModel

extension ControlPlane {
    /// Lets the carriers on `links` learn, and moves those that should and may, the most important first.
    ///
    /// Costs at most `ControlLimits.learningCarriers` automata and `ControlLimits.newAutomata` path searches; where there
    /// are more, they take turns, so that admission never waits longer than that for learning.
    mutating func relieve(_ links: Set<LinkIndex>, _ receipt: inout TelemetryReceipt) {
        var left: Set<LinkIndex> = []
        var round = MoveRound(
            topology: topology, flows: holdings.holds.map(\.count), learners: learning.selectors.count,
            pace: learning.pace, at: now)
        defer { learning.pace = round.pace }
        var searches = ControlLimits.newAutomata
        for carrier in carriersInTurn(on: links) {
            let slot = Int(carrier / 2)
            let direction = Int(carrier % 2)
            let unit = flows[slot]
            guard !unit.isProtected, let placement = unit.placement?[direction],
                var selector = selector(of: carrier, unit, direction, placement, &searches)
            else { continue }
            selector.learn(from: learning.expected, in: topology, at: now)
            learning.selectors[carrier] = selector
            // A link that flows have left is left by more of them only once it has been measured again.
            let bottleneck = bottleneck(of: placement)
            guard now.seconds(since: unit.placedAt) >= learning.policy.dwellSeconds,
                left.contains(bottleneck) || learning.leftAt[bottleneck] != learning.estimates[bottleneck].lastTime
            else { continue }
            let hasChanged: Bool
            switch unit.isKeptWhole ? .move : action(of: unit.directions[direction]) {
            case .split: hasChanged = divide(slot, direction, &selector, &round)
            case .move where placement.split != nil: hasChanged = gather(slot, direction)
            case .move: hasChanged = move(slot, direction, &selector, &round)
            }
            guard hasChanged else { continue }
            left.insert(bottleneck)
            learning.leftAt[bottleneck] = learning.estimates[bottleneck].lastTime
            learning.selectors[carrier] = selector
            let id = unit.directions[direction].id
            guard let present = flows[slot].placement?[direction] else { continue }
            if placement.split == nil, present.split == nil {
                receipt.moved.append(
                    MovedFlow(id: id, from: names(of: placement.path.links), to: names(of: present.path.links)))
            } else {
                receipt.split.append(id)
            }
        }
    }

    private mutating func carriersInTurn(on links: Set<LinkIndex>) -> [Carrier] {
        var carriers = Set(links.flatMap { holdings.holds[$0.position].map(\.carrier) }).sorted()
        if carriers.count > ControlLimits.learningCarriers {
            let next = carriers.firstIndex { $0 > learning.lastTurn } ?? 0
            carriers = Array((carriers[next...] + carriers[..<next]).prefix(ControlLimits.learningCarriers))
            learning.lastTurn = carriers[carriers.count - 1]
        }
        return carriers.sorted {
            let (left, right) = (flows[Int($0 / 2)], flows[Int($1 / 2)])
            return left.slot != right.slot ? FlowUnit.inImportanceOrder(left, right) : $0 < $1
        }
    }

    /// The trunk link that is measured to be busiest of those that the flow uses.
    private func bottleneck(of placement: DirectionPlacement) -> LinkIndex {
        let trunks = placement.links.filter { topology[$0].kind == .trunk }
        func load(_ link: LinkIndex) -> Double {
            let estimate = learning.estimates[link]
            let queue = (estimate.queueDepthBytes?.value ?? 0) * 8 / Double(topology[link].capacity.bitsPerSecond)
            return (estimate.utilisation?.value ?? 0) + queue + (estimate.lossRatio?.value ?? 0)
        }
        return trunks.max { load($0) < load($1) } ?? placement.links[0]
    }

    private func action(of flow: Flow) -> LearningPolicy.Action {
        flow.className.flatMap { policy.trafficClass(named: $0)?.learningAction } ?? learning.policy.action
    }

    // MARK: Candidates

    /// The carrier's automaton; nil where it has no choice, or has to wait for its turn to search for one.
    ///
    /// One whose candidates may have become others learns on with those it has until its turn comes.
    private mutating func selector(
        of carrier: Carrier, _ unit: FlowUnit, _ direction: Int, _ placement: DirectionPlacement,
        _ searches: inout Int
    ) -> PathSelector? {
        var known = learning.selectors[carrier]
        let position = known.flatMap { known in
            placement.pathsInUse.allSatisfy(known.paths.contains) ? known.paths.firstIndex(of: placement.path) : nil
        }
        guard searches > 0 else {
            if let position { known?.place(on: position, at: unit.placedAt) }
            return position == nil ? nil : known
        }
        if let position, !learning.outdated.contains(carrier) {
            known?.place(on: position, at: unit.placedAt)
            return known
        }
        guard learning.withoutChoice[carrier] != placement.path else { return nil }
        searches -= 1
        learning.outdated.remove(carrier)
        let flow = unit.directions[direction]
        let paths = candidates(for: flow, of: unit, including: placement.pathsInUse)
        guard paths.count > 1 else {
            learning.selectors[carrier] = nil
            learning.withoutChoice[carrier] = placement.path
            return nil
        }
        return PathSelector(
            paths: paths, current: 0, weights: rewardWeights(of: flow), policy: learning.policy, topology: topology,
            remembering: known?.memory(for: paths), at: unit.placedAt)
    }

    func rewardWeights(of flow: Flow) -> RewardWeights {
        flow.className.flatMap { policy.trafficClass(named: $0)?.rewardWeights } ?? learning.policy.rewardWeights
    }

    /// Ways between the flow's ends over links that are up, whatever is reserved now: the present ones; those that
    /// admission or the solver gave it before; then the cheapest ones, each with the links of those before made dearer;
    /// and where these are too few that the flow accepts, the cheapest of all.
    private mutating func candidates(for flow: Flow, of unit: FlowUnit, including present: [Path]) -> [Path] {
        var found = present
        let view = roomView(for: flow, need: Bandwidth(bitsPerSecond: 1), rule: .empty)
        let wanted = max(present.count, min(learning.policy.paths, ActionSet.limit))
        func accepted(_ path: Path) -> Bool { flow.constraints.accept(path, in: topology) && !found.contains(path) }
        for former in unit.history.reversed().flatMap({ [$0.path, $0.formerPath] })
        where found.count < max(present.count, wanted - 1) {
            let links = former.compactMap { topology.index(of: $0) }
            guard let path = Path(links, in: topology), path.source(in: topology) == flow.source,
                path.destination(in: topology) == flow.destination, links.allSatisfy({ view.isOpen($0.position) }),
                accepted(path)
            else { continue }
            found.append(path)
        }
        func cost(_ link: Int) -> Double { 1 + Double(view.latencyMicroseconds[link]) / 5_000 }
        var uses = [Int](repeating: 0, count: topology.links.count)
        for path in found { for link in path.links { uses[link.position] += 1 } }
        for _ in 0..<(2 * wanted) where found.count < wanted {
            guard
                let links = search.cheapest(
                    from: flow.source.raw, to: flow.destination.raw, open: { view.isOpen($0) },
                    cost: { cost($0) * Double(1 + 2 * uses[$0]) })
            else { break }
            for link in links { uses[Int(link)] += 1 }
            guard let path = Path(links: links, in: topology), accepted(path) else { continue }
            found.append(path)
        }
        guard found.count < wanted else { return found }
        var ranked = RankedPaths(from: flow.source, to: flow.destination)
        for _ in 0..<(2 * wanted) where found.count < wanted {
            guard
                let path = ranked.next(
                    search: &search, topology: topology, open: { view.isOpen($0) }, cost: cost)
            else { break }
            if accepted(path) { found.append(path) }
        }
        return found
    }

    /// Candidates whose links take flows and, its own bandwidth counted as free, have room.
    func available(_ selector: PathSelector, _ placement: DirectionPlacement, for holder: Holdings.Holder) -> ActionSet
    {
        let fitting = selector.paths.indices.filter { index in
            selector.paths[index].links.allSatisfy { link in
                placement.links.contains(link)
                    || (takesFlows[link.position] && holdings.fits(placement.bandwidth, on: [link], for: holder))
            }
        }
        return ActionSet(actions: fitting)
    }

    // MARK: Moves

    private mutating func move(
        _ slot: Int, _ direction: Int, _ selector: inout PathSelector, _ round: inout MoveRound
    ) -> Bool {
        guard let placement = flows[slot].placement?[direction] else { return false }
        let (formerRound, formerExpected) = (round, learning.expected)
        guard
            let recommendation = round.approve(
                selector, bandwidth: placement.bandwidth,
                among: available(selector, placement, for: flows[slot].holder(direction)),
                estimates: &learning.expected)
        else { return false }
        let place = DirectionPlacement(bandwidth: placement.bandwidth, path: recommendation.path)
        guard
            relocate(slot, direction, to: place, rewards: (recommendation.formerReward, recommendation.reward))
        else {
            // A table on the way is full: nothing has moved, and others may.
            (round, learning.expected) = (formerRound, formerExpected)
            return false
        }
        selector.place(on: recommendation.candidate, at: now)
        return true
    }

    /// Gives a unit's direction another place because of what was learned; false where the ledger has no room, and
    /// then nothing has changed.
    mutating func relocate(
        _ slot: Int, _ direction: Int, to present: DirectionPlacement, rewards: (former: Double, present: Double)?,
        reason: Occurrence.MoveReason = .learning
    ) -> Bool {
        let unit = flows[slot]
        guard var placement = unit.placement else { return false }
        let former = placement[direction]
        let holder = unit.holder(direction)
        holdings.release(former.bandwidth, on: former.links, by: holder)
        guard holdings.fits(present.bandwidth, on: present.links, for: holder) else {
            holdings.hold(former.bandwidth, on: former.links, by: holder)
            return false
        }
        placement[direction] = present
        holdings.hold(present.bandwidth, on: present.links, by: holder)
        setPlacement(slot, nil)
        guard tablesFit(unit, at: placement) else {
            holdings.release(present.bandwidth, on: present.links, by: holder)
            holdings.hold(former.bandwidth, on: former.links, by: holder)
            setPlacement(slot, unit.placement)
            return false
        }
        setPlacement(slot, placement)
        flows.modify(slot) { [now] in $0.placedAt = now }
        revision += 1
        let network = topology.links
        let shares = shares(of: present)
        let kind: Occurrence.Kind = former.split == nil && present.split == nil ? .flowMoved : .flowSplit
        report(kind, slot, direction) { occurrence, _ in
            occurrence.setFormerPath(former.path.links, of: network)
            occurrence.setPath(present.path.links, of: network)
            occurrence.shares = shares
            occurrence.moveReason = reason
            occurrence.rewards = rewards
        }
        aim(slot)
        judge(slot)
        return true
    }
}
