import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import Testing

@Suite struct SubmissionTests {
    @Test func `a flow that fits is admitted on a path and held on its links`() throws {
        var driver = Driver(try Network.line(3))
        let result = try driver.submit("f", "h1", "h3", megabits: 4)
        #expect(result.flow.state == .admitted)
        #expect(result.flow.path.map(\.text) == ["h1", "s1", "s2", "s3", "h3"])
        #expect(result.flow.links.map(\.text) == ["access:h1>", "l12>", "l23>", "access:h3<"])
        #expect(try driver.link("l12>").reserved == .megabits(4))
        #expect(try driver.link("l12<").reserved == .zero)
    }

    @Test func `load spreads before a link is full`() throws {
        var driver = Driver(try Network.diamond())
        let first = try driver.submit("a", "h1", "h4", megabits: 5)
        let second = try driver.submit("b", "h1", "h4", megabits: 5)
        #expect(first.flow.links != second.flow.links)
    }

    @Test func `a flow that does not fit names its bottleneck and what would let it in`() throws {
        var driver = Driver(try Network.line(3))
        try driver.submit("a", "h1", "h2", megabits: 8)
        let result = try driver.submit("b", "h1", "h3", megabits: 5)
        #expect(result.flow.state == .rejected)
        let rejection = try #require(result.rejection)
        #expect(rejection.code == .noCapacity)
        #expect(rejection.bottlenecks.map(\.link.text) == ["l12>"])
        #expect(rejection.bottlenecks.first?.residual == .megabits(2))
        #expect(rejection.wouldFitIf.contains(.flowsGone([FlowID("a")])))
        #expect(rejection.wouldFitIf.contains(.bandwidth(atMost: .megabits(2))))
        #expect(rejection.wouldFitIf.contains(.priority(atLeast: 4)))
        #expect(try driver.state("b") == .rejected)
    }

    @Test func `a flow wider than every link is refused for capacity`() throws {
        var driver = Driver(try Network.line(2))
        let result = try driver.submit("a", "h1", "h2", megabits: 11)
        #expect(result.rejection?.code == .noCapacity)
        #expect(result.rejection?.bottlenecks.map(\.link.text) == ["l12>"])
    }

    @Test func `ends that nothing joins are refused with no path`() throws {
        var driver = Driver(try Network.make(3, [(1, 2)]))
        #expect(try driver.submit("a", "h1", "h3", megabits: 1).rejection?.code == .noPath)
    }

    @Test func `a link that is down is named in a refusal`() throws {
        var driver = Driver(try Network.line(2))
        _ = try driver.setLink("l12", .down)
        let rejection = try #require(try driver.submit("a", "h1", "h2", megabits: 1).rejection)
        #expect(rejection.code == .noPath)
        #expect(rejection.wouldFitIf == [.linksUp([LinkID("l12>")])])
    }

    @Test func `a latency bound below the fastest path is refused with that latency`() throws {
        var driver = Driver(try Network.line(3))
        let result = try driver.submit("a", "h1", "h3", megabits: 1) {
            $0.constraints.maxLatency = Latency(microseconds: 1_999)
        }
        #expect(result.rejection?.code == .latencyUnreachable)
        #expect(result.rejection?.wouldFitIf == [.latency(atLeast: Latency(microseconds: 2_000))])
    }

    @Test func `a latency bound is met by a detour over faster links`() throws {
        // The direct cable is slow, the detour over s3 fast.
        var driver = Driver(try Network.make(3, [(1, 2), (1, 3), (3, 2)], latencies: [20_000, 1_000, 1_000]))
        let result = try driver.submit("a", "h1", "h2", megabits: 1) {
            $0.constraints.maxLatency = Latency(microseconds: 5_000)
        }
        #expect(result.flow.path.map(\.text) == ["h1", "s1", "s3", "s2", "h2"])
    }

    @Test(arguments: [
        ("via a switch", ConstraintRequest(via: ["s3"]), "s3"),
        ("via a link", ConstraintRequest(via: ["l34"]), "s3"),
        ("avoiding a switch", ConstraintRequest(avoid: ["s2"]), "s3"),
        ("avoiding a link", ConstraintRequest(avoid: ["l24"]), "s3"),
        ("via the other switch", ConstraintRequest(via: ["s2"]), "s2"),
    ])
    func `a path keeps to its constraints`(name: String, constraints: ConstraintRequest, passes: String) throws {
        var driver = Driver(try Network.diamond())
        let result = try driver.submit("a", "h1", "h4", megabits: 1) { $0.constraints = constraints }
        #expect(result.flow.path.contains(NodeID(passes)), "\(name)")
    }

    @Test func `submitting a live id again answers with the flow, with other parameters it is an error`() throws {
        var driver = Driver(try Network.line(2))
        let first = try driver.submit("f", "h1", "h2", megabits: 4)
        #expect(try driver.submit("f", "h1", "h2", megabits: 4) == first)
        let error = requestError { try driver.submit("f", "h1", "h2", megabits: 5) }
        #expect(error == .duplicateFlow(FlowID("f")))
        #expect(error?.number == -32_010)
        #expect(try driver.link("l12>").reserved == .megabits(4))
    }

    @Test func `the id of a flow that is over is free again`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 11)
        #expect(try driver.submit("f", "h1", "h2", megabits: 4).flow.state == .admitted)
        #expect(try driver.withdraw("f").flow.state == .withdrawn)
        #expect(try driver.state("f") == .withdrawn)
        #expect(try driver.submit("f", "h1", "h2", megabits: 5).flow.state == .admitted)
    }

    @Test func `every malformed request is an error of its own and changes nothing`() throws {
        var driver = Driver(try Network.line(2))
        let cases: [(RequestError, (inout FlowRequest) -> Void)] = [
            (.unknownNode(field: "source", name: "x"), { $0.source = NodeID("x") }),
            (.unknownNode(field: "destination", name: "x"), { $0.destination = NodeID("x") }),
            (.invalid(field: "destination", reason: .sameEnds), { $0.destination = NodeID("h1") }),
            (.invalid(field: "bandwidth", reason: .zeroBandwidth), { $0.bandwidth = .zero }),
            (.invalid(field: "minBandwidth", reason: .aboveBandwidth), { $0.minBandwidth = .megabits(2) }),
            (.invalid(field: "priority", reason: .classAndPriority), { $0.className = "bulk" }),
            (.invalid(field: "priority", reason: .priorityRange), { $0.priority = -1 }),
            (.unknownClass(name: "x"), { ($0.className, $0.priority) = ("x", nil) }),
            (.invalid(field: "id", reason: .badIdentifier), { $0.id = FlowID("") }),
            (.invalid(field: "id", reason: .reservedIdentifier), { $0.id = FlowID("a~reverse") }),
            (.invalid(field: "lifetimeSeconds", reason: .notPositive), { $0.lifetimeSeconds = 0 }),
            (.unknownLink(field: "constraints.avoid", name: "x"), { $0.constraints.avoid = ["x"] }),
            (.unknownAffinity(field: "constraints.affinity.exclude", name: "x"), { $0.constraints.exclude = ["x"] }),
        ]
        for (expected, change) in cases {
            let error = requestError { try driver.submit("f", "h1", "h2", megabits: 1, with: change) }
            #expect(error == expected)
        }
        #expect(requestError { _ = try driver.state("f") } == .unknownFlow(FlowID("f")))
    }

    @Test func `a dry run answers as the real thing would and changes nothing`() throws {
        var driver = Driver(try Network.line(2))
        let result = try driver.submit("f", "h1", "h2", megabits: 4, dryRun: true)
        #expect(result.isDryRun)
        #expect(result.flow.state == .admitted)
        #expect(driver.occurrences.isEmpty)
        #expect(try driver.link("l12>").reserved == .zero)
        #expect(requestError { _ = try driver.state("f") } == .unknownFlow(FlowID("f")))
    }

    @Test func `an atomic batch is admitted whole or not at all`() throws {
        var driver = Driver(try Network.line(2))
        let flows = ["a", "b", "c"].map {
            FlowRequest(id: FlowID($0), source: NodeID("h1"), destination: NodeID("h2"), bandwidth: .megabits(4))
        }
        // Same ends and no match: the second conflicts with the first unless each has its own.
        let distinct = flows.enumerated().map { position, flow in
            var flow = flow
            flow.match = .tcp(UInt16(80 + position))
            return flow
        }
        guard case .batch(let items) = try driver.ask(.submitBatch(distinct, atomic: true)) else { return }
        #expect(items.map { $0.result?.rejection?.code } == [.batchAborted, .batchAborted, .noCapacity])
        #expect(try driver.link("l12>").reserved == .zero)
        guard case .batch(let loose) = try driver.ask(.submitBatch(distinct, atomic: false)) else { return }
        #expect(loose.map { $0.result?.flow.state } == [.admitted, .admitted, .rejected])
    }

    @Test func `a companion is admitted, listed and withdrawn with its flow`() throws {
        var driver = Driver(try Network.line(2))
        let result = try driver.submit("f", "h1", "h2", megabits: 4) { $0.reverseBandwidth = .megabits(3) }
        let companion = try #require(result.companion)
        #expect(companion.id.text == "f~reverse")
        #expect(companion.path.map(\.text) == ["h2", "s2", "s1", "h1"])
        #expect(companion.match?.ipv4Source == IPv4Prefix(0x0a00_0002))
        #expect(try driver.link("l12<").reserved == .megabits(3))
        #expect(
            requestError { _ = try driver.withdraw("f~reverse") } == .invalid(field: "id", reason: .companion))
        _ = try driver.withdraw("f")
        #expect(try driver.state("f~reverse") == .withdrawn)
        #expect(try driver.link("l12<").reserved == .zero)
    }

    @Test func `a flow whose companion does not fit is refused whole`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("a", "h2", "h1", megabits: 9)
        let result = try driver.submit("f", "h1", "h2", megabits: 4) {
            $0.reverseBandwidth = .megabits(3)
            $0.match = .tcp(80)
        }
        #expect(result.rejection?.code == .noCapacity)
        #expect(result.rejection?.bottlenecks.map(\.link.text) == ["l12<"])
        #expect(try driver.link("l12>").reserved == .zero)
    }

    @Test func `a flow that accepts less gets what is left and says so`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("a", "h1", "h2", megabits: 7)
        let result = try driver.submit("b", "h1", "h2", megabits: 5) {
            $0.minBandwidth = .megabits(2)
            $0.match = .tcp(80)
        }
        #expect(result.flow.state == .degraded)
        #expect(result.flow.bandwidth == .megabits(3))
        #expect(result.flow.reasons == [.reducedBandwidth(wanted: .megabits(5))])
    }

    @Test func `a wake that comes early is asked for again`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 8) { $0.lifetimeSeconds = 10 }
        let due = driver.now.advanced(bySeconds: 10)
        // The clock was set back while the timer ran, or the timer was short by less than the clock can tell.
        driver.seconds += 9.999_999
        driver.wake = nil
        driver.handle(.timeReached)
        #expect(driver.wake == due)
        driver.seconds += 0.000_002
        driver.handle(.timeReached)
        #expect(try driver.state("f") == .expired)
    }

    @Test func `a flow ends with its lifetime and lets others return`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("f", "h1", "h2", megabits: 8, priority: 5) { $0.lifetimeSeconds = 10 }
        #expect(driver.wake == driver.now.advanced(bySeconds: 10))
        driver.seconds = 9.9
        driver.handle(.timeReached)
        #expect(try driver.state("f") == .admitted)
        driver.seconds = 10
        driver.handle(.timeReached)
        #expect(try driver.state("f") == .expired)
        #expect(try driver.link("l12>").reserved == .zero)
    }

    @Test func `a flow with a start in the future reserves nothing until then`() throws {
        var driver = Driver(try Network.line(2))
        let start = driver.now.advanced(bySeconds: 5)
        let result = try driver.submit("f", "h1", "h2", megabits: 8) {
            $0.start = start
            $0.lifetimeSeconds = 2
        }
        #expect(result.flow.state == .pending)
        #expect(result.flow.reasons == [.waitsForStart(start)])
        #expect(try driver.link("l12>").reserved == .zero)
        driver.seconds = 5
        driver.handle(.timeReached)
        #expect(try driver.state("f") == .admitted)
        driver.seconds = 7
        driver.handle(.timeReached)
        #expect(try driver.state("f") == .expired)
    }

    @Test func `a match that overlaps another at the same ingress is a conflict unless it is more specific`() throws {
        var driver = Driver(try Network.line(2))
        try driver.submit("a", "h1", "h2", megabits: 1)
        let same = try driver.submit("b", "h1", "h2", megabits: 1)
        #expect(same.rejection?.code == .matchConflict)
        #expect(same.rejection?.detail == .conflictsWith(FlowID("a")))
        #expect(try driver.submit("c", "h1", "h2", megabits: 1) { $0.match = .tcp(80) }.rejection?.code == nil)
    }

    @Test func `flows of one client are limited by policy`() throws {
        var policy = Policy.standard
        policy.limits.flowsPerClient = 1
        var driver = Driver(try Network.line(3), policy: policy)
        try driver.submit("a", "h1", "h2", megabits: 1)
        let result = try driver.submit("b", "h1", "h3", megabits: 1)
        #expect(result.rejection?.code == .limitReached)
        #expect(result.rejection?.detail == .clientFlowLimit(1))
    }

    @Test func `flows of one user are limited over all its connections, also when one has gone`() throws {
        var policy = Policy.standard
        policy.limits.flowsPerClient = 2
        var driver = Driver(try Network.line(3), policy: policy)
        for client in [1, 2] as [UInt64] {
            driver.handle(.clientCame(ClientID(client), account: .account(ofUser: 1_000)))
        }
        driver.handle(.clientCame(ClientID(3), account: .account(ofUser: 1_001)))
        func codes(_ client: UInt64, _ destination: String) throws -> Rejection.Code? {
            let request = FlowRequest(
                id: nil, source: NodeID("h1"), destination: NodeID(destination), bandwidth: .megabits(1), priority: 3,
                match: .tcp(UInt16(client)))
            guard case .flow(let result) = try driver.ask(.submit(request, dryRun: false), client: client) else {
                return nil
            }
            return result.rejection?.code
        }
        #expect(try codes(1, "h2") == nil)
        driver.handle(.clientGone(ClientID(1)))
        #expect(try codes(2, "h2") == nil)
        #expect(try codes(2, "h2") == .limitReached)
        #expect(try codes(3, "h2") == nil)
    }

    @Test func `a list is paged by cursor in the order of submission`() throws {
        var driver = Driver(try Network.line(3))
        for (id, to) in [("z", "h2"), ("a", "h3")] { try driver.submit(id, "h1", to, megabits: 1) }
        try driver.submit("m", "h2", "h3", megabits: 1)
        guard case .flows(let first, let cursor) = try driver.ask(.list(FlowFilter(limit: 2))) else { return }
        #expect(first.map(\.id.text) == ["z", "a"])
        guard case .flows(let rest, let end) = try driver.ask(.list(FlowFilter(limit: 2, cursor: cursor))) else {
            return
        }
        #expect(rest.map(\.id.text) == ["m"])
        #expect(end == nil)
        guard case .flows(let byLink, _) = try driver.ask(.list(FlowFilter(link: "l23"))) else { return }
        #expect(byLink.map(\.id.text) == ["a", "m"])
    }
}

extension BatchItem {
    var result: FlowResult? {
        if case .decided(let result) = self { result } else { nil }
    }
}

extension FlowMatch {
    /// TCP to `port`, from the first host to the second.
    static func tcp(_ port: UInt16) -> FlowMatch {
        var match = FlowMatch()
        match.etherType = FlowMatch.etherTypeIPv4
        match.ipv4Source = IPv4Prefix(0x0a00_0001)
        match.ipv4Destination = IPv4Prefix(0x0a00_0002)
        match.ipProtocol = FlowMatch.protocolTCP
        match.destinationPort = port
        return match
    }
}
