// Switches hold so many rules and no more, at rest and while rules change. The driver checks each switch's tables after
// every event. Each switch of these networks has one rule for each host beside those of flows (ARP).

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import SluiceSolver
import Testing

@Suite struct RuleCapacityTests {
    @Test func `a flow for whose rules a switch has no room is refused, with the switch and what would help`() throws {
        var driver = Driver(try Network.make(2, [(1, 2)], ruleCapacities: [2: 3]))
        #expect(try driver.submit("a", "h1", "h2", megabits: 1) { $0.match = .tcp(1) }.flow.state == .admitted)
        let rejection = try #require(
            try driver.submit("b", "h1", "h2", megabits: 1) { $0.match = .tcp(2) }.rejection)
        #expect(rejection.code == .limitReached)
        #expect(rejection.detail == .ruleCapacity(NodeID("s2"), 3))
        #expect(rejection.wouldFitIf == [.flowsGone([FlowID("a")])])
        // What makes no rules has room.
        #expect(try driver.submit("c", "s1", "s2", megabits: 1).flow.state == .admitted)
        // An update counts the flow's own rules as free.
        _ = try driver.ask(.update(FlowUpdate(id: FlowID("a"), bandwidth: .megabits(2)), dryRun: false))
        #expect(try driver.flow("a").bandwidth == .megabits(2))
        _ = try driver.withdraw("a")
        #expect(try driver.submit("b", "h1", "h2", megabits: 1) { $0.match = .tcp(2) }.flow.state == .admitted)
    }

    @Test func `flows go around a switch that is full, and wait where there is no way around`() throws {
        var driver = Driver(
            try Network.make(4, [(1, 2), (2, 4), (1, 3), (3, 4)], ruleCapacities: [2: 6]))
        for number in 1...4 {
            let flow = try driver.submit("f\(number)", "h1", "h4", megabits: 1) {
                $0.match = .tcp(UInt16(number))
            }.flow
            #expect(flow.state == .admitted)
        }
        #expect(try driver.rules("s2").content.rules.count <= 2)
        let down = try driver.setLink("l13", .down)
        #expect(down.moved.count + down.preempted.count > 0)
        #expect(try driver.rules("s2").content.rules.count == 2)
        let states = try (1...4).map { try driver.state("f\($0)") }
        #expect(states.count { $0 == .pending } == 2)
        #expect(try driver.setLink("l13", .up).returned.count == 2)
    }

    @Test func `tables are not overfilled while flows exchange their places`() throws {
        // The middle switches hold one flow each; the driver's check would see a second one.
        var driver = Driver(
            try Network.make(4, [(1, 2), (2, 4), (1, 3), (3, 4)], ruleCapacities: [2: 5, 3: 5]))
        for (id, side) in [("a", "s2"), ("b", "s3")] {
            try driver.submit(id, "h1", "h4", megabits: 1, priority: id == "a" ? 5 : 3) {
                $0.constraints.via = [side]
                $0.match = .tcp(id == "a" ? 1 : 2)
            }
        }
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: 7)
        #expect(try driver.submit("c", "h1", "h4", megabits: 1) { $0.match = .tcp(3) }.rejection?.code == .limitReached)
        _ = try driver.withdraw("b")
        _ = try driver.ask(
            .update(FlowUpdate(id: FlowID("a"), constraints: ConstraintRequest(via: ["s3"])), dryRun: false))
        for _ in 0..<8 {
            for name in ["s1", "s2", "s3", "s4"] {
                let revision = try driver.rules(name).revision
                _ = try driver.ask(
                    .acknowledgeRules(RulesAcknowledgement(switch: NodeID(name), revision: revision)), client: 7)
            }
        }
        #expect(try driver.state("a") == .active)
        #expect(try driver.rules("s2").content.rules.isEmpty)
    }
}
