// An `AdmissionProblem` as the algorithms want it: plain integers in dense arrays, constraints resolved to link sets,
// and flows grouped so that one shortest-path tree prices many of them.

import SluiceModel

/// What a flow requires of its path beyond room, resolved to indices.
package struct RouteRule: Hashable, Sendable {
    /// Position in `CompiledProblem.masks`; −1 where no link is closed.
    package var mask: Int32
    /// Int.max for none.
    package var maxLatency: Int
    /// Most trunk links; Int.max for none.
    package var maxHops: Int
    /// For each waypoint the links of which the path must use one.
    package var waypoints: [[Int32]]

    /// Whether the rule asks for more than open links.
    package var bindsWholePath: Bool { maxLatency < Int.max || maxHops < Int.max || !waypoints.isEmpty }
}

/// Flows that see the same open links from the same source.
package struct PricingGroup: Sendable {
    package var source: Int32
    /// Links narrower than this are closed to every flow of the group.
    package var need: Int
    package var mask: Int32
    /// Flows of the group are `groupFlows[first..<end]`.
    package var first: Int32
    package var end: Int32
}

package struct CompiledProblem: Sendable {
    package let graph: RoutingGraph
    package let capacity: [Int]
    package let latency: [Int]
    package let isTrunk: [Bool]
    package let flowCount: Int
    package let source: [Int32]
    package let destination: [Int32]
    package let bandwidth: [Int]
    package let weight: [Int]
    /// Position in `priorities`: 0 is the most important class.
    package let flowClass: [Int32]
    /// Priorities of the classes, descending.
    package let priorities: [Int]
    /// Position in `rules`; −1 where the flow has no constraints.
    package let rule: [Int32]
    package let rules: [RouteRule]
    package let masks: [[Bool]]
    package let groups: [PricingGroup]
    package let groupFlows: [Int32]
    /// Where the flow runs now; empty where it does not.
    package let present: [[Int32]]
    package let hasPresent: Bool
    package let maxMoves: Int
    package let objective: AdmissionObjective

    package var linkCount: Int { graph.linkCount }

    package init(_ problem: AdmissionProblem) {
        let topology = problem.topology
        graph = RoutingGraph(topology)
        capacity = problem.capacity.map(\.bitsPerSecond)
        latency = topology.links.map(\.latency.microseconds)
        isTrunk = topology.links.map { $0.kind == .trunk }
        flowCount = problem.demands.count
        source = problem.demands.map { $0.source.raw }
        destination = problem.demands.map { $0.destination.raw }
        bandwidth = problem.demands.map(\.bandwidth.bitsPerSecond)
        weight = problem.demands.map(\.weight)
        let levels = Set(problem.demands.map(\.priority.level)).sorted(by: >)
        priorities = levels
        let position = Dictionary(uniqueKeysWithValues: levels.enumerated().map { ($1, Int32($0)) })
        flowClass = problem.demands.map { position[$0.priority.level] ?? 0 }
        present = problem.demands.map { $0.present?.links.map(\.raw) ?? [] }
        hasPresent = problem.demands.contains { $0.present != nil }
        maxMoves = problem.maxMoves ?? Int.max
        objective = problem.objective
        var compiler = RuleCompiler(topology: topology)
        rule = problem.demands.map { compiler.rule(of: $0) }
        rules = compiler.rules
        masks = compiler.masks
        (groups, groupFlows) = Self.group(
            source: source, bandwidth: bandwidth, capacity: capacity,
            mask: rule.map { [rules] in
                $0 < 0 ? -1 : rules[Int($0)].mask
            })
    }

    /// Flows of one group differ in nothing that decides which links are open to them: same source, same closed links,
    /// and no link's capacity lies between their bandwidths.
    private static func group(
        source: [Int32], bandwidth: [Int], capacity: [Int], mask: [Int32]
    ) -> ([PricingGroup], [Int32]) {
        let levels = Set(capacity).sorted()
        func level(of bandwidth: Int) -> Int {
            var low = 0
            var high = levels.count
            while low < high {
                let middle = (low + high) >> 1
                if levels[middle] < bandwidth { low = middle + 1 } else { high = middle }
            }
            return low
        }
        let flowLevels = bandwidth.map(level(of:))
        let order = (0..<source.count).sorted {
            (source[$0], mask[$0], flowLevels[$0], $0) < (source[$1], mask[$1], flowLevels[$1], $1)
        }
        var groups: [PricingGroup] = []
        var previous = -1
        for (place, flow) in order.enumerated() {
            if previous >= 0, source[previous] == source[flow], mask[previous] == mask[flow],
                flowLevels[previous] == flowLevels[flow]
            {
                groups[groups.count - 1].end = Int32(place + 1)
                groups[groups.count - 1].need = max(groups[groups.count - 1].need, bandwidth[flow])
            } else {
                groups.append(
                    PricingGroup(
                        source: source[flow], need: bandwidth[flow], mask: mask[flow], first: Int32(place),
                        end: Int32(place + 1)))
            }
            previous = flow
        }
        return (groups, order.map { Int32($0) })
    }

    /// The rule of `flow` where it asks for more than open links.
    package func wholePathRule(of flow: Int) -> RouteRule? {
        guard rule[flow] >= 0 else { return nil }
        let rule = rules[Int(rule[flow])]
        return rule.bindsWholePath ? rule : nil
    }

    /// Links closed to `flow` by its constraints; empty for none.
    package func mask(of flow: Int) -> [Bool] {
        guard rule[flow] >= 0, rules[Int(rule[flow])].mask >= 0 else { return [] }
        return masks[Int(rules[Int(rule[flow])].mask)]
    }

    /// Whether a walk visits each node once.
    package func isSimple(_ walk: ArraySlice<Int32>) -> Bool {
        for (position, link) in walk.enumerated() {
            let node = graph.head[Int(link)]
            if walk.prefix(position + 1).contains(where: { graph.tail[Int($0)] == node }) { return false }
        }
        return true
    }

    package func satisfies(_ rule: RouteRule, _ links: some Sequence<Int32>) -> Bool {
        var delay = 0
        var hops = 0
        for link in links {
            delay += latency[Int(link)]
            if isTrunk[Int(link)] { hops += 1 }
        }
        return delay <= rule.maxLatency && hops <= rule.maxHops
            && rule.waypoints.allSatisfy { waypoint in links.contains { waypoint.contains($0) } }
    }
}

/// Gives equal constraints one rule, and equal sets of closed links one mask.
private struct RuleCompiler {
    let topology: Topology
    var rules: [RouteRule] = []
    var masks: [[Bool]] = []
    private var knownRules: [RouteRule: Int32] = [:]
    private var knownMasks: [[Bool]: Int32] = [:]

    init(topology: Topology) { self.topology = topology }

    mutating func rule(of demand: AdmissionDemand) -> Int32 {
        let constraints = demand.constraints
        if constraints == .none { return -1 }
        var closed: [Bool] = []
        if !constraints.avoidNodes.isEmpty || !constraints.avoidLinks.isEmpty || constraints.affinity != .none {
            closed = topology.links.map { !constraints.permits($0, from: demand.source, to: demand.destination) }
        }
        var mask: Int32 = -1
        if closed.contains(true) {
            mask = knownMasks[closed] ?? Int32(masks.count)
            if knownMasks.updateValue(mask, forKey: closed) == nil { masks.append(closed) }
        }
        let rule = RouteRule(
            mask: mask, maxLatency: constraints.maxLatency?.microseconds ?? Int.max,
            maxHops: constraints.maxHops ?? Int.max,
            waypoints: constraints.via.compactMap { waypoint in
                switch waypoint {
                case .node(let node):
                    node == demand.source || node == demand.destination
                        ? nil : topology.links.filter { $0.to == node }.map(\.index.raw)
                case .link(let links): links.map(\.raw)
                }
            })
        let index = knownRules[rule] ?? Int32(rules.count)
        if knownRules.updateValue(index, forKey: rule) == nil { rules.append(rule) }
        return index
    }
}
