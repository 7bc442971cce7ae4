import SluiceControlPlane
import SluiceModel
import Testing

@Suite struct LinkTests {
    @Test func `flows leave a link that fails, the most important first, and return when it recovers`() throws {
        var driver = Driver(try Network.diamond())
        for (id, priority) in [("low", 1), ("high", 5)] {
            try driver.submit(id, "h1", "h4", megabits: 8, priority: priority) {
                $0.match = .tcp(UInt16(priority))
            }
        }
        #expect(try driver.flow("low").path != driver.flow("high").path)
        let used = try driver.flow("high").path.map(\.text).contains("s2") ? "l24" : "l34"
        let down = try driver.setLink(used, .down)
        #expect(down.moved.map(\.id.text) == ["high"])
        #expect(down.preempted.map(\.id.text) == ["low"])
        #expect(try driver.state("high") == .admitted)
        #expect(try driver.flow("low").reasons == [.preemptedBy(FlowID("high"))])
        let up = try driver.setLink(used, .up)
        #expect(up.returned.map(\.text) == ["low"])
    }

    @Test func `a flow without another way waits and says which link it lost`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 4)
        let change = try driver.setLink("l12>", .down)
        #expect(change.links.map(\.id.text) == ["l12>"])
        #expect(change.preempted.map(\.state) == [.pending])
        #expect(try driver.flow("f").reasons == [.linkLost(LinkID("l12>"))])
        guard case .explanation(let explanation) = try driver.ask(.explain(FlowID("f"))) else { return }
        #expect(explanation.rejection?.code == .noPath)
        #expect(try driver.setLink("l12>", .up).returned.map(\.text) == ["f"])
    }

    @Test func `draining moves what can move, leaves the rest and takes nothing new`() throws {
        var driver = Driver(try Network.diamond())
        try driver.submit("free", "h1", "h4", megabits: 4) { $0.constraints.via = ["s2"] }
        _ = try driver.ask(.update(FlowUpdate(id: FlowID("free"), constraints: ConstraintRequest()), dryRun: false))
        try driver.submit("bound", "h1", "h4", megabits: 4) {
            $0.constraints.via = ["s2"]
            $0.match = .tcp(1)
        }
        let planned = try driver.setLink("l12", .drained, dryRun: true)
        #expect(planned.isDryRun)
        #expect(try driver.link("l12>").state == .up)
        let change = try driver.setLink("l12", .drained)
        #expect(change.moved.map(\.id.text) == ["free"])
        #expect(change.remaining.map(\.text) == ["bound"])
        #expect(change.moved == planned.moved)
        #expect(try driver.state("bound") == .admitted)
        let late = try driver.submit("late", "h1", "h2", megabits: 1) { $0.match = .tcp(2) }
        #expect(late.flow.path.map(\.text) == ["h1", "s1", "s3", "s4", "s2", "h2"])
    }

    @Test(arguments: [Protection.linkDisjoint, .nodeDisjoint])
    func `a protected flow holds two disjoint paths and switches over`(protection: Protection) throws {
        var driver = Driver(try Network.diamond())
        let result = try driver.submit("f", "h1", "h4", megabits: 4) { $0.protection = protection }
        #expect(result.flow.state == .admitted)
        #expect(result.flow.backupLinks.count == 4)
        #expect(try driver.link("l12>").reserved == .megabits(4))
        #expect(try driver.link("l13>").reserved == .megabits(4))
        let first = result.flow.links[1].text
        _ = try driver.setLink(String(first.dropLast()), .down)
        let after = try driver.flow("f")
        #expect(after.links.map(\.text).contains(first) == false)
        #expect(after.state == .degraded)
        #expect(after.reasons == [.unprotected])
        _ = try driver.setLink(String(first.dropLast()), .up)
        #expect(try driver.state("f") == .admitted)
        #expect(try driver.flow("f").backupLinks.isEmpty == false)
    }

    @Test func `a pair is found where the shortest path blocks every second one`() throws {
        // Shortest is 1-2-3-4 through the trap link 2-3; the pair is 1-2-4 long way and 1-3-4.
        var driver = Driver(
            try Network.make(
                4, [(1, 2), (2, 3), (3, 4), (1, 3), (2, 4)], latencies: [100, 100, 100, 9_000, 9_000]))
        let result = try driver.submit("f", "h1", "h4", megabits: 4) { $0.protection = .linkDisjoint }
        #expect(result.flow.state == .admitted)
        #expect(Set(result.flow.links).isDisjoint(with: result.flow.backupLinks.dropFirst().dropLast()))
    }

    @Test func `protection that the network cannot give is refused`() throws {
        var driver = Driver(try Network.line(2))
        let result = try driver.submit("f", "h1", "h2", megabits: 4) { $0.protection = .linkDisjoint }
        #expect(result.rejection?.code == .notFoundInBudget)
        #expect(try driver.link("l12>").reserved == .zero)
    }

    @Test func `an update counts the flow's own bandwidth as free, and fails without a trace`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 6)
        let before = try driver.flow("f")
        guard
            case .flow(let refused) = try driver.ask(
                .update(FlowUpdate(id: FlowID("f"), bandwidth: .megabits(11)), dryRun: false))
        else { return }
        #expect(refused.rejection?.code == .noCapacity)
        #expect(try driver.flow("f") == before)
        guard
            case .flow(let result) = try driver.ask(
                .update(FlowUpdate(id: FlowID("f"), bandwidth: .megabits(9)), dryRun: false))
        else { return }
        #expect(result.rejection == nil)
        #expect(result.flow.links == before.links)
        #expect(try driver.link("l12>").reserved == .megabits(9))
    }
}
