import SluiceControlPlane
import SluiceModel
import Testing

@Suite struct RecordTests {
    @Test func `an id that is used again has one record, and so has its companion`() throws {
        var driver = Driver(try Network.line(2))
        let refused = try driver.submit("q", "h1", "h2", megabits: 1) { $0.reverseBandwidth = .gigabits(1) }
        #expect(refused.rejection != nil)
        #expect(try driver.submit("q", "h1", "h2", megabits: 1) { $0.reverseBandwidth = .megabits(1) }.rejection == nil)
        #expect(try driver.ids(of: [.admitted, .rejected]) == ["q", "q~reverse"])
        _ = try driver.withdraw("q")
        // Without a companion this time: that of the flow before it is no part of it.
        try driver.submit("q", "h1", "h2", megabits: 1)
        #expect(try driver.ids(of: [.admitted, .withdrawn]) == ["q"])
    }

    @Test func `one id used over and over pushes nobody out of the records`() throws {
        var plane = ControlPlane(topology: try Network.line(2), policy: .standard)
        var ticket: UInt64 = 0
        func ask(_ request: Request) -> Result<Response, RequestError>? {
            ticket += 1
            for effect in plane.handle(.request(Ticket(ticket), from: ClientID(1), request), at: .epoch) {
                if case .reply(_, let answer) = effect { return answer }
            }
            return nil
        }
        func flow(_ id: String) -> FlowRequest {
            FlowRequest(
                id: FlowID(id), source: NodeID("h1"), destination: NodeID("h2"), bandwidth: .megabits(1), priority: 1)
        }
        _ = ask(.submit(flow("first"), dryRun: false))
        _ = ask(.withdraw(FlowID("first")))
        for _ in 0..<(3 * ControlLimits.endedFlows + 10) {
            _ = ask(.submit(flow("again"), dryRun: false))
            _ = ask(.withdraw(FlowID("again")))
        }
        guard case .success(.flowDetails(let view)) = ask(.get(FlowID("first"))) else {
            Issue.record("the first flow is forgotten")
            return
        }
        #expect(view.state == .withdrawn)
        for number in 0..<ControlLimits.endedFlows {
            _ = ask(.submit(flow("other\(number)"), dryRun: false))
            _ = ask(.withdraw(FlowID("other\(number)")))
        }
        #expect(ask(.get(FlowID("first"))) == .failure(.unknownFlow(FlowID("first"))))
        #expect(ask(.get(FlowID("again"))) == .failure(.unknownFlow(FlowID("again"))))
    }

    @Test func `ids that are chosen count one by one, and leave out those in use`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("flow-2", "h1", "h2", megabits: 1)
        var chosen: [String] = []
        for port in 1...2 {
            let result = try driver.submit("", "h1", "h2", megabits: 1) {
                $0.id = nil
                $0.match = .tcp(UInt16(port))
            }
            chosen.append(result.flow.id.text)
        }
        #expect(chosen == ["flow-1", "flow-3"])
    }

    @Test func `a list of an unknown class is an error`() throws {
        var driver = Driver(try Network.line(2))
        #expect(
            requestError { _ = try driver.ask(.list(FlowFilter(className: "nonsense"))) }
                == .unknownClass(name: "nonsense"))
    }

    @Test(arguments: ["h1", "h2"])
    func `a flow cannot avoid its own end`(end: String) throws {
        var driver = Driver(try Network.line(3))
        #expect(
            requestError {
                try driver.submit("f", "h1", "h2", megabits: 1) { $0.constraints.avoid = ["s3", end] }
            } == .invalid(field: "constraints.avoid", reason: .endOfFlow))
    }

    @Test(arguments: [Protection.linkDisjoint, .nodeDisjoint], ["h4", "s1"])
    func `waypoints of a protected flow are refused, and not ignored`(protection: Protection, end: String) throws {
        var driver = Driver(try Network.diamond())
        #expect(
            requestError {
                try driver.submit("f", "h1", end, megabits: 1) {
                    $0.constraints.via = ["s2"]
                    $0.protection = protection
                }
            } == .invalid(field: "constraints.via", reason: .viaWithProtection))
        // Nor can an update bring them together.
        try driver.submit("g", "h1", end, megabits: 1) { $0.protection = protection }
        #expect(
            requestError {
                _ = try driver.ask(
                    .update(
                        FlowUpdate(id: FlowID("g"), constraints: ConstraintRequest(via: ["s2"])), dryRun: false))
            } == .invalid(field: "constraints.via", reason: .viaWithProtection))
    }

    @Test func `a latency is promised only where there is room`() throws {
        // Short way 1 ms and full, long way 10 ms.
        var driver = Driver(try Network.make(3, [(1, 2), (1, 3), (3, 2)], latencies: [1_000, 5_000, 5_000]))
        try driver.submit("a", "h1", "h2", megabits: 10) { $0.constraints.avoid = ["s3"] }
        let refused = try driver.submit("b", "h1", "h2", megabits: 1) {
            $0.match = .tcp(80)
            $0.constraints.maxLatency = Latency(microseconds: 500)
        }
        let rejection = try #require(refused.rejection)
        #expect(rejection.code == .latencyUnreachable)
        #expect(rejection.detail == .fastestLatency(Latency(microseconds: 1_000)))
        #expect(rejection.wouldFitIf == [.latency(atLeast: Latency(microseconds: 10_000))])
    }

    @Test func `less bandwidth is not promised where the other direction lacks room`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("a", "h2", "h1", megabits: 10) { $0.match = .tcp(80) }
        let refused = try driver.submit("b", "h1", "h2", megabits: 20) { $0.reverseBandwidth = .megabits(1) }
        #expect(refused.rejection?.wouldFitIf == [])
    }

    @Test func `the network's description says where hosts hang`() throws {
        var driver = Driver(try Network.line(2))
        guard case .topology(let topology) = try driver.ask(.topology) else { throw Unexpected(response: nil) }
        let host = try #require(topology.nodes.first { $0.id.text == "h2" })
        #expect(host.attachment?.switch.text == "s2")
        #expect(host.attachment?.port == PortNumber(1))
    }
}

extension Driver {
    /// Ids of the flows in these states, as they are listed.
    fileprivate mutating func ids(of states: [FlowState]) throws -> [String] {
        guard case .flows(let flows, _) = try ask(.list(FlowFilter(states: states))) else {
            throw Unexpected(response: nil)
        }
        return flows.map(\.id.text)
    }
}
