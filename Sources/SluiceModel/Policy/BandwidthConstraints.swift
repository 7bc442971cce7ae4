// How much of each link flows of a class type may hold: the bandwidth constraint models of DiffServ-aware traffic
// engineering, in integers. Under the maximum allocation model (MAM, RFC 4125) class type c holds at most BC[c], whatever
// others hold; under the Russian dolls model (RDM, RFC 4127) class types c and above together hold at most BC[c], so what
// the upper ones leave, the lower ones may use.

package struct BandwidthConstraints: Hashable, Sendable {
    package enum Model: String, Hashable, Sendable, CaseIterable {
        /// Class types mean nothing: every flow may use all that is reservable.
        case none
        case mam
        case rdm
    }

    /// Class types 0 to 7 (RFC 4124, section 3.1).
    package static let classTypes = 8

    package var model: Model = .none
    /// BC[c] as millionths of what is reservable of a link, one for each class type from 0 on; class types beyond the
    /// last have nothing under MAM, and what the last has under RDM. 0 to 1 000 000.
    package var shares: [Int] = []

    package init() {}

    package init(model: Model, shares: [Int]) {
        self.model = model
        self.shares = shares
    }

    /// BC[`classType`] of a link of which `reservable` bit/s may be held, rounded down.
    package func limit(of classType: Int, reservable: Int) -> Int {
        switch model {
        case .none: return reservable
        case .mam, .rdm:
            let share: Int
            if classType < shares.count {
                share = shares[classType]
            } else {
                share = model == .mam ? 0 : (shares.last ?? 0)
            }
            let product = reservable.multipliedFullWidth(by: share)
            return Int(1_000_000.dividingFullWidth(product).quotient)
        }
    }
}

/// What keeps a network quiet that would otherwise follow every twitch of a link.
package struct DampingPolicy: Hashable, Sendable {
    /// How long a link that has failed twice within `forgetSeconds` takes no flows after it is back; doubled with every
    /// further failure. 0: never.
    package var holdDownSeconds: Double = 2
    /// Most that the doubling comes to.
    package var holdDownSecondsMax: Double = 60
    /// A link that has not failed for this long is as good as one that never did.
    package var forgetSeconds: Double = 300
    /// Least time between two changes of a flow's bandwidth while it gets back what it lacks.
    package var growthSeconds: Double = 10
    package init() {}

    /// How long a link takes no flows after it came back from its `failures`-th failure in a row.
    package func holdDown(afterFailures failures: Int) -> Double {
        if failures < 2 || holdDownSeconds == 0 { return 0 }
        var seconds = holdDownSeconds
        for _ in 2..<min(failures, 64) where seconds < holdDownSecondsMax { seconds *= 2 }
        return min(seconds, max(holdDownSecondsMax, holdDownSeconds))
    }
}
