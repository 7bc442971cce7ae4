// Which flows are to be admitted where: the priority flow admission and routing problem (arXiv 2009.10822) as a value
// over one topology's dense indices. Solvers read it; nothing in it changes while they work.

package import SluiceModel

/// What counts as better.
package enum AdmissionObjective: String, Hashable, Sendable, CaseIterable {
    /// The sum of the weights of the admitted flows.
    case weighted
    /// Class by class: nothing of a higher priority is given up for any number of lower ones.
    case strict
}

/// One flow that asks to be admitted whole, on one loop-free path.
package struct AdmissionDemand: Sendable {
    package var id: FlowID
    package var source: NodeIndex
    package var destination: NodeIndex
    package var bandwidth: Bandwidth
    /// Its share of the weighted objective, 0...`Limits.weight`.
    package var weight: Int
    /// Its class in the strict objective; larger is more important.
    package var priority: FlowPriority
    package var constraints: FlowConstraints
    /// Where it runs now; nil where it is not admitted yet. A path that does not satisfy the constraints (any more)
    /// counts as none.
    package var present: Path?

    /// `weight` defaults to the priority.
    package init(
        id: FlowID, source: NodeIndex, destination: NodeIndex, bandwidth: Bandwidth, priority: FlowPriority,
        weight: Int? = nil, constraints: FlowConstraints = .none, present: Path? = nil
    ) {
        let weight = weight ?? priority.level
        precondition((0...Limits.weight).contains(weight), "weight \(weight) is out of range")
        self.id = id
        self.source = source
        self.destination = destination
        self.bandwidth = bandwidth
        self.weight = weight
        self.priority = priority
        self.constraints = constraints
        self.present = present
    }
}

/// A set of demands, the room they compete for, and what counts as better.
package struct AdmissionProblem: Sendable {
    package let topology: Topology
    /// What may be used of each link, by position; zero closes a link (down, drained or full of others).
    package let capacity: [Bandwidth]
    package let demands: [AdmissionDemand]
    package let objective: AdmissionObjective
    /// Most flows that may leave their present path for another one; nil for any number. Being dropped is no move.
    package let maxMoves: Int?

    /// - Parameter capacity: for each link what may be used of it; nil for all that is reservable.
    package init(
        topology: Topology, capacity: [Bandwidth]? = nil, demands: [AdmissionDemand],
        objective: AdmissionObjective = .weighted, maxMoves: Int? = nil
    ) {
        precondition(capacity == nil || capacity?.count == topology.links.count, "one capacity for each link")
        precondition(demands.count <= Limits.flows, "more than \(Limits.flows) flows")
        precondition((maxMoves ?? 0) >= 0, "the number of moves is not negative")
        self.topology = topology
        self.capacity = capacity ?? topology.links.map(\.reservable)
        self.demands = demands.map { demand in
            guard let present = demand.present else { return demand }
            let isUsable =
                present.source(in: topology) == demand.source && present.destination(in: topology) == demand.destination
                && demand.constraints.accept(present, in: topology)
            if isUsable { return demand }
            var demand = demand
            demand.present = nil
            return demand
        }
        self.objective = objective
        self.maxMoves = maxMoves
    }

    /// Sum of all weights: a bound on the objective that needs no proof.
    package var totalWeight: Int { demands.reduce(0) { $0 + $1.weight } }
}
