import SluiceControlPlane
import SluiceModel
import Testing

@Suite struct TelemetryTests {
    private let trunks = ["l12>", "l24>", "l13>", "l34>"]

    private func report(
        _ driver: inout Driver, _ utilisation: [String: Double], seconds: Double
    ) throws -> TelemetryReceipt {
        driver.seconds = seconds
        let samples = trunks.map { TelemetrySample(link: $0, utilisation: utilisation[$0] ?? 0.1) }
        guard case .telemetry(let receipt) = try driver.ask(.reportTelemetry(samples)) else {
            throw Unexpected(response: nil)
        }
        return receipt
    }

    @Test func `a flow leaves a path that has become bad, after its dwell time, and says why`() throws {
        var driver = Driver(try Network.diamond())
        let flow = try driver.submit("f", "h1", "h4", megabits: 2).flow
        let bad = flow.links[1].text
        var movedAt: Double?
        for step in 0..<300 where movedAt == nil {
            let seconds = Double(step) * 0.1
            let receipt = try report(&driver, [bad: 0.99], seconds: seconds)
            #expect(receipt.accepted == 4)
            if !receipt.moved.isEmpty { movedAt = seconds }
        }
        let moved = try #require(movedAt)
        #expect(moved >= 5, "the dwell time is five seconds")
        #expect(try driver.flow("f").links.map(\.text).contains(bad) == false)
        let occurrence = try #require(driver.occurrences.last { $0.kind == .flowMoved })
        #expect(occurrence.moveReason == .learning)
        #expect((occurrence.presentReward ?? 0) > (occurrence.formerReward ?? 1))
        guard case .automata(let automata) = try driver.ask(.automata(FlowID("f"))) else { return }
        #expect(automata.first?.candidates.count == 2)
    }

    @Test func `flows leave a path that turns bad soon after it does and return when it recovers`() throws {
        var driver = Driver(try Network.diamond(capacity: .megabits(100)))
        for number in 1...3 {
            try driver.submit("f\(number)", "h1", "h4", megabits: 1) {
                $0.match = .tcp(UInt16(number))
                $0.constraints.via = ["s2"]
            }
            _ = try driver.ask(
                .update(FlowUpdate(id: FlowID("f\(number)"), constraints: ConstraintRequest()), dryRun: false))
        }
        func countVia(_ name: String) throws -> Int {
            try (1...3).count { try driver.flow("f\($0)").path.contains(NodeID(name)) }
        }
        func follow(_ utilisation: [String: Double], from start: Double, until name: String) throws -> Double? {
            for step in 0..<200 {
                _ = try report(&driver, utilisation, seconds: start + Double(step) * 0.1)
                if try countVia(name) == 3 { return Double(step) * 0.1 }
            }
            return nil
        }
        for step in 0..<100 { #expect(try report(&driver, [:], seconds: Double(step) * 0.1).moved.isEmpty) }
        let dwell = LearningPolicy().dwellSeconds
        let left = try #require(try follow(["l12>": 0.99], from: 10, until: "s3"))
        #expect(left <= dwell, "they have been where they are for longer than their dwell time")
        let returned = try #require(try follow(["l13>": 0.7, "l34>": 0.7], from: 10 + left + 0.1, until: "s2"))
        #expect(returned >= dwell - 0.5 && returned <= 2 * dwell)
    }

    @Test func `a report moves at most one flow off a bottleneck`() throws {
        var driver = Driver(try Network.diamond(capacity: .megabits(100)))
        for number in 0..<10 {
            try driver.submit("f\(number)", "h1", "h4", megabits: 1) {
                $0.match = .tcp(UInt16(number))
                $0.constraints.via = ["s2"]
            }
            _ = try driver.ask(
                .update(FlowUpdate(id: FlowID("f\(number)"), constraints: ConstraintRequest()), dryRun: false))
        }
        var total = 0
        for step in 0..<100 {
            let receipt = try report(&driver, ["l12>": 0.99, "l24>": 0.99], seconds: Double(step) * 0.1)
            #expect(receipt.moved.count <= 1)
            total += receipt.moved.count
        }
        #expect(total > 1)
    }

    @Test func `a link that fails elsewhere, and a new policy, leave what was learned`() throws {
        var policy = Policy.standard
        policy.learning.dwellSeconds = 1_000
        var driver = Driver(
            try Network.make(5, [(1, 2), (2, 4), (1, 3), (3, 4), (4, 5)], capacity: .megabits(10)), policy: policy)
        let flow = try driver.submit("f", "h1", "h4", megabits: 2).flow
        let bad = flow.links[1].text
        for step in 0..<100 { _ = try report(&driver, [bad: 0.9], seconds: Double(step) * 0.1) }
        func preference() throws -> Double {
            guard case .automata(let automata) = try driver.ask(.automata(FlowID("f"))),
                let other = automata.first?.candidates.first(where: { !$0.isPresent })
            else { return 0 }
            return other.probability
        }
        let before = try preference()
        #expect(before > 0.8)
        _ = try driver.setLink("l45", .down)
        #expect(try preference() == before)
        _ = try report(&driver, [bad: 0.9], seconds: 10.1)
        #expect(abs(try preference() - before) < 0.05, "the candidates are sought anew and are the same")
        policy.learning.scheme = .pursuit
        policy.learning.margin = 0.2
        _ = try driver.ask(.replacePolicy(policy))
        _ = try report(&driver, [bad: 0.9], seconds: 10.2)
        #expect(abs(try preference() - before) < 0.05, "another scheme goes on from there")
        let utilisation = try driver.link(bad).utilisation
        #expect((utilisation ?? 0) > 0.8, "so do the measurements")
        policy.learning.scheme = .off
        _ = try driver.ask(.replacePolicy(policy))
        #expect(try preference() == 0)
    }

    @Test func `a way that a link's return opens becomes a candidate`() throws {
        var driver = Driver(try Network.diamond())
        _ = try driver.setLink("l12", .down)
        try driver.submit("f", "h1", "h4", megabits: 2)
        func candidates() throws -> Int {
            guard case .automata(let automata) = try driver.ask(.automata(FlowID("f"))) else { return -1 }
            return automata.first?.candidates.count ?? 0
        }
        _ = try report(&driver, [:], seconds: 1)
        #expect(try candidates() == 0, "there is no choice")
        _ = try driver.setLink("l12", .up)
        _ = try report(&driver, [:], seconds: 100)
        #expect(try candidates() == 2)
        _ = try driver.setLink("l12", .down)
        _ = try report(&driver, [:], seconds: 101)
        #expect(try candidates() == 0)
    }

    @Test func `flows without a choice do not keep others from getting an automaton`() throws {
        // Between s4 and s5 there is one way; from s1 to s4 there are two. More flows have no choice than a report looks at.
        var driver = Driver(
            try Network.make(5, [(1, 2), (2, 4), (1, 3), (3, 4), (4, 5)], capacity: .megabits(1_000)))
        for number in 0..<70 {
            try driver.submit("single\(number)", "h4", "h5", megabits: 1, priority: 5) {
                $0.match = .tcp(UInt16(number))
            }
        }
        try driver.submit("f", "h1", "h4", megabits: 1)
        for second in 1...3 {
            driver.seconds = Double(second)
            let samples = ["l12>", "l24>", "l13>", "l34>", "l45>"].map { TelemetrySample(link: $0, utilisation: 0.1) }
            _ = try driver.ask(.reportTelemetry(samples))
        }
        guard case .automata(let automata) = try driver.ask(.automata(nil)) else { return }
        #expect(automata.map(\.flow) == [FlowID("f")])
    }

    @Test func `a class's new reward weights count for the flows that it has`() throws {
        var policy = Policy.standard
        policy.learning.dwellSeconds = 1_000
        let weights = [
            RewardWeights(utilisation: 1, queue: 0, latency: 0, loss: 0),
            RewardWeights(utilisation: 0, queue: 0, latency: 1, loss: 0),
        ]
        var rewards: [Double] = []
        var driver = Driver(try Network.diamond(), policy: policy)
        for (number, weights) in weights.enumerated() {
            var voice = TrafficClass(name: "voice", priority: 3)
            voice.rewardWeights = weights
            policy.classes = policy.classes.filter { $0.name != "voice" } + [voice]
            _ = try driver.ask(.replacePolicy(policy))
            if number == 0 {
                try driver.submit("f", "h1", "h4", megabits: 2) { ($0.priority, $0.className) = (nil, "voice") }
            }
            for step in 0..<3 { _ = try report(&driver, [:], seconds: Double(number + step)) }
            guard case .automata(let automata) = try driver.ask(.automata(FlowID("f"))) else { return }
            rewards.append(automata.first?.candidates.first?.reward ?? 0)
        }
        #expect(abs(rewards[0] - 0.81) < 1e-9, "nine tenths of each of two links are free")
        #expect(rewards[1] == 0.5, "nobody has measured latency")
    }

    @Test func `candidates are also those that share links with each other`() throws {
        // Two diamonds in a row: after two disjoint ways, the next ones are mixtures of them.
        var driver = Driver(
            try Network.make(7, [(1, 2), (1, 3), (2, 4), (3, 4), (4, 5), (4, 6), (5, 7), (6, 7)]))
        try driver.submit("f", "h1", "h7", megabits: 2) { $0.constraints.maxHops = 4 }
        driver.seconds = 1
        _ = try driver.ask(.reportTelemetry([TelemetrySample(link: "l12>", utilisation: 0.1)]))
        _ = try driver.ask(.reportTelemetry([TelemetrySample(link: "l13>", utilisation: 0.1)]))
        guard case .automata(let automata) = try driver.ask(.automata(FlowID("f"))) else { return }
        let found = try #require(automata.first).candidates.map(\.links)
        #expect(found.count == 4 && Set(found).count == 4)
        #expect(automata.first?.decisionSwitch == NodeID("s1") && automata.first?.endSwitch == NodeID("s7"))
    }

    @Test func `no flow moves where the ledger has no room`() throws {
        var driver = Driver(try Network.diamond())
        let flow = try driver.submit("f", "h1", "h4", megabits: 6).flow
        let side = flow.path.contains(NodeID("s2")) ? "s3" : "s2"
        try driver.submit("full", "h1", "h4", megabits: 6) {
            $0.constraints.via = [side]
            $0.match = .tcp(1)
        }
        let bad = flow.links[1].text
        for step in 0..<150 {
            #expect(try report(&driver, [bad: 0.99], seconds: Double(step) * 0.1).moved.isEmpty)
        }
    }

    @Test func `samples that make no sense are counted by reason`() throws {
        var driver = Driver(try Network.diamond())
        let future = driver.now.advanced(bySeconds: 60)
        let samples = [
            TelemetrySample(link: "nowhere", utilisation: 0.5), TelemetrySample(link: "l12", utilisation: 0.5),
            TelemetrySample(link: "l12>", utilisation: 1.5), TelemetrySample(link: "l12>", lossRatio: .nan),
            TelemetrySample(link: "l12>"), TelemetrySample(link: "l12>", time: future, utilisation: 0.5),
            TelemetrySample(link: "l12>", utilisation: 0.5),
        ]
        guard case .telemetry(let receipt) = try driver.ask(.reportTelemetry(samples)) else { return }
        #expect(receipt.accepted == 1)
        #expect(
            receipt.refused == [.unknownLink: 1, .ambiguousDirection: 1, .outOfRange: 2, .empty: 1, .badTime: 1])
        #expect(try driver.link("l12>").utilisation == 0.5)
    }
}
