// What would let a refused flow in: each remedy is tried, and lets it in.

import SluiceControlPlane
import SluiceModel
import Testing

@Suite struct RemedyTests {
    /// A diamond with 6 of 10 Mbit/s taken on the side of s2 and 8 on the side of s3.
    private func crowded() throws -> Driver {
        var driver = Driver(try Network.diamond())
        for (id, side, megabits) in [("a", "s2", 6), ("b", "s3", 8)] {
            try driver.submit(id, "h1", "h4", megabits: megabits, priority: 3) {
                $0.constraints.via = [side]
                $0.match = .tcp(id == "a" ? 2 : 3)
            }
        }
        return driver
    }

    enum Kind: CaseIterable { case via, hops, latency, protected, pair, plain }

    @Test(arguments: Kind.allCases)
    func `every remedy of a refusal lets the flow in`(kind: Kind) throws {
        var driver = try crowded()
        func shape(_ request: inout FlowRequest) {
            request.match = .tcp(1)
            switch kind {
            case .via: request.constraints.via = ["s2"]
            case .hops: request.constraints.maxHops = 2
            case .latency: request.constraints.maxLatency = Latency(microseconds: 2_000)
            case .protected: request.protection = .nodeDisjoint
            case .pair: request.reverseBandwidth = .megabits(3)
            case .plain: break
            }
        }
        let result = try driver.submit("new", "h1", "h4", megabits: 7, with: shape)
        let rejection = try #require(result.rejection)
        #expect(!rejection.bottlenecks.isEmpty)
        #expect(rejection.wouldFitIf.count >= 2)
        for remedy in rejection.wouldFitIf {
            var trial = driver
            var change: (inout FlowRequest) -> Void = { _ in }
            switch remedy {
            case .bandwidth(let most): change = { $0.bandwidth = most }
            case .latency(let least): change = { $0.constraints.maxLatency = least }
            case .priority(let least): change = { $0.priority = least }
            case .flowsGone(let flows): for flow in flows { _ = try trial.withdraw(flow.text) }
            case .linksUp, .flowsMoved: Issue.record("nothing is down, and the policy moves flows")
            }
            let second = try trial.submit("new", "h1", "h4", megabits: 7) {
                shape(&$0)
                change(&$0)
            }
            #expect(second.flow.state == .admitted, "\(remedy.text)")
        }
    }

    @Test func `a pair of which neither direction fits is told of all that is in the way`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("there", "h1", "h2", megabits: 8, priority: 3) { $0.match = .tcp(2) }
        try driver.submit("back", "h2", "h1", megabits: 8, priority: 4) { $0.match = .tcp(3) }
        func shape(_ request: inout FlowRequest) {
            request.reverseBandwidth = .megabits(5)
            request.match = .tcp(1)
        }
        let rejection = try #require(
            try driver.submit("pair", "h1", "h2", megabits: 5, priority: 2, with: shape).rejection)
        #expect(Set(rejection.bottlenecks.map(\.link.text)) == ["l12>", "l12<"])
        #expect(rejection.wouldFitIf == [.flowsGone([FlowID("there"), FlowID("back")]), .priority(atLeast: 5)])
        let result = try driver.submit("pair", "h1", "h2", megabits: 5, priority: 5, with: shape)
        #expect(result.preempted.map(\.id.text) == ["back", "there"])
    }

    @Test func `where the policy moves no flows, those that would have to move are named`() throws {
        var policy = Policy.standard
        policy.admission.groomingMoves = 0
        var driver = Driver(try Network.diamond(), policy: policy)
        for (id, side) in [("a", "s2"), ("b", "s3")] {
            try driver.submit(id, "h1", "h4", megabits: 3) {
                $0.constraints.via = [side]
                $0.match = .tcp(id == "a" ? 2 : 3)
            }
            _ = try driver.ask(.update(FlowUpdate(id: FlowID(id), constraints: ConstraintRequest()), dryRun: false))
        }
        let before = try driver.ask(.topology)
        let rejection = try #require(try driver.submit("new", "h1", "h4", megabits: 9) { $0.match = .tcp(1) }.rejection)
        let moved = rejection.wouldFitIf.compactMap { remedy in
            if case .flowsMoved(let flows) = remedy { flows.map(\.text) } else { nil as [String]? }
        }
        #expect(moved.count == 1)
        #expect([["a"], ["b"]].contains(moved.first))
        #expect(try driver.ask(.topology) == before)
    }

    @Test func `flows that wait and could be pushed out again do not keep a remedy from being told`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("first", "h1", "h2", megabits: 6, priority: 1) { $0.match = .tcp(2) }
        try driver.submit("strong", "h1", "h2", megabits: 8, priority: 5) { $0.match = .tcp(3) }
        #expect(try driver.state("first") == .preempted)
        let rejection = try #require(
            try driver.submit("new", "h1", "h2", megabits: 5, priority: 4) { $0.match = .tcp(1) }.rejection)
        #expect(rejection.wouldFitIf.contains(.flowsGone([FlowID("strong")])))
        _ = try driver.withdraw("strong")
        #expect(try driver.state("first") == .admitted)
        let result = try driver.submit("new", "h1", "h2", megabits: 5, priority: 4) { $0.match = .tcp(1) }
        #expect(result.flow.state == .admitted)
    }

    @Test func `a companion's constraints are told as they bind it`() throws {
        var driver = Driver(try Network.make(4, [(1, 2), (2, 4), (1, 3), (3, 4), (2, 3)]))
        try driver.submit("f", "h1", "h4", megabits: 1) {
            $0.reverseBandwidth = .megabits(1)
            $0.constraints = ConstraintRequest(avoid: ["l13>"], via: ["s2", "l23>"])
        }
        let companion = try driver.flow("f~reverse")
        #expect(companion.constraints.avoid == ["l13<"])
        #expect(companion.constraints.via == ["l23<", "s2"])
        #expect(companion.path.map(\.text) == ["h4", "s4", "s3", "s2", "s1", "h1"])
    }
}
