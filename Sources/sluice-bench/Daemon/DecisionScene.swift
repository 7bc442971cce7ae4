// A control plane with its flows, as a busy day leaves it: a semi-random network and flows between random hosts, told
// apart by their ports.

import SluiceControlPlane
import SluiceDocuments
import SluiceModel

struct DecisionScene {
    private(set) var plane: ControlPlane
    private(set) var admittedCount = 0
    private let hosts: [NodeID]
    private let addresses: [IPv4Prefix]
    private let bandwidths: ClosedRange<Int>
    private let priorities: ClosedRange<Int>
    private var random: RandomStream
    private var now = Instant.epoch.advanced(bySeconds: 1_800_000_000)
    private var nextNumber = 0
    private var nextTicket: UInt64 = 0

    static func network(_ settings: DaemonBenchSettings) throws -> Topology {
        var options = GenerationOptions()
        options.seed = settings.seed
        options.hostsPerSwitch = 4
        return try GeneratedTopology.semiRandom(switches: settings.switches, averageDegree: 4).make(options)
    }

    /// - Parameter megabits: bandwidths are uniform in it.
    init(
        _ topology: Topology, seed: UInt64, purpose: String, megabits: ClosedRange<Int>, priorities: ClosedRange<Int>
    ) {
        var policy = Policy.standard
        policy.limits.flowsPerClient = policy.limits.flows
        plane = ControlPlane(topology: topology, policy: policy, seed: seed)
        var hosts: [NodeID] = []
        var addresses: [IPv4Prefix] = []
        for index in topology.hosts {
            guard case .host(let host) = topology[index].kind, let address = host.ipv4 else { continue }
            hosts.append(topology[index].id)
            addresses.append(address)
        }
        (self.hosts, self.addresses) = (hosts, addresses)
        bandwidths = megabits
        self.priorities = priorities
        random = RandomStream(seed: seed, purpose: purpose)
    }

    // MARK: Flows

    mutating func randomRequest() -> FlowRequest {
        let source = random.below(hosts.count)
        var destination = random.below(hosts.count - 1)
        if destination >= source { destination += 1 }
        return request(
            from: source, to: destination, priority: priorities.lowerBound + random.below(priorities.count))
    }

    /// - Parameters: positions among the network's hosts.
    mutating func request(from source: Int, to destination: Int, priority: Int) -> FlowRequest {
        nextNumber += 1
        var match = FlowMatch()
        match.etherType = FlowMatch.etherTypeIPv4
        match.ipv4Source = addresses[source]
        match.ipv4Destination = addresses[destination]
        match.ipProtocol = FlowMatch.protocolUDP
        match.sourcePort = UInt16(truncatingIfNeeded: 1_024 + nextNumber % 60_000)
        match.destinationPort = UInt16(truncatingIfNeeded: 1_024 + nextNumber / 60_000)
        return FlowRequest(
            id: FlowID("f\(nextNumber)"), source: hosts[source], destination: hosts[destination],
            bandwidth: .megabits(bandwidths.lowerBound + random.below(bandwidths.count)), priority: priority,
            match: match)
    }

    // MARK: Events

    mutating func handle(_ request: Request) -> (effects: [Effect], seconds: Double) {
        nextTicket += 1
        now = now.advanced(bySeconds: 0.001)
        let event = Event.request(Ticket(nextTicket), from: ClientID(1), request)
        let begun = Clock.monotonic()
        let effects = plane.handle(event, at: now)
        return (effects, Clock.monotonic() - begun)
    }

    /// The response to `request` and the seconds that `handle` took; an error ends the measurement.
    mutating func answer(_ request: Request) throws -> (response: Response, seconds: Double) {
        let (effects, seconds) = handle(request)
        for effect in effects {
            if case .reply(_, let result) = effect { return (try result.get(), seconds) }
        }
        preconditionFailure("a request got no answer")
    }

    mutating func submit(_ request: FlowRequest) throws -> (result: FlowResult, seconds: Double) {
        let (response, seconds) = try answer(.submit(request, dryRun: false))
        guard case .flow(let result) = response else { preconditionFailure("a submission got another answer") }
        if result.rejection == nil { admittedCount += 1 }
        admittedCount += result.returned.count - result.preempted.count
        return (result, seconds)
    }

    mutating func withdraw(_ id: FlowID) throws -> (result: FlowResult, seconds: Double) {
        let (response, seconds) = try answer(.withdraw(id))
        guard case .withdrawn(let result) = response else { preconditionFailure("a withdrawal got another answer") }
        admittedCount += result.returned.count - result.preempted.count - 1
        return (result, seconds)
    }

    /// Submits random flows until so many are admitted, giving up after twice as many.
    mutating func fill(to count: Int) throws {
        var tries = 0
        while admittedCount < count, tries < 2 * count {
            _ = try submit(randomRequest())
            tries += 1
        }
    }

    /// Ends an optimisation whose answer is not wanted.
    mutating func drop(_ order: SolveOrder) {
        _ = plane.handle(.problemSolved(order.id, .failed(message: "not wanted")), at: now)
    }

    /// A client that is told of every change of every switch.
    mutating func follow() {
        nextTicket += 1
        _ = plane.handle(
            .request(
                Ticket(nextTicket), from: ClientID(2),
                .subscribeRules(RulesSubscription(switches: nil, sinceRevision: nil, own: false))), at: now)
    }
}
