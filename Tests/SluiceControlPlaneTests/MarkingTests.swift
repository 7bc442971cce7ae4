// DSCPs that classes have the ingress switch write.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import Testing

@Suite struct MarkingTests {
    private static var policy: Policy {
        var policy = Policy.standard
        policy.classes.append(TrafficClass(name: "voice", priority: 5))
        policy.classes[policy.classes.count - 1].dscp = 46
        return policy
    }

    private func actions(_ driver: inout Driver, _ name: String) throws -> [RuleAction] {
        try driver.rules(name).content.rules.flatMap(\.actions)
    }

    @Test func `the ingress writes it, and only the ingress`() throws {
        var driver = Driver(try Network.line(3), policy: Self.policy)
        try driver.submit("call", "h1", "h3", megabits: 1) {
            $0.priority = nil
            $0.className = "voice"
        }
        let marked = try ["s1", "s2", "s3"].filter { try actions(&driver, $0).contains(.setDSCP(46)) }
        #expect(marked == ["s1"])
    }

    @Test func `a flow that is known by its DSCP keeps it, and so do classes that set none`() throws {
        var driver = Driver(try Network.line(3), policy: Self.policy)
        try driver.submit("marked", "h1", "h3", megabits: 1) {
            $0.priority = nil
            $0.className = "voice"
            $0.match = .tcp(1)
            $0.match?.dscp = 10
        }
        try driver.submit("plain", "h2", "h3", megabits: 1)
        let marked = try ["s1", "s2", "s3"].filter { try actions(&driver, $0).contains(.setDSCP(46)) }
        #expect(marked.isEmpty)
    }

    @Test func `where only the DSCP tells two flows apart, the later one carries a label behind the ingress`() throws {
        for marks in [true, false] {
            var driver = Driver(try Network.line(3), policy: marks ? Self.policy : .standard)
            try driver.submit("all", "h1", "h3", megabits: 1) { $0.match = .tcp(1) }
            try driver.submit("some", "h1", "h3", megabits: 1) {
                $0.match = .tcp(1)
                $0.match?.dscp = 46
            }
            let ingress = try actions(&driver, "s1")
            #expect(ingress.contains(.pushLabel) == marks)
        }
    }
}
