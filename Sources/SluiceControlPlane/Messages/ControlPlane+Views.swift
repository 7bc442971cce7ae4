// Reading: what the control plane knows, in names.

import SluiceForwarding
import SluiceModel

extension ControlPlane {
    func view(of unit: FlowUnit, _ direction: Int) -> FlowView {
        let flow = unit.directions[direction]
        let placement = unit.placement?[direction]
        let other = unit.directions.count > 1 ? unit.directions[1 - direction].id : nil
        return FlowView(
            id: flow.id, state: unit.state, reasons: unit.reasons, source: topology.name(of: flow.source),
            destination: topology.name(of: flow.destination), bandwidth: placement?.bandwidth ?? flow.bandwidth,
            requestedBandwidth: flow.bandwidth, priority: flow.priority.level, className: flow.className,
            path: placement.map { nodeNames(along: $0.path.links) } ?? [],
            links: placement.map { names(of: $0.path.links) } ?? [],
            latency: placement.map { Latency(microseconds: search.latency(of: $0.path.links)) },
            shares: shares(of: placement), backupLinks: placement?.backup.map { names(of: $0.links) } ?? [],
            protection: flow.protection,
            match: flow.match,
            constraints: direction == 0
                ? unit.request.constraints : unit.request.constraints.reversed(in: topology), companion: other,
            start: unit.request.start,
            expires: unit.expires, submitted: unit.submitted, cookie: unit.number + UInt64(direction), rejection: nil)
    }

    private func nodeNames(along links: [LinkIndex]) -> [NodeID] {
        var names: [NodeID] = []
        names.reserveCapacity(links.count + 1)
        names.append(topology.name(of: topology.ends(of: links[0]).from))
        for link in links { names.append(topology.name(of: topology.ends(of: link).to)) }
        return names
    }

    func view(of id: FlowID) throws(RequestError) -> FlowView {
        if let known = flows.slot(of: id) { return view(of: flows[known.slot], known.direction) }
        if let over = ended[id] { return over.view }
        throw .unknownFlow(id)
    }

    func result(of slot: Int) -> FlowResult {
        let unit = flows[slot]
        var result = FlowResult(flow: view(of: unit, 0))
        if unit.directions.count > 1 { result.companion = view(of: unit, 1) }
        return result
    }

    /// In order of cookies, which is the order of submission.
    func list(_ filter: FlowFilter) throws(RequestError) -> Response {
        var after: UInt64 = 0
        if let cursor = filter.cursor {
            guard let number = UInt64(cursor) else { throw .invalid(field: "cursor", reason: .badCursor) }
            after = number
        }
        if let limit = filter.limit, limit < 1 { throw .invalid(field: "limit", reason: .notPositive) }
        let limit = min(filter.limit ?? ControlLimits.listPage, ControlLimits.listPage)
        let links = try filter.link.map { name throws(RequestError) in try namedLinks(name, "link") }
        let source = try filter.source.map { name throws(RequestError) in try node(name, "source") }
        let destination = try filter.destination.map { name throws(RequestError) in try node(name, "destination") }
        if let name = filter.className, policy.trafficClass(named: name) == nil, !isRemembered(className: name) {
            throw .unknownClass(name: name)
        }
        func accepts(_ view: FlowView, links held: [LinkIndex]) -> Bool {
            if let states = filter.states, !states.contains(view.state) { return false }
            if let name = filter.className, view.className != name { return false }
            if let source, topology[source].id != view.source { return false }
            if let destination, topology[destination].id != view.destination { return false }
            if let links, !links.contains(where: held.contains) { return false }
            return true
        }
        let wantsEnded = filter.states.map { $0.contains { !$0.isLive } } ?? false
        var candidates: [(cookie: UInt64, slot: Int?, direction: Int, view: FlowView?)] = []
        for slot in flows.liveSlots {
            let unit = flows[slot]
            for direction in unit.directions.indices where unit.number + UInt64(direction) > after {
                candidates.append((unit.number + UInt64(direction), slot, direction, nil))
            }
        }
        if wantsEnded {
            for over in ended.all where over.view.cookie > after {
                candidates.append((over.view.cookie, nil, 0, over.view))
            }
        }
        candidates.sort { $0.cookie < $1.cookie }
        var found: [FlowView] = []
        for candidate in candidates {
            let view = candidate.slot.map { self.view(of: flows[$0], candidate.direction) } ?? candidate.view
            let held = candidate.slot.flatMap { flows[$0].placement?[candidate.direction].links } ?? []
            guard let view, accepts(view, links: held) else { continue }
            if found.count == limit { return .flows(found, cursor: found.last.map { String($0.cookie) }) }
            found.append(view)
        }
        return .flows(found, cursor: nil)
    }

    /// Whether a flow has the class, which the policy may have had before.
    private func isRemembered(className name: String) -> Bool {
        flows.liveSlots.contains { flows[$0].directions[0].className == name }
            || ended.all.contains { $0.view.className == name }
    }

    mutating func explain(_ id: FlowID) throws(RequestError) -> Explanation {
        guard let known = flows.slot(of: id) else {
            guard let over = ended[id] else { throw .unknownFlow(id) }
            return Explanation(flow: over.view, hops: [], rejection: over.view.rejection, history: over.history)
        }
        let unit = flows[known.slot]
        let hops = (unit.placement?[known.direction].path.links ?? []).map { link in
            Explanation.Hop(
                link: topology[link].id, from: topology[topology[link].from].id, to: topology[topology[link].to].id,
                capacity: topology[link].capacity, reserved: holdings.ledger.held(on: link),
                state: linkStates[link.position])
        }
        let rejection =
            unit.placement == nil && waiting.contains(known.slot)
            ? refusal(of: known.slot, isTried: false) : nil
        return Explanation(
            flow: view(of: unit, known.direction), hops: hops, rejection: rejection,
            history: unit.history.filter { $0.flow == id })
    }

    // MARK: The network

    func view(of index: LinkIndex) -> LinkView {
        let link = topology[index]
        return LinkView(
            id: link.id, from: topology[link.from].id, to: topology[link.to].id, fromPort: link.fromPort,
            toPort: link.toPort, isAccess: link.kind == .access, state: linkStates[index.position],
            capacity: link.capacity, reservable: link.reservable, reserved: holdings.ledger.held(on: index),
            residual: holdings.ledger.residual(on: index), latency: link.latency,
            affinity: topology.affinityNames.indices
                .filter { link.affinity.contains(AffinityBits(rawValue: 1 << UInt64($0))) }
                .map { topology.affinityNames[$0] },
            sharedRisk: link.sharedRisks.map { topology.sharedRiskNames[$0] },
            flows: holdings.holds[index.position].count,
            utilisation: learning.utilisation(of: index, at: now), heldUntil: health[index]?.heldUntil,
            classTypes: classTypeViews(of: index))
    }

    private func classTypeViews(of link: LinkIndex) -> [LinkView.ClassTypeView] {
        guard let pools = holdings.pools else { return [] }
        return (0..<BandwidthConstraints.classTypes).compactMap { classType in
            let limit = pools.limit(of: classType, on: link.position)
            let held = pools.held(in: classType, on: link.position)
            guard limit > 0 || held > 0 else { return nil }
            return LinkView.ClassTypeView(
                classType: classType, limit: Bandwidth(bitsPerSecond: limit), held: Bandwidth(bitsPerSecond: held))
        }
    }

    var topologyView: TopologyView {
        TopologyView(
            name: topology.name,
            nodes: topology.nodes.map { node in
                switch node.kind {
                case .switch(let description):
                    NodeView(
                        id: node.id, isHost: false, datapath: description.datapath, location: description.location,
                        ruleCapacity: description.ruleCapacity)
                case .host(let host):
                    NodeView(id: node.id, isHost: true, host: host, attachment: attachment(of: node.id))
                }
            }, links: topology.links.map { view(of: $0.index) })
    }

    private func attachment(of host: NodeID) -> NodeView.Attachment? {
        topology.index(of: host).flatMap(topology.attachment).map {
            NodeView.Attachment(switch: topology[$0.switch].id, port: $0.port)
        }
    }

    var status: SystemStatus {
        var counts = Dictionary(uniqueKeysWithValues: FlowState.allCases.map { ($0, 0) })
        for slot in flows.liveSlots { counts[flows[slot].state, default: 0] += flows[slot].directions.count }
        for over in ended.all { counts[over.view.state, default: 0] += 1 }
        let trunks = topology.links.filter { $0.kind == .trunk }
        func sum(_ value: (Link) -> Bandwidth) -> Bandwidth {
            // Unlimited links could add up to more than a bandwidth may be.
            Bandwidth(
                bitsPerSecond: min(Bandwidth.largest, trunks.reduce(0) { $0.addingClamped(value($1).bitsPerSecond) }))
        }
        return SystemStatus(
            topologyName: topology.name, revision: revision, flows: counts, switches: topology.switches.count,
            ownedSwitches: installation.owners.count, hosts: topology.hosts.count, links: topology.links.count,
            linksNotUp: linkStates.count { $0 != .up }, reserved: sum { holdings.ledger.held(on: $0.index) },
            reservable: sum { $0.reservable }, decisions: decisionCount, isOptimizing: optimization.isRunning)
    }

    // MARK: Policy

    mutating func replace(_ policy: Policy) -> PolicyChange {
        let (constraints, unadmitted) = (self.policy.bandwidthConstraints, self.policy.unadmitted)
        self.policy = policy
        waiting.forgetReasons()
        if policy.bandwidthConstraints != constraints { adoptConstraints() }
        if policy.unadmitted != unadmitted { tablesChanged = true }
        adoptReachability()
        learning.adopt(policy.learning)
        optimization.intervalSeconds = policy.reoptimisation.intervalSeconds
        let removed = flows.liveSlots.count { slot in
            flows[slot].directions[0].className.map { policy.trafficClass(named: $0) == nil } ?? false
        }
        report(.policyReplaced) { _ in }
        return PolicyChange(flowsOfRemovedClasses: removed)
    }
}

extension ControlPlane {
    /// Accounts what is held by class type anew. Nobody loses anything: a pool that holds more than it may takes nobody
    /// in until it holds less.
    private mutating func adoptConstraints() {
        var holders: [(holder: Holdings.Holder, bandwidth: Bandwidth, links: [LinkIndex])] = []
        for slot in flows.liveSlots {
            let unit = flows[slot]
            for (direction, placement) in (unit.placement ?? []).enumerated() {
                holders.append((unit.holder(direction), placement.bandwidth, placement.links))
            }
        }
        holdings.constrain(by: policy.bandwidthConstraints, reservable: reservable, holders: holders)
        constraintsChanged = true
    }
}

extension Int {
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
