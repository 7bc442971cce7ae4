// What one flow sees of the network: which links it may use, how much room they count as having, and what they cost.

import SluiceModel

struct RoomView: Sendable {
    /// What counts as room.
    enum Rule: Hashable, Sendable {
        /// What nobody holds.
        case free
        /// That, and what preemptable flows of at most this priority hold.
        case displacing(level: Int)
        /// What would be free if every flow of at most this priority went, preemptable or not.
        case without(level: Int)
        /// All that is reservable: what there would be if every other flow went.
        case empty
    }

    var need: Int
    let rule: Rule
    let residual: [Int]
    let loads: [[Holdings.LevelLoad]]
    let pools: ClassPools?
    let ceilings: RoomCeilings
    let facts: LinkFacts
    /// For each link whether its state lets new flows on.
    let takesFlows: [Bool]
    /// For each link whether the flow's constraints forbid it; empty where they forbid none.
    let forbidden: [Bool]

    /// Class type of the flow, whose pools bound it beside the link.
    var classType = 0

    init(
        need: Int, rule: Rule, holdings: Holdings, facts: LinkFacts, takesFlows: [Bool], forbidden: [Bool],
        classType: Int
    ) {
        self.need = need
        self.rule = rule
        residual = holdings.residual
        loads = holdings.loads
        pools = holdings.pools
        ceilings = holdings.ceilings
        self.facts = facts
        self.takesFlows = takesFlows
        self.forbidden = forbidden
        self.classType = classType
        isSimple = holdings.pools == nil && forbidden.isEmpty
    }

    /// Nothing counts but the links' state and room.
    private let isSimple: Bool

    func room(on link: Int) -> Int {
        let room =
            switch rule {
            case .free: residual[link]
            case .displacing(let level): residual[link] + loads[link].yielding(upTo: level)
            case .without(let level): residual[link] + loads[link].held(upTo: level)
            case .empty: facts.reservable[link]
            }
        guard let pools else { return room }
        return min(room, pools.room(on: link, for: classType, rule))
    }

    func isPermitted(_ link: Int) -> Bool { forbidden.isEmpty || !forbidden[link] }

    func isOpen(_ link: Int) -> Bool { takesFlows[link] && room(on: link) >= need && isPermitted(link) }

    /// A hop costs 1 (`PathSearch.hopCost`), and 1 more for each 5 ms; up to nine times that as the link fills, so that
    /// load spreads before links are full (the steeper the fuller, as in exponential-cost online routing: Awerbuch, Azar,
    /// Plotkin, FOCS 1993). What others would have to give up costs more than any detour.
    func cost(of link: Int) -> Int {
        let base = facts.baseCost[link]
        let residual = residual[link]
        if residual >= need { return Self.loadedCost(base, residual - need, facts.inverseReservable[link]) }
        return lackingCost(base, lacking: need - residual)
    }

    @inline(__always)
    static func loadedCost(_ base: Int, _ left: Int, _ inverseReservable: Double) -> Int {
        let load = max(0, min(1, 1 - Double(left) * inverseReservable))
        return base + Int(Double(8 * base) * load * load * load)
    }

    /// What a search pays for `link`, negative where it is not open: `isOpen` and `cost` in one look.
    @inline(__always)
    func step(over link: Int) -> Int {
        guard takesFlows[link] else { return -1 }
        guard isSimple else { return isOpen(link) ? cost(of: link) : -1 }
        let left = residual[link] - need
        if left >= 0 { return Self.loadedCost(facts.baseCost[link], left, facts.inverseReservable[link]) }
        let wouldFit =
            switch rule {
            case .free: false
            case .displacing(let level): left + loads[link].yielding(upTo: level) >= 0
            case .without(let level): left + loads[link].held(upTo: level) >= 0
            case .empty: facts.reservable[link] >= need
            }
        return wouldFit ? lackingCost(facts.baseCost[link], lacking: -left) : -1
    }

    private func lackingCost(_ base: Int, lacking: Int) -> Int {
        base * 9 + Int(Double(1_000 * PathSearch.hopCost) * (1 + Double(lacking) / Double(need)))
    }

    var latencyMicroseconds: [Int] { facts.latencyMicroseconds }

    /// The cost in hops.
    func hops(of link: Int) -> Double { Double(cost(of: link)) / Double(PathSearch.hopCost) }

    /// The room of the narrowest of `links`, at most `most`.
    func width(of links: [Int32], atMost most: Int) -> Int {
        var width = most
        for link in links { width = min(width, room(on: Int(link))) }
        return width
    }
}
