// A problem for the solver's thread, and what came of it.

package import SluiceModel

package struct SolveID: Hashable, Sendable {
    package let raw: UInt64
    package init(_ raw: UInt64) { self.raw = raw }
}

package struct SolveOrder: Sendable {
    package let id: SolveID
    /// Revision of the control plane's placement that the problem describes.
    package let revision: UInt64
    package let method: AdmissionPolicy.Method
    package let objective: AdmissionPolicy.Objective
    package let budgetSeconds: Double
    package let seed: UInt64
}

package enum SolveOutcome: Sendable {
    case failed(message: String)
}
