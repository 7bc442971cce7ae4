// What one scheme made of a replay.

package import SluiceModel

package struct ReplayResult: Hashable, Sendable {
    /// Flows and volume of one class, or of all.
    package struct Tally: Hashable, Sendable {
        package var offered = 0
        /// Carried from their arrival on.
        package var admitted = 0
        package var refused = 0
        /// Neither: left waiting for room.
        package var waiting = 0
        /// Times that a flow gave way to a more important one.
        package var preempted = 0
        /// Times that a flow lost its path to a failure or an optimisation.
        package var displaced = 0
        /// Times that a flow found its place (again) after it arrived.
        package var returned = 0
        package var moved = 0
        /// Of those, because telemetry taught that the other path is better.
        package var movedByLearning = 0
        /// Times that a flow on its path asked for another bandwidth, and how many of them were refused.
        package var rateChanges = 0
        package var rateChangesRefused = 0
        /// Bits, from bandwidth times time.
        package var bitsOffered = 0
        package var bitsCarried = 0
    }

    package struct LinkUse: Hashable, Sendable {
        package var link: LinkIndex
        /// Most that was held at any instant.
        package var peak: Bandwidth
        /// Bits held over the whole replay: its mean times its duration.
        package var bitsHeld: Int
        /// Refusals that named it as in the way.
        package var refusals: Int
    }

    /// What happened in one interval.
    package struct Interval: Hashable, Sendable {
        package struct Counts: Hashable, Sendable {
            package var offered = 0
            package var admitted = 0
            package var refused = 0
        }

        /// In the policy's order; by the time of arrival.
        package var classes: [Counts]
        package var preempted = 0
        package var displaced = 0
        package var moved = 0
        package var movedByLearning = 0
        /// At the interval's busiest instant: flows that are carried with all they ask for, their weights summed, and
        /// the bandwidth that is carried.
        package var flowsCarried = 0
        package var weightCarried = 0
        package var bandwidthCarried = 0
    }

    package struct Refusal: Hashable, Sendable {
        package var code: String
        package var count: Int
    }

    package var scheme: String
    /// In the policy's order.
    package var classes: [Tally]
    package var total = Tally()
    /// Weights of the admitted flows, summed, and of all.
    package var weightAdmitted = 0
    package var weightOffered = 0
    /// Most frequent first.
    package var refusals: [Refusal]
    package var intervals: [Interval]
    /// In link order.
    package var links: [LinkUse]
}
