private import SluiceLearning
private import SluiceModel
import Testing

/// Two ways from a to d: by b, 1 ms a link, and by c, 2 ms a link.
private func diamond() throws -> Topology {
    let nodes = ["a", "b", "c", "d"].map { Node(id: NodeID($0), kind: .switch(Switch())) }
    let cables = [("ab", "a", "b", 1), ("bd", "b", "d", 1), ("ac", "a", "c", 2), ("cd", "c", "d", 2)].map {
        Cable(
            id: $0.0, a: .init(node: NodeID($0.1)), b: .init(node: NodeID($0.2)), capacity: .megabits(100),
            latency: Latency(microseconds: $0.3 * 1_000))
    }
    return try Topology(name: "diamond", nodes: nodes, cables: cables)
}

private struct Setting {
    let topology: Topology
    var estimates: LinkEstimates
    var selector: PathSelector
    var now = Instant.epoch

    init(policy: LearningPolicy = LearningPolicy()) throws {
        topology = try diamond()
        estimates = LinkEstimates(topology: topology, policy: policy)
        let topology = topology
        let paths = try [["ab>", "bd>"], ["ac>", "cd>"]].map {
            try #require(Path($0.compactMap { topology.index(of: LinkID($0)) }, in: topology))
        }
        selector = PathSelector(
            paths: paths, current: 0, weights: RewardWeights(), policy: policy, topology: topology, at: .epoch)
    }

    /// Reports the utilisation of the links of both ways each 100 ms and learns from it.
    mutating func report(_ first: Double?, _ second: Double?, seconds: Double) {
        for _ in 0..<Int(seconds * 10) {
            now = now.advanced(bySeconds: 0.1)
            for (path, utilisation) in zip(selector.paths, [first, second]) {
                guard let utilisation else { continue }
                for link in path.links {
                    _ = estimates.record(LinkSample(link: link, time: now, utilisation: utilisation), at: now)
                }
            }
            selector.learn(from: estimates, in: topology, at: now)
        }
    }
}

@Suite struct PathSelectorTests {
    @Test func `a flow stays while the alternative is not better by the margin`() throws {
        var setting = try Setting()
        setting.report(0.35, 0.3, seconds: 60)
        #expect(setting.selector.recommendation(among: .all(2), at: setting.now) == nil)
    }

    @Test func `a flow leaves a congested path after the dwell time and returns when it recovers`() throws {
        var setting = try Setting()
        setting.report(0.1, 0.1, seconds: 10)
        setting.report(0.95, 0.1, seconds: 5)
        let move = try #require(setting.selector.recommendation(among: .all(2), at: setting.now))
        #expect(move.candidate == 1)
        #expect(move.reward - move.formerReward >= 0.1)
        setting.selector.place(on: 1, at: setting.now)
        setting.report(0.0, 0.9, seconds: 4.5)
        #expect(setting.selector.recommendation(among: .all(2), at: setting.now) == nil, "too early to move again")
        setting.report(0.0, 0.9, seconds: 1)
        #expect(setting.selector.recommendation(among: .all(2), at: setting.now)?.candidate == 0)
    }

    @Test func `a path that is not available is not recommended`() throws {
        var setting = try Setting()
        setting.report(0.95, 0.1, seconds: 10)
        #expect(setting.selector.recommendation(among: ActionSet(action: 0), at: setting.now) == nil)
        #expect(setting.selector.recommendation(among: ActionSet(action: 1), at: setting.now) != nil)
    }

    @Test func `a path without fresh measurements is not recommended`() throws {
        var setting = try Setting()
        setting.report(0.95, nil, seconds: 10)
        #expect(setting.selector.rewards[1] == nil)
        #expect(setting.selector.recommendation(among: .all(2), at: setting.now) == nil)
    }

    @Test func `flows that need latency prefer the shorter way and bulk the emptier`() throws {
        let topology = try diamond()
        var estimates = LinkEstimates(topology: topology, policy: LearningPolicy())
        let selector = try Setting().selector
        for (path, utilisation) in zip(selector.paths, [0.6, 0.2]) {
            for link in path.links {
                let sample = LinkSample(link: link, utilisation: utilisation, latency: topology[link].latency)
                #expect(estimates.record(sample, at: .epoch) == nil)
            }
        }
        let voice = RewardWeights(utilisation: 0.2, queue: 1, latency: 2, loss: 1)
        let bulk = RewardWeights(utilisation: 2, queue: 0, latency: 0.1, loss: 1)
        func rewards(_ weights: RewardWeights) -> [Double] {
            let reward = PathReward(weights: weights, candidates: selector.paths, in: topology)
            return selector.paths.map { reward.reward(of: $0, from: estimates, in: topology, at: .epoch) }
        }
        #expect(rewards(voice)[0] > rewards(voice)[1])
        #expect(rewards(bulk)[0] < rewards(bulk)[1])
    }
}
