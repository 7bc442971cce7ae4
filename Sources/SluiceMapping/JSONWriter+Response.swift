// From the control plane to the wire: answers, as the result schemas of the method table say.

package import SluiceControlPlane
import SluiceDocuments
package import SluiceJSON
import SluiceModel
import SluiceProtocol

/// What the daemon knows beside the control plane, for `system.status` and `telemetry.status`.
package struct DaemonFacts {
    var uptimeSeconds: Double
    var clients: Int
    /// Asked only where its counts are wanted.
    var telemetry: () -> ListenerFacts?

    package init(uptimeSeconds: Double, clients: Int, telemetry: @escaping () -> ListenerFacts? = { nil }) {
        self.uptimeSeconds = uptimeSeconds
        self.clients = clients
        self.telemetry = telemetry
    }
}

/// What has come to the sockets that listen for telemetry.
package struct ListenerFacts {
    package struct Counts {
        package var datagrams: Int
        package var reports: Int
        package var samples: Int
        package var handedOver: Int
        package var lost: Int
        package var refused: Int
        /// By reason, those that occurred.
        package var reasons: [(name: String, count: Int)]

        package init(
            datagrams: Int, reports: Int, samples: Int, handedOver: Int, lost: Int, refused: Int,
            reasons: [(name: String, count: Int)]
        ) {
            self.datagrams = datagrams
            self.reports = reports
            self.samples = samples
            self.handedOver = handedOver
            self.lost = lost
            self.refused = refused
            self.reasons = reasons
        }
    }

    package var addresses: [String]
    package var counts: Counts

    package init(addresses: [String], counts: Counts) {
        self.addresses = addresses
        self.counts = counts
    }
}

extension JSONWriter {
    /// Appends the result of a request.
    package mutating func response(_ response: Response, _ facts: DaemonFacts, _ names: KnownNames) {
        object { writer in
            switch response {
            case .flow(let result), .withdrawn(let result): writer.members(result)
            case .batch(let items):
                var suggestions = MappingLimits.suggestionsInBatch
                writer.member("results", items) { item, writer in writer.item(item, names, &suggestions) }
            case .flowDetails(let flow):
                writer.name("flow")
                writer.flow(flow)
            case .flows(let flows, let cursor):
                writer.member("flows", flows) { flow, writer in writer.flow(flow) }
                writer.member("cursor", cursor)
            case .explanation(let explanation): writer.members(explanation)
            case .topology(let topology): writer.members(topology)
            case .linksSet(let change): writer.members(change)
            case .rules(let switches):
                writer.member("switches", switches) { rules, writer in writer.switchRules(rules) }
            case .rulesSubscribed(let switches):
                writer.member("switches", switches) { revision, writer in
                    writer.object { writer in
                        writer.member("switch", revision.switch.text)
                        writer.member("dpid", revision.datapath.raw)
                        writer.member("revision", revision.revision)
                        writer.member("confirmedRevision", revision.confirmedRevision)
                    }
                }
            case .rulesAcknowledged(let name, let confirmed):
                writer.member("switch", name.text)
                writer.member("confirmedRevision", confirmed)
            case .eventsSubscribed: writer.member("subscribed", true)
            case .automata(let automata):
                writer.member("automata", automata) { automaton, writer in writer.automaton(automaton) }
            case .telemetry(let receipt): writer.members(receipt)
            case .telemetryStatus(let totals): writer.members(totals, facts)
            case .optimization(let report): writer.members(report)
            case .optimizationStatus(let status):
                writer.member("running", status.isRunning)
                writer.member("started", status.started)
                if let last = status.last {
                    writer.name("last")
                    writer.object { $0.members(last) }
                }
                writer.member("lastFinished", status.lastFinished)
            case .status(let status): writer.members(status, facts)
            case .policy(let policy):
                writer.name("policy")
                writer.text(PolicyWriter.json(policy, pretty: false))
            case .topologyReplaced(let change): writer.members(change)
            case .policyReplaced(let change):
                writer.member("flowsOfRemovedClasses", change.flowsOfRemovedClasses)
            }
        }
    }

    private mutating func item(_ item: BatchItem, _ names: KnownNames, _ suggestions: inout Int) {
        object { writer in
            switch item {
            case .decided(let result): writer.members(result)
            case .refused(let error):
                let nearest = suggestions > 0 ? names.nearest(to: error) : nil
                suggestions -= 1
                writer.name("error")
                ReplyEncoder.error(ProtocolFault(error, nearest: nearest), to: &writer)
            }
        }
    }

    private mutating func members(_ change: LinkChange) {
        member("links", change.links) { link, writer in writer.link(link) }
        moved(change.moved)
        preempted(change.preempted)
        member("returned", change.returned)
        member("remaining", change.remaining)
        if change.isDryRun { member("dryRun", true) }
    }

    private mutating func members(_ change: TopologyChange) {
        name("nodes")
        object { writer in
            writer.member("added", change.nodesAdded)
            writer.member("removed", change.nodesRemoved)
        }
        name("links")
        object { writer in
            writer.member("added", change.linksAdded)
            writer.member("removed", change.linksRemoved)
            writer.member("changed", change.linksChanged)
        }
        moved(change.moved)
        preempted(change.preempted)
        member("lost", change.lost)
        if change.isDryRun { member("dryRun", true) }
    }

    private mutating func members(_ report: OptimizationReport) {
        member("status", report.status.rawValue)
        member("method", report.method)
        member("objective", report.objective)
        member("objectiveBefore", report.objectiveBefore)
        member("bound", report.bound)
        member("gap", report.gap)
        member("elapsedSeconds", report.elapsedSeconds)
        member("moves", report.moves) { moved, writer in writer.moved(moved) }
        preempted(report.preempted)
        member("returned", report.returned)
        member("frozen", report.frozen)
        member("movesLeftOut", report.movesLeftOut)
        member("failure", report.failure)
        if report.isDryRun { member("dryRun", true) }
    }

    private mutating func members(_ status: SystemStatus, _ facts: DaemonFacts) {
        member("version", SluiceVersion.text)
        member("topology", status.topologyName)
        member("revision", status.revision)
        member("uptimeSeconds", facts.uptimeSeconds)
        name("flows")
        object { writer in
            for state in FlowState.allCases { writer.member(state.rawValue, status.flows[state] ?? 0) }
        }
        member("switches", status.switches)
        member("ownedSwitches", status.ownedSwitches)
        member("hosts", status.hosts)
        member("links", status.links)
        member("linksNotUp", status.linksNotUp)
        member("reserved", status.reserved)
        member("reservable", status.reservable)
        member("decisions", status.decisions)
        member("optimizing", status.isOptimizing)
        member("clients", facts.clients)
    }

    private mutating func members(_ topology: TopologyView) {
        member("name", topology.name)
        member("switches", topology.nodes.filter { !$0.isHost }) { node, writer in
            writer.object { writer in
                writer.member("id", node.id.text)
                writer.member("dpid", node.datapath?.raw ?? 0)
                if let location = node.location {
                    writer.name("location")
                    writer.object { writer in
                        writer.member("latitude", location.latitude)
                        writer.member("longitude", location.longitude)
                    }
                }
                writer.member("ruleCapacity", node.ruleCapacity)
            }
        }
        member("hosts", topology.nodes.filter(\.isHost)) { node, writer in
            writer.object { writer in
                writer.member("id", node.id.text)
                writer.member("mac", node.host?.hardwareAddress?.text)
                writer.member("ipv4", node.host?.ipv4?.text)
                writer.member("ipv6", node.host?.ipv6?.text)
                if let attachment = node.attachment {
                    writer.name("attachment")
                    writer.object { writer in
                        writer.member("switch", attachment.switch.text)
                        writer.member("port", Int(attachment.port.raw))
                    }
                }
            }
        }
        member("links", topology.links) { link, writer in writer.link(link) }
    }

    private mutating func link(_ link: LinkView) {
        object { writer in
            writer.member("id", link.id.text)
            writer.member("from", link.from.text)
            writer.member("to", link.to.text)
            writer.member("fromPort", link.fromPort.map { Int($0.raw) })
            writer.member("toPort", link.toPort.map { Int($0.raw) })
            writer.member("kind", link.isAccess ? "access" : "trunk")
            writer.member("state", link.state.rawValue)
            writer.member("capacity", link.capacity)
            writer.member("reservable", link.reservable)
            writer.member("reserved", link.reserved)
            writer.member("residual", link.residual)
            writer.member("latency", link.latency)
            if !link.affinity.isEmpty { writer.member("affinity", link.affinity) }
            if !link.sharedRisk.isEmpty { writer.member("sharedRisk", link.sharedRisk) }
            writer.member("flows", link.flows)
            writer.member("utilisation", link.utilisation)
            writer.member("heldUntil", link.heldUntil)
            if !link.classTypes.isEmpty {
                writer.member("classTypes", link.classTypes) { pool, writer in
                    writer.object { writer in
                        writer.member("classType", pool.classType)
                        writer.member("limit", pool.limit)
                        writer.member("held", pool.held)
                    }
                }
            }
        }
    }
}
