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
}

extension PathSearch {
    mutating func route(_ flow: Flow, in view: RoomView, topology: Topology) -> Route {
        let source = flow.source.raw
        let target = flow.destination.raw
        if flow.protection != .none { return pair(flow, in: view, topology: topology) }
        if !flow.constraints.via.isEmpty { return throughWaypoints(flow, in: view, topology: topology) }
        // Whether there is a way at all is known much sooner than which one is cheapest. Where others would have to go,
        // the way there is fullest around the end that was found closed before.
        if case .closed(let cut, _) = reach(from: source, to: target, in: view) { return .closed(cut: cut) }
        let path = cheapest(source, target, in: view, fromTarget: view.rule != .free && wasTargetClosed)
        guard let path else { preconditionFailure("an open path is no path") }
        if keepsBounds(path, of: flow.constraints) { return .found(path: path, backup: nil) }
        return withinBounds(flow, in: view)
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

    /// A loop-free path through several waypoints is NP-hard to decide, so: segment by segment, each avoiding the nodes
    /// already used and the switch of a host at the end, over all orders of up to three waypoints and over the given
    /// order of more and its opposite; by cost, then by hops; with the one direction of full-duplex links, then with the
    /// other.
    private mutating func throughWaypoints(_ flow: Flow, in view: RoomView, topology: Topology) -> Route {
        let waypoints = flow.constraints.via
        let target = flow.destination.raw
        if case .closed(let cut, _) = reach(from: flow.source.raw, to: target, in: view) { return .closed(cut: cut) }
        var best: (cost: Double, path: [Int32])?
        for (isPlain, prefersLast) in [(false, false), (true, false), (false, true), (true, true)] where best == nil {
            for order in Self.orders(of: waypoints) {
                guard
                    let path = path(of: flow, through: order, in: view, isPlain: isPlain, prefersLast: prefersLast),
                    let whole = Path(links: path, in: topology), flow.constraints.accept(whole, in: topology)
                else { continue }
                let cost = path.reduce(0) { $0 + view.hops(of: Int($1)) }
                if cost < best?.cost ?? .infinity { best = (cost, path) }
            }
        }
        return best.map { .found(path: $0.path, backup: nil) } ?? .notFound
    }

    private static func orders(of waypoints: [FlowConstraints.Waypoint]) -> [[FlowConstraints.Waypoint]] {
        guard waypoints.count <= 3 else { return [waypoints, waypoints.reversed()] }
        if waypoints.count <= 1 { return [waypoints] }
        return waypoints.indices.flatMap { first in
            var rest = waypoints
            rest.remove(at: first)
            return orders(of: rest).map { [waypoints[first]] + $0 }
        }
    }

    private mutating func path(
        of flow: Flow, through waypoints: [FlowConstraints.Waypoint], in view: RoomView, isPlain: Bool,
        prefersLast: Bool
    ) -> [Int32]? {
        var links: [Int32] = []
        var at = flow.source.raw
        // A host's only switch comes last, so nothing else may use it up.
        let row = Int(rowStart[flow.destination.position])
        let gate = isHost[flow.destination.position] ? head[Int(rowLink[row])] : flow.destination.raw
        let ending = [flow.destination.raw] + (gate == at || gate == flow.destination.raw ? [] : [gate])
        var blocked = ending
        defer { unblock(blocked) }
        block(blocked)
        func extend(_ search: inout PathSearch, to node: Int32) -> Bool {
            if node == at { return true }
            let segment = search.cheapest(
                from: at, to: node, open: { view.isOpen($0) }, cost: { isPlain ? 1 : view.hops(of: $0) })
            guard let segment else { return false }
            let used = [at] + segment.dropLast().map { search.head[Int($0)] }
            search.block(used)
            blocked += used
            links += segment
            at = node
            return true
        }
        for waypoint in waypoints {
            switch waypoint {
            case .node(let node):
                if ending.contains(node.raw) || node.raw == flow.source.raw { continue }
                if links.contains(where: { head[Int($0)] == node.raw }) { continue }
                guard extend(&self, to: node.raw) else { return nil }
            case .link(let choices):
                if choices.contains(where: { links.contains($0.raw) }) { continue }
                let usable = choices.filter { view.isOpen($0.position) && head[$0.position] != at }
                guard let link = prefersLast ? usable.last : usable.first, extend(&self, to: tail[link.position]) else {
                    return nil
                }
                block([at])
                blocked.append(at)
                links.append(link.raw)
                at = head[link.position]
            }
        }
        unblock(ending)
        return extend(&self, to: flow.destination.raw) ? links : nil
    }

    // MARK: Pairs

    /// Both paths share the access links of host ends, which have no alternative. A pair that shares a risk group is
    /// taken only where removing the first path's risks leaves no second one.
    private mutating func pair(_ flow: Flow, in view: RoomView, topology: Topology) -> Route {
        let target = flow.destination.raw
        if case .closed(let cut, _) = reach(from: flow.source.raw, to: target, in: view) { return .closed(cut: cut) }
        guard let single = cheapest(flow.source.raw, target, in: view) else {
            preconditionFailure("an open path is no path")
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
        let pair = DisjointPaths.cheapestPair(
            in: self, from: from, to: to, sharingNodes: sharingNodes, open: { view.isOpen($0) },
            cost: { view.hops(of: $0) })
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
    init?(links: [Int32], in topology: Topology) { self.init(links.map { LinkIndex(Int($0)) }, in: topology) }
}
