// The experiments of the paper on priority flow admission and routing (arXiv 2009.10822), repeated on Sluice's solver:
// semi-random networks of 10 to 50 nodes, 100 to 5 000 flows, light to heavy load, many seeds of each. Measured are how
// often the optimum is proven within a budget, when it was found, and how near to the best bound the genetic algorithm
// comes within fixed budgets.

import SluiceModel
package import SluiceSolver

package struct AdmissionExperiment: Sendable {
    package enum Load: String, Hashable, Sendable, CaseIterable {
        case light, medium, heavy

        /// What all flows ask for along their shortest paths, over all there is.
        package var share: Double {
            switch self {
            case .light: 0.4
            case .medium: 0.8
            case .heavy: 1.4
            }
        }
    }

    package struct Size: Hashable, Sendable {
        package let nodes: Int
        package let flows: Int
    }

    /// All instances of one size and load.
    package struct Row: Sendable {
        package let size: Size
        package let load: Load
        /// Share of the runs whose optimum was proven within the budget, and the 95 % interval (Wilson's).
        package let proven: Proportion
        /// Seconds until the optimum was found, of the runs that were proven; nil: none was.
        package let secondsToOptimum: MeanEstimate?
        /// Seconds until it was proven to be one.
        package let secondsToProof: MeanEstimate?
        /// Of the best objective within the best bound, per cent.
        package let quality: MeanEstimate
        /// Of the genetic algorithm's within each of the budgets, of the best bound, per cent.
        package let genetic: [MeanEstimate]
        /// Share of the flows of the upper and of the lower half of the priorities that were admitted, per cent.
        package let admittedUpper: MeanEstimate
        package let admittedLower: MeanEstimate
    }

    package static let sizes = [
        Size(nodes: 10, flows: 100), Size(nodes: 20, flows: 500), Size(nodes: 30, flows: 1_000),
        Size(nodes: 50, flows: 2_000), Size(nodes: 50, flows: 5_000),
    ]
    /// Seconds of the genetic algorithm.
    package static let geneticBudgets = [0.1, 0.5]
    package static let priorities = 10

    package let runs: Int
    package let seed: UInt64
    package let budgetSeconds: Double

    package init(runs: Int, seed: UInt64, budgetSeconds: Double) {
        self.runs = runs
        self.seed = seed
        self.budgetSeconds = budgetSeconds
    }

    /// - Parameters:
    ///   - engine: a new one for each solve.
    ///   - clock: a monotonic clock in seconds.
    ///   - progress: called before each row.
    package func run(
        engine: () -> any LinearEngine, clock: @escaping @Sendable () -> Double, progress: (Size, Load) -> Void
    ) -> [Row] {
        Self.sizes.flatMap { size in
            Load.allCases.map { load in
                progress(size, load)
                return row(size, load, engine, clock)
            }
        }
    }

    private func row(
        _ size: Size, _ load: Load, _ engine: () -> any LinearEngine, _ clock: @escaping @Sendable () -> Double
    ) -> Row {
        var (found, proven, quality, upper, lower): ([Double], [Double], [Double], [Double], [Double]) = (
            [], [], [], [], []
        )
        var genetic: [[Double]] = Self.geneticBudgets.map { _ in [] }
        for run in 0..<runs {
            let problem = Self.instance(size, load, seed: seed &+ UInt64(run))
            func solve(_ method: AdmissionPolicy.Method, _ seconds: Double) -> AdmissionSolution {
                AdmissionSolver.solve(
                    problem,
                    options: SolveOptions(
                        method: method, budget: SolveBudget(.wallTime(seconds: seconds, clock: clock)),
                        seed: seed &+ UInt64(run)), engine: engine())
            }
            let best = solve(.auto, budgetSeconds)
            let bound = max(1, Double(best.bound))
            quality.append(100 * Double(best.objective) / bound)
            if best.status == .optimal {
                let first = best.trajectory.first { $0.objective == best.objective }
                found.append(first?.elapsedSeconds ?? best.elapsedSeconds ?? 0)
                proven.append(best.elapsedSeconds ?? 0)
            }
            for (place, seconds) in Self.geneticBudgets.enumerated() {
                genetic[place].append(100 * Double(solve(.genetic, seconds).objective) / bound)
            }
            let half = Self.priorities / 2
            func admitted(_ isCounted: (Int) -> Bool) -> Double {
                let places = problem.demands.indices.filter { isCounted(problem.demands[$0].weight) }
                return 100 * Double(places.count { best.assignment[$0] != nil }) / Double(max(1, places.count))
            }
            upper.append(admitted { $0 > half })
            lower.append(admitted { $0 <= half })
        }
        return Row(
            size: size, load: load, proven: Proportion(found.count, of: runs),
            secondsToOptimum: found.isEmpty ? nil : MeanEstimate(found),
            secondsToProof: proven.isEmpty ? nil : MeanEstimate(proven), quality: MeanEstimate(quality),
            genetic: genetic.map { MeanEstimate($0) }, admittedUpper: MeanEstimate(upper),
            admittedLower: MeanEstimate(lower))
    }

    /// A random spanning tree and edges to an average degree of 4, capacities in three tiers; flows between random ends,
    /// priorities 1 to 10.
    static func instance(_ size: Size, _ load: Load, seed: UInt64) -> AdmissionProblem {
        var stream = RandomStream(seed: seed, purpose: "pfar \(size.nodes) \(size.flows) \(load.rawValue)")
        let nodes = (0..<size.nodes).map { Node(id: NodeID("n\($0)"), kind: .switch(Switch())) }
        var cables: [Cable] = []
        var joined: Set<[Int]> = []
        func join(_ a: Int, _ b: Int) {
            guard a != b, joined.insert([min(a, b), max(a, b)]).inserted else { return }
            cables.append(
                Cable(
                    id: "l\(cables.count)", a: Cable.End(node: nodes[a].id), b: Cable.End(node: nodes[b].id),
                    capacity: .megabits([100, 400, 1_000][stream.below(3)]),
                    latency: Latency(microseconds: 100 + stream.below(5_000))))
        }
        for node in 1..<size.nodes { join(node, stream.below(node)) }
        while cables.count < 2 * size.nodes { join(stream.below(size.nodes), stream.below(size.nodes)) }
        let topology: Topology
        do {
            topology = try Topology(name: "semi-random", nodes: nodes, cables: cables)
        } catch {
            preconditionFailure("the network has faults: \(error.issues)")
        }
        let distances = (0..<size.nodes).map { hops(from: $0, in: topology) }
        let ends = (0..<size.flows).map { _ in
            let from = stream.below(size.nodes)
            return (from: from, to: (from + 1 + stream.below(size.nodes - 1)) % size.nodes)
        }
        let hopSum = ends.reduce(0) { $0 + distances[$1.from][$1.to] }
        let capacity = topology.links.reduce(0.0) { $0 + Double($1.capacity.bitsPerSecond) }
        let mean = load.share * capacity / Double(max(1, hopSum))
        let demands = ends.enumerated().map { number, ends in
            // From a fifth of the mean to nine fifths.
            let bandwidth = mean * (0.2 + 1.6 * stream.unit())
            return AdmissionDemand(
                id: FlowID("f\(number)"), source: NodeIndex(ends.from), destination: NodeIndex(ends.to),
                bandwidth: Bandwidth(bitsPerSecond: max(1, Int(bandwidth))),
                priority: FlowPriority(1 + stream.below(priorities)))
        }
        return AdmissionProblem(topology: topology, demands: demands)
    }

    private static func hops(from start: Int, in topology: Topology) -> [Int] {
        var distance = [Int](repeating: 0, count: topology.nodes.count)
        var seen = [Bool](repeating: false, count: topology.nodes.count)
        seen[start] = true
        var queue = [start]
        var next = 0
        while next < queue.count {
            let node = queue[next]
            next += 1
            for link in topology.links(leaving: NodeIndex(node)) {
                let to = topology.ends(of: link).to.position
                if seen[to] { continue }
                seen[to] = true
                distance[to] = distance[node] + 1
                queue.append(to)
            }
        }
        return distance
    }
}

/// A share of runs with its 95 % interval (Wilson, 1927), which stays within 0 and 1.
package struct Proportion: Hashable, Sendable {
    package let share: Double
    package let low: Double
    package let high: Double

    /// - Precondition: `total` is positive.
    package init(_ count: Int, of total: Int) {
        precondition(total > 0, "a share of nothing")
        let (n, z) = (Double(total), 1.96)
        share = Double(count) / n
        let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        low = max(0, centre - half)
        high = min(1, centre + half)
    }
}
