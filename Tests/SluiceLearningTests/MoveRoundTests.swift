import SluiceLearning
import SluiceModel
import Testing

/// Two ways of one link each from a to b.
private struct Crowd {
    let topology: Topology
    var estimates: LinkEstimates
    var selectors: [PathSelector]
    var now = Instant.epoch
    let links: [LinkIndex]

    init(flows: Int) throws {
        let nodes = ["a", "b"].map { Node(id: NodeID($0), kind: .switch(Switch())) }
        let cables = ["first", "second"].map {
            Cable(
                id: $0, a: .init(node: NodeID("a")), b: .init(node: NodeID("b")), capacity: .megabits(100),
                isDirected: true)
        }
        let topology = try Topology(name: "pair", nodes: nodes, cables: cables)
        self.topology = topology
        links = [LinkIndex(0), LinkIndex(1)]
        let paths = try links.map { try #require(Path([$0], in: topology)) }
        let policy = LearningPolicy()
        estimates = LinkEstimates(topology: topology, policy: policy)
        selectors = (0..<flows).map { _ in
            PathSelector(
                paths: paths, current: 0, weights: RewardWeights(), policy: policy, topology: topology, at: .epoch)
        }
    }

    mutating func report(_ utilisations: [Double], seconds: Double) {
        for _ in 0..<Int(seconds * 10) {
            now = now.advanced(bySeconds: 0.1)
            for (link, utilisation) in zip(links, utilisations) {
                _ = estimates.record(LinkSample(link: link, time: now, utilisation: utilisation), at: now)
            }
            for flow in selectors.indices { selectors[flow].learn(from: estimates, in: topology, at: now) }
        }
    }

    mutating func approved(_ bandwidth: Bandwidth) -> Int {
        // In the round before all of them have wished to move.
        var pace = MovePace()
        for _ in selectors { _ = pace.permits(gain: 1, flows: selectors.count) }
        var round = MoveRound(
            topology: topology, flows: [selectors.count, 0], learners: selectors.count, pace: pace, at: now)
        return selectors.filter {
            round.approve($0, bandwidth: bandwidth, among: .all(2), estimates: &estimates) != nil
        }.count
    }
}

@Suite struct MoveRoundTests {
    @Test func `few flows of many leave a link in one interval`() throws {
        var crowd = try Crowd(flows: 100)
        crowd.report([1, 0.1], seconds: 10)
        #expect(crowd.approved(.kilobits(100)) == 5)
    }

    @Test func `each move is charged before the next is looked at`() throws {
        var crowd = try Crowd(flows: 100)
        crowd.report([0.9, 0.3], seconds: 10)
        let before = crowd.estimates.utilisation(of: crowd.links[1], at: crowd.now) ?? 0
        // Two flows of 16 Mbit/s make 0.58 and 0.62 of 0.9 and 0.3; a third has nothing to gain.
        #expect(crowd.approved(.megabits(16)) == 2)
        let after = crowd.estimates.utilisation(of: crowd.links[1], at: crowd.now) ?? 0
        #expect(abs(after - before - 0.32) < 1e-9)
    }

    @Test func `a flow whose own load would make the new path worse than the old one stays`() throws {
        var crowd = try Crowd(flows: 1)
        crowd.report([0.6, 0.3], seconds: 10)
        #expect(crowd.approved(.megabits(40)) == 0)
        #expect(crowd.approved(.megabits(20)) == 1)
    }

    @Test func `a link that would be nearly full takes no flow`() throws {
        var crowd = try Crowd(flows: 1)
        crowd.report([1, 0.85], seconds: 10)
        #expect(crowd.approved(.megabits(11)) == 0)
        #expect(crowd.approved(.megabits(9)) == 1)
    }
}
