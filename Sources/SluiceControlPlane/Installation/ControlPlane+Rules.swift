// Subscribers and owners of switches, and what the switches have confirmed.

import SluiceForwarding
package import SluiceModel

/// Who is told what.
struct Subscriptions: Sendable {
    /// Switches of each client, by node position.
    private(set) var rules: [ClientID: Set<Int>] = [:]
    /// Kinds that each client wants; nil for all.
    private(set) var occurrences: [ClientID: Set<Occurrence.Kind>?] = [:]
    /// Sorted, so that dictionary order does not show.
    private var listeners: [ClientID] = []

    func clients(wanting kind: Occurrence.Kind) -> [ClientID] {
        if listeners.isEmpty { return [] }
        return listeners.filter { occurrences[$0].map { $0?.contains(kind) ?? true } ?? false }
    }

    func clients(watching node: Int) -> [ClientID] {
        rules.filter { $0.value.contains(node) }.keys.sorted()
    }

    mutating func watch(_ nodes: [Int], _ client: ClientID) { rules[client, default: []].formUnion(nodes) }

    mutating func listen(_ kinds: [Occurrence.Kind]?, _ client: ClientID) {
        occurrences[client] = .some(kinds.map { Set($0) })
        listeners = occurrences.keys.sorted()
    }

    mutating func forget(_ client: ClientID) {
        rules[client] = nil
        occurrences[client] = nil
        listeners.removeAll { $0 == client }
    }
}

extension ControlPlane {
    /// The agent that the rules of `node` are sent to for installation; nil where there is none.
    package func agent(of node: NodeIndex) -> ClientID? { installation.switches[node.position].owner }

    private func switchNode(_ name: NodeID) throws(RequestError) -> Int {
        guard let index = topology.index(of: name), !topology[index].isHost else {
            throw .unknownSwitch(name: name.text)
        }
        return index.position
    }

    mutating func rules(of name: NodeID?) throws(RequestError) -> [SwitchRules] {
        wakeRules()
        let nodes =
            try name.map { name throws(RequestError) in [try switchNode(name)] } ?? topology.switches.map(\.position)
        return nodes.compactMap { node in
            guard let datapath = topology.datapath(of: NodeIndex(node)) else { return nil }
            let state = installation.switches[node]
            return SwitchRules(
                switch: topology.nodes[node].id, datapath: datapath, revision: state.revision,
                confirmedRevision: state.confirmed, isOwned: state.owner != nil, content: state.state.snapshot)
        }
    }

    mutating func subscribe(_ subscription: RulesSubscription, _ client: ClientID) throws(RequestError) -> Response {
        var nodes = topology.switches.map(\.position)
        if let names = subscription.switches {
            nodes = []
            for name in names { nodes.append(try switchNode(name)) }
        }
        if subscription.own {
            for node in nodes {
                if let owner = installation.switches[node].owner, owner != client {
                    throw .switchOwned(topology.nodes[node].id)
                }
            }
        }
        subscriptions.watch(nodes, client)
        wakeRules()
        var gainsRows = false
        for node in nodes {
            defer {
                for transaction in installation.transactions(for: node, since: subscription.sinceRevision) {
                    effects.append(.notify(client, .rules(transaction)))
                }
            }
            if subscription.own {
                // Asking again only asks for what has been missed.
                guard installation.switches[node].owner != client else { continue }
                installation.own(node, by: client, holding: subscription.sinceRevision)
                let name = topology.nodes[node].id
                report(.switchOwned) { $0.switch = name }
                if forgetTableSize(of: node) { gainsRows = true }
                tryAgain(installation.retryFailed(on: node))
            }
        }
        if gainsRows {
            var consequences = Consequences(.release)
            useRoom(&consequences)
            _ = conclude(consequences)
        }
        return .rulesSubscribed(
            nodes.compactMap { node in
                topology.datapath(of: NodeIndex(node)).map {
                    SwitchRevision(
                        switch: topology.nodes[node].id, datapath: $0,
                        revision: installation.switches[node].revision,
                        confirmedRevision: installation.switches[node].confirmed)
                }
            })
    }

    mutating func acknowledge(
        _ acknowledgement: RulesAcknowledgement, _ client: ClientID
    ) throws(RequestError) -> Response {
        let node = try switchNode(acknowledgement.switch)
        guard installation.switches[node].owner == client else { throw .switchNotOwned(acknowledgement.switch) }
        guard acknowledgement.revision <= installation.switches[node].revision else {
            throw .unknownRevision(acknowledgement.switch, revision: acknowledgement.revision)
        }
        let refused = installation.acknowledge(
            node, revision: acknowledgement.revision, refusedCookies: acknowledgement.failures.map(\.cookie))
        var refusedSlots: [Int] = []
        var overflowing: Set<Int> = []
        for failure in acknowledgement.failures {
            guard let carrier = installation.carrier(ofCookie: failure.cookie), refused.contains(carrier) else {
                continue
            }
            let slot = Int(carrier / 2)
            // Of a unit that has lost its place, a switch may still refuse what is left.
            guard slot < flows.slots.count, flows.slots[slot]?.placement != nil else { continue }
            let reason = FlowReason.installationFailed(switch: acknowledgement.switch, message: failure.message)
            flows.modify(slot) {
                $0.reasons.removeAll { if case .installationFailed = $0 { true } else { false } }
                $0.reasons.append(reason)
            }
            judge(slot)
            report(.rulesRefused, slot, Int(carrier % 2)) { occurrence, _ in
                occurrence.switch = acknowledgement.switch
                occurrence.reason = reason
            }
            if !refusedSlots.contains(slot) { refusedSlots.append(slot) }
            if failure.isTableFull {
                overflowing.insert(slot)
                installation.forgetRules(of: carrier, on: NodeIndex(node))
            }
        }
        if !overflowing.isEmpty { learnTableSize(of: NodeIndex(node)) }
        // The most important first: what it takes of a full table is not there for the others.
        refusedSlots.sort { FlowUnit.inImportanceOrder(flows[$0], flows[$1]) }
        for slot in refusedSlots { avoid(NodeIndex(node), slot, isTableFull: overflowing.contains(slot)) }
        return .rulesAcknowledged(
            switch: acknowledgement.switch, confirmedRevision: installation.switches[node].confirmed)
    }

    /// A switch refused a rule of the unit: it takes a path around that switch and those that refused it before, where
    /// there is one. So it tries each way once, and does not go round in a circle.
    ///
    /// Where there is none because the switch's table is full, less important units give their rows.
    private mutating func avoid(_ node: NodeIndex, _ slot: Int, isTableFull: Bool) {
        let unit = flows[slot]
        guard let former = unit.placement else { return }
        if unit.isSplit {
            // Its groups may be what the switch cannot do. On one path it needs none.
            flows.modify(slot) {
                $0.isKeptWhole = true
                $0.reasons.removeAll { if case .installationFailed = $0 { true } else { false } }
            }
            for direction in former.indices where former[direction].split != nil {
                _ = gather(slot, direction, reason: .failure)
            }
            judge(slot)
            return
        }
        let avoided = unit.refusedBy.filter { $0 != node } + [node]
        flows.modify(slot) { $0.refusedBy = avoided }
        var consequences = Consequences(.installationFailure)
        displace(slot, &consequences)
        for direction in unit.directions.indices {
            var constraints = unit.directions[direction].constraints
            constraints.avoidNodes = (constraints.avoidNodes + avoided).sorted()
            flows.modify(slot) { $0.directions[direction] = $0.directions[direction].with(constraints) }
        }
        let found = place(slot, &consequences, preempting: false) != nil
        let passes =
            flows[slot].placement?.contains { $0.path.nodes(in: topology).contains(where: avoided.contains) } ?? false
        if found, passes {
            // Its end hangs on that switch: there is no way around it.
            giveBack(slot)
            setPlacement(slot, nil)
        }
        flows.modify(slot) { $0.directions = unit.directions }
        if flows[slot].placement == nil {
            setPlacement(slot, former)
            takeAgain(slot)
            if isTableFull {
                takeRows(on: node, for: slot, &consequences)
                for direction in flows[slot].directions.indices {
                    installation.awaitRows(flows[slot].carrier(direction))
                }
            }
        } else {
            flows.modify(slot) { $0.reasons.removeAll { if case .installationFailed = $0 { true } else { false } } }
        }
        _ = conclude(consequences)
    }

    /// The switch is somebody else's now, and may hold what it refused before.
    private mutating func tryAgain(_ carriers: [Carrier]) {
        for slot in Set(carriers.map { Int($0 / 2) }).sorted()
        where slot < flows.slots.count && flows.slots[slot]?.placement != nil {
            flows.modify(slot) {
                $0.refusedBy = []
                $0.reasons.removeAll { if case .installationFailed = $0 { true } else { false } }
            }
            judge(slot)
        }
    }

    mutating func subscribeToOccurrences(_ kinds: [Occurrence.Kind]?, _ client: ClientID) throws(RequestError) {
        subscriptions.listen(kinds, client)
    }

    /// A client is gone: its switches are nobody's, and flows over them are confirmed by nobody.
    mutating func forget(_ client: ClientID) {
        subscriptions.forget(client)
        for owned in installation.owners where owned.client == client {
            let carriers = installation.disown(owned.node)
            let name = topology.nodes[owned.node].id
            report(.switchReleased) { $0.switch = name }
            for slot in Set(carriers.map { Int($0 / 2) }).sorted()
            where slot < flows.slots.count && flows.slots[slot]?.placement != nil { judge(slot) }
        }
    }

    /// Sends what can be sent to the switches and takes note of what has come of it.
    mutating func install() {
        for outcome in installation.advance() {
            switch outcome {
            case .transaction(let transaction):
                guard let node = topology.index(of: transaction.switch) else { continue }
                for client in subscriptions.clients(watching: node.position) {
                    effects.append(.notify(client, .rules(transaction)))
                }
            case .active(let carrier):
                let slot = Int(carrier / 2)
                guard slot < flows.slots.count, flows.slots[slot]?.placement != nil, isActive(flows[slot]) else {
                    continue
                }
                flows.modify(slot) {
                    $0.refusedBy = []
                    // Of a full table that has taken them since.
                    $0.reasons.removeAll { if case .installationFailed = $0 { true } else { false } }
                }
                judge(slot)
                for direction in flows[slot].directions.indices { report(.flowActive, slot, direction) }
            case .interrupted(let carrier):
                let slot = Int(carrier / 2)
                guard slot < flows.slots.count, flows.slots[slot] != nil else { continue }
                if flows[slot].placement != nil { judge(slot) }
                report(.flowInterrupted, slot, Int(carrier % 2))
            case .vacated(let carrier): vacated(carrier)
            }
        }
    }
}

extension Flow {
    func with(_ constraints: FlowConstraints) -> Flow {
        Flow(
            id: id, source: source, destination: destination, bandwidth: bandwidth, minBandwidth: minBandwidth,
            priority: priority, className: className, match: match, constraints: constraints, protection: protection,
            start: start, lifetimeSeconds: lifetimeSeconds)
    }
}
