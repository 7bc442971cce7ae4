// The path, or the pair of paths, that one flow gets in one view of the network.

import SluiceModel

enum Route: Hashable, Sendable {
    case found(path: [Int32], backup: [Int32]?)
    /// Proved: no open path. One of `cut` must open first; empty where that is not known.
    case closed(cut: [Int32])
    /// Proved: every open path breaks the bounds on latency or hops; the fastest one within the hops takes this long,
    /// nil where none keeps to them.
    case outOfBounds(fastestMicroseconds: Int?)
    /// Not proved: the search for a way by the waypoints, or for a disjoint pair, found none.
    case notFound

    var isFound: Bool { if case .found = self { true } else { false } }
}

extension PathSearch {
    mutating func route(_ flow: Flow, in view: RoomView, topology: Topology) -> Route {
        if flow.protection != .none { return pair(flow, in: view, topology: topology) }
        if !flow.constraints.via.isEmpty { return throughWaypoints(flow, in: view) }
        switch plainRoute(flow, in: view) {
        case .found(let path, _):
            if keepsBounds(path, of: flow.constraints) { return .found(path: path, backup: nil) }
            return withinBounds(flow, in: view)
        case let route: return route
        }
    }

    /// The cheapest path, bounds and waypoints not considered.
    mutating func plainRoute(_ flow: Flow, in view: borrowing RoomView) -> Route {
        // Where others would have to go, the way there is fullest around the end that was found closed before.
        let fromTarget = view.rule != .free && wasTargetClosed
        switch cheapestOrCut(flow.source.raw, flow.destination.raw, in: view, fromTarget: fromTarget) {
        case .open(let path): return .found(path: path, backup: nil)
        case .closed(let cut, _): return .closed(cut: cut)
        }
    }

    func keepsBounds(_ path: [Int32], of constraints: FlowConstraints) -> Bool {
        if let bound = constraints.maxLatency, latency(of: path) > bound.microseconds { return false }
        if let bound = constraints.maxHops, hops(of: path) > bound { return false }
        return true
    }

    private mutating func withinBounds(_ flow: Flow, in view: RoomView) -> Route {
        let constraints = flow.constraints
        // Lagrangian relaxation with a few fixed multipliers: cheap paths of growing haste.
        for haste in [0.25, 1, 4, 16] {
            guard
                let path = cheapest(
                    from: flow.source.raw, to: flow.destination.raw, open: { view.isOpen($0) },
                    cost: {
                        view.hops(of: $0) + haste * Double(view.latencyMicroseconds[$0]) / 1_000
                            + (constraints.maxHops == nil ? 0 : haste)
                    })
            else { break }
            if keepsBounds(path, of: constraints) { return .found(path: path, backup: nil) }
        }
        let fastest =
            constraints.maxHops.map {
                self.fastest(from: flow.source.raw, to: flow.destination.raw, within: $0, open: { view.isOpen($0) })
            }
            ?? cheapest(
                from: flow.source.raw, to: flow.destination.raw, open: { view.isOpen($0) },
                cost: { Double(view.latencyMicroseconds[$0]) })
        guard let fastest else { return .outOfBounds(fastestMicroseconds: nil) }
        if keepsBounds(fastest, of: constraints) { return .found(path: fastest, backup: nil) }
        return .outOfBounds(fastestMicroseconds: latency(of: fastest))
    }

    // MARK: Waypoints

    /// The cheapest path by the waypoints; where that breaks a bound, the fastest, and the one of fewest hops. Exact up to
    /// a limit of work (`WaypointSearch`).
    private mutating func throughWaypoints(_ flow: Flow, in view: RoomView) -> Route {
        let (source, target) = (flow.source.raw, flow.destination.raw)
        if case .closed(let cut, _) = reach(from: source, to: target, in: view) { return .closed(cut: cut) }
        let out = isHost[Int(source)] ? [accessOut[Int(source)]] : []
        let into = isHost[Int(target)] ? [accessIn[Int(target)]] : []
        let plan = WaypointSearch(
            flow.constraints.via, from: out.first.map { head[Int($0)] } ?? source,
            to: into.first.map { tail[Int($0)] } ?? target, passed: out + into, in: self,
            isOpen: { view.isOpen($0) })
        guard let plan else { return .closed(cut: []) }
        var work = ControlLimits.waypointSearches
        let constraints = flow.constraints
        switch plan.run(&self, open: { view.isOpen($0) }, cost: { view.hops(of: $0) }, work: &work) {
        case .impossible: return .closed(cut: [])
        case .exhausted: return .notFound
        case .found(let trunks):
            let path = out + trunks + into
            if keepsBounds(path, of: constraints) { return .found(path: path, backup: nil) }
        }
        if constraints.maxLatency != nil {
            let outcome = plan.run(
                &self, open: { view.isOpen($0) }, cost: { Double(view.latencyMicroseconds[$0]) }, work: &work)
            if case .found(let trunks) = outcome {
                let path = out + trunks + into
                if keepsBounds(path, of: constraints) { return .found(path: path, backup: nil) }
                if let bound = constraints.maxLatency, latency(of: path) > bound.microseconds {
                    return .outOfBounds(fastestMicroseconds: latency(of: path))
                }
            }
        }
        if let most = constraints.maxHops {
            let outcome = plan.run(&self, open: { view.isOpen($0) }, cost: { _ in 1 }, work: &work)
            if case .found(let trunks) = outcome {
                let path = out + trunks + into
                if keepsBounds(path, of: constraints) { return .found(path: path, backup: nil) }
                if hops(of: path) > most { return .outOfBounds(fastestMicroseconds: nil) }
            }
        }
        return .notFound
    }

    // MARK: Pairs

    /// Both paths share the access links of host ends, which have no alternative. A pair that shares a risk group is
    /// taken only where removing the first path's risks leaves no second one.
    private mutating func pair(_ flow: Flow, in view: RoomView, topology: Topology) -> Route {
        let single: [Int32]
        switch cheapestOrCut(flow.source.raw, flow.destination.raw, in: view) {
        case .open(let path): single = path
        case .closed(let cut, _): return .closed(cut: cut)
        }
        let leading = single.prefix { !isTrunk[Int($0)] }
        let trunks = single.filter { isTrunk[Int($0)] }
        let trailing = single.suffix(single.count - leading.count - trunks.count)
        guard let firstTrunk = trunks.first, let lastTrunk = trunks.last else {
            return .found(path: single, backup: nil)
        }
        let from = tail[Int(firstTrunk)]
        let to = head[Int(lastTrunk)]
        let sharingNodes = flow.protection == .linkDisjoint
        func accepted(_ trunks: [Int32]) -> [Int32]? {
            let links = Array(leading) + trunks + Array(trailing)
            guard let path = Path(links: links, in: topology), flow.constraints.accept(path, in: topology) else {
                return nil
            }
            return links
        }
        func sharesRisk(_ first: [Int32], _ second: [Int32]) -> Bool {
            let risks = Set(first.flatMap { topology.links[Int($0)].sharedRisks })
            return second.contains { topology.links[Int($0)].sharedRisks.contains(where: risks.contains) }
        }
        var pair = DisjointPaths.cheapestPair(
            in: self, from: from, to: to, sharingNodes: sharingNodes, open: { view.isOpen($0) },
            cost: { view.hops(of: $0) })
        if let cheapest = pair, accepted(cheapest.first) == nil || accepted(cheapest.second) == nil {
            // A pair within the bounds costs more: the fastest one, then the one of fewest hops.
            let measures: [(Int) -> Double] = [{ Double(view.latencyMicroseconds[$0]) }, { _ in 1 }]
            for measure in measures {
                let other = DisjointPaths.cheapestPair(
                    in: self, from: from, to: to, sharingNodes: sharingNodes, open: { view.isOpen($0) }, cost: measure)
                guard let other, accepted(other.first) != nil, accepted(other.second) != nil else { continue }
                pair = other
                break
            }
        }
        guard let pair, let path = accepted(pair.first), let backup = accepted(pair.second) else {
            return .notFound
        }
        if sharesRisk(pair.first, pair.second) {
            let (head, isTrunk) = (head, isTrunk)
            for first in [pair.first, pair.second] {
                let nodes = Set(first.dropLast().map { head[Int($0)] })
                let second = cheapest(
                    from: from, to: to,
                    open: { link in
                        isTrunk[link] && view.isOpen(link) && !first.contains(Int32(link))
                            && (sharingNodes || !nodes.contains(head[link])) && !sharesRisk(first, [Int32(link)])
                    }, cost: { view.hops(of: $0) })
                if let second, let path = accepted(first), let backup = accepted(second) {
                    return .found(path: path, backup: backup)
                }
            }
        }
        return .found(path: path, backup: backup)
    }
}

extension Path {
    @inline(__always)
    init?(links: [Int32], in topology: Topology) { self.init(links: links, joining: topology.linkEnds) }

    init?(links: [Int32], joining ends: [Topology.LinkEnds]) {
        self.init(links.map { LinkIndex(Int($0)) }, joining: ends)
    }
}
