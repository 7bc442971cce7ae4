// Random sequences of everything that can happen, from a seed: after each event all invariants hold, nobody has given
// way to anyone who is not strictly more important, and a packet of every active flow arrives, also while rules change.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import SluiceSolver
import Testing

@Suite struct RandomSequenceTests {
    @Test(arguments: 1...40)
    func `invariants hold after every event`(seed: UInt64) throws {
        var run = try RandomRun(seed: seed)
        for _ in 0..<150 {
            try run.step()
            if run.hasFailed { break }
        }
    }
}

/// Policies that differ in everything that bears on admission.
private enum RandomPolicy {
    static func make(_ stream: inout RandomStream, seed: UInt64) -> Policy {
        var schemes = RandomStream(seed: seed, purpose: "scheme")
        var policy = Policy.standard
        policy.learning.dwellSeconds = 1
        policy.learning.margin = 0.05
        let all = LearningPolicy.Scheme.allCases
        policy.learning.scheme = all[schemes.below(all.count)]
        policy.classes = [
            TrafficClass(name: "standard", priority: 2),
            TrafficClass(name: "signalled", priority: 3, setup: 5, hold: 2),
            TrafficClass(name: "voice", priority: 4, classType: 1),
            TrafficClass(name: "control", priority: 4, preemptable: false, classType: 2),
            TrafficClass(name: "bulk", priority: 1, mayPreempt: false),
        ]
        policy.admission.groomingMoves = stream.below(4)
        policy.admission.preemption = stream.below(5) > 0
        policy.damping.holdDownSeconds = Double(stream.below(3))
        policy.damping.growthSeconds = Double(stream.below(4))
        if stream.below(3) == 0 { policy.reoptimisation.afterChangeSeconds = 1 }
        switch stream.below(3) {
        case 0: policy.bandwidthConstraints = BandwidthConstraints(model: .mam, shares: [700_000, 400_000, 333_333])
        case 1: policy.bandwidthConstraints = BandwidthConstraints(model: .rdm, shares: [1_000_000, 600_000, 333_333])
        default: break
        }
        policy.unadmitted = stream.below(4) == 0 ? .bestEffort : .drop
        return policy
    }
}

/// A network and everything that can happen to it.
struct RandomRun {
    let seed: UInt64
    var stream: RandomStream
    let topology: Topology
    var policy: Policy
    let tracer: PacketTracer
    var driver: Driver
    var switches: [NodeIndex: SwitchState] = [:]
    var live: [String] = []
    var nextID = 0
    var unconfirmed: [RulesTransaction] = []
    var priorities: [FlowID: Int] = [:]
    var hasFailed = false
    var owned: [NodeID] = []
    /// The agent that owns them.
    var agent: UInt64 = 7

    init(seed: UInt64) throws {
        self.seed = seed
        var stream = RandomStream(seed: seed, purpose: "sequence")
        // A ring of seven with three chords: several ways, and links that can be cut.
        topology = try Network.make(
            7, [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 1), (1, 4), (2, 6), (3, 7)],
            capacity: .megabits(10 + 5 * stream.below(3)),
            // In a third of the runs two switches have small tables: seven rules beside flows, as many more at times.
            ruleCapacities: seed % 3 == 0 ? [2: 18 + stream.below(6), 4: 20] : [:])
        tracer = PacketTracer(topology)
        policy = RandomPolicy.make(&stream, seed: seed)
        // Flows split in a third of the runs, half of which have an owner of switches.
        if seed % 3 == 0 { policy.learning.action = .split }
        driver = Driver(topology, policy: policy)
        self.stream = stream
        // An agent owns some of the switches, in half of the runs, and everyone's rules are watched.
        if seed % 2 == 0 {
            owned = (1...7).filter { _ in stream.below(3) > 0 }.map { NodeID("s\($0)") }
            _ = try driver.ask(.subscribeRules(RulesSubscription(switches: owned, own: true)), client: 7)
        }
        _ = try driver.ask(.subscribeRules(RulesSubscription()), client: 8)
        absorb()
    }

    mutating func step() throws {
        driver.seconds += Double(stream.below(100)) / 50
        let before = driver.occurrences.count
        switch stream.below(32) {
        case 0...8: try submit()
        case 9: try submitBatch()
        case 10, 11: try withdraw()
        case 12, 13: try update()
        case 14...16: try setLink()
        case 17, 18: try measure()
        case 19, 20: try optimize()
        case 21...26: try acknowledge()
        case 27: try replacePolicy()
        case 29: try changeAgents()
        case 28: driver.seconds += Double(stream.below(120))
        default: driver.handle(.timeReached)
        }
        absorb()
        for occurrence in driver.occurrences[before...] {
            guard case .preemptedBy(let winner) = occurrence.reason, occurrence.kind == .flowPreempted,
                let flow = occurrence.flow
            else { continue }
            check(
                (priorities[base(flow)] ?? .max) < (priorities[base(winner)] ?? .min),
                "\(flow) gave way to \(winner), which is not more important")
        }
    }

    private func base(_ id: FlowID) -> FlowID {
        id.text.hasSuffix("~reverse") ? FlowID(String(id.text.dropLast(8))) : id
    }

    private mutating func check(_ condition: Bool, _ message: String) {
        if !condition { hasFailed = true }
        #expect(condition, "seed \(seed): \(message)")
    }

    private mutating func node() -> String { (stream.below(6) == 0 ? "s" : "h") + "\(1 + stream.below(7))" }

    private mutating func submit() throws {
        let request = request()
        guard let id = request.id else { return }
        if stream.below(4) == 0 {
            // What a dry run foretells is what happens.
            guard case .flow(var foretold) = try driver.ask(.submit(request, dryRun: true)) else { return }
            check(foretold.isDryRun, "a dry run says that it is one")
            if stream.below(2) == 0 { return }
            guard case .flow(let result) = try driver.ask(.submit(request, dryRun: false)) else { return }
            foretold.isDryRun = false
            check(foretold == result, "\(id): a dry run foretold something else")
            if result.rejection == nil { live.append(id.text) }
            return
        }
        guard case .flow(let result) = try driver.ask(.submit(request, dryRun: false)) else { return }
        if result.rejection == nil { live.append(id.text) }
    }

    private mutating func submitBatch() throws {
        var requests: [FlowRequest] = []
        for _ in 0..<(2 + stream.below(4)) { requests.append(request()) }
        let isAtomic = stream.below(2) == 0
        let isDryRun = stream.below(3) == 0
        guard
            case .batch(let items) = try driver.ask(.submitBatch(requests, atomic: isAtomic, dryRun: isDryRun))
        else { return }
        let admitted = zip(requests, items).compactMap { request, item -> String? in
            guard case .decided(let result) = item, result.rejection == nil else { return nil }
            return request.id?.text
        }
        if isAtomic {
            check(admitted.isEmpty || admitted.count == requests.count, "an atomic batch was admitted in part")
        }
        if !isDryRun { live += admitted }
    }

    /// The agent goes, and another takes its switches, sometimes with what the first one held.
    private mutating func changeAgents() throws {
        guard !owned.isEmpty else { return }
        guard case .rules(let rules) = try driver.ask(.rules(switch: owned[0])) else { return }
        driver.handle(.clientGone(ClientID(agent)))
        agent += 100
        _ = try driver.ask(
            .subscribeRules(
                RulesSubscription(
                    switches: owned, sinceRevision: stream.below(2) == 0 ? rules.first?.revision : nil, own: true)),
            client: agent)
    }

    /// A new policy takes nothing from anyone.
    private mutating func replacePolicy() throws {
        // Whatever is due at this instant happens first.
        driver.handle(.timeReached)
        let held = topology.links.map { driver.plane.held(on: $0.index) }
        policy = RandomPolicy.make(&stream, seed: seed)
        _ = try driver.ask(.replacePolicy(policy))
        check(topology.links.map { driver.plane.held(on: $0.index) } == held, "a policy has changed reservations")
    }

    private mutating func request() -> FlowRequest {
        nextID += 1
        let id = "f\(nextID)"
        let from = node()
        var to = node()
        while to.dropFirst() == from.dropFirst() { to = node() }
        var request = FlowRequest(
            id: FlowID(id), source: NodeID(from), destination: NodeID(to), bandwidth: .megabits(1 + stream.below(8)),
            priority: stream.below(5))
        if stream.below(3) == 0 {
            let trafficClass = policy.classes[stream.below(policy.classes.count)]
            (request.priority, request.className) = (nil, trafficClass.name)
        }
        if stream.below(3) > 0 {
            var match = FlowMatch.tcp(UInt16(nextID))
            match.ipv4Source = nil
            match.ipv4Destination = IPv4Prefix(0x0b00_0000 + UInt32(stream.below(4)))
            if stream.below(4) == 0 { match.destinationPort = nil }
            request.match = match
        }
        switch stream.below(8) {
        case 0: request.reverseBandwidth = .megabits(1 + stream.below(4))
        case 1: request.protection = stream.below(2) == 0 ? .linkDisjoint : .nodeDisjoint
        case 2: request.minBandwidth = .megabits(1)
        case 3: request.lifetimeSeconds = Double(1 + stream.below(60))
        case 4: request.constraints.maxLatency = Latency(microseconds: 1_000 * (1 + stream.below(4)))
        case 5:
            request.constraints = ConstraintRequest(
                avoid: ["s\(1 + stream.below(7))"].filter { $0 != from && $0 != to })
        case 6: request.start = driver.now.advanced(bySeconds: Double(stream.below(20)))
        default: break
        }
        priorities[FlowID(id)] =
            request.priority ?? request.className.flatMap { policy.trafficClass(named: $0)?.priority }
        return request
    }

    private mutating func withdraw() throws {
        guard !live.isEmpty else { return }
        let id = live.remove(at: stream.below(live.count))
        let error = requestError { _ = try driver.withdraw(id) }
        if let error, case .flowEnded = error {} else { check(error == nil, "\(id) cannot be withdrawn") }
    }

    private mutating func update() throws {
        guard !live.isEmpty else { return }
        let id = FlowID(live[stream.below(live.count)])
        var update = FlowUpdate(id: id)
        switch stream.below(3) {
        case 0: update.bandwidth = .megabits(1 + stream.below(10))
        case 1: update.priority = stream.below(5)
        default: update.constraints = ConstraintRequest(avoid: ["s\(1 + stream.below(7))"])
        }
        let former = priorities[id]
        // Occurrences of this very event are judged by the new priority.
        if let level = update.priority { priorities[id] = level }
        do {
            guard case .flow(let result) = try driver.ask(.update(update, dryRun: false)) else { return }
            if result.rejection != nil { priorities[id] = former }
        } catch { priorities[id] = former }
    }

    private mutating func setLink() throws {
        let names = topology.cables.filter { !$0.id.hasPrefix("access:") }.map(\.id)
        let name =
            stream.below(5) == 0
            ? "s\(1 + stream.below(7))" : names[stream.below(names.count)] + ["", ">", "<"][stream.below(3)]
        let state: LinkState = [.up, .up, .down, .drained][stream.below(4)]
        _ = try driver.setLink(name, state, dryRun: stream.below(5) == 0)
    }

    private mutating func measure() throws {
        var samples: [TelemetrySample] = []
        for link in topology.links where link.kind == .trunk {
            samples.append(TelemetrySample(link: link.id.text, utilisation: stream.unit()))
        }
        _ = try driver.ask(.reportTelemetry(samples))
    }

    private mutating func optimize() throws {
        if let order = driver.pendingSolve {
            driver.pendingSolve = nil
            let options = SolveOptions(method: .greedy, budget: SolveBudget(.work(20_000)), seed: order.seed)
            driver.handle(.problemSolved(order.id, .solved(AdmissionSolver.solve(order.problem, options: options))))
        } else {
            driver.handle(.request(Ticket(1_000_000), from: ClientID(1), .optimize(OptimizeRequest())))
        }
    }

    private mutating func acknowledge() throws {
        guard seed % 2 == 0 else { return }
        guard case .rules(let all) = try driver.ask(.rules(switch: nil)) else { return }
        let owned = all.filter(\.isOwned)
        guard !owned.isEmpty else { return }
        let rules = owned[stream.below(owned.count)]
        guard rules.confirmedRevision < rules.revision else { return }
        var failures: [RulesAcknowledgement.Failure] = []
        if stream.below(20) == 0, let rule = rules.content.rules.first(where: { $0.cookie != Reachability.cookie }) {
            failures = [RulesAcknowledgement.Failure(cookie: rule.cookie, message: "table full")]
        }
        _ = try driver.ask(
            .acknowledgeRules(
                RulesAcknowledgement(switch: rules.switch, revision: rules.revision, failures: failures)), client: agent
        )
        absorb()
    }

    /// Applies transactions to the mirrored switches one by one; active flows are carried all the time.
    private mutating func absorb() {
        let transactions = driver.transactions
        driver.transactions = []
        var seen: Set<String> = []
        for transaction in transactions where seen.insert("\(transaction.switch) \(transaction.revision)").inserted {
            guard let index = topology.index(of: transaction.switch) else { continue }
            if transaction.isSnapshot { switches[index] = SwitchState() }
            switches[index, default: SwitchState()].apply(transaction.change)
        }
        guard case .flows(let flows, _)? = try? driver.ask(.list(FlowFilter(states: [.admitted, .active, .degraded])))
        else { return }
        for flow in flows {
            guard let match = flow.match, let source = topology.index(of: flow.source),
                let destination = topology.index(of: flow.destination), flow.state == .active
            else { continue }
            var packet = match
            packet.ipv4Source = packet.ipv4Source ?? IPv4Prefix(0x0c00_0000 + UInt32(source.position))
            packet.destinationPort = packet.destinationPort ?? 60_000
            packet.ipProtocol = packet.ipProtocol ?? FlowMatch.protocolTCP
            let fate = tracer.fate(of: Packet(fields: packet), from: source) { switches[$0] ?? SwitchState() }
            check(fate == .delivered(destination), "a packet of \(flow.id) ends as \(fate)")
            // With the first trunk of its path cut, the ingress sends it by the second path on its own.
            guard !flow.backupLinks.isEmpty, let cut = flow.links.first(where: { !$0.text.hasPrefix("access:") }) else {
                continue
            }
            let after = tracer.fate(
                of: Packet(fields: packet), from: source, on: { switches[$0] ?? SwitchState() },
                whereDown: { topology[$0].id == cut })
            check(
                after == .delivered(destination),
                "with \(cut) cut, a packet of \(flow.id), protected by \(flow.backupLinks), ends as \(after)")
        }
    }
}
