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
