// Switches that say that their tables are full, where the topology has not said how much they hold.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import Testing

@Suite struct FullTableTests {
    private static let agent: UInt64 = 7

    /// Confirms what the switches were sent, until nothing more comes.
    private func confirm(_ driver: inout Driver) throws {
        var isSettled = false
        while !isSettled {
            isSettled = true
            guard case .rules(let all) = try driver.ask(.rules(switch: nil)) else { return }
            for rules in all where rules.confirmedRevision < rules.revision {
                isSettled = false
                _ = try driver.ask(
                    .acknowledgeRules(RulesAcknowledgement(switch: rules.switch, revision: rules.revision)),
                    client: Self.agent)
            }
        }
    }

    /// The switch has no room for the rules of the flow in the transaction that it was sent last.
    private func refuse(_ id: String, at name: String, _ driver: inout Driver) throws {
        let transaction = try #require(driver.transactions.last { $0.switch.text == name })
        let cookie = try #require(transaction.change.rules.first).cookie
        _ = try driver.ask(
            .acknowledgeRules(
                RulesAcknowledgement(
                    switch: NodeID(name), revision: transaction.revision,
                    failures: [.init(cookie: cookie, message: "table full", isTableFull: true)])),
            client: Self.agent)
    }

    /// Flows of priority 1 that leave no room at s2, and then one of `priority`.
    private func overfill(_ driver: inout Driver, priority: Int) throws {
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: Self.agent)
        try confirm(&driver)
        for number in 1...3 {
            try driver.submit("low\(number)", "h1", "h2", megabits: 1, priority: 1) {
                $0.match = .tcp(UInt16(number))
            }
        }
        try confirm(&driver)
        try driver.submit("late", "h1", "h2", megabits: 1, priority: priority) { $0.match = .tcp(9) }
        try refuse("late", at: "s2", &driver)
        try confirm(&driver)
    }

    @Test func `a more important flow takes the rows of the least important one`() throws {
        var driver = Driver(try Network.make(2, [(1, 2)]))
        try overfill(&driver, priority: 5)
        #expect(try driver.state("late") == .active)
        let states = try (1...3).map { try driver.state("low\($0)") }
        #expect(states == [.active, .active, .preempted])
        #expect(try driver.rules("s2").content.rules.count == 3)
        // The table's size is known now, and counts.
        let refused = try driver.submit("more", "h1", "h2", megabits: 1, priority: 1) { $0.match = .tcp(10) }
        #expect(refused.rejection?.code == .limitReached)
    }

    @Test func `a flow that is no more important takes nothing`() throws {
        var driver = Driver(try Network.make(2, [(1, 2)]))
        try overfill(&driver, priority: 1)
        let states = try (1...3).map { try driver.state("low\($0)") }
        #expect(states == [.active, .active, .active])
        #expect(try driver.state("late") == .degraded)
    }

    @Test func `what a full table has refused is sent again when a row is free`() throws {
        var driver = Driver(try Network.make(2, [(1, 2)]))
        try overfill(&driver, priority: 1)
        _ = try driver.ask(.withdraw(FlowID("low2")))
        try confirm(&driver)
        #expect(try driver.state("late") == .active)
        #expect(try driver.rules("s2").content.rules.count == 3)
    }

    @Test func `where neither rows nor room are left the full table is named`() throws {
        var driver = Driver(try Network.make(2, [(1, 2)]))
        try overfill(&driver, priority: 1)
        let refused = try driver.submit("more", "h1", "h2", megabits: 9, priority: 1) { $0.match = .tcp(10) }
        #expect(refused.rejection?.code == .limitReached)
        #expect(refused.rejection?.detail == .ruleCapacity(NodeID("s2"), 5))
        let fast = try driver.submit("fast", "h1", "h2", megabits: 9, priority: 1) {
            $0.match = .tcp(11)
            $0.constraints.maxLatency = Latency(microseconds: 1)
        }
        #expect(fast.rejection?.code == .latencyUnreachable)
    }

    @Test func `a switch that comes back is asked again for what it has refused`() throws {
        var driver = Driver(try Network.make(2, [(1, 2)]))
        try overfill(&driver, priority: 1)
        driver.handle(.clientGone(ClientID(Self.agent)))
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: Self.agent)
        try confirm(&driver)
        #expect(try driver.state("late") == .active)
        #expect(try driver.rules("s2").content.rules.count == 4)
        // What it had shown of the size of its table counts no more.
        let more = try driver.submit("more", "h1", "h2", megabits: 1, priority: 1) { $0.match = .tcp(10) }
        #expect(more.rejection == nil)
    }

    @Test func `where there is a way around the full switch nobody gives way`() throws {
        var driver = Driver(try Network.make(3, [(1, 2), (2, 3), (1, 3)], latencies: [1_000, 1_000, 9_000]))
        _ = try driver.ask(.subscribeRules(RulesSubscription(own: true)), client: Self.agent)
        try confirm(&driver)
        try driver.submit("low", "h1", "h3", megabits: 1, priority: 1) {
            $0.match = .tcp(1)
            $0.constraints.via = ["s2"]
        }
        try confirm(&driver)
        try driver.submit("late", "h1", "h3", megabits: 1, priority: 5) { $0.match = .tcp(9) }
        // The shortest way leads over s2, whose rules are sent at once with those of s3.
        let shortest = try driver.flow("late").links
        #expect(shortest.contains(LinkID("l12>")))
        try refuse("late", at: "s2", &driver)
        try confirm(&driver)
        #expect(try driver.state("late") == .active)
        #expect(try driver.state("low") == .active)
        let links = try driver.flow("late").links
        #expect(!links.contains(LinkID("l12>")))
    }
}
