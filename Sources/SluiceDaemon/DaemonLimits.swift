// Every maximum of the daemon; where it is checked, reaching it has a defined answer.

package enum DaemonLimits {
    /// Requests of one connection that wait for their answers; only optimisations and reloads wait at all.
    package static let requestsInFlight = 1_024
    /// Stack of the solver's thread: a branch-and-bound search recurses.
    package static let solverStackBytes = 8 << 20
    /// Names that a wrong one is compared with; a larger network gets no "did you mean".
    package static let namesCompared = 2_000
    /// Refused flows of one batch that get a "did you mean".
    package static let suggestionsInBatch = 16
}
