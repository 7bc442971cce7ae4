// Every maximum of the control plane; where it is checked, reaching it has a defined answer.

package enum ControlLimits {
    /// Flows of one answer to `flow.list`; the rest comes by cursor.
    package static let listPage = 1_000
    /// Flows of one batch.
    package static let batch = 10_000
    /// Flows that are over and can still be asked about; the oldest are forgotten first.
    package static let endedFlows = 10_000
    /// Occurrences kept for `flow.explain` of one flow; the oldest are forgotten first.
    package static let history = 16
    /// Transactions of one switch kept for subscribers that come back; older ones get a snapshot.
    package static let transactions = 256
    /// Entries of all tables of distances kept for path searches, 8 bytes each; when they are full, all are made anew.
    package static let boundEntries = 8_388_608
    /// Searches for a leg between two waypoints in one search for a path by them.
    package static let waypointSearches = 512
    /// Orders of waypoints, and directions of links among them, that are looked at.
    package static let waypointOrders = 4_096
    /// Waypoints of one flow.
    package static let waypoints = 6
    /// Flows for which another path is searched to let one newcomer in by moving them.
    package static let groomingTrials = 4
    /// Links without enough room on a path that is cleared by moving flows.
    package static let groomedLinks = 6
    /// Flows of equal merit for which another path is searched to choose who gives way.
    package static let reroutesTried = 4
    /// Flows on drained links that are tried elsewhere when room appears, in one event.
    package static let drainedFlows = 16
    /// Flows with less bandwidth than they asked for, and none left on their path, for which another path is searched in
    /// one event.
    package static let growthSearches = 8
    /// Flows that are named as having to move where the policy moves fewer.
    package static let remedyMoves = 3
    /// Flows named in one remedy.
    package static let remedyFlows = 64
    /// Bottleneck links named in one rejection.
    package static let bottlenecks = 16
    /// Flows tried again when room appears, in one event; more important ones first.
    package static let returningFlows = 1_000
    /// Flows that learn from one report of telemetry; where more are on the measured links, they take turns.
    package static let learningCarriers = 1_000
    /// Automata that one report of telemetry may set up, each of which takes a few path searches.
    package static let newAutomata = 64
    /// Labels that tell flows with overlapping matches apart; MPLS labels 16 to 2^20 − 1 (RFC 3032).
    package static let labels = 1_048_560
}
