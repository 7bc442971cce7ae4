// From measurements to moves. Samples are checked and smoothed into link estimates; the automata of the flows on the
// measured links learn from them; and a flow whose automaton recommends another path moves there if the ledger has room.
// The moves of one report are a `MoveRound`: few flows leave a link, each move is charged to what is expected of the
// links before the next is looked at, and so many flows do not swing together.

import SluiceLearning
package import SluiceModel

struct LearningState: Sendable {
    private(set) var policy: LearningPolicy
    /// What was measured.
    private(set) var estimates: LinkEstimates
    /// What is expected: the measurements, and the moves that they do not show yet. Flows learn and move by it.
    var expected: LinkEstimates
    /// One for each carrier that has been on a measured link and has a choice.
    var selectors: [Carrier: PathSelector] = [:]
    /// For each link the instant of its newest sample when a flow last left it.
    var leftAt: [LinkIndex: Instant] = [:]

    init(_ topology: Topology, policy: LearningPolicy) {
        self.policy = policy
        estimates = LinkEstimates(topology: topology, policy: policy)
        expected = estimates
    }

    mutating func record(_ sample: LinkSample, at now: Instant) -> LinkEstimates.Refusal? {
        if let refusal = estimates.record(sample, at: now) { return refusal }
        let refusal = expected.record(sample, at: now)
        precondition(refusal == nil, "what is expected of a link has the time of what was measured")
        return nil
    }

    mutating func adopt(_ policy: LearningPolicy, topology: Topology) {
        guard policy != self.policy else { return }
        self.policy = policy
        estimates = LinkEstimates(topology: topology, policy: policy)
        expected = estimates
        selectors = [:]
    }

    func utilisation(of link: LinkIndex, at now: Instant) -> Double? { estimates.utilisation(of: link, at: now) }
}

extension ControlPlane {
    mutating func learn(from samples: [TelemetrySample]) -> TelemetryReceipt {
        var receipt = TelemetryReceipt()
        var measured: Set<LinkIndex> = []
        for sample in samples {
            let links = topology.links(named: sample.link)
            guard let link = links.first else {
                receipt.refused[.unknownLink, default: 0] += 1
                continue
            }
            guard links.count == 1 else {
                receipt.refused[.ambiguousDirection, default: 0] += 1
                continue
            }
            let accepted = LinkSample(
                link: link, time: sample.time, utilisation: sample.utilisation,
                queueDepthBytes: sample.queueDepthBytes, latency: sample.latency, lossRatio: sample.lossRatio)
            if let refusal = learning.record(accepted, at: now) {
                receipt.refused[TelemetryReceipt.Refusal(refusal), default: 0] += 1
            } else {
                receipt.accepted += 1
                measured.insert(link)
            }
        }
        if learning.policy.scheme != .off, !measured.isEmpty { receipt.moved = relieve(measured) }
        return receipt
    }

    /// Lets the carriers on `links` learn, and moves those that should and may, the most important first.
    private mutating func relieve(_ links: Set<LinkIndex>) -> [MovedFlow] {
        let carriers = Set(links.flatMap { holdings.carriers[$0.position] }).sorted {
            let (left, right) = (flows[Int($0 / 2)], flows[Int($1 / 2)])
            return left.slot != right.slot ? FlowUnit.inImportanceOrder(left, right) : $0 < $1
        }
        var moved: [MovedFlow] = []
        var left: Set<LinkIndex> = []
        var round = MoveRound(topology: topology, flows: holdings.carriers.map(\.count), at: now)
        for carrier in carriers {
            let slot = Int(carrier / 2)
            let direction = Int(carrier % 2)
            let unit = flows[slot]
            guard !unit.isProtected, let placement = unit.placement?[direction],
                var selector = selector(of: carrier, unit, direction, placement.path)
            else { continue }
            selector.learn(from: learning.expected, in: topology, at: now)
            learning.selectors[carrier] = selector
            // A link that flows have left is left by more of them only once it has been measured again.
            let bottleneck = bottleneck(of: placement.path)
            guard now.seconds(since: unit.placedAt) >= learning.policy.dwellSeconds,
                left.contains(bottleneck) || learning.leftAt[bottleneck] != learning.estimates[bottleneck].lastTime,
                let recommendation = round.approve(
                    selector, bandwidth: placement.bandwidth, among: available(selector, unit, direction),
                    estimates: &learning.expected),
                move(
                    slot, direction, to: recommendation.path,
                    rewards: (recommendation.formerReward, recommendation.reward))
            else { continue }
            left.insert(bottleneck)
            learning.leftAt[bottleneck] = learning.estimates[bottleneck].lastTime
            selector.place(on: recommendation.candidate, at: now)
            learning.selectors[carrier] = selector
            moved.append(
                MovedFlow(
                    id: unit.directions[direction].id, from: names(of: placement.path.links),
                    to: names(of: recommendation.path.links)))
        }
        return moved
    }

    /// The trunk link of the path that is measured to be busiest.
    private func bottleneck(of path: Path) -> LinkIndex {
        let trunks = path.links.filter { topology[$0].kind == .trunk }
        func load(_ link: LinkIndex) -> Double {
            let estimate = learning.estimates[link]
            let queue = (estimate.queueDepthBytes?.value ?? 0) * 8 / Double(topology[link].capacity.bitsPerSecond)
            return (estimate.utilisation?.value ?? 0) + queue + (estimate.lossRatio?.value ?? 0)
        }
        return trunks.max { load($0) < load($1) } ?? path.links[0]
    }

    /// The carrier's automaton; nil where it has no choice.
    private mutating func selector(
        of carrier: Carrier, _ unit: FlowUnit, _ direction: Int, _ path: Path
    ) -> PathSelector? {
        if var known = learning.selectors[carrier], let position = known.paths.firstIndex(of: path) {
            known.place(on: position, at: unit.placedAt)
            return known
        }
        let flow = unit.directions[direction]
        let paths = candidates(for: flow, including: path)
        guard paths.count > 1 else { return nil }
        let weights =
            flow.className.flatMap { policy.trafficClass(named: $0)?.rewardWeights } ?? learning.policy.rewardWeights
        return PathSelector(
            paths: paths, current: 0, weights: weights, policy: learning.policy, topology: topology, at: unit.placedAt)
    }

    /// Ways between the flow's ends over links that are up, whatever is reserved now: the present one, then the cheapest
    /// ones, each with the links of those before made dearer.
    private mutating func candidates(for flow: Flow, including present: Path) -> [Path] {
        var found = [present]
        var uses = [Int](repeating: 0, count: topology.links.count)
        for link in present.links { uses[link.position] += 1 }
        let view = roomView(for: flow, need: Bandwidth(bitsPerSecond: 1), rule: .empty)
        let wanted = min(learning.policy.paths, ActionSet.limit)
        for _ in 0..<(2 * wanted) where found.count < wanted {
            guard
                let links = search.cheapest(
                    from: flow.source.raw, to: flow.destination.raw, open: { view.isOpen($0) },
                    cost: { (1 + Double(view.latencyMicroseconds[$0]) / 5_000) * Double(1 + 2 * uses[$0]) })
            else { break }
            for link in links { uses[Int(link)] += 1 }
            guard let path = Path(links: links, in: topology), flow.constraints.accept(path, in: topology),
                !found.contains(path)
            else { continue }
            found.append(path)
        }
        return found
    }

    /// Candidates whose links take flows and, its own bandwidth counted as free, have room.
    private func available(_ selector: PathSelector, _ unit: FlowUnit, _ direction: Int) -> ActionSet {
        guard let placement = unit.placement?[direction] else { return [] }
        let fitting = selector.paths.indices.filter { index in
            let path = selector.paths[index]
            return path.links.allSatisfy { link in
                placement.links.contains(link)
                    || (takesFlows[link.position]
                        && holdings.fits(placement.bandwidth, on: [link], for: unit.holder(direction)))
            }
        }
        return ActionSet(actions: fitting)
    }

    private mutating func move(
        _ slot: Int, _ direction: Int, to path: Path, rewards: (former: Double, present: Double)
    ) -> Bool {
        let unit = flows[slot]
        guard var placement = unit.placement else { return false }
        let former = placement[direction]
        let holder = unit.holder(direction)
        holdings.release(former.bandwidth, on: former.links, by: holder)
        guard holdings.fits(former.bandwidth, on: path.links, for: holder) else {
            holdings.hold(former.bandwidth, on: former.links, by: holder)
            return false
        }
        placement[direction] = DirectionPlacement(bandwidth: former.bandwidth, path: path)
        holdings.hold(former.bandwidth, on: path.links, by: holder)
        setPlacement(slot, nil)
        guard tablesFit(unit, at: placement) else {
            holdings.release(former.bandwidth, on: path.links, by: holder)
            holdings.hold(former.bandwidth, on: former.links, by: holder)
            setPlacement(slot, unit.placement)
            return false
        }
        setPlacement(slot, placement)
        flows.modify(slot) { [now] in $0.placedAt = now }
        revision += 1
        let (formerNames, presentNames) = (names(of: former.path.links), names(of: path.links))
        report(.flowMoved, slot, direction) { occurrence, _ in
            occurrence.formerPath = formerNames
            occurrence.path = presentNames
            occurrence.moveReason = .learning
            occurrence.rewards = rewards
        }
        aim(slot)
        return true
    }

    /// What the automata of a flow, or of all, have learned; flows without one are left out.
    func automata(of id: FlowID?) throws(RequestError) -> [AutomatonView] {
        var wanted: Carrier?
        if let id {
            guard let known = flows.slot(of: id) else { throw .unknownFlow(id) }
            wanted = Carrier(2 * known.slot + known.direction)
        }
        return learning.selectors.keys.sorted().compactMap { carrier in
            let slot = Int(carrier / 2)
            guard wanted == nil || wanted == carrier, let selector = learning.selectors[carrier],
                slot < flows.slots.count, let unit = flows.slots[slot],
                let path = unit.placement.flatMap({ $0.count > Int(carrier % 2) ? $0[Int(carrier % 2)].path : nil })
            else { return nil }
            return AutomatonView(
                flow: unit.directions[Int(carrier % 2)].id,
                candidates: selector.paths.indices.map { index in
                    AutomatonView.Candidate(
                        links: names(of: selector.paths[index].links),
                        probability: selector.automaton.probability(of: index), reward: selector.rewards[index],
                        isPresent: selector.paths[index] == path)
                })
        }
    }
}

/// What one flow's automaton has learned.
package struct AutomatonView: Hashable, Sendable {
    package struct Candidate: Hashable, Sendable {
        package var links: [LinkID]
        package var probability: Double
        /// 0 to 1; nil where not every link of it has a fresh sample.
        package var reward: Double?
        package var isPresent: Bool
    }

    package var flow: FlowID
    package var candidates: [Candidate]
}

extension TelemetryReceipt.Refusal {
    init(_ refusal: LinkEstimates.Refusal) {
        switch refusal {
        case .empty: self = .empty
        case .outOfRange: self = .outOfRange
        case .outdated, .fromTheFuture: self = .badTime
        }
    }
}
