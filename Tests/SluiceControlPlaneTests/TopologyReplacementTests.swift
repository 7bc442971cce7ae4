// Another network under flows that live: what stays, what moves, what waits, what is over.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import Testing

@Suite struct TopologyReplacementTests {
    private func replace(
        _ topology: Topology, in driver: inout Driver, dryRun: Bool = false
    ) throws -> TopologyChange {
        let response = try driver.ask(.replaceTopology(TopologyProposal(topology), dryRun: dryRun))
        guard case .topologyReplaced(let change) = response else { throw Unexpected(response: response) }
        return change
    }

    private func links(_ id: String, in driver: inout Driver) throws -> [String] {
        let response = try driver.ask(.get(FlowID(id)))
        guard case .flowDetails(let flow) = response else { throw Unexpected(response: response) }
        return flow.links.map(\.text)
    }

    @Test func `flows on a link that is gone take another path, the others stay`() throws {
        var driver = Driver(try Network.diamond())
        try driver.submit("a", "h1", "h4", megabits: 6)
        try driver.submit("b", "h1", "h4", megabits: 6) { $0.match = .port(2) }
        try driver.submit("c", "h1", "h2", megabits: 1)
        let before = try links("a", in: &driver)
        #expect(before.contains("l12>"))
        var paths: [String: [String]] = [:]
        for id in ["a", "b", "c"] { paths[id] = try links(id, in: &driver) }
        let change = try replace(
            Network.make(4, [(1, 3), (3, 4), (2, 4)], capacity: .megabits(20)), in: &driver)
        #expect(change.linksRemoved == [LinkID("l12<"), LinkID("l12>")])
        #expect(change.linksChanged.contains(LinkID("l34>")))
        let displaced = ["a", "b", "c"].filter { paths[$0]?.contains("l12>") == true }.map { FlowID($0) }
        #expect(change.moved.map(\.id) == displaced)
        #expect(change.preempted.isEmpty)
        #expect(change.lost.isEmpty)
        #expect(try links("a", in: &driver).contains("l13>"))
        #expect(driver.occurrences.last?.kind == .topologyReplaced)
    }

    @Test func `where there is less room the most important stay and the rest wait`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("low", "h1", "h2", megabits: 4, priority: 1) { $0.match = .port(1) }
        try driver.submit("high", "h1", "h2", megabits: 4, priority: 7) { $0.match = .port(2) }
        let change = try replace(Network.line(2, capacity: .megabits(5)), in: &driver)
        #expect(change.preempted.map(\.id) == [FlowID("low")])
        #expect(try driver.state("high") == .admitted)
        #expect(try driver.state("low") == .pending)
        // And back: what waits finds its place again.
        let back = try replace(Network.line(2), in: &driver)
        #expect(back.preempted.isEmpty)
        #expect(try driver.state("low") == .admitted)
    }

    @Test func `flows whose ends are gone are over`() throws {
        var driver = Driver(try Network.line(3))
        try driver.submit("stays", "h1", "h2", megabits: 1)
        try driver.submit("ends", "h1", "h3", megabits: 1)
        let change = try replace(Network.line(2), in: &driver)
        #expect(change.lost == [FlowID("ends")])
        #expect(change.nodesRemoved == [NodeID("h3"), NodeID("s3")])
        #expect(try driver.state("stays") == .admitted)
        #expect(try driver.state("ends") == .withdrawn)
    }

    @Test func `a dry run tells the same and changes nothing`() throws {
        var driver = Driver(try Network.diamond())
        try driver.submit("a", "h1", "h4", megabits: 6)
        let before = try links("a", in: &driver)
        let next = try Network.make(4, [(1, 3), (3, 4)])
        var foretold = try replace(next, in: &driver, dryRun: true)
        #expect(foretold.isDryRun)
        #expect(try links("a", in: &driver) == before)
        #expect(driver.plane.topology.links.count > next.links.count)
        let done = try replace(next, in: &driver)
        foretold.isDryRun = false
        #expect(foretold == done)
    }

    @Test func `the same network again changes nothing at all`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("a", "h1", "h2", megabits: 6)
        let revisions = driver.transactions.count
        #expect(try replace(Network.line(2), in: &driver) == TopologyChange())
        #expect(driver.transactions.count == revisions)
    }

    @Test func `links keep their states by name, and subscribers of events stay`() throws {
        var driver = Driver(try Network.diamond())
        _ = try driver.ask(.subscribeEvents(kinds: nil), client: 9)
        _ = try driver.setLink("l24", .drained)
        _ = try replace(Network.make(4, [(1, 2), (2, 4), (1, 3), (3, 4), (1, 4)]), in: &driver)
        guard case .topology(let view) = try driver.ask(.topology) else { return }
        #expect(view.links.filter { $0.state != .up }.map(\.id.text).sorted() == ["l24<", "l24>"])
        let effects = driver.handle(
            .request(
                Ticket(10_000), from: ClientID(1), .setLink(link: "l14", state: .down, dryRun: false)))
        #expect(effects.contains { if case .notify(ClientID(9), .occurrence) = $0 { true } else { false } })
    }

    @Test func `rules of the new network reach whoever asks for them`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("a", "h1", "h2", megabits: 6)
        _ = try replace(Network.line(3), in: &driver)
        guard case .rules(let switches) = try driver.ask(.rules(switch: nil)) else { return }
        #expect(switches.count == 3)
        #expect(switches.first { $0.switch == NodeID("s1") }?.content.rules.isEmpty == false)
        try driver.submit("b", "h1", "h3", megabits: 1)
        #expect(try driver.state("b") == .admitted)
    }
}

extension FlowMatch {
    /// UDP to `port`.
    fileprivate static func port(_ port: UInt16) -> FlowMatch {
        var match = FlowMatch()
        match.etherType = FlowMatch.etherTypeIPv4
        match.ipv4Source = IPv4Prefix(0x0a00_0001)
        match.ipProtocol = FlowMatch.protocolUDP
        match.destinationPort = port
        return match
    }
}
