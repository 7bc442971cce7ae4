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
    /// In link order.
    package var links: [LinkUse]
}
