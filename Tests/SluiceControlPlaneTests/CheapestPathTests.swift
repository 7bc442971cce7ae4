// Every flow gets a cheapest open path, by the costs of the moment: compared with Bellman and Ford's algorithm over what
// the topology's view says, while the network fills up, empties and fills up again.

import SluiceControlPlane
import SluiceModel
import Testing

@Suite struct CheapestPathTests {
    @Test(arguments: [UInt64(1), 2, 3])
    func `a flow gets a cheapest path, however loads have moved since bounds were computed`(seed: UInt64) throws {
        var scene = try Scene(seed: seed)
        // Up, down, and up to another mix of loads: what bounds counted on comes close, and is left again.
        for share in [0.9, 0.1, 0.7, 0.3, 0.9] {
            for _ in 0..<700 { try scene.step(growing: share) }
        }
        #expect(scene.compared > 1_000)
        #expect(scene.plane.checkInvariants().isEmpty)
    }
}

private struct Scene {
    var plane: ControlPlane
    var compared = 0
    private var random: RandomStream
    private var live: [FlowID] = []
    private var next = 0
    private let switches = 9

    init(seed: UInt64) throws {
        let cables = [
            (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 8), (8, 9), (9, 1), (1, 5), (2, 7), (3, 8), (4, 9),
            (2, 6),
        ]
        let topology = try Network.make(
            switches, cables, capacity: .megabits(300), latencies: cables.indices.map { 500 + 300 * ($0 % 5) })
        plane = ControlPlane(topology: topology, policy: .standard)
        random = RandomStream(seed: seed, purpose: "test.cheapest")
    }

    /// Submits with that probability, else withdraws.
    mutating func step(growing share: Double) throws {
        guard live.isEmpty || Double(random.below(1_000)) < share * 1_000 else {
            let id = live.remove(at: random.below(live.count))
            _ = try response(.withdraw(id))
            return
        }
        let from = 1 + random.below(switches)
        var to = 1 + random.below(switches - 1)
        if to >= from { to += 1 }
        let megabits = 1 + random.below(9)
        guard case .topology(let view) = try response(.topology) else { preconditionFailure("no topology") }
        next += 1
        let request = FlowRequest(
            id: FlowID("f\(next)"), source: NodeID("s\(from)"), destination: NodeID("s\(to)"),
            bandwidth: .megabits(megabits), priority: 1)
        guard case .flow(let result) = try response(.submit(request, dryRun: false)) else {
            preconditionFailure("a submission got another answer")
        }
        guard result.rejection == nil else { return }
        live.append(result.flow.id)
        guard result.moved.isEmpty else { return }
        let need = Bandwidth.megabits(megabits).bitsPerSecond
        let costs = view.links.map { Self.cost(of: $0, need: need) }
        let paid = result.flow.links.reduce(0) { sum, id in
            sum + (view.links.firstIndex { $0.id == id }.flatMap { costs[$0] } ?? .max / 64)
        }
        let least = cheapest(from: request.source, to: request.destination, view.links, costs)
        #expect(paid == least, "\(result.flow.id) from \(from) to \(to)")
        compared += 1
    }

    private mutating func response(_ request: Request) throws -> Response {
        let effects = plane.handle(
            .request(Ticket(1), from: ClientID(1), request), at: Instant.epoch.advanced(bySeconds: 1_000))
        for effect in effects { if case .reply(_, let result) = effect { return try result.get() } }
        preconditionFailure("a request got no answer")
    }

    /// A hop costs 4 096, as much again for each 5 ms, and up to nine times that as the link fills; nil: no room.
    private static func cost(of link: LinkView, need: Int) -> Int? {
        let left = link.residual.bitsPerSecond - need
        guard left >= 0 else { return nil }
        let base = 4_096 + link.latency.microseconds * 4_096 / 5_000
        let load = max(0, min(1, 1 - Double(left) * (1 / Double(link.reservable.bitsPerSecond))))
        return base + Int(Double(8 * base) * load * load * load)
    }

    private func cheapest(from: NodeID, to: NodeID, _ links: [LinkView], _ costs: [Int?]) -> Int? {
        var distance: [NodeID: Int] = [from: 0]
        for _ in 0...switches {
            for (link, cost) in zip(links, costs) where !link.isAccess {
                guard let cost, let soFar = distance[link.from] else { continue }
                distance[link.to] = min(distance[link.to] ?? .max, soFar + cost)
            }
        }
        return distance[to]
    }
}
