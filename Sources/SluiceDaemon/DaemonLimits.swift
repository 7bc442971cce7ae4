// Every maximum of the daemon; where it is checked, reaching it has a defined answer.

package enum DaemonLimits {
    /// Requests of one connection that wait for their answers; only optimisations and reloads wait at all.
    package static let requestsInFlight = 1_024
    /// Stack of the solver's thread: a branch-and-bound search recurses.
    package static let solverStackBytes = 8 << 20
    /// Connections that only root and the daemon's own user may take, so that the operator always gets in; at most a
    /// quarter of what the policy allows.
    package static let connectionsReserved = 8
    /// Names that a wrong one is compared with; a larger network gets no "did you mean".
    package static let namesCompared = 2_000
    /// Refused flows of one batch that get a "did you mean".
    package static let suggestionsInBatch = 16
}
