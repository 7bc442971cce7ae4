// Runs that have found something once. Each has to pass for ever.

package enum RegressionSeeds {
    package struct Entry: Sendable {
        package let options: SimulationOptions
        /// What it found.
        package let found: String

        init(_ seed: UInt64, _ events: Int, _ profile: SimulationProfile, _ found: String) {
            options = SimulationOptions(seed: seed, events: events, profile: profile)
            self.found = found
        }
    }

    package static let all: [Entry] = [
        Entry(
            2, 3_000, .maintenance,
            "a flow that a full table had refused was not sent again when the switch came back"),
        Entry(
            3, 10_000, .burst,
            "a flow that had taken rows of a full table, in vain, was not sent again when the switch came back"),
        Entry(
            60, 1_000, .diurnal, "a flow that learning moved was called active before the switches had its new rules"),
        Entry(27, 3_000, .burst, "a flow was told that there is no way where the tables of switches were full"),
    ]
}
