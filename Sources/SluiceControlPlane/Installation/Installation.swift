// Brings the switches to what admission has decided, never overbooking a link on the way.
//
// Decisions are instant, switches are not. So there are two accounts: the ledger says what is decided, and the
// occupancy kept here says which links packets may be using, that is, the old and the new path of a flow that moves,
// shared links once. A flow's new rules are only sent when its new links have room in the occupancy; until then it
// waits, more important flows first, for others to leave. This sequences preemptions, moves and re-optimisations
// alike. Where flows wait in a circle for each other's room, the least important of them is taken off its old path
// first.
//
// Of each flow the latest target counts: targets are overwritten, not queued. Rounds of many flows travel together, one
// transaction a switch. A switch that nobody owns is not waited for.

import SluiceForwarding
import SluiceModel

struct SwitchInstallation: Sendable {
    var state = SwitchState()
    var revision: UInt64 = 0
    var confirmed: UInt64 = 0
    var owner: ClientID?
    /// The last transactions, oldest first, without gaps, ending with `revision`.
    var recent: [RulesTransaction] = []
    /// Carriers that wait for an acknowledgement, in the order of the revisions they wait for.
    var awaited: [Carrier] = []
    /// Carriers with finished rules here that are not active yet.
    var unconfirmed: Set<Carrier> = []
}

enum InstallationOutcome: Sendable {
    case transaction(RulesTransaction)
    case active(Carrier)
    case interrupted(Carrier)
    /// Nothing of the carrier is left on any switch.
    case vacated(Carrier)
}

struct Installation: Sendable {
    private let names: [NodeID]
    private let datapaths: [DatapathID?]
    private let reservable: [Int]
    private let linkEnds: [(tail: Int32, head: Int32)]
    /// Nobody has followed a switch or asked for its rules: there are outlines instead, and nothing else below but
    /// revisions.
    private(set) var isDormant = true
    /// By carrier.
    private(set) var outlines: [RuleOutline?] = []
    /// While dormant: whether the rules beside flows let everything pass; nil before the first event.
    private var outlinePassesUnadmitted: Bool?
    // Invariants: `occupancy[l]` is the sum of what carriers occupy on l and at most `reservable[l]`.
    private(set) var occupancy: [Int]
    private(set) var carriers: [FlowInstallation?] = []
    private(set) var switches: [SwitchInstallation]
    private var carrierOf: [UInt64: Carrier] = [:]
    /// Carriers with a new target that have not started on it.
    private var unstarted: Set<Carrier> = []
    /// Running carriers that wait for no acknowledgement.
    private var ready: Set<Carrier> = []
    private var awaitingCount = 0
    /// Carriers that a switch has refused and that have no other target yet; they keep their room.
    private var failed: Set<Carrier> = []
    private var outcomes: [InstallationOutcome] = []
    /// Rounds of the rules beside flows that are still to be sent, and what the last one sent waits for.
    private var reachabilityRounds: [UpdateRound] = []
    private var reachabilityAwaiting: [FlowInstallation.Mark] = []
    private var tables: TableRoom
    /// Carriers and switches whose record has changed.
    var changes = InstallationChanges()
    private var reachability: Reachability?
    /// See `PlantedDefect.missingBarrier`.
    var ignoresConfirmations = false

    init(_ topology: Topology) {
        names = topology.nodes.map(\.id)
        datapaths = topology.nodes.indices.map { topology.datapath(of: NodeIndex($0)) }
        reservable = topology.links.map(\.reservable.bitsPerSecond)
        linkEnds = topology.links.map { ($0.from.raw, $0.to.raw) }
        occupancy = Array(repeating: 0, count: topology.links.count)
        switches = Array(repeating: SwitchInstallation(), count: topology.nodes.count)
        tables = TableRoom(topology)
    }

    /// Numbers of revisions count on from the microsecond of the first event, so that no run repeats those of an
    /// earlier one, which may have been about other rules. They fit 53 bits until the year 2255.
    mutating func startRevisions(at instant: Instant) {
        let first = UInt64(max(0, instant.nanoseconds) / 1_000)
        // A restored one goes on from where it was: what the switch holds is right.
        for node in switches.indices where switches[node].revision == 0 {
            switches[node].revision = first
            if datapaths[node] != nil { changes.switches.note(node) }
        }
    }

    // MARK: While nobody asks

    /// Sets, or takes away, what the rules of `carrier` are made of.
    mutating func outline(_ carrier: Carrier, as outline: RuleOutline?) {
        let place = Int(carrier)
        changes.carriers.note(place)
        if place >= outlines.count {
            guard outline != nil else { return }
            while outlines.count <= place { outlines.append(nil) }
        }
        if let outline {
            if outlines[place] == outline { return }
            countRevisions(along: outline)
        }
        if let former = outlines[place] { countRevisions(along: former) }
        outlines[place] = outline
    }

    private mutating func countRevisions(along outline: RuleOutline) {
        guard outline.makesRules, let first = outline.links.first else { return }
        countRevision(Int(linkEnds[first.position].tail))
        for link in outline.links { countRevision(Int(linkEnds[link.position].head)) }
    }

    private mutating func countRevision(_ node: Int) {
        // Hosts have none, and before the first event there are none to count on from.
        guard datapaths[node] != nil, switches[node].revision > 0 else { return }
        switches[node].revision += 1
        changes.switches.note(node)
    }

    /// Takes note of what the rules beside flows are made of.
    ///
    /// - Parameter waysChanged: links have gone down or come up.
    mutating func outlineReachability(passesUnadmitted: Bool, waysChanged: Bool) {
        let isNew = outlinePassesUnadmitted != nil && outlinePassesUnadmitted != passesUnadmitted
        outlinePassesUnadmitted = passesUnadmitted
        if isNew || waysChanged { for node in switches.indices { countRevision(node) } }
    }

    /// Makes room for the outlines of so many carriers at once.
    mutating func reserve(carriers: Int) { outlines.reserveCapacity(carriers) }

    /// What a carrier that is restored has on its switches.
    mutating func restore(_ carrier: Carrier, _ outline: RuleOutline) {
        while outlines.count <= Int(carrier) { outlines.append(nil) }
        outlines[Int(carrier)] = outline
    }

    /// Ends the dormancy; the carriers are restored next.
    mutating func wake(_ reachability: Reachability) {
        isDormant = false
        outlines = []
        outlinePassesUnadmitted = nil
        restore(reachability)
    }

    // MARK: Rules beside flows

    /// Sets the rules by which hosts reach each other beside the flows.
    mutating func adopt(_ reachability: Reachability) {
        // What an earlier change has left goes at once: the rounds of the new one begin from there.
        for step in reachabilityRounds.joined() { send(step.change, to: step.switch.position, round: 1) }
        reachabilityAwaiting = []
        reachabilityRounds = reachability.rounds(from: self.reachability)
        self.reachability = reachability
        sendReachability(from: 1)
    }

    /// Sends rounds of the rules beside flows until one has to be waited for.
    private mutating func sendReachability(from first: Int) {
        var number = first
        while reachabilityAwaiting.isEmpty, !reachabilityRounds.isEmpty {
            for step in reachabilityRounds.removeFirst() {
                let node = step.switch.position
                send(step.change, to: node, round: number)
                guard switches[node].owner != nil, !reachabilityRounds.isEmpty else { continue }
                reachabilityAwaiting.append(FlowInstallation.Mark(node: node, revision: switches[node].revision))
            }
            number += 1
        }
    }

    /// How many rules each switch holds beside those of flows, if every link were up.
    mutating func reserveTables(base: [Int]) { tables.base = base }

    var passesUnadmitted: Bool { reachability?.passesUnadmitted ?? outlinePassesUnadmitted ?? false }

    /// Whether every switch has been sent all of the rules beside flows.
    var reachabilityIsSettled: Bool { reachabilityRounds.isEmpty }

    // MARK: Restoring

    /// The rules outside flows that the switches hold already.
    mutating func restore(_ reachability: Reachability) {
        for step in reachability.changes(from: nil) { switches[step.switch.position].state.apply(step.change) }
        self.reachability = reachability
    }

    /// What the switches hold of `carrier`, and what they should come to. A row that another carrier has is that one's:
    /// carriers that have what they should come first.
    ///
    /// - Precondition: nothing is known of the carrier, and its links have room for what it occupies.
    mutating func restore(_ carrier: Carrier, _ restored: FlowInstallation) {
        while carriers.count <= Int(carrier) { carriers.append(nil) }
        precondition(carriers[Int(carrier)] == nil, "carrier \(carrier) is there already")
        var installation = restored
        for held in installation.occupied { occupancy[held.link] += held.bandwidth }
        var marks: [FlowInstallation.Mark] = []
        for placed in installation.installed.rules {
            var change = SwitchChange()
            change.rules = [placed.rule]
            if let group = placed.group { change.groups = [group] }
            let node = placed.switch.position
            if switches[node].state.rules[placed.rule.key] == nil { switches[node].state.apply(change) }
            if !marks.contains(where: { $0.node == node }) {
                marks.append(FlowInstallation.Mark(node: node, revision: switches[node].revision))
            }
        }
        if let meter = installation.installed.meter, let ingress = installation.installed.ingress {
            var change = SwitchChange()
            change.meters = [meter]
            switches[ingress.position].state.apply(change)
        }
        installation.marks = marks
        carrierOf[installation.number] = carrier
        if installation.phase == .failed {
            failed.insert(carrier)
        } else if installation.isStale {
            unstarted.insert(carrier)
        }
        carriers[Int(carrier)] = installation
    }

    /// Revision of the rules of the switch at `node`.
    mutating func restore(_ revision: UInt64, of node: Int) { switches[node].revision = revision }

    /// Room for more on `link` as the switches use it.
    func room(on link: LinkIndex) -> Int { reservable[link.position] - occupancy[link.position] }

    func carrier(ofCookie cookie: UInt64) -> Carrier? { carrierOf[cookie] }

    /// Whether something of `carrier` is, or is to be, installed.
    func knows(_ carrier: Carrier) -> Bool {
        let place = Int(carrier)
        if isDormant { return place < outlines.count && outlines[place] != nil }
        return place < carriers.count && carriers[place] != nil
    }

    /// Whether the switches have confirmed all of its rules. Those of a place that it is still to leave do not count.
    func isActive(_ carrier: Carrier) -> Bool {
        guard Int(carrier) < carriers.count, let installation = carriers[Int(carrier)] else { return false }
        return installation.isActive && !installation.isStale
    }

    /// Sets what the switches should come to for `carrier`; nil: nothing, and the carrier ends.
    mutating func aim(_ carrier: Carrier, at target: InstallationTarget?) {
        while carriers.count <= Int(carrier) { carriers.append(nil) }
        changes.carriers.note(Int(carrier))
        if var installation = carriers[Int(carrier)] {
            if installation.target == target, !installation.isStale, installation.phase != .failed { return }
            installation.target = target
            installation.isStale = true
            installation.awaitsRows = false
            if let target { installation.level = target.level }
            carriers[Int(carrier)] = installation
        } else if let target {
            var installation = FlowInstallation(number: target.number, level: target.level)
            installation.target = target
            installation.isStale = true
            carriers[Int(carrier)] = installation
            carrierOf[target.number] = carrier
        } else {
            outcomes.append(.vacated(carrier))
            return
        }
        if carriers[Int(carrier)]?.phase != .running { unstarted.insert(carrier) }
    }

    /// Sends everything that may be sent now and tells what came of it.
    mutating func advance() -> [InstallationOutcome] {
        if isDormant { return [] }
        while true {
            startWaiting()
            if !ready.isEmpty {
                sendWave()
            } else if !unstarted.isEmpty, awaitingCount == 0, interruptOne() {
                continue
            } else {
                break
            }
        }
        defer { outcomes = [] }
        return outcomes
    }

    // MARK: Starting

    private mutating func startWaiting() {
        if unstarted.isEmpty { return }
        for carrier in inImportanceOrder(unstarted) where start(carrier) { unstarted.remove(carrier) }
    }

    /// What leaves makes room for what comes; then the more important first.
    private func inImportanceOrder(_ set: Set<Carrier>) -> [Carrier] {
        if set.count == 1 { return Array(set) }
        var keys: [(carrier: Carrier, stays: Bool, level: Int, number: UInt64)] = []
        keys.reserveCapacity(set.count)
        for carrier in set {
            // One that is over already has nothing to wait for.
            guard let installation = carriers[Int(carrier)] else {
                keys.append((carrier, false, .max, 0))
                continue
            }
            keys.append((carrier, installation.target != nil, installation.level, installation.number))
        }
        keys.sort { left, right in
            if left.stays != right.stays { return right.stays }
            return left.level != right.level ? left.level > right.level : left.number < right.number
        }
        return keys.map(\.carrier)
    }

    private mutating func start(_ carrier: Carrier) -> Bool {
        guard var installation = carriers[Int(carrier)] else { return true }
        if let target = installation.target, !installation.isInterrupted {
            var growth: [FlowInstallation.Occupied] = []
            for link in target.links {
                let held = installation.occupied.first { $0.link == link.position }?.bandwidth ?? 0
                let more = target.bandwidth - held
                guard more <= reservable[link.position] - occupancy[link.position] else { return false }
                if more > 0 { growth.append(FlowInstallation.Occupied(link: link.position, bandwidth: more)) }
            }
            guard tables.reserve(carrier, installation.installed, target.rules, switches) else { return false }
            for step in growth {
                occupancy[step.link] += step.bandwidth
                if let place = installation.occupied.firstIndex(where: { $0.link == step.link }) {
                    installation.occupied[place].bandwidth += step.bandwidth
                } else {
                    installation.occupied.append(step)
                }
            }
            installation.rounds = UpdatePlan.rounds(from: installation.installed, to: target.rules)
        } else {
            installation.rounds = UpdatePlan.rounds(from: installation.installed, to: FlowRules())
        }
        installation.nextRound = 0
        installation.isStale = false
        installation.awaitsRows = false
        installation.phase = .running
        installation.isActive = false
        failed.remove(carrier)
        changes.carriers.note(Int(carrier))
        carriers[Int(carrier)] = installation
        ready.insert(carrier)
        return true
    }

    /// Every waiting carrier waits for room that only waiting carriers hold: take the least important one off its path.
    private mutating func interruptOne() -> Bool {
        let holding = unstarted.filter { carriers[Int($0)]?.occupied.isEmpty == false }
        let inCircle = WaitGraph(carriers, unstarted, reservable: reservable, occupancy: occupancy).circles
        // Those that a switch has refused keep their room until they have another target, and may be waited for; so do
        // those whose rows somebody has to leave first.
        if inCircle.isEmpty, !failed.isEmpty || unstarted.contains(where: { carriers[Int($0)]?.awaitsRows ?? false }) {
            return false
        }
        // Without a circle it is the tables of a switch that are waited for: any of them makes room.
        let blocking = inImportanceOrder(inCircle.isEmpty ? holding : inCircle).last
        guard let blocking else { return false }
        carriers[Int(blocking)]?.isInterrupted = true
        changes.carriers.note(Int(blocking))
        outcomes.append(.interrupted(blocking))
        return true
    }

    // MARK: Sending

    /// Sends the next round of every ready carrier, one transaction a switch.
    private mutating func sendWave() {
        var changes: [Int: SwitchChange] = [:]
        var rounds: [Int: Int] = [:]
        var senders: [(carrier: Carrier, nodes: [Int])] = []
        for carrier in ready.sorted() {
            guard let next = carriers[Int(carrier)]?.nextRound, let count = carriers[Int(carrier)]?.rounds.count else {
                continue
            }
            guard next < count else {
                finish(carrier)
                continue
            }
            // Out of its place, so that its lists have one owner and are changed where they are.
            guard var installation = carriers[Int(carrier)].take() else { continue }
            var nodes: [Int] = []
            for step in installation.rounds[installation.nextRound] {
                changes[step.switch.position, default: SwitchChange()].merge(step.change)
                rounds[step.switch.position] = max(
                    rounds[step.switch.position] ?? 0, installation.nextRound + 1)
                installation.record(step.change, at: step.switch)
                nodes.append(step.switch.position)
            }
            installation.nextRound += 1
            carriers[Int(carrier)] = installation
            self.changes.carriers.note(Int(carrier))
            senders.append((carrier, nodes))
        }
        for (node, change) in changes.sorted(by: { $0.key < $1.key }) {
            send(change, to: node, round: rounds[node] ?? 1)
        }
        for sender in senders {
            for node in sender.nodes {
                let revision = switches[node].revision
                carriers[Int(sender.carrier)]?.mark(node, revision)
                guard switches[node].owner != nil, !ignoresConfirmations else { continue }
                carriers[Int(sender.carrier)]?.awaiting.append(
                    FlowInstallation.Mark(node: node, revision: revision))
                switches[node].awaited.append(sender.carrier)
            }
            if carriers[Int(sender.carrier)]?.awaiting.isEmpty == false {
                ready.remove(sender.carrier)
                awaitingCount += 1
            }
        }
    }

    private mutating func send(_ change: SwitchChange, to node: Int, round: Int) {
        guard let datapath = datapaths[node] else { preconditionFailure("\(names[node]) is no switch") }
        switches[node].revision += 1
        changes.switches.note(node)
        switches[node].state.apply(change)
        let transaction = RulesTransaction(
            switch: names[node], datapath: datapath, revision: switches[node].revision, round: round,
            isSnapshot: false, change: change)
        switches[node].recent.append(transaction)
        // Trimmed in halves, so that keeping the last ones costs nothing worth noticing per transaction.
        if switches[node].recent.count > 2 * ControlLimits.transactions {
            switches[node].recent.removeFirst(ControlLimits.transactions)
        }
        outcomes.append(.transaction(transaction))
    }

    private mutating func finish(_ carrier: Carrier) {
        ready.remove(carrier)
        tables.release(carrier)
        changes.carriers.note(Int(carrier))
        guard var installation = carriers[Int(carrier)].take() else { return }
        let ran = installation.isInterrupted ? nil : installation.target
        // A newer target keeps what the rounds just sent have made; the next start adds to it.
        let stays = installation.isStale && !installation.isInterrupted
        if !stays {
            for held in installation.occupied { occupancy[held.link] -= held.bandwidth }
            installation.occupied =
                ran.map { target in
                    target.links.map {
                        FlowInstallation.Occupied(link: $0.position, bandwidth: target.bandwidth)
                    }
                } ?? []
            for held in installation.occupied { occupancy[held.link] += held.bandwidth }
        }
        installation.phase = .idle
        installation.rounds = []
        if installation.isInterrupted {
            installation.isInterrupted = false
            installation.isStale = true
        }
        let used = Set(installation.installed.rules.map(\.switch.position))
        installation.marks.removeAll { !used.contains($0.node) }
        if installation.isStale {
            unstarted.insert(carrier)
        } else if ran == nil {
            carrierOf[installation.number] = nil
            carriers[Int(carrier)] = nil
            outcomes.append(.vacated(carrier))
            return
        }
        carriers[Int(carrier)] = installation
        if !installation.isStale {
            for mark in installation.marks { switches[mark.node].unconfirmed.insert(carrier) }
            confirm(carrier)
        }
    }

    // MARK: Confirmation

    /// Reports the carrier active once every switch that holds its rules is owned and has confirmed them.
    private mutating func confirm(_ carrier: Carrier) {
        guard let installation = carriers[Int(carrier)], installation.phase == .idle, !installation.isStale,
            !installation.marks.isEmpty, !installation.isActive,
            installation.marks.allSatisfy({
                switches[$0.node].owner != nil && switches[$0.node].confirmed >= $0.revision
            })
        else { return }
        carriers[Int(carrier)]?.isActive = true
        for mark in installation.marks { switches[mark.node].unconfirmed.remove(carrier) }
        outcomes.append(.active(carrier))
    }

    /// - Returns: carriers whose rules the switch refused.
    mutating func acknowledge(_ node: Int, revision: UInt64, refusedCookies: [UInt64]) -> [Carrier] {
        switches[node].confirmed = max(switches[node].confirmed, revision)
        let refused = refusedCookies.compactMap { carrierOf[$0] }
        for carrier in refused {
            guard carriers[Int(carrier)]?.target != nil else { continue }
            carriers[Int(carrier)]?.isActive = false
            if carriers[Int(carrier)]?.phase == .running {
                stopAwaiting(carrier)
                ready.remove(carrier)
            }
            carriers[Int(carrier)]?.phase = .failed
            changes.carriers.note(Int(carrier))
            failed.insert(carrier)
            tables.release(carrier)
            carriers[Int(carrier)]?.rounds = []
            switches[node].unconfirmed.remove(carrier)
        }
        releaseAwaited(node, upTo: revision)
        reachabilityAwaiting.removeAll { $0.node == node && $0.revision <= revision }
        sendReachability(from: 2)
        for carrier in switches[node].unconfirmed.sorted() { confirm(carrier) }
        return refused
    }

    /// Takes the rules that `node` has refused out of what it is believed to hold.
    mutating func forgetRules(of carrier: Carrier, on node: NodeIndex) {
        guard knows(carrier), let installation = carriers[Int(carrier)] else { return }
        var change = SwitchChange()
        for placed in installation.installed.rules where placed.switch == node {
            change.deletedRules.append(
                SwitchChange.DeletedRule(key: placed.rule.key, cookie: placed.rule.cookie))
            if let group = placed.group { change.deletedGroups.append(group.id) }
        }
        guard !change.deletedRules.isEmpty else { return }
        if installation.installed.ingress == node, let meter = installation.installed.meter {
            change.deletedMeters = [meter.id]
        }
        carriers[Int(carrier)]?.record(change, at: node)
        switches[node.position].state.apply(change)
        changes.carriers.note(Int(carrier))
    }

    /// The switch at `node` has shown that it holds no more than `most` rules.
    mutating func learnTableSize(_ most: Int, of node: Int) { tables.learn(most, of: node) }

    mutating func forgetTableSize(of node: Int) { tables.forget(node) }

    /// Has `carrier`, which was refused since a table is full, sent again once there are rows for it.
    mutating func awaitRows(_ carrier: Carrier) {
        guard failed.remove(carrier) != nil else { return }
        carriers[Int(carrier)]?.phase = .idle
        carriers[Int(carrier)]?.isStale = true
        carriers[Int(carrier)]?.awaitsRows = true
        changes.carriers.note(Int(carrier))
        unstarted.insert(carrier)
    }

    private mutating func stopAwaiting(_ carrier: Carrier) {
        guard let marks = carriers[Int(carrier)]?.awaiting, !marks.isEmpty else { return }
        for mark in marks { switches[mark.node].awaited.removeAll { $0 == carrier } }
        carriers[Int(carrier)]?.awaiting = []
        awaitingCount -= 1
    }

    private mutating func releaseAwaited(_ node: Int, upTo revision: UInt64) {
        var kept: [Carrier] = []
        for carrier in switches[node].awaited {
            guard var installation = carriers[Int(carrier)] else { continue }
            if installation.awaiting.contains(where: { $0.node == node && $0.revision > revision }) {
                kept.append(carrier)
                continue
            }
            installation.awaiting.removeAll { $0.node == node }
            carriers[Int(carrier)] = installation
            if installation.awaiting.isEmpty {
                awaitingCount -= 1
                ready.insert(carrier)
            }
        }
        switches[node].awaited = kept
    }

    // MARK: Ownership

    /// - Parameter held: the revision that the new owner says the switch holds.
    mutating func own(_ node: Int, by client: ClientID, holding held: UInt64?) {
        switches[node].owner = client
        switches[node].confirmed = 0
        if let held, canContinue(node, from: held) { switches[node].confirmed = held }
        for carrier in carriersWithRules(on: node) { switches[node].unconfirmed.insert(carrier) }
        for carrier in switches[node].unconfirmed.sorted() { confirm(carrier) }
    }

    /// Sets out again with carriers that a switch has refused and that have, or are to have, rules on `node`.
    mutating func retryFailed(on node: Int) -> [Carrier] {
        if failed.isEmpty { return [] }
        // By what is meant for it: of what it has refused nothing may be left in the account of what it holds.
        let again = failed.sorted().filter { carrier in
            let installation = carriers[Int(carrier)]
            return [installation?.installed, installation?.target?.rules].contains {
                $0?.rules.contains { $0.switch.position == node } ?? false
            }
        }
        for carrier in again {
            failed.remove(carrier)
            carriers[Int(carrier)]?.phase = .idle
            carriers[Int(carrier)]?.isStale = true
            unstarted.insert(carrier)
        }
        return again
    }

    /// - Returns: carriers that are no longer active.
    mutating func disown(_ node: Int) -> [Carrier] {
        switches[node].owner = nil
        switches[node].confirmed = 0
        releaseAwaited(node, upTo: .max)
        reachabilityAwaiting.removeAll { $0.node == node }
        sendReachability(from: 2)
        // By their marks: another flow may have taken over the only row that one has here.
        let deactivated = carriers.indices.compactMap { carrier in
            let isHere = carriers[carrier]?.marks.contains { $0.node == node } ?? false
            return isHere && carriers[carrier]?.isActive == true ? Carrier(carrier) : nil
        }
        for carrier in deactivated {
            carriers[Int(carrier)]?.isActive = false
            for mark in carriers[Int(carrier)]?.marks ?? [] { switches[mark.node].unconfirmed.insert(carrier) }
        }
        return deactivated
    }

    private func carriersWithRules(on node: Int) -> [Carrier] {
        Set(switches[node].state.rules.values.compactMap { carrierOf[$0.cookie] }).sorted()
    }

    /// Whether the transactions after `revision` are still known.
    func canContinue(_ node: Int, from revision: UInt64) -> Bool {
        let current = switches[node].revision
        if revision == current { return true }
        guard revision < current, let oldest = switches[node].recent.first?.revision else { return false }
        return revision + 1 >= oldest
    }

    /// What a subscriber that holds `revision` has to be sent; a snapshot where that is unknown or too old.
    func transactions(for node: Int, since revision: UInt64?) -> [RulesTransaction] {
        guard let datapath = datapaths[node] else { return [] }
        if let revision, canContinue(node, from: revision) {
            return switches[node].recent.filter { $0.revision > revision }
        }
        return [
            RulesTransaction(
                switch: names[node], datapath: datapath, revision: switches[node].revision, round: 0,
                isSnapshot: true, change: switches[node].state.snapshot)
        ]
    }

    var owners: [(node: Int, client: ClientID)] {
        switches.indices.compactMap { node in switches[node].owner.map { (node, $0) } }
    }
}
