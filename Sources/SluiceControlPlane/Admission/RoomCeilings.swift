// An upper bound on the room that each link has left, which is moved seldom, and what the link costs at that: what
// distances computed under it need to be lower bounds. Room that comes back within a link's margin changes nothing; beyond
// it the bound rises, and the link is written down, so that whoever relied on the lower one can catch up. Now and then all
// bounds are drawn close again, which nobody has to know of: distances under a looser bound stay lower bounds.

struct RoomCeilings: Sendable {
    /// Of each link, bit/s: at least what is left.
    private(set) var room: [Int]
    /// Of each link with that room.
    private(set) var leastCost: [Int]
    /// Links whose ceiling has risen, the oldest first, from the `first`-th such event on.
    private(set) var risen: [Int32] = []
    private(set) var first = 0
    /// How often all have been drawn close.
    private(set) var tightenings = 0
    private var holds = 0
    private let facts: LinkFacts

    /// 1/16 of a link.
    private static let marginShift = 4
    /// Holds between two tightenings.
    private static let period = 1_024
    /// Events that are remembered; whoever is further behind begins anew.
    private static let remembered = 4_096

    init(_ facts: LinkFacts) {
        self.facts = facts
        room = facts.reservable
        leastCost = facts.baseCost
    }

    /// Number of the next event.
    var next: Int { first + risen.count }

    @inline(__always)
    mutating func roomGrew(to residual: Int, on link: Int) { if residual > room[link] { raise(link, residual) } }

    private mutating func raise(_ link: Int, _ residual: Int) {
        set(link, residual + facts.reservable[link] >> Self.marginShift)
        if risen.count >= Self.remembered {
            first += Self.remembered / 2
            risen.removeFirst(Self.remembered / 2)
        }
        risen.append(Int32(link))
    }

    /// Something was held; `residual` is what all links have left.
    @inline(__always)
    mutating func roomShrank(_ residual: [Int]) {
        holds += 1
        if holds % Self.period == 0 { tighten(residual) }
    }

    private mutating func tighten(_ residual: [Int]) {
        tightenings += 1
        for link in room.indices {
            let ceiling = residual[link] + facts.reservable[link] >> Self.marginShift
            if ceiling < room[link] { set(link, ceiling) }
        }
    }

    private mutating func set(_ link: Int, _ ceiling: Int) {
        room[link] = ceiling
        leastCost[link] = RoomView.loadedCost(facts.baseCost[link], ceiling, facts.inverseReservable[link])
    }
}
