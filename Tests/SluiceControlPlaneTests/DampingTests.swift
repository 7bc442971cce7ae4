// What keeps the network quiet while links come and go, and how flows get back what they lack.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import Testing

@Suite struct DampingTests {
    @Test func `a link that fails again takes no flows for a while, longer each time, and at once after a rest`() throws
    {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 4)
        /// Fails and returns; how long the flow waits then.
        func wait(_ driver: inout Driver) throws -> Double {
            _ = try driver.setLink("l12", .down)
            #expect(try driver.state("f") == .pending)
            _ = try driver.setLink("l12", .up)
            let start = driver.seconds
            if try driver.state("f") == .admitted { return 0 }
            let until = try #require(try driver.link("l12>").heldUntil)
            #expect(try driver.link("l12>").state == .up)
            #expect(driver.wake.map { $0 <= until } == true)
            driver.seconds += until.seconds(since: driver.now) + 0.001
            driver.handle(.timeReached)
            #expect(try driver.state("f") == .admitted)
            #expect(try driver.link("l12>").heldUntil == nil)
            return driver.seconds - start
        }
        var waits: [Int] = []
        for _ in 0..<8 { waits.append(Int(try wait(&driver).rounded())) }
        #expect(waits == [0, 2, 4, 8, 16, 32, 60, 60])
        driver.seconds += 301
        #expect(try wait(&driver) == 0)
    }

    @Test func `a link that fails while it is held down is held down anew`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 4)
        for _ in 0..<2 {
            _ = try driver.setLink("l12", .down)
            _ = try driver.setLink("l12", .up)
        }
        let first = try #require(try driver.link("l12>").heldUntil)
        driver.seconds += 1
        _ = try driver.setLink("l12", .down)
        driver.seconds += 0.5
        _ = try driver.setLink("l12", .up)
        driver.seconds += 1
        driver.handle(.timeReached)
        #expect(driver.now > first)
        #expect(try driver.state("f") == .pending)
    }

    @Test func `saying up once more ends the waiting, and zero seconds turn it off`() throws {
        for holdDown in [2.0, 0] {
            var policy = Policy.standard
            policy.damping.holdDownSeconds = holdDown
            var driver = Driver(try Network.line(2), policy: policy)
            try driver.submit("f", "h1", "h2", megabits: 4)
            var change = try driver.setLink("l12", .down)
            for state in [LinkState.up, .down, .up] { change = try driver.setLink("l12", state) }
            #expect(change.returned.map(\.text) == (holdDown == 0 ? ["f"] : []))
            if holdDown > 0 { change = try driver.setLink("l12", .up) }
            #expect(change.returned.map(\.text) == ["f"])
        }
    }

    @Test func `a degraded flow grows back into the room that appears, and not at every opportunity`() throws {
        var driver = Driver(try Network.line(2))
        for (id, megabits) in [("a", 4), ("b", 3)] {
            try driver.submit(id, "h1", "h2", megabits: megabits) { $0.match = .tcp(id == "a" ? 1 : 2) }
        }
        let result = try driver.submit("f", "h1", "h2", megabits: 9) {
            $0.minBandwidth = .megabits(1)
            $0.match = .tcp(3)
        }
        #expect(result.flow.state == .degraded)
        #expect(result.flow.bandwidth == .megabits(3))
        driver.seconds += 1
        _ = try driver.withdraw("b")
        // It has only just got its bandwidth.
        #expect(try driver.flow("f").bandwidth == .megabits(3))
        driver.seconds += 9
        driver.handle(.timeReached)
        #expect(try driver.flow("f").bandwidth == .megabits(6))
        #expect(try driver.state("f") == .degraded)
        driver.seconds += 20
        _ = try driver.withdraw("a")
        #expect(try driver.flow("f").bandwidth == .megabits(9))
        #expect(try driver.state("f") == .admitted)
        #expect(driver.occurrences.last?.kind == .flowRestored)
        // Its meter lets the bandwidth pass.
        #expect(try driver.rules("s1").content.meters.map(\.rateKilobitsPerSecond) == [9_000])
    }

    @Test func `what could not leave a drained link leaves when room appears`() throws {
        var driver = Driver(try Network.diamond())
        try driver.submit("wide", "h1", "h4", megabits: 8) {
            $0.constraints.via = ["s3"]
            $0.match = .tcp(1)
        }
        try driver.submit("f", "h1", "h4", megabits: 8) { $0.match = .tcp(2) }
        #expect(try driver.setLink("l12", .drained).remaining.map(\.text) == ["f"])
        let result = try driver.withdraw("wide")
        #expect(result.moved.map(\.id.text) == ["f"])
        #expect(try driver.link("l12>").reserved == .zero)
    }

    @Test func `a switch is drained and fails as a whole`() throws {
        var driver = Driver(try Network.diamond())
        try driver.submit("through", "h1", "h4", megabits: 4) {
            $0.constraints.via = ["s2"]
            $0.match = .tcp(1)
        }
        _ = try driver.ask(.update(FlowUpdate(id: FlowID("through"), constraints: ConstraintRequest()), dryRun: false))
        try driver.submit("ends", "h1", "h2", megabits: 2) { $0.match = .tcp(2) }
        let drained = try driver.setLink("s2", .drained)
        #expect(drained.moved.map(\.id.text) == ["through"])
        #expect(drained.remaining.map(\.text) == ["ends"])
        let down = try driver.setLink("s2", .down)
        #expect(down.preempted.map(\.id.text) == ["ends"])
        #expect(try driver.state("through") == .admitted)
        #expect(try driver.setLink("s2", .up).returned.map(\.text) == ["ends"])
    }

    @Test func `a change that leaves flows waiting starts one optimisation, after the policy's time`() throws {
        var policy = Policy.standard
        policy.reoptimisation.afterChangeSeconds = 5
        var driver = Driver(try Network.line(2), policy: policy)
        try driver.submit("f", "h1", "h2", megabits: 4)
        _ = try driver.setLink("l12", .down)
        #expect(driver.pendingSolve == nil)
        driver.seconds += 5
        driver.handle(.timeReached)
        let order = try #require(driver.pendingSolve)
        driver.pendingSolve = nil
        driver.handle(.problemSolved(order.id, .failed(message: "none")))
        driver.seconds += 50
        driver.handle(.timeReached)
        #expect(driver.pendingSolve == nil)
    }
}
