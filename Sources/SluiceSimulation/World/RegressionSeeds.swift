// Runs that have found something once. Each has to pass for ever.

package enum RegressionSeeds {
    package struct Entry: Sendable {
        package let options: SimulationOptions
        /// What it found.
        package let found: String
    }

    package static let all: [Entry] = []
}
