// Means of many runs, and how sure they are.

/// A mean with the half width of its 95 % interval (normal approximation, runs independent).
package struct MeanEstimate: Hashable, Sendable {
    package let mean: Double
    package let halfWidth: Double

    /// - Precondition: there is a value.
    package init(_ values: [Double]) {
        precondition(!values.isEmpty, "the mean of nothing")
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.mean = mean
        halfWidth = values.count > 1 ? 1.96 * (squares / (count - 1) / count).squareRoot() : 0
    }
}
