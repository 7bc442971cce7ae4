// Small networks, and a control plane driven by one-line calls.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import SluiceSolver
import Testing

enum Network {
    /// Switches s1 ... sN, each with a host h1 ... hN, and cables given as pairs.
    static func make(
        _ switchCount: Int, _ cables: [(Int, Int)], capacity: Bandwidth = .megabits(10), latencies: [Int] = [],
        ruleCapacities: [Int: Int] = [:]
    ) throws -> Topology {
        var nodes: [Node] = []
        var all: [Cable] = []
        for number in 1...switchCount {
            nodes.append(
                Node(id: NodeID("s\(number)"), kind: .switch(Switch(ruleCapacity: ruleCapacities[number]))))
        }
        for number in 1...switchCount {
            let address = IPv4Prefix(0x0a00_0000 + UInt32(number))
            nodes.append(Node(id: NodeID("h\(number)"), kind: .host(Host(ipv4: address))))
            all.append(Cable.access(of: NodeID("h\(number)"), to: Cable.End(node: NodeID("s\(number)"))))
        }
        for (position, pair) in cables.enumerated() {
            all.append(
                Cable(
                    id: "l\(pair.0)\(pair.1)", a: Cable.End(node: NodeID("s\(pair.0)")),
                    b: Cable.End(node: NodeID("s\(pair.1)")), capacity: capacity,
                    latency: Latency(microseconds: position < latencies.count ? latencies[position] : 1_000)))
        }
        return try Topology(name: "test", nodes: nodes, cables: all)
    }

    /// s1 - s2 - s4 and s1 - s3 - s4.
    static func diamond(capacity: Bandwidth = .megabits(10)) throws -> Topology {
        try make(4, [(1, 2), (2, 4), (1, 3), (3, 4)], capacity: capacity)
    }

    static func line(_ count: Int, capacity: Bandwidth = .megabits(10)) throws -> Topology {
        try make(count, (1..<count).map { ($0, $0 + 1) }, capacity: capacity)
    }
}

/// Drives one control plane, and checks its invariants after each event.
struct Driver {
    var plane: ControlPlane
    var seconds = 0.0
    var lastEffects: [Effect] = []
    private var nextTicket: UInt64 = 0
    /// Occurrences since the start.
    var occurrences: [Occurrence] = []
    var transactions: [RulesTransaction] = []
    var pendingSolve: SolveOrder?
    var wake: Instant?

    init(_ topology: Topology, policy: Policy = .standard) { plane = ControlPlane(topology: topology, policy: policy) }

    var now: Instant { Instant.epoch.advanced(bySeconds: 1_000 + seconds) }

    @discardableResult
    mutating func handle(_ event: Event, location: SourceLocation = #_sourceLocation) -> [Effect] {
        lastEffects = plane.handle(event, at: now)
        let faults = plane.checkInvariants()
        #expect(faults.isEmpty, "\(faults.prefix(5))", sourceLocation: location)
        for effect in lastEffects {
            switch effect {
            case .report(let occurrence): occurrences.append(occurrence)
            case .notify(_, .rules(let transaction)): transactions.append(transaction)
            case .solve(let order): pendingSolve = order
            case .wake(let instant): wake = instant
            case .reply, .notify: break
            }
        }
        return lastEffects
    }

    mutating func ask(
        _ request: Request, client: UInt64 = 1, location: SourceLocation = #_sourceLocation
    ) throws -> Response {
        nextTicket += 1
        let ticket = Ticket(nextTicket)
        var answers: [Result<Response, RequestError>] = []
        for effect in handle(.request(ticket, from: ClientID(client), request), location: location) {
            if case .reply(ticket, let answer) = effect { answers.append(answer) }
        }
        #expect(answers.count == 1, "one answer for each request", sourceLocation: location)
        return try #require(answers.first, sourceLocation: location).get()
    }

    @discardableResult
    mutating func submit(
        _ id: String, _ from: String, _ to: String, megabits: Int, priority: Int = 3,
        dryRun: Bool = false, location: SourceLocation = #_sourceLocation,
        with change: (inout FlowRequest) -> Void = { _ in }
    ) throws -> FlowResult {
        var request = FlowRequest(
            id: FlowID(id), source: NodeID(from), destination: NodeID(to), bandwidth: .megabits(megabits),
            priority: priority)
        change(&request)
        let response = try ask(.submit(request, dryRun: dryRun), location: location)
        guard case .flow(let result) = response else { throw Unexpected(response: response) }
        return result
    }

    mutating func withdraw(_ id: String) throws -> FlowResult {
        let response = try ask(.withdraw(FlowID(id)))
        guard case .withdrawn(let result) = response else { throw Unexpected(response: response) }
        return result
    }

    mutating func setLink(_ name: String, _ state: LinkState, dryRun: Bool = false) throws -> LinkChange {
        let response = try ask(.setLink(link: name, state: state, dryRun: dryRun))
        guard case .linksSet(let change) = response else { throw Unexpected(response: response) }
        return change
    }

    mutating func flow(_ id: String) throws -> FlowView {
        let response = try ask(.get(FlowID(id)))
        guard case .flowDetails(let view) = response else { throw Unexpected(response: response) }
        return view
    }

    mutating func state(_ id: String) throws -> FlowState { try flow(id).state }

    mutating func link(_ id: String) throws -> LinkView {
        guard case .topology(let topology) = try ask(.topology) else { throw Unexpected(response: nil) }
        return try #require(topology.links.first { $0.id.text == id })
    }

    /// Its rules of flows; those by which hosts find each other are left out.
    mutating func rules(_ name: String) throws -> SwitchRules {
        guard case .rules(let rules) = try ask(.rules(switch: NodeID(name))) else { throw Unexpected(response: nil) }
        var answer = try #require(rules.first)
        answer.content.rules.removeAll { $0.cookie == Reachability.cookie }
        return answer
    }
}

struct Unexpected: Error { let response: Response? }

/// The error that `body` ends in; nil where it does not.
func requestError(_ body: () throws -> Void) -> RequestError? {
    do {
        try body()
        return nil
    } catch { return error as? RequestError }
}
