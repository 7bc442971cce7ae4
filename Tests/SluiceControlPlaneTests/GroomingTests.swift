// Moving a few flows lets a newcomer in, and nobody loses anything by it.

import SluiceControlPlane
import SluiceModel
import Testing

@Suite struct GroomingTests {
    /// Flows of 6 Mbit/s from h1 to h4 on the given sides of a diamond, free to take the other.
    private func halfFull(_ sides: [String], policy: Policy = .standard) throws -> Driver {
        var driver = Driver(try Network.diamond(), policy: policy)
        for (position, side) in sides.enumerated() {
            let id = "f\(position)"
            try driver.submit(id, "h1", "h4", megabits: 3, priority: 7) {
                $0.constraints.via = [side]
                $0.match = .tcp(UInt16(100 + position))
            }
            _ = try driver.ask(.update(FlowUpdate(id: FlowID(id), constraints: ConstraintRequest()), dryRun: false))
        }
        return driver
    }

    @Test func `one flow moves to let a newcomer in that is less important`() throws {
        var driver = try halfFull(["s2", "s3"])
        let result = try driver.submit("large", "h1", "h4", megabits: 9, priority: 1) { $0.match = .tcp(1) }
        #expect(result.flow.state == .admitted)
        #expect(result.preempted.isEmpty)
        #expect(result.moved.count == 1)
        let move = try #require(driver.occurrences.first { $0.kind == .flowMoved })
        #expect(move.moveReason == .grooming)
        #expect(move.by == FlowID("large"))
    }

    @Test(arguments: [(0, false), (1, false), (2, true), (3, true)])
    func `no more flows move than the policy allows`(moves: Int, isAdmitted: Bool) throws {
        var policy = Policy.standard
        policy.admission.groomingMoves = moves
        // Both sides have 4 Mbit/s left; for 10 both flows of one side must leave, and the other has room for one.
        var driver = Driver(try Network.make(4, [(1, 2), (2, 4), (1, 3), (3, 4), (1, 4)]), policy: policy)
        for (id, side) in [("a", "s2"), ("b", "s2"), ("c", "s3")] {
            try driver.submit(id, "h1", "h4", megabits: 3) {
                $0.constraints.via = [side]
                $0.match = .tcp(id == "a" ? 2 : id == "b" ? 3 : 4)
            }
        }
        try driver.submit("d", "h1", "h4", megabits: 4) {
            $0.constraints.avoid = ["s2", "s3"]
            $0.match = .tcp(5)
        }
        for id in ["a", "b"] {
            _ = try driver.ask(.update(FlowUpdate(id: FlowID(id), constraints: ConstraintRequest()), dryRun: false))
        }
        let result = try driver.submit("large", "h1", "h4", megabits: 10) {
            $0.constraints.via = ["s2"]
            $0.match = .tcp(1)
        }
        #expect((result.flow.state == .admitted) == isAdmitted)
        #expect(Set(result.moved.map(\.id.text)) == (isAdmitted ? ["a", "b"] : []))
        #expect(result.rejection.map { $0.bottlenecks.isEmpty } != true)
        for id in ["a", "b", "c", "d"] { #expect(try driver.state(id) == .admitted) }
    }

    @Test func `a flow that cannot move stays, and the newcomer is refused`() throws {
        var driver = Driver(try Network.diamond())
        for (id, side) in [("a", "s2"), ("b", "s3")] {
            try driver.submit(id, "h1", "h4", megabits: 3) {
                $0.constraints.via = [side]
                $0.match = .tcp(id == "a" ? 2 : 3)
            }
        }
        let result = try driver.submit("large", "h1", "h4", megabits: 9) { $0.match = .tcp(1) }
        #expect(result.flow.state == .rejected)
        #expect(result.moved.isEmpty)
        #expect(try driver.flow("a").path.map(\.text).contains("s2"))
    }

    @Test func `rules change make-before-break, so no link is overbooked on the switches meanwhile`() throws {
        var driver = try halfFull(["s2", "s3"])
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        try driver.submit("large", "h1", "h4", megabits: 9) { $0.match = .tcp(1) }
        // The driver checks after each event what packets may use on the switches.
        for _ in 0..<8 {
            for name in ["s1", "s2", "s3", "s4"] {
                let revision = try driver.rules(name).revision
                _ = try driver.ask(
                    .acknowledgeRules(RulesAcknowledgement(switch: NodeID(name), revision: revision)), client: 7)
            }
        }
        for id in ["f0", "f1", "large"] { #expect(try driver.state(id) == .active) }
        #expect(!driver.occurrences.contains { $0.kind == .flowInterrupted })
    }

    @Test func `a pair of directions is let in by moves on either`() throws {
        var driver = Driver(try Network.diamond())
        for (id, from, to, side) in [("a", "h1", "h4", "s2"), ("b", "h4", "h1", "s2"), ("c", "h4", "h1", "s3")] {
            try driver.submit(id, from, to, megabits: 3) {
                $0.constraints.via = [side]
                $0.match = .tcp(id == "a" ? 2 : id == "b" ? 3 : 4)
            }
            _ = try driver.ask(.update(FlowUpdate(id: FlowID(id), constraints: ConstraintRequest()), dryRun: false))
        }
        let result = try driver.submit("pair", "h1", "h4", megabits: 9) {
            $0.reverseBandwidth = .megabits(9)
            $0.match = .tcp(1)
        }
        #expect(result.flow.state == .admitted)
        #expect(result.preempted.isEmpty)
        #expect(!result.moved.isEmpty)
    }
}
