// Networks without a controller that weighs flows against each other, as yardsticks: whoever comes first is served.

package import SluiceModel
private import SluiceSolver

/// First come, first served, without priorities and without moving anything.
package struct FirstComeScheme: ReplayScheme {
    package enum Routing: Hashable, Sendable {
        /// The path of least latency among links that are up, as plain IP routing takes it; the flow is refused where
        /// that one path is full.
        case shortestPath
        /// The path of least latency among links with room (constrained shortest path first, as in RSVP-TE).
        case constrained
    }

    package let name: String
    package let wake: Instant? = nil

    private let routing: Routing
    private var finder: PathFinder
    private let costs: [Int]
    private var room: [Int]
    private var isUp: [Bool]
    private let reservable: [Bandwidth]
    /// Path and bandwidth of each carried flow.
    private var carried: [Int: (links: [Int32], bandwidth: Int)] = [:]
    private var changes: [ReplayChange] = []

    package init(_ topology: Topology, routing: Routing) {
        self.routing = routing
        name = routing == .shortestPath ? "shortest-path" : "constrained-shortest-path"
        finder = PathFinder(RoutingGraph(topology))
        // Latency decides; among paths of equal latency, the one with fewer links.
        costs = topology.links.map { min($0.latency.microseconds, 1 << 24) << 16 + 1 }
        reservable = topology.links.map(\.reservable)
        room = reservable.map(\.bitsPerSecond)
        isUp = Array(repeating: true, count: room.count)
    }

    package mutating func arrive(_ flow: ReplayFlow, at position: Int, now: Instant) -> ReplayDecision {
        let need = flow.bandwidth.bitsPerSecond
        guard let shortest = path(of: flow, need: Int.min) else { return .refused(code: "no_path", bottlenecks: []) }
        let full = shortest.filter { room[Int($0)] < need }
        var links = shortest
        if !full.isEmpty {
            guard routing == .constrained, let other = path(of: flow, need: need) else {
                return .refused(code: "no_capacity", bottlenecks: full.map { LinkIndex(Int($0)) })
            }
            links = other
        }
        for link in links { room[Int(link)] -= need }
        carried[position] = (links, need)
        return .admitted(bandwidth: flow.bandwidth)
    }

    package mutating func depart(_ flow: ReplayFlow, at position: Int, now: Instant) { release(position) }

    package mutating func change(_ links: [LinkIndex], to state: LinkState, now: Instant) {
        for link in links { isUp[link.position] = state == .up }
        guard state == .down else { return }
        let lost = carried.filter { $0.value.links.contains { !isUp[Int($0)] } }.keys.sorted()
        for position in lost {
            release(position)
            changes.append(ReplayChange(position: position, kind: .displaced))
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

    private mutating func path(of flow: ReplayFlow, need: Int) -> [Int32]? {
        finder.search(
            from: flow.source.raw, to: flow.destination.raw, costs: costs, room: room, need: need,
            closed: isUp.map { !$0 })
        var links: [Int32] = []
        return finder.appendPath(to: flow.destination.raw, into: &links) ? links : nil
    }

    private mutating func release(_ position: Int) {
        guard let gone = carried.removeValue(forKey: position) else { return }
        for link in gone.links { room[Int(link)] += gone.bandwidth }
    }
}
