// A solution for offline interchange: which flows are admitted on which links, how good that is, and how long it took.
// Written by `sluice solve`, read back as the present placement of `--present`.

import SluiceJSON
package import SluiceModel

package struct SolutionDocument: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable, CaseIterable {
        /// Proven.
        case optimal
        case feasible
    }

    package struct AdmittedFlow: Hashable, Sendable {
        package var flow: FlowID
        package var links: [LinkID]
        package var path: [NodeID]
        package init(flow: FlowID, links: [LinkID], path: [NodeID]) {
            self.flow = flow
            self.links = links
            self.path = path
        }
    }

    package struct RejectedFlow: Hashable, Sendable {
        package var flow: FlowID
        /// A stable code such as `no_capacity`.
        package var reason: String
        package init(flow: FlowID, reason: String) {
            self.flow = flow
            self.reason = reason
        }
    }

    /// One priority class of the strict objective.
    package struct PriorityClass: Hashable, Sendable {
        package var priority: Int
        package var admitted: Int
        package var bound: Int
        package var status: Status
        package init(priority: Int, admitted: Int, bound: Int, status: Status) {
            self.priority = priority
            self.admitted = admitted
            self.bound = bound
            self.status = status
        }
    }

    /// When a better solution or bound was found.
    package struct TrajectoryPoint: Hashable, Sendable {
        package var effort: Effort
        package var objective: Int
        package var bound: Int
        package init(effort: Effort, objective: Int, bound: Int) {
            self.effort = effort
            self.objective = objective
            self.bound = bound
        }
    }

    /// What was spent: time where a clock ruled, work units where the same seed is to give the same bytes.
    package enum Effort: Hashable, Sendable {
        case seconds(Double)
        case work(Int)
    }

    package var status: Status
    package var method: String
    /// Sum of the priorities of the admitted.
    package var objective: Int
    /// No solution has a larger objective.
    package var bound: Int
    package var admitted: [AdmittedFlow]
    package var rejected: [RejectedFlow]
    /// nil under a work limit, where time has no place in the answer.
    package var elapsedSeconds: Double?
    package var trajectory: [TrajectoryPoint]
    /// nil unless the objective is strict.
    package var classes: [PriorityClass]?

    package init(
        status: Status, method: String, objective: Int, bound: Int, admitted: [AdmittedFlow],
        rejected: [RejectedFlow], elapsedSeconds: Double?, trajectory: [TrajectoryPoint] = [],
        classes: [PriorityClass]? = nil
    ) {
        self.status = status
        self.method = method
        self.objective = objective
        self.bound = bound
        self.admitted = admitted
        self.rejected = rejected
        self.elapsedSeconds = elapsedSeconds
        self.trajectory = trajectory
        self.classes = classes
    }

    /// (bound − objective) / max(1, objective).
    package var gap: Double { Double(bound - objective) / Double(max(1, objective)) }

    /// One JSON text, ended by a line feed.
    package var json: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256 * (1 + admitted.count))
        writer.beginObject()
        writer.member("status", status.rawValue)
        writer.member("method", method)
        writer.member("objective", objective)
        writer.member("bound", bound)
        writer.name("gap")
        writer.number(gap)
        if let elapsedSeconds {
            writer.name("elapsedSeconds")
            writer.number(elapsedSeconds)
        }
        writePlacements(to: &writer)
        writeTrajectory(to: &writer)
        if let classes { write(classes, to: &writer) }
        writer.endObject()
        return writer.bytes + [0x0a]
    }

    private func writePlacements(to writer: inout JSONWriter) {
        writer.name("admitted")
        writer.beginArray()
        for flow in admitted {
            writer.beginObject()
            writer.member("flow", flow.flow.text)
            writer.member("links", flow.links.map(\.text))
            writer.member("path", flow.path.map(\.text))
            writer.endObject()
        }
        writer.endArray()
        writer.name("rejected")
        writer.beginArray()
        for flow in rejected {
            writer.beginObject()
            writer.member("flow", flow.flow.text)
            writer.member("reason", flow.reason)
            writer.endObject()
        }
        writer.endArray()
    }

    private func writeTrajectory(to writer: inout JSONWriter) {
        writer.name("trajectory")
        writer.beginArray()
        for point in trajectory {
            writer.beginObject()
            switch point.effort {
            case .seconds(let seconds):
                writer.name("elapsedSeconds")
                writer.number(seconds)
            case .work(let units): writer.member("work", units)
            }
            writer.member("objective", point.objective)
            writer.member("bound", point.bound)
            writer.endObject()
        }
        writer.endArray()
    }

    private func write(_ classes: [PriorityClass], to writer: inout JSONWriter) {
        writer.name("classes")
        writer.beginArray()
        for group in classes {
            writer.beginObject()
            writer.member("priority", group.priority)
            writer.member("admitted", group.admitted)
            writer.member("bound", group.bound)
            writer.member("status", group.status.rawValue)
            writer.endObject()
        }
        writer.endArray()
    }
}

/// The placement that a solution describes, looked up in a topology.
package struct PlacementDocument: Sendable {
    /// Path of each admitted flow, in file order.
    package let paths: [(flow: FlowID, path: Path)]

    /// Reads `admitted` of a solution; the rest of it does not matter for what is in place.
    package static func read(_ file: DocumentFile, topology: Topology) throws(InvalidDocument) -> PlacementDocument {
        let faults = FaultCollector(file)
        let root = try Document.parseJSON(file, faults: faults)
        guard let object = ObjectReader(root, faults: faults) else { throw faults.invalid() }
        var paths: [(flow: FlowID, path: Path)] = []
        var seen: Set<String> = []
        for node in object.array("admitted", required: true) ?? [] {
            guard let entry = ObjectReader(node, faults: faults) else { continue }
            let flow = entry.string("flow", required: true)
            if let flow, !seen.insert(flow).inserted {
                faults.report(entry.place.member("flow"), .duplicate(flow))
            }
            guard let names = entry.array("links", required: true) else { continue }
            let links = names.compactMap { link($0, in: topology, faults) }
            guard let flow, links.count == names.count else { continue }
            guard let path = Path(links, in: topology) else {
                faults.report(
                    entry.place.member("links"),
                    .unreadable(links.map { topology[$0].id.text }.joined(separator: ", "), wanted: "a loop-free path"))
                continue
            }
            paths.append((FlowID(flow), path))
        }
        try faults.throwIfAny()
        return PlacementDocument(paths: paths)
    }

    private static func link(_ node: JSONNode, in topology: Topology, _ faults: FaultCollector) -> LinkIndex? {
        guard let name = node.string else {
            faults.report(.byte(node.offset), .wrongKind(found: node.kind, wanted: "a link's id"))
            return nil
        }
        if let index = topology.index(of: LinkID(name)) { return index }
        faults.report(
            .byte(node.offset),
            .unknownLink(name, nearest: faults.nearest(to: name, among: topology.links.map(\.id.text))))
        return nil
    }
}
