// Networks without a controller that weighs flows against each other, as yardsticks: whoever comes first is served.

package import SluiceModel
private import SluiceSolver

/// First come, first served, without priorities. A failure makes the flows of the failed link look for a path again, in
/// order of arrival, as a routing protocol that converges would; nothing else moves.
package struct FirstComeScheme: ReplayScheme {
    package enum Routing: Hashable, Sendable, CaseIterable {
        /// The path of least latency among links that are up, as plain IP routing takes it; the flow is refused where
        /// that one path is full.
        case shortestPath
        /// One of the paths of fewest links, by a hash of the flow at every hop (ECMP, RFC 2992); the flow is refused
        /// where that one path is full.
        case equalCost
        /// The path of least latency among links with room (constrained shortest path first, as in RSVP-TE).
        case constrained
    }

    package let name: String
    package let wake: Instant? = nil

    private let routing: Routing
    private var finder: PathFinder
    private var spread: EqualCostPaths
    private let costs: [Int]
    private var room: [Int]
    private var isClosed: [Bool]
    private let reservable: [Bandwidth]
    private var carried: [Int: Carried] = [:]
    private var changes: [ReplayChange] = []

    private struct Carried {
        var flow: ReplayFlow
        var links: [Int32]
        var bandwidth: Int
    }

    /// - Parameter seed: of the hash of `equalCost`.
    package init(_ topology: Topology, routing: Routing, seed: UInt64 = 1) {
        self.routing = routing
        name =
            switch routing {
            case .shortestPath: "shortest-path"
            case .equalCost: "ecmp"
            case .constrained: "constrained-shortest-path"
            }
        finder = PathFinder(RoutingGraph(topology))
        spread = EqualCostPaths(topology, seed: seed)
        // Latency decides; among paths of equal latency, the one with fewer links.
        costs = topology.links.map { min($0.latency.microseconds, 1 << 24) << 16 + 1 }
        reservable = topology.links.map(\.reservable)
        room = reservable.map(\.bitsPerSecond)
        isClosed = Array(repeating: false, count: room.count)
    }

    package mutating func arrive(_ flow: ReplayFlow, at position: Int, now: Instant) -> ReplayDecision {
        place(flow, at: position, need: flow.bandwidth.bitsPerSecond)
    }

    package mutating func changeRate(
        of flow: ReplayFlow, at position: Int, to bandwidth: Bandwidth, now: Instant
    ) -> ReplayDecision {
        let need = bandwidth.bitsPerSecond
        // A flow that was refused asks again: there may be room for what it wants now.
        guard let present = carried[position] else { return place(flow, at: position, need: need) }
        for link in present.links { room[Int(link)] += present.bandwidth }
        let full = present.links.filter { room[Int($0)] < need }
        let granted = full.isEmpty ? need : present.bandwidth
        for link in present.links { room[Int(link)] -= granted }
        carried[position]?.bandwidth = granted
        return full.isEmpty
            ? .admitted(bandwidth: bandwidth)
            : .refused(code: "no_capacity", bottlenecks: full.map { LinkIndex(Int($0)) })
    }

    package mutating func depart(_ flow: ReplayFlow, at position: Int, now: Instant) { release(position) }

    package mutating func change(_ links: [LinkIndex], to state: LinkState, now: Instant) {
        for link in links { isClosed[link.position] = state != .up }
        spread.forget()
        guard state == .down else { return }
        let lost = carried.filter { $0.value.links.contains { isClosed[Int($0)] } }.sorted { $0.key < $1.key }
        for (position, _) in lost { release(position) }
        for (position, former) in lost {
            if case .admitted = place(former.flow, at: position, need: former.bandwidth) {
                changes.append(ReplayChange(position: position, kind: .moved(byLearning: false)))
            } else {
                changes.append(ReplayChange(position: position, kind: .displaced))
            }
        }
    }

    package mutating func reachTime(_ now: Instant) {}

    package mutating func takeChanges() -> [ReplayChange] {
        defer { changes = [] }
        return changes
    }

    package func held(on link: LinkIndex) -> Bandwidth {
        Bandwidth(bitsPerSecond: reservable[link.position].bitsPerSecond - room[link.position])
    }

    private mutating func place(_ flow: ReplayFlow, at position: Int, need: Int) -> ReplayDecision {
        guard let first = path(of: flow, need: Int.min) else { return .refused(code: "no_path", bottlenecks: []) }
        let full = first.filter { room[Int($0)] < need }
        var links = first
        if !full.isEmpty {
            guard routing == .constrained, let other = path(of: flow, need: need) else {
                return .refused(code: "no_capacity", bottlenecks: full.map { LinkIndex(Int($0)) })
            }
            links = other
        }
        for link in links { room[Int(link)] -= need }
        carried[position] = Carried(flow: flow, links: links, bandwidth: need)
        return .admitted(bandwidth: Bandwidth(bitsPerSecond: need))
    }

    private mutating func path(of flow: ReplayFlow, need: Int) -> [Int32]? {
        if routing == .equalCost { return spread.path(of: flow, closed: isClosed) }
        finder.search(
            from: flow.source.raw, to: flow.destination.raw, costs: costs, room: room, need: need, closed: isClosed)
        var links: [Int32] = []
        return finder.appendPath(to: flow.destination.raw, into: &links) ? links : nil
    }

    private mutating func release(_ position: Int) {
        guard let gone = carried.removeValue(forKey: position) else { return }
        for link in gone.links { room[Int(link)] += gone.bandwidth }
    }
}
