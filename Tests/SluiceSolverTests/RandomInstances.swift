// Tiny random problems and the truth about them, by trying everything.

import SluiceModel
import SluiceSolver

enum RandomInstances {
    struct Features {
        var objective = AdmissionObjective.weighted
        var constraints = false
        var present = false
        /// Bit/s in one unit of bandwidth; real networks count in billions.
        var unit = 1
        /// Up to this many bit/s more, so that bandwidths have nothing in common.
        var jitter = 0

        func bandwidth(_ units: Int, _ random: inout RandomStream) -> Bandwidth {
            Bandwidth(bitsPerSecond: units * unit + (jitter > 0 ? random.below(jitter) : 0))
        }
    }

    /// 4 to 6 switches, few wide links, 3 to 7 flows that mostly do not all fit.
    static func problem(seed: Int, _ features: Features) -> AdmissionProblem {
        var random = RandomStream(seed: UInt64(seed), purpose: "tests.instances")
        let count = 4 + random.below(3)
        let nodes = (0..<count).map { Node(id: NodeID("s\($0)"), kind: .switch(Switch())) }
        var cables: [Cable] = []
        func connect(_ a: Int, _ b: Int) {
            cables.append(
                Cable(
                    id: "l\(cables.count)", a: .init(node: nodes[a].id), b: .init(node: nodes[b].id),
                    capacity: features.bandwidth(2 + random.below(9), &random),
                    latency: Latency(microseconds: 1 + random.below(9)),
                    affinity: random.below(4) == 0 ? ["red"] : [], isDirected: random.below(4) == 0))
        }
        for node in 1..<count { connect(random.below(node), node) }
        for _ in 0..<random.below(4) {
            let a = random.below(count)
            let b = (a + 1 + random.below(count - 1)) % count
            connect(a, b)
        }
        // swift-format-ignore: NeverUseForceTry
        // The cables above join known, different nodes and have capacity.
        let topology = try! Topology(name: "random", nodes: nodes, cables: cables)
        let demands = (0..<(3 + random.below(5))).map { number in
            demand(number, in: topology, features: features, random: &random)
        }
        return AdmissionProblem(
            topology: topology, demands: demands, objective: features.objective,
            maxMoves: features.present && random.below(2) == 0 ? random.below(3) : nil)
    }

    private static func demand(
        _ number: Int, in topology: Topology, features: Features, random: inout RandomStream
    ) -> AdmissionDemand {
        let source = random.below(topology.nodes.count)
        let destination = (source + 1 + random.below(topology.nodes.count - 1)) % topology.nodes.count
        var constraints = FlowConstraints.none
        if features.constraints {
            switch random.below(6) {
            case 0: constraints = FlowConstraints(maxLatency: Latency(microseconds: 2 + random.below(15)))
            case 1: constraints = FlowConstraints(maxHops: 1 + random.below(3))
            case 2: constraints = FlowConstraints(avoidLinks: [LinkIndex(random.below(topology.links.count))])
            case 3: constraints = FlowConstraints(via: [.node(NodeIndex(random.below(topology.nodes.count)))])
            case 4:
                constraints = FlowConstraints(affinity: AffinityConstraint(exclude: AffinityBits(rawValue: 1)))
            default: break
            }
        }
        var demand = AdmissionDemand(
            id: FlowID("f\(number)"), source: NodeIndex(source), destination: NodeIndex(destination),
            bandwidth: features.bandwidth(1 + random.below(6), &random), priority: FlowPriority(1 + random.below(4)),
            constraints: constraints)
        if features.present, random.below(3) > 0 {
            let paths = Truth.paths(of: demand, in: topology)
            if !paths.isEmpty { demand.present = paths[random.below(paths.count)] }
        }
        return demand
    }
}

/// The best there is, found by trying every combination of simple paths.
struct Truth {
    private(set) var weight = 0
    /// Admitted flows of each class, most important first, of the lexicographically best placement.
    private(set) var classes: [Int]
    private let problem: AdmissionProblem
    private let options: [[Path]]
    private let priorities: [Int]
    private var left: [Int]
    private var counts: [Int]

    init(_ problem: AdmissionProblem) {
        self.problem = problem
        options = problem.demands.map { Self.paths(of: $0, in: problem.topology) }
        priorities = Set(problem.demands.map(\.priority.level)).sorted(by: >)
        classes = Array(repeating: 0, count: priorities.count)
        counts = classes
        left = problem.capacity.map(\.bitsPerSecond)
        descend(0, weight: 0, moves: 0)
    }

    private mutating func descend(_ number: Int, weight sum: Int, moves: Int) {
        if number == problem.demands.count {
            weight = max(weight, sum)
            if classes.lexicographicallyPrecedes(counts) { classes = counts }
            return
        }
        let demand = problem.demands[number]
        descend(number + 1, weight: sum, moves: moves)
        let place = priorities.firstIndex(of: demand.priority.level) ?? 0
        for path in options[number] {
            let leaves = demand.present != nil && demand.present != path ? 1 : 0
            if let limit = problem.maxMoves, moves + leaves > limit { continue }
            guard path.links.allSatisfy({ left[$0.position] >= demand.bandwidth.bitsPerSecond }) else { continue }
            for link in path.links { left[link.position] -= demand.bandwidth.bitsPerSecond }
            counts[place] += 1
            descend(number + 1, weight: sum + demand.weight, moves: moves + leaves)
            counts[place] -= 1
            for link in path.links { left[link.position] += demand.bandwidth.bitsPerSecond }
        }
    }

    /// Every simple path of `demand` that satisfies its constraints.
    static func paths(of demand: AdmissionDemand, in topology: Topology) -> [Path] {
        var found: [Path] = []
        var links: [LinkIndex] = []
        func walk(_ node: NodeIndex) {
            if node == demand.destination {
                if let path = Path(links, in: topology), demand.constraints.accept(path, in: topology) {
                    found.append(path)
                }
                return
            }
            for link in topology.links(leaving: node) {
                let next = topology[link].to
                if next == demand.source || links.contains(where: { topology[$0].to == next }) { continue }
                links.append(link)
                walk(next)
                links.removeLast()
            }
        }
        walk(demand.source)
        return found
    }
}
