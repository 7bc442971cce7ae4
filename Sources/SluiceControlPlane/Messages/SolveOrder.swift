// A problem for the solver's thread, and what came of it.

package import SluiceModel
package import SluiceSolver

package struct SolveID: Hashable, Sendable {
    package let raw: UInt64
    package init(_ raw: UInt64) { self.raw = raw }
}

package struct SolveOrder: Sendable {
    package let id: SolveID
    /// Revision of the control plane's placement that the problem describes.
    package let revision: UInt64
    package let problem: AdmissionProblem
    package let method: AdmissionPolicy.Method
    package let budgetSeconds: Double
    package let seed: UInt64
}

package enum SolveOutcome: Sendable {
    /// Audited by the solver; the control plane checks it against its own ledger again.
    case solved(AdmissionSolution)
    case failed(message: String)
}
