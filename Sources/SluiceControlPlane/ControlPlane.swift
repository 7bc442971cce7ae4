// Every decision, as events in and effects out. One value holds all that the network has been promised; it asks for no
// clock, no randomness and no I/O, so the daemon, the simulator and the replayer run the same one, and a copy of it
// answers "what if".

import SluiceForwarding
package import SluiceModel

package struct ControlPlane: Sendable {
    package let topology: Topology
    package internal(set) var policy: Policy {
        didSet { marksPackets = Self.marksPackets(policy) }
    }
    /// Ingress switches write DSCPs.
    private(set) var marksPackets: Bool
    let seed: UInt64
    // Invariants, checked by `checkInvariants()`: `holdings` are the sums over the placements of `flows`; what is held
    // is at most what is reservable; paths are loop-free, join their flow's ends and cross no link that is down;
    // `waiting` are the live units without placement whose start has come, in importance order; `matches` has the match
    // of every live direction that has one.
    var linkStates: [LinkState]
    /// Positions of links that are drained.
    var drained: Set<Int> = []
    /// Up and not held down.
    var takesFlows: [Bool]
    /// Of links that have failed.
    var health: [LinkIndex: LinkHealth] = [:]
    /// Slots of placed units with less bandwidth than they asked for, and of protected ones without their second path.
    var reduced: Set<Int> = []
    var unprotected: Set<Int> = []
    /// Since the start: then pools may hold more than they may.
    var constraintsChanged = false
    /// The same for the rules beside flows: then switches may be fuller than they may.
    var tablesChanged = false
    /// Slots with a timer that looks at their bandwidth.
    var growing: Set<Int> = []
    var ports = PortStates()
    let reservable: [Int]
    var holdings: Holdings
    var search: PathSearch
    var flows = FlowTable()
    var waiting: WaitingList
    /// By slot; units that are over while switches still hold their rules.
    var leaving: [Int: Leaving] = [:]
    /// Number of placed units of each priority that may be preempted.
    var yieldCounts: [Int: Int] = [:]
    var ended = EndedFlows()
    var matches = MatchIndex()
    var labels = LabelPool()
    var ruleRoom: RuleRoom
    /// While it is asked what would be if switches held any number of rules.
    var ignoresRuleRoom = false
    var installation: Installation
    var learning: LearningState
    var timers = TimerQueue()
    var subscriptions = Subscriptions()
    var optimization = OptimizationState()
    /// Counts changes of the placement.
    var revision: UInt64 = 0
    var nextNumber: UInt64 = 2
    /// Of the ids that are chosen here.
    var nextName = 1
    /// By account.
    var flowsOfClient: [ClientID: Int] = [:]
    /// For what the flows of connected clients count, where that is not the client itself.
    var accounts: [ClientID: ClientID] = [:]
    var occurrenceCount: UInt64 = 0
    var decisionCount = 0
    var now = Instant.epoch
    var hasStarted = false
    var armedWake: Instant?
    /// What the store has of things that are few; nil: nothing yet, or there is no store.
    var recorded: RecordedState?
    /// Flows have lost their path to a new topology.
    var needsPlacing = false
    var effects: [Effect] = []
    /// Of the unit that is being decided about.
    var scout: Scout?
    /// A mistake made on purpose, to see that the simulator finds it; only tests plant one.
    package var plantedDefect: PlantedDefect? {
        didSet { installation.ignoresConfirmations = plantedDefect == .missingBarrier }
    }

    /// - Parameter seed: of the random streams; the same seed and events give the same effects.
    package init(topology: Topology, policy: Policy, seed: UInt64 = 1) {
        self.topology = topology
        self.policy = policy
        marksPackets = Self.marksPackets(policy)
        self.seed = seed
        linkStates = Array(repeating: .up, count: topology.links.count)
        takesFlows = Array(repeating: true, count: topology.links.count)
        reservable = topology.links.map(\.reservable.bitsPerSecond)
        search = PathSearch(topology)
        holdings = Holdings(topology, search.facts)
        waiting = WaitingList(linkCount: topology.links.count)
        installation = Installation(topology)
        ruleRoom = RuleRoom(topology)
        learning = LearningState(topology, policy: policy.learning)
        holdings.constrain(by: policy.bandwidthConstraints, reservable: reservable, holders: [])
        if let interval = policy.reoptimisation.intervalSeconds {
            // The first `handle` arms it relative to its own instant.
            optimization.intervalSeconds = interval
        }
    }

    private static func marksPackets(_ policy: Policy) -> Bool { policy.classes.contains { $0.dscp != nil } }

    /// Takes note of `event` and tells what is to be done about it; pure: the same value, event and instant give the
    /// same value and effects. An instant before an earlier one counts as that earlier one.
    package mutating func handle(_ event: Event, at instant: Instant) -> [Effect] {
        now = max(now, instant)
        effects = []
        scout = nil
        if !hasStarted { start() }
        placeUnplaced()
        armReoptimisation()
        fireTimers()
        switch event {
        case .request(let ticket, let client, let request): answer(request, of: client, ticket)
        case .measured(let samples):
            var receipt = TelemetryReceipt()
            learn(from: samples, into: &receipt)
        case .clientCame(let client, let account): accounts[client] = account
        case .clientGone(let client):
            accounts[client] = nil
            forget(client)
        case .timeReached:
            // The wake that was asked for is spent, even if it came early: one that is still needed is asked for again.
            armedWake = nil
        case .portChanged(let node, let port, let isUp): changePort(port, of: node, isUp: isUp)
        case .problemSolved(let id, let outcome): adopt(outcome, of: id)
        }
        install()
        if timers.earliest != armedWake {
            armedWake = timers.earliest
            effects.append(.wake(at: armedWake))
        }
        defer { effects = [] }
        return effects
    }

    /// Whatever needs the time of the first event.
    private mutating func start() {
        hasStarted = true
        installation.startRevisions(at: now)
        adoptReachability()
    }

    /// Brings the rules outside flows in line with the policy and the links that are not down.
    ///
    /// - Parameter waysChanged: links have gone down or come up.
    mutating func adoptReachability(waysChanged: Bool = false) {
        countBaseRules()
        if installation.isDormant {
            installation.outlineReachability(
                passesUnadmitted: policy.unadmitted == .bestEffort, waysChanged: waysChanged)
            return
        }
        installation.adopt(
            Reachability(topology, passesUnadmitted: policy.unadmitted == .bestEffort) {
                linkStates[$0.position] != .down
            })
    }

    private mutating func answer(_ request: Request, of client: ClientID, _ ticket: Ticket) {
        do {
            guard let response = try respond(to: request, of: client, ticket) else { return }
            effects.append(.reply(ticket, .success(response)))
        } catch {
            effects.append(.reply(ticket, .failure(error)))
        }
    }

    /// Nil where the answer comes later.
    private mutating func respond(
        to request: Request, of client: ClientID, _ ticket: Ticket
    ) throws(RequestError) -> Response? {
        switch request {
        case .submit(let flow, let dryRun):
            return .flow(try submit(flow, of: accounts[client] ?? client, dryRun: dryRun))
        case .submitBatch(let flows, let atomic, let dryRun):
            let account = accounts[client] ?? client
            return .batch(try submitBatch(flows, of: account, atomic: atomic, dryRun: dryRun))
        case .update(let update, let dryRun): return .flow(try self.update(update, dryRun: dryRun))
        case .withdraw(let id): return .withdrawn(try withdraw(id))
        case .get(let id): return .flowDetails(try view(of: id))
        case .list(let filter): return try list(filter)
        case .explain(let id): return .explanation(try explain(id))
        case .topology: return .topology(topologyView)
        case .setLink(let link, let state, let dryRun):
            return .linksSet(try setLink(link, to: state, dryRun: dryRun))
        case .rules(let name): return .rules(try rules(of: name))
        case .subscribeRules(let subscription): return try subscribe(subscription, client)
        case .acknowledgeRules(let acknowledgement): return try acknowledge(acknowledgement, client)
        case .subscribeEvents(let kinds):
            try subscribeToOccurrences(kinds, client)
            return .eventsSubscribed
        case .reportTelemetry(let samples): return .telemetry(learn(from: samples))
        case .telemetryStatus: return .telemetryStatus(telemetryTotals)
        case .automata(let id): return .automata(try automata(of: id))
        case .optimize(let request): return try optimize(request, ticket).map { .optimization($0) }
        case .optimizeStatus: return .optimizationStatus(optimization.status)
        case .status: return .status(status)
        case .policy: return .policy(policy)
        case .replacePolicy(let policy): return .policyReplaced(replace(policy))
        case .replaceTopology(let proposal, let dryRun):
            return .topologyReplaced(try replaceTopology(proposal, dryRun: dryRun))
        }
    }

    /// What `change` would answer, with nothing changed.
    func withoutEffect<Result>(
        _ change: (inout ControlPlane) throws(RequestError) -> Result
    ) throws(RequestError) -> Result {
        var copy = self
        return try change(&copy)
    }
}
