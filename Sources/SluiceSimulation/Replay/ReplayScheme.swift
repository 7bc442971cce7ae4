// What decides during a replay: Sluice's control plane, or one of the simpler ways that networks are run, for
// comparison.

package import SluiceModel

/// Decides on flows as they come and go, in virtual time.
package protocol ReplayScheme {
    /// `sluice`, `shortest-path`, ...
    var name: String { get }
    /// The time of the next event has come in the replay; who lives in real time waits for it.
    mutating func awaitTime(_ now: Instant)
    /// Decides on `flow`, the flow at `position` of the plan.
    mutating func arrive(_ flow: ReplayFlow, at position: Int, now: Instant) -> ReplayDecision
    /// `flow` asks for another bandwidth, admitted or not. Where the answer is no, it keeps what it has.
    mutating func changeRate(
        of flow: ReplayFlow, at position: Int, to bandwidth: Bandwidth, now: Instant
    ) -> ReplayDecision
    /// `flow` ends, admitted or not.
    mutating func depart(_ flow: ReplayFlow, at position: Int, now: Instant)
    /// The directed links change their state together: they are one cable, or one direction of it.
    mutating func change(_ links: [LinkIndex], to state: LinkState, now: Instant)
    /// When it wants to be woken next.
    var wake: Instant? { get }
    mutating func reachTime(_ now: Instant)
    /// What has happened to flows other than the one that arrived or departed, since last asked.
    mutating func takeChanges() -> [ReplayChange]
    /// What it has promised on `link`.
    func held(on link: LinkIndex) -> Bandwidth
}

extension ReplayScheme {
    package mutating func awaitTime(_ now: Instant) {}
}

package enum ReplayDecision: Hashable, Sendable {
    case admitted(bandwidth: Bandwidth)
    /// May be admitted later.
    case waiting
    /// A stable snake_case code, and the links that were in the way.
    case refused(code: String, bottlenecks: [LinkIndex])
}

/// Something that happened to the flow at a position of the plan.
package struct ReplayChange: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Gave way to a more important flow.
        case preempted
        /// Lost its path to a failure or an optimisation.
        case displaced
        /// Took another path, or `byLearning` because telemetry taught that it is better.
        case moved(byLearning: Bool)
        /// Found a place, or another bandwidth.
        case carried(bandwidth: Bandwidth)
    }

    package let position: Int
    package let kind: Kind
    package init(position: Int, kind: Kind) {
        self.position = position
        self.kind = kind
    }
}
