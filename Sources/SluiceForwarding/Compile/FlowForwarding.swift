// From an admitted flow to the rules that carry it.
//
// A rule recognises a packet by the port it arrived at and the flow's match, so its state is the link it came by: two
// paths of one flow may share a switch, and even cross each other, as long as they enter it by different links. At the
// ingress of a flow that starts at a switch itself any port will do, and such rules rank below those with a port.
//
// Two flows that enter the network at different places may have overlapping matches; on a shared link their packets
// look alike. One of them then carries an MPLS label from its ingress on (RFC 3032), by which the switches after the
// ingress know it; the last switch takes it off.
//
// A flow that is split takes several paths at once. Where they part, the rule sends to a select group with a bucket for
// each way on (OpenFlow 1.3.5, section 5.6.1), weighted by the paths that go there; see `SplitPaths`.

package import SluiceModel

/// What the network should do for one flow.
package struct FlowForwarding: Hashable, Sendable {
    package var cookie: UInt64
    package var match: FlowMatch
    /// Label that tells its packets apart after the ingress; nil where the match does.
    package var label: UInt32?
    /// Rate limit at the ingress; nil for none.
    package var meter: Meter?
    /// What the ingress writes into the DSCP of its packets, which must be IP; nil: nothing.
    package var dscp: UInt8?
    /// The path in use.
    package var path: [LinkIndex]
    /// A second path whose rules stand ready, and which the ingress takes by itself while its port to the first one is
    /// down; empty for none.
    package var backup: [LinkIndex]
    /// All paths of a split flow, the one in use first; nil for a flow on one path.
    package var split: SplitPaths?
    /// First of the group ids that are this flow's, `SplitPaths.groupsPerFlow` in number; 0: it has none, and the
    /// ingress changes to the second path only when it is told to.
    package var firstGroup: UInt32

    /// - Precondition: a labelled flow's match names its EtherType, which the last switch restores.
    package init(
        cookie: UInt64, match: FlowMatch, label: UInt32? = nil, meter: Meter? = nil, dscp: UInt8? = nil,
        path: [LinkIndex], backup: [LinkIndex] = [], split: SplitPaths? = nil, firstGroup: UInt32 = 0
    ) {
        precondition(dscp == nil || match.dscp == nil, "switches after the ingress would not know the flow any more")
        precondition(label == nil || match.etherType != nil, "a labelled flow's EtherType must be restored at its end")
        precondition(backup.isEmpty || split == nil, "a flow has a second path in reserve or in use, not both")
        self.cookie = cookie
        self.match = match
        self.label = label
        self.meter = meter
        self.dscp = dscp
        self.path = path
        self.backup = backup
        self.split = split
        self.firstGroup = firstGroup
    }
}

/// A rule, the switch it belongs to, and the group that it sends to.
package struct PlacedRule: Hashable, Sendable {
    package let `switch`: NodeIndex
    package let rule: Rule
    package let group: Group?
    package init(switch: NodeIndex, rule: Rule, group: Group? = nil) {
        self.switch = `switch`
        self.rule = rule
        self.group = group
    }
}

/// The rules of one flow on all switches.
package struct FlowRules: Hashable, Sendable {
    /// Ingress first, then along the path, then the backup's.
    package var rules: [PlacedRule] = []
    /// How many of them belong to the path in use.
    package var pathLength = 0
    package var meter: Meter?
    package init() {}

    /// The switch at which the flow enters.
    package var ingress: NodeIndex? { rules.first?.switch }
}

/// Port that stands for the switch itself, where a flow ends at a switch: OFPP_LOCAL (OpenFlow 1.3.5, section A.2.1).
package let localPort = PortNumber(0xffff_fffe)

extension FlowRules {
    /// The rules that carry `flow` through `topology`.
    package init(compiling flow: FlowForwarding, in topology: Topology) {
        if let split = flow.split {
            append(split, of: flow, in: topology)
        } else {
            append(along: flow.path, of: flow, in: topology, withIngress: true)
            if let group = Self.failover(of: flow, in: topology), let ingress = rules.first {
                // The one action that differs is the last: where the packet goes.
                let rule = Rule(
                    key: ingress.rule.key, cookie: ingress.rule.cookie,
                    actions: ingress.rule.actions.dropLast() + [.group(group.id)])
                rules[0] = PlacedRule(switch: ingress.switch, rule: rule, group: group)
            }
        }
        pathLength = rules.count
        if !flow.backup.isEmpty { append(along: flow.backup, of: flow, in: topology, withIngress: false) }
        meter = flow.meter
    }

    /// The group by which the ingress switch chooses between two paths without asking anyone: the first bucket whose
    /// port is live (OpenFlow 1.3.5, section 5.6.1). Nil where there are no two, or both leave by one port.
    private static func failover(of flow: FlowForwarding, in topology: Topology) -> Group? {
        guard flow.firstGroup > 0, !flow.backup.isEmpty else { return nil }
        func exit(of path: [LinkIndex]) -> PortNumber? {
            let position = topology[topology[path[0]].from].isHost ? 1 : 0
            return position < path.count ? topology[path[position]].fromPort : nil
        }
        guard let first = exit(of: flow.path), let second = exit(of: flow.backup), first != second else { return nil }
        return Group(
            id: flow.firstGroup, kind: .fastFailover,
            buckets: [first, second].map { Group.Bucket(watchPort: $0, actions: [.output($0)]) })
    }

    private mutating func append(
        along path: [LinkIndex], of flow: FlowForwarding, in topology: Topology, withIngress: Bool
    ) {
        // Positions -1 (the flow starts at a switch) or 0 ... n - 1: the packet has just crossed that link.
        let startsAtHost = topology[topology[path[0]].from].isHost
        let endsAtHost = topology[topology[path[path.count - 1]].to].isHost
        let first = startsAtHost ? 0 : -1
        let last = endsAtHost ? path.count - 2 : path.count - 1
        let label = last > first ? flow.label : nil
        for position in first...last {
            let isIngress = position == first
            if isIngress && !withIngress { continue }
            let next = position + 1 < path.count ? path[position + 1] : nil
            rules.append(
                Self.rule(
                    of: flow, at: position < 0 ? topology[path[0]].from : topology[path[position]].to,
                    arriving: position < 0 ? nil : path[position], isIngress: isIngress, isLast: position == last,
                    label: label, way: .output(Self.port(next, topology)), in: topology))
        }
    }

    /// Every switch on the way in an order in which no packet ever goes back: the ingress first.
    private mutating func append(_ split: SplitPaths, of flow: FlowForwarding, in topology: Topology) {
        let hasInnerSwitch = split.hops.count > 1
        for (position, hop) in split.hops.enumerated() {
            let node = hop.arriving.map { topology[$0].to } ?? topology[split.paths[0].links[0]].from
            var way = RuleAction.output(Self.port(hop.onward.first?.link, topology))
            var group: Group?
            if hop.onward.count > 1 {
                let id = flow.firstGroup + SplitPaths.offset(ofGroupAfter: hop.arriving, in: topology)
                way = .group(id)
                group = Group(
                    id: id, kind: .select,
                    buckets: hop.onward.map {
                        Group.Bucket(
                            weight: UInt16(clamping: $0.weight), actions: [.output(Self.port($0.link, topology))])
                    })
            }
            let placed = Self.rule(
                of: flow, at: node, arriving: hop.arriving, isIngress: position == 0, isLast: hop.isLast,
                label: hasInnerSwitch ? flow.label : nil, way: way, in: topology)
            rules.append(PlacedRule(switch: placed.switch, rule: placed.rule, group: group))
        }
    }

    private static func rule(
        of flow: FlowForwarding, at node: NodeIndex, arriving: LinkIndex?, isIngress: Bool, isLast: Bool,
        label: UInt32?, way: RuleAction, in topology: Topology
    ) -> PlacedRule {
        var match = RuleMatch()
        if let arriving { match.inPort = topology[arriving].toPort }
        if let label, !isIngress { match.label = label } else { match.fields = flow.match }
        var actions: [RuleAction] = []
        if isIngress {
            if let meter = flow.meter { actions.append(.meter(meter.id)) }
            if let dscp = flow.dscp { actions.append(.setDSCP(dscp)) }
            if let label { actions += [.pushLabel, .setLabel(label)] }
        } else if label != nil, isLast, let etherType = flow.match.etherType {
            actions.append(.popLabel(etherType: etherType))
        }
        actions.append(way)
        let rule = Rule(
            key: Rule.Key(table: 0, priority: match.priority, match: match), cookie: flow.cookie, actions: actions)
        return PlacedRule(switch: node, rule: rule)
    }

    /// The port that `link` leaves by; the switch itself where there is none.
    private static func port(_ link: LinkIndex?, _ topology: Topology) -> PortNumber {
        guard let link else { return localPort }
        guard let port = topology[link].fromPort else {
            preconditionFailure("link \(link) leaves a switch without a port")
        }
        return port
    }
}
