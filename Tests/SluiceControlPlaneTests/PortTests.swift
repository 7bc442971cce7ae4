import SluiceControlPlane
import SluiceModel
import Testing

@Suite struct PortTests {
    /// The port by which `link` leaves.
    private func port(of link: String, in topology: Topology) throws -> PortNumber {
        let index = try #require(topology.index(of: LinkID(link)))
        return try #require(topology[index].fromPort)
    }

    @Test func `a port that goes down takes both directions of its link down, and they come back with it`() throws {
        let topology = try Network.diamond()
        var driver = Driver(topology)
        try driver.submit("f", "h1", "h4", megabits: 4) { $0.constraints.via = ["s2"] }
        let port = try port(of: "l12>", in: topology)
        driver.handle(.portChanged(switch: NodeID("s1"), port: port, isUp: false))
        #expect(try driver.link("l12>").state == .down)
        #expect(try driver.link("l12<").state == .down)
        #expect(try driver.state("f") == .pending)
        driver.handle(.portChanged(switch: NodeID("s1"), port: port, isUp: true))
        #expect(try driver.link("l12>").state == .up)
        #expect(try driver.state("f") == .admitted)
    }

    @Test func `a link with two dead ports is up once both are`() throws {
        let topology = try Network.diamond()
        var driver = Driver(topology)
        let (near, far) = (try port(of: "l12>", in: topology), try port(of: "l12<", in: topology))
        driver.handle(.portChanged(switch: NodeID("s1"), port: near, isUp: false))
        driver.handle(.portChanged(switch: NodeID("s2"), port: far, isUp: false))
        driver.handle(.portChanged(switch: NodeID("s1"), port: near, isUp: true))
        #expect(try driver.link("l12>").state == .down)
        driver.handle(.portChanged(switch: NodeID("s2"), port: far, isUp: true))
        #expect(try driver.link("l12>").state == .up)
    }

    @Test func `what an operator has set counts again when the port is up, and cannot revive a dead link`() throws {
        let topology = try Network.diamond()
        var driver = Driver(topology)
        let port = try port(of: "l12>", in: topology)
        _ = try driver.setLink("l12", .drained)
        driver.handle(.portChanged(switch: NodeID("s1"), port: port, isUp: false))
        #expect(try driver.link("l12>").state == .down)
        driver.handle(.portChanged(switch: NodeID("s1"), port: port, isUp: true))
        #expect(try driver.link("l12>").state == .drained)
        driver.handle(.portChanged(switch: NodeID("s1"), port: port, isUp: false))
        #expect(try driver.setLink("l12", .up).links.map(\.state) == [.down, .down])
        driver.handle(.portChanged(switch: NodeID("s1"), port: port, isUp: true))
        #expect(try driver.link("l12>").state == .up)
    }

    @Test func `ports that no link of the topology uses change nothing`() throws {
        var driver = Driver(try Network.diamond())
        driver.handle(.portChanged(switch: NodeID("s1"), port: PortNumber(999), isUp: false))
        driver.handle(.portChanged(switch: NodeID("nobody"), port: PortNumber(1), isUp: false))
        #expect(driver.occurrences.isEmpty)
    }
}
