private import SluiceLearning
private import SluiceModel
import Testing

@Suite struct LinkEstimatesTests {
    private func estimates(smoothing: Double = 1, stale: Double = 10) -> LinkEstimates {
        LinkEstimates(linkCount: 1, smoothingSeconds: smoothing, staleSeconds: stale)
    }

    private func at(_ seconds: Double) -> Instant { Instant.epoch.advanced(bySeconds: seconds) }

    private func sample(_ utilisation: Double?, at seconds: Double? = nil) -> LinkSample {
        LinkSample(link: LinkIndex(0), time: seconds.map(at), utilisation: utilisation)
    }

    @Test func `smoothing depends on the time that passed and not on the number of samples`() throws {
        var often = estimates()
        var seldom = estimates()
        _ = often.record(sample(0), at: .epoch)
        _ = seldom.record(sample(0), at: .epoch)
        for step in 1...20 { _ = often.record(sample(0.8), at: at(Double(step) * 0.1)) }
        _ = seldom.record(sample(0.8), at: at(2))
        let many = try #require(often.utilisation(of: LinkIndex(0), at: at(2)))
        let one = try #require(seldom.utilisation(of: LinkIndex(0), at: at(2)))
        #expect(abs(many - one) < 1e-9)
        #expect(abs(many - 0.8 * (1 - 0.1353352832)) < 1e-9)
    }

    @Test func `a sample is refused for one reason and changes nothing`() {
        var estimates = estimates()
        #expect(estimates.record(sample(0.5, at: 5), at: at(5)) == nil)
        let before = estimates[LinkIndex(0)]
        #expect(estimates.record(sample(nil), at: at(6)) == .empty)
        #expect(estimates.record(sample(1.01), at: at(6)) == .outOfRange)
        #expect(estimates.record(sample(-0.01), at: at(6)) == .outOfRange)
        #expect(estimates.record(sample(.nan), at: at(6)) == .outOfRange)
        #expect(
            estimates.record(LinkSample(link: LinkIndex(0), queueDepthBytes: -1), at: at(6)) == .outOfRange)
        #expect(estimates.record(sample(0.9, at: 4.9), at: at(6)) == .outdated)
        #expect(estimates.record(sample(0.9, at: 7.5), at: at(6)) == .fromTheFuture)
        #expect(estimates[LinkIndex(0)] == before)
    }

    @Test func `a reporter's clock may be ahead by a second`() {
        var estimates = estimates()
        #expect(estimates.record(sample(0.9, at: 6.9), at: at(6)) == nil)
        #expect(estimates[LinkIndex(0)].lastTime == at(6))
    }

    @Test func `what has become stale does not count and is forgotten by the next sample`() {
        var estimates = estimates()
        _ = estimates.record(sample(0.2), at: .epoch)
        #expect(estimates.isFresh(LinkIndex(0), at: at(9.9)))
        #expect(estimates.isFresh(LinkIndex(0), at: at(10)) == false)
        _ = estimates.record(sample(0.7), at: at(11))
        #expect(estimates.utilisation(of: LinkIndex(0), at: at(11)) == 0.7)
    }
}

@Suite struct PathRewardTests {
    private let topology: Topology
    private let path: Path
    private let policy = LearningPolicy()

    init() throws {
        let nodes = ["a", "b", "c"].map { Node(id: NodeID($0), kind: .switch(Switch())) }
        let cables = [("ab", "a", "b"), ("bc", "b", "c")].map {
            Cable(
                id: $0.0, a: .init(node: NodeID($0.1)), b: .init(node: NodeID($0.2)), capacity: .megabits(80),
                latency: Latency(microseconds: 1_000))
        }
        topology = try Topology(name: "line", nodes: nodes, cables: cables)
        path = try #require(Path([LinkIndex(0), LinkIndex(2)], in: topology))
    }

    private func reward(_ weights: RewardWeights, _ samples: [LinkSample], ageSeconds: Double = 0) -> Double {
        var estimates = LinkEstimates(topology: topology, policy: policy)
        for sample in samples { _ = estimates.record(sample, at: .epoch) }
        return PathReward(weights: weights, candidates: [path], in: topology)
            .reward(of: path, from: estimates, in: topology, at: Instant.epoch.advanced(bySeconds: ageSeconds))
    }

    @Test func `each measurement scores by its formula`() {
        let only = { (index: Int) in
            RewardWeights(
                utilisation: index == 0 ? 1 : 0, queue: index == 1 ? 1 : 0, latency: index == 2 ? 1 : 0,
                loss: index == 3 ? 1 : 0)
        }
        let samples = [
            LinkSample(
                link: LinkIndex(0), utilisation: 0.3, queueDepthBytes: 10_000, latency: Latency(microseconds: 2_000),
                lossRatio: 0.01),
            LinkSample(
                link: LinkIndex(2), utilisation: 0.6, queueDepthBytes: 0, latency: Latency(microseconds: 2_000),
                lossRatio: 0),
        ]
        #expect(abs(reward(only(0), samples) - 0.28) < 1e-12, "0.7 of the first is free, and 0.4 of the second")
        #expect(abs(reward(only(1), samples) - 0.5) < 1e-12, "10 kB at 80 Mbit/s are 1 ms")
        #expect(abs(reward(only(2), samples) - 0.5) < 1e-12, "4 ms where 2 ms are possible")
        #expect(abs(reward(only(3), samples) - 0.5) < 1e-12, "one per cent lost")
    }

    @Test func `nothing known is neutral and stale knowledge decays to it`() {
        #expect(reward(RewardWeights(), []) == PathReward.neutral)
        let samples = [0, 2].map { LinkSample(link: LinkIndex($0), utilisation: 0) }
        #expect(reward(RewardWeights(), samples) == 1)
        #expect(abs(reward(RewardWeights(), samples, ageSeconds: 5) - 0.75) < 1e-12)
        #expect(reward(RewardWeights(), samples, ageSeconds: 10) == PathReward.neutral)
    }
}
