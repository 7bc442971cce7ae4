// What a caller chooses about a solve.

package import SluiceModel

package struct SolveOptions: Sendable {
    package var method: AdmissionPolicy.Method
    package var budget: SolveBudget
    package var seed: UInt64

    package init(method: AdmissionPolicy.Method = .auto, budget: SolveBudget, seed: UInt64 = 1) {
        self.method = method
        self.budget = budget
        self.seed = seed
    }
}
