// What searches ask of links and never changes, behind one reference: a view of the network is made for every search.

import SluiceModel

final class LinkFacts: Sendable {
    let latencyMicroseconds: [Int]
    /// Cost of each link in the empty network; `PathSearch.hopCost` is that of a hop without latency.
    let baseCost: [Int]
    let reservable: [Int]
    /// 1 / reservable bandwidth, 0 where nothing is.
    let inverseReservable: [Double]

    init(_ topology: Topology) {
        latencyMicroseconds = topology.links.map(\.latency.microseconds)
        baseCost = topology.links.map { link in
            // Bounded, so that the cost of a path and a node share one 64-bit key.
            PathSearch.hopCost
                + min(link.latency.microseconds, 1 << 24) * PathSearch.hopCost / PathSearch.hopMicroseconds
        }
        reservable = topology.links.map(\.reservable.bitsPerSecond)
        inverseReservable = reservable.map { $0 > 0 ? 1 / Double($0) : 0 }
    }
}
