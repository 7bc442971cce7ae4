// Bandwidth held on each link by admitted flows.

/// What admission has promised, link by link.
///
/// Counts are whole bits per second, so any order of holds and releases gives the same total; with floating point, a
/// release could leave dust that blocks the next flow.
package struct ReservationLedger: Hashable, Sendable {
    private let reservable: [Bandwidth]
    private var heldByLink: [Bandwidth]

    package init(topology: Topology) {
        reservable = topology.links.map(\.reservable)
        heldByLink = Array(repeating: .zero, count: topology.links.count)
    }

    /// Bandwidth held on `link`.
    package func held(on link: LinkIndex) -> Bandwidth { heldByLink[link.position] }

    /// Bandwidth of `link` that can still be reserved.
    package func residual(on link: LinkIndex) -> Bandwidth { reservable[link.position] - heldByLink[link.position] }

    /// Whether every link has `bandwidth` left.
    package func fits(_ bandwidth: Bandwidth, on links: some Sequence<LinkIndex>) -> Bool {
        links.allSatisfy { residual(on: $0) >= bandwidth }
    }

    /// Holds `bandwidth` on every link, each of which is given once.
    ///
    /// - Precondition: every link has that much left; callers decide admission first.
    package mutating func hold(_ bandwidth: Bandwidth, on links: [LinkIndex]) {
        for link in links {
            precondition(bandwidth <= residual(on: link), "link \(link) would be overbooked")
            heldByLink[link.position] += bandwidth
        }
    }

    /// Gives back what `hold` took.
    ///
    /// - Precondition: every link holds at least that much.
    package mutating func release(_ bandwidth: Bandwidth, on links: [LinkIndex]) {
        for link in links {
            precondition(bandwidth <= heldByLink[link.position], "link \(link) would hold less than nothing")
            heldByLink[link.position] -= bandwidth
        }
    }
}
