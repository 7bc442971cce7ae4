// What a solver answers: who is admitted on which path, how good that is, and how much better it could be at most.

package import SluiceModel

/// Who found a solution.
package enum SolveMethod: String, Hashable, Sendable, CaseIterable {
    case greedy, search, genetic, memetic, exact
}

/// Why a flow is not admitted.
package enum AdmissionRejection: String, Hashable, Sendable, CaseIterable {
    /// No path of any capacity joins its ends under its constraints on links and waypoints.
    case noPath = "no_path"
    /// Each such path takes too long, or too many hops.
    case latencyUnreachable = "latency_unreachable"
    /// No path is wide enough even when the network is empty.
    case noCapacity = "no_capacity"
    /// It would fit an empty network, and the solution is proven optimal without it.
    case outranked = "outranked"
    /// It would fit an empty network; whether with these others was not settled within the budget.
    case notFoundInBudget = "not_found_in_budget"
}

/// One class of the strict objective.
package struct ClassResult: Hashable, Sendable {
    package var priority: Int
    /// Flows of this priority that are admitted.
    package var admitted: Int
    /// No solution that does as well in every higher class admits more.
    package var bound: Int

    package init(priority: Int, admitted: Int, bound: Int) {
        self.priority = priority
        self.admitted = admitted
        self.bound = bound
    }

    package var isProven: Bool { admitted == bound }
}

/// How good the answer was at one moment of the run.
package struct TrajectoryPoint: Hashable, Sendable {
    /// Seconds since the start; nil where work is counted instead.
    package var elapsedSeconds: Double?
    /// Work units since the start; nil where time is counted.
    package var work: Int?
    package var objective: Int
    package var bound: Int

    package init(elapsedSeconds: Double? = nil, work: Int? = nil, objective: Int, bound: Int) {
        self.elapsedSeconds = elapsedSeconds
        self.work = work
        self.objective = objective
        self.bound = bound
    }
}

/// An answer to an `AdmissionProblem`. What it claims has passed the audit: there is no other way to make one.
package struct AdmissionSolution: Sendable {
    package enum Status: String, Hashable, Sendable {
        /// Proven: nothing better exists.
        case optimal
        case feasible
    }

    package let method: SolveMethod
    /// For each demand why it is rejected; nil where it is admitted.
    package let rejections: [AdmissionRejection?]
    package let trajectory: [TrajectoryPoint]
    /// Work units spent.
    package let work: Int
    /// From the start to the audited answer; nil where work is counted instead.
    package let elapsedSeconds: Double?
    /// What the audit found wrong with a better placement that this one stands in for; a defect worth reporting.
    package let refused: RefusedPlacement?
    private let audited: AuditedPlacement

    package init(
        _ audited: AuditedPlacement, method: SolveMethod, rejections: [AdmissionRejection?],
        trajectory: [TrajectoryPoint] = [], work: Int = 0, elapsedSeconds: Double? = nil,
        refused: RefusedPlacement? = nil
    ) {
        precondition(rejections.count == audited.paths.count, "a reason or nil for each demand")
        self.audited = audited
        self.method = method
        self.rejections = rejections
        self.trajectory = trajectory
        self.work = work
        self.elapsedSeconds = elapsedSeconds
        self.refused = refused
    }

    package var status: Status { audited.isOptimal ? .optimal : .feasible }
    /// Sum of the weights of the admitted flows.
    package var objective: Int { audited.objective }
    /// No solution has a larger sum of weights.
    package var bound: Int { audited.bound }
    /// (bound − objective) / max(1, objective), a ratio.
    package var gap: Double { Double(bound - objective) / Double(max(1, objective)) }
    /// For each demand its path; nil where it is rejected.
    package var assignment: [Path?] { audited.paths }
    package var admittedCount: Int { audited.paths.count { $0 != nil } }
    /// Of the strict objective, most important first; empty for the weighted one.
    package var classes: [ClassResult] { audited.classes }
    /// Flows that leave their present path for another.
    package var moves: Int { audited.moves }
    /// Flows that run at present and are not admitted.
    package var dropped: Int { audited.dropped }
}
