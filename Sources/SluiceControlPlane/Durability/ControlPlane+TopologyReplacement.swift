// Another topology under flows that live: what a restart with another topology does, without the restart. The durable
// records of this control plane become those of one on the new topology (see `PlaneRestoration+NewTopology`), whose first
// event places what has lost its path, the most important first. What names tell apart stays; measurements, and what was
// learned from them, begin anew, and so do the switches' rules: the shell subscribes its clients again.

package import SluiceModel

/// A topology that is to take the place of the present one.
package struct TopologyProposal: Hashable, Sendable {
    package let topology: Topology
    private let directory: TopologyDirectory

    package init(_ topology: Topology) {
        self.topology = topology
        directory = TopologyDirectory(topology)
    }

    package static func == (left: TopologyProposal, right: TopologyProposal) -> Bool {
        left.directory == right.directory
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(directory) }

    /// Whether it says of the network what `other` says.
    func isSame(as other: Topology) -> Bool { directory == TopologyDirectory(other) }
}

/// What another topology changes, in names; all lists are sorted.
package struct TopologyChange: Hashable, Sendable {
    package var nodesAdded: [NodeID] = []
    package var nodesRemoved: [NodeID] = []
    package var linksAdded: [LinkID] = []
    package var linksRemoved: [LinkID] = []
    /// Links of the same name with other ends, capacity or latency.
    package var linksChanged: [LinkID] = []
    /// Flows that take another path now.
    package var moved: [MovedFlow] = []
    /// Flows that had a path and have none.
    package var preempted: [PreemptedFlow] = []
    /// Flows that are over, since the topology has not what they name.
    package var lost: [FlowID] = []
    package var isDryRun = false
    package init() {}
}

extension ControlPlane {
    /// Puts the flows on another topology, and tells what that changes; a dry run tells only.
    ///
    /// Costs about what a restart does. Subscriptions to rules and the ownership of switches end with it, those to
    /// events do not.
    mutating func replaceTopology(_ proposal: TopologyProposal, dryRun: Bool) throws(RequestError) -> TopologyChange {
        if optimization.isRunning { throw .optimizationRunning }
        var change = TopologyChange()
        change.isDryRun = dryRun
        if proposal.isSame(as: topology) { return change }
        var fresh = moved(to: proposal.topology)
        let news = fresh.handle(.timeReached, at: now)
        change.compare(topology, proposal.topology)
        compareFlows(with: fresh, &change)
        if dryRun { return change }
        let earlier = effects
        self = fresh
        effects = earlier + news
        report(.topologyReplaced) {
            $0.message =
                "\(change.moved.count) flows moved, \(change.preempted.count) without a path, \(change.lost.count) over"
        }
        return change
    }

    private func moved(to topology: Topology) -> ControlPlane {
        var restoration = PlaneRestoration(topology: topology, policy: policy, seed: seed)
        do throws(RestorationFailure) {
            for change in records {
                if let record = change.record { try restoration.add(change.key, record) }
            }
            var fresh = try restoration.finish()
            fresh.now = now
            fresh.accounts = accounts
            // The new network may have room for flows that waited in the old one too.
            fresh.needsPlacing = true
            for (client, kinds) in subscriptions.occurrences.sorted(by: { $0.key < $1.key }) {
                fresh.subscriptions.listen(kinds.map { $0.sorted { $0.rawValue < $1.rawValue } }, client)
            }
            if !isRecording { fresh.stopRecording() }
            return fresh
        } catch {
            preconditionFailure("the records of a control plane do not restore one: \(error.text)")
        }
    }

    private func compareFlows(with fresh: ControlPlane, _ change: inout TopologyChange) {
        for slot in flows.liveSlots {
            let unit = flows[slot]
            for direction in unit.directions.indices {
                let former = view(of: unit, direction)
                guard let known = fresh.flows.slot(of: former.id) else {
                    change.lost.append(former.id)
                    continue
                }
                let present = fresh.view(of: fresh.flows[known.slot], known.direction)
                if former.links.isEmpty || present.links == former.links { continue }
                if present.links.isEmpty {
                    change.preempted.append(
                        PreemptedFlow(
                            id: former.id, priority: former.priority, bandwidth: former.bandwidth,
                            state: present.state))
                } else {
                    change.moved.append(MovedFlow(id: former.id, from: former.links, to: present.links))
                }
            }
        }
        change.moved.sort { $0.id < $1.id }
        change.preempted.sort { $0.id < $1.id }
        change.lost.sort()
    }
}

extension TopologyChange {
    fileprivate mutating func compare(_ former: Topology, _ present: Topology) {
        let (oldNodes, newNodes) = (Set(former.nodes.map(\.id)), Set(present.nodes.map(\.id)))
        nodesAdded = newNodes.subtracting(oldNodes).sorted()
        nodesRemoved = oldNodes.subtracting(newNodes).sorted()
        let (oldLinks, newLinks) = (Set(former.links.map(\.id)), Set(present.links.map(\.id)))
        linksAdded = newLinks.subtracting(oldLinks).sorted()
        linksRemoved = oldLinks.subtracting(newLinks).sorted()
        linksChanged = oldLinks.intersection(newLinks).filter { id in
            guard let old = former.index(of: id).map({ former[$0] }),
                let new = present.index(of: id).map({ present[$0] })
            else { return false }
            return former[old.from].id != present[new.from].id || former[old.to].id != present[new.to].id
                || old.capacity != new.capacity || old.reservable != new.reservable || old.latency != new.latency
        }.sorted()
    }
}
