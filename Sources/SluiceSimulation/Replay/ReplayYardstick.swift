// The yardstick: what an all-knowing operator could carry at the busiest instant of each interval, with every flow that
// is there free to be placed anew. It knows no policy limits, no past and no future, so no scheme can carry more weight
// at that instant than its bound.

import SluiceModel
package import SluiceSolver

package struct ReplayOptimum: Hashable, Sendable {
    /// Flows that are there, and the sum of their weights.
    package var flowsOffered: Int
    package var weightOffered: Int
    package var bandwidthOffered: Int
    /// The most weight that was found to fit at once.
    package var weight: Int
    /// No placement carries more.
    package var bound: Int
    package var isProven: Bool { weight >= bound }
}

package struct ReplayYardstick: Sendable {
    private let run: ReplayRun
    private let workLimit: Int
    private let seed: UInt64
    private let engine: (any LinearEngine)?

    /// - Parameter workLimit: solver work units for one interval, so that a slow machine answers alike.
    package init(_ run: ReplayRun, seed: UInt64, workLimit: Int = 300_000, engine: (any LinearEngine)? = nil) {
        self.run = run
        self.seed = seed
        self.workLimit = workLimit
        self.engine = engine
    }

    package func optimum(of interval: Int) -> ReplayOptimum {
        let (flows, isUp) = run.offered(in: interval)
        let classes = run.policy.classes
        let demands = flows.map { position, bandwidth in
            let flow = run.plan.flows[position]
            let trafficClass = classes[flow.trafficClass]
            return AdmissionDemand(
                id: flow.id, source: flow.source, destination: flow.destination, bandwidth: bandwidth,
                priority: FlowPriority(trafficClass.priority), weight: trafficClass.replayWeight)
        }
        var optimum = ReplayOptimum(
            flowsOffered: demands.count, weightOffered: demands.reduce(0) { $0 + $1.weight },
            bandwidthOffered: demands.reduce(0) { $0 + $1.bandwidth.bitsPerSecond }, weight: 0, bound: 0)
        if demands.isEmpty { return optimum }
        let capacity = run.topology.links.map { isUp[$0.index.position] ? $0.reservable : .zero }
        let problem = AdmissionProblem(topology: run.topology, capacity: capacity, demands: demands)
        let solution = AdmissionSolver.solve(
            problem,
            options: SolveOptions(budget: SolveBudget(.work(workLimit)), seed: seed &+ UInt64(interval)),
            engine: engine)
        optimum.weight = solution.objective
        optimum.bound = solution.bound
        return optimum
    }
}
