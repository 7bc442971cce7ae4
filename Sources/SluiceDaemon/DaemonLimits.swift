// Every maximum of the daemon; where it is checked, reaching it has a defined answer.

package import NIOCore

package enum DaemonLimits {
    /// Requests of one connection that wait for their answers.
    package static let requestsInFlight = 1_024
    /// Requests of one connection beyond which nothing more is read from it while a commit runs.
    package static let requestsHeld = 512
    /// Longest wait for more decisions to share a commit with.
    package static let gatheringSecondsMax = 0.001
    /// How often what automata have learned is kept.
    package static let learnedSeconds = 60.0
    /// How often a full file system is looked at.
    package static let spaceCheckMilliseconds: Int64 = 500
    /// Stack of the solver's thread: a branch-and-bound search recurses.
    package static let solverStackBytes = 8 << 20
    /// Connections that only root and the daemon's own user may take, so that the operator always gets in; at most a
    /// quarter of what the policy allows.
    package static let connectionsReserved = 8
    /// Bytes of one telemetry datagram; of longer ones the rest is lost, and they count as truncated.
    package static let telemetryDatagramBytes = 16_384
    /// Telemetry datagrams that are read at once.
    package static let telemetryBatch = 16
    /// Bytes of telemetry that wait in the kernel; what does not fit is lost.
    package static let telemetryBufferBytes = 1 << 20
    /// Nice value of the telemetry thread: decisions go first.
    package static let telemetryNiceness: Int32 = 5
    /// Least time between two hand-overs of measurements, and how long one waits for what comes with it.
    package static let telemetryInterval = TimeAmount.milliseconds(50)
    package static let telemetryGathering = TimeAmount.milliseconds(5)
    /// Users whose groups are looked up at a time, each by a thread of its own; others wait for their turn.
    package static let groupLookups = 4
    /// Users whose groups are remembered, and for how long.
    package static let groupsKept = 4_096
    package static let groupsKeptSeconds: Int64 = 60
    /// Users whose rates are remembered before those that are at rest are forgotten.
    package static let ratedUsers = 4_096
    /// Bytes of audit lines that wait for the disk; more are counted as lost.
    package static let auditBytes = 8 << 20
    /// Bytes of params that an audit line repeats; of longer ones it tells the length.
    package static let auditedParamsBytes = 2_048
    /// Scrapes of the metrics listener at a time, and the seconds that each may take.
    package static let scrapes = 8
    package static let scrapeSeconds: Int64 = 10
    /// Time between two tries to reach a switch that listens.
    package static let redialMilliseconds: Int64 = 200
    /// TLS handshakes with switches at a time, and the seconds that each may take.
    package static let handshakes = 256
    package static let handshakeSeconds: Int64 = 10
    /// Least time between two warnings of handshakes that failed.
    package static let handshakeWarningSeconds = 1.0
    /// Time between two rounds of LLDP frames.
    package static let discoverySeconds: Int64 = 5
}
