// From an admitted flow to the rules that carry it.
//
// A rule recognises a packet by the port it arrived at and the flow's match, so its state is the link it came by: two
// paths of one flow may share a switch, and even cross each other, as long as they enter it by different links. At the
// ingress of a flow that starts at a switch itself any port will do, and such rules rank below those with a port.
//
// Two flows that enter the network at different places may have overlapping matches; on a shared link their packets
// look alike. One of them then carries an MPLS label from its ingress on (RFC 3032), by which the switches after the
// ingress know it; the last switch takes it off.

package import SluiceModel

/// What the network should do for one flow.
package struct FlowForwarding: Hashable, Sendable {
    package var cookie: UInt64
    package var match: FlowMatch
    /// Label that tells its packets apart after the ingress; nil where the match does.
    package var label: UInt32?
    /// Rate limit at the ingress; nil for none.
    package var meter: Meter?
    /// The path in use.
    package var path: [LinkIndex]
    /// A second path whose rules stand ready except at the ingress; empty for none.
    package var backup: [LinkIndex]

    /// - Precondition: a labelled flow's match names its EtherType, which the last switch restores.
    package init(
        cookie: UInt64, match: FlowMatch, label: UInt32? = nil, meter: Meter? = nil, path: [LinkIndex],
        backup: [LinkIndex] = []
    ) {
        precondition(label == nil || match.etherType != nil, "a labelled flow's EtherType must be restored at its end")
        self.cookie = cookie
        self.match = match
        self.label = label
        self.meter = meter
        self.path = path
        self.backup = backup
    }
}

/// A rule and the switch it belongs to.
package struct PlacedRule: Hashable, Sendable {
    package let `switch`: NodeIndex
    package let rule: Rule
    package init(switch: NodeIndex, rule: Rule) {
        self.switch = `switch`
        self.rule = rule
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
        append(along: flow.path, of: flow, in: topology, withIngress: true)
        pathLength = rules.count
        if !flow.backup.isEmpty { append(along: flow.backup, of: flow, in: topology, withIngress: false) }
        meter = flow.meter
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
            let node = position < 0 ? topology[path[0]].from : topology[path[position]].to
            var match = RuleMatch()
            if position >= 0 { match.inPort = topology[path[position]].toPort }
            if let label, !isIngress { match.label = label } else { match.fields = flow.match }
            var actions: [RuleAction] = []
            if isIngress {
                if let meter = flow.meter { actions.append(.meter(meter.id)) }
                if let label { actions += [.pushLabel, .setLabel(label)] }
            } else if label != nil, position == last, let etherType = flow.match.etherType {
                actions.append(.popLabel(etherType: etherType))
            }
            let out = position + 1 < path.count ? topology[path[position + 1]].fromPort : localPort
            guard let out else { preconditionFailure("link \(path[position + 1]) leaves a switch without a port") }
            actions.append(.output(out))
            let rule = Rule(
                key: Rule.Key(table: 0, priority: match.priority, match: match), cookie: flow.cookie, actions: actions)
            rules.append(PlacedRule(switch: node, rule: rule))
        }
    }
}
