// What flows of each class type hold on each link, and what the policy's bandwidth constraints leave them: the
// unreserved bandwidth U(c, p) of RFC 4125, section 4.1 (MAM: BC[c] less what class type c holds) and of RFC 4127,
// section 4.1 (RDM: the least, over k up to c, of BC[k] less what class types k and above hold), where only flows that
// hold with priority p or stronger count. The link's own room is the ledger's business, so both bounds apply.

import SluiceModel

struct ClassPools: Sendable {
    /// Bandwidth of one class type at one hold priority.
    struct Load: Hashable, Sendable {
        var classType: Int
        var level: Int
        var held: Int
        /// The part of it that may be preempted.
        var yielding: Int
    }

    let constraints: BandwidthConstraints
    /// BC by link and class type.
    private let limits: [[Int]]
    /// By link; few entries each.
    private(set) var loads: [[Load]]

    /// - Precondition: there is a model.
    init(_ constraints: BandwidthConstraints, reservable: [Int]) {
        precondition(constraints.model != .none, "without a model there are no pools")
        self.constraints = constraints
        limits = reservable.map { reservable in
            (0..<BandwidthConstraints.classTypes).map { constraints.limit(of: $0, reservable: reservable) }
        }
        loads = Array(repeating: [], count: reservable.count)
    }

    /// Pools that a flow of `classType` draws on, and the class types that draw on each.
    func pools(of classType: Int) -> ClosedRange<Int> {
        constraints.model == .mam ? classType...classType : 0...classType
    }

    /// Whether flows of `classType` count in `pool`.
    func counts(_ classType: Int, in pool: Int) -> Bool {
        constraints.model == .mam ? classType == pool : classType >= pool
    }

    func limit(of pool: Int, on link: Int) -> Int { limits[link][pool] }

    /// What is left in `pool` once what `isGone` accepts of a load is gone.
    private func left(in pool: Int, on link: Int, gone: (Load) -> Int) -> Int {
        var left = limits[link][pool]
        for load in loads[link] where counts(load.classType, in: pool) { left -= load.held - gone(load) }
        return left
    }

    func room(on link: Int, for classType: Int, _ rule: RoomView.Rule) -> Int {
        pools(of: classType).reduce(Int.max) { room, pool in
            let left: Int
            switch rule {
            case .free: left = self.left(in: pool, on: link) { _ in 0 }
            case .displacing(let level):
                left = self.left(in: pool, on: link) { $0.level <= level ? $0.yielding : 0 }
            case .without(let level): left = self.left(in: pool, on: link) { $0.level <= level ? $0.held : 0 }
            case .empty: left = limits[link][pool]
            }
            return min(room, left)
        }
    }

    func held(in pool: Int, on link: Int) -> Int {
        loads[link].reduce(0) { $0 + (counts($1.classType, in: pool) ? $1.held : 0) }
    }

    mutating func add(_ bandwidth: Int, by holder: Holdings.Holder, on link: Int) {
        let yielding = holder.yields ? bandwidth : 0
        if let place = loads[link].firstIndex(where: {
            $0.classType == holder.classType && $0.level == holder.level
        }) {
            loads[link][place].held += bandwidth
            loads[link][place].yielding += yielding
            if loads[link][place].held == 0 { loads[link].remove(at: place) }
        } else {
            loads[link].append(
                Load(classType: holder.classType, level: holder.level, held: bandwidth, yielding: yielding))
        }
    }
}
