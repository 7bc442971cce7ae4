// Who holds what on which link: the reservation ledger, and beside it what admission asks most, in flat arrays: the
// room left, the bandwidth that would give way to a more important flow, and who holds how much on each link.

import SluiceModel

/// One direction of one flow unit: twice the unit's slot, plus 1 for the companion.
typealias Carrier = Int32

struct Holdings: Sendable {
    /// Bandwidth of flows of one priority.
    struct LevelLoad: Hashable, Sendable {
        var level: Int
        var held: Int
        /// The part of it that may be preempted.
        var yielding: Int
    }

    /// What one carrier holds on one link.
    struct Hold: Hashable, Sendable {
        /// Bandwidth, class type (3 bits) and, last, whether it yields: most of what a network with many flows remembers
        /// is who holds what.
        private let amount: UInt64
        let carrier: Carrier
        private let holdLevel: Int32

        init(_ bandwidth: Int, by holder: Holder) {
            amount = UInt64(bandwidth) << 4 | UInt64(holder.classType) << 1 | (holder.yields ? 1 : 0)
            carrier = holder.carrier
            holdLevel = Int32(holder.level)
        }

        var bandwidth: Int { Int(amount >> 4) }
        /// Hold priority.
        var level: Int { Int(holdLevel) }
        var classType: Int { Int(amount >> 1 & 7) }
        var yields: Bool { amount & 1 == 1 }
        var slot: Int { Int(carrier / 2) }
    }

    // Invariants: `residual` mirrors `ledger` and is at most `ceilings.room`; `loads` are sums over `holds`.
    private(set) var ledger: ReservationLedger
    private(set) var residual: [Int]
    /// For each link what is held, by ascending priority.
    private(set) var loads: [[LevelLoad]]
    /// By link, in no order.
    private(set) var holds: [[Hold]]
    /// What each class type holds and may hold; nil where the policy has no bandwidth constraints.
    private(set) var pools: ClassPools?
    /// Links with more room than when `takeGained` was last asked.
    private var gained: [Int32] = []
    private var hasGained: [Bool]
    private(set) var ceilings: RoomCeilings

    init(_ topology: Topology, _ facts: LinkFacts) {
        ledger = ReservationLedger(topology: topology)
        residual = topology.links.map(\.reservable.bitsPerSecond)
        ceilings = RoomCeilings(facts)
        loads = Array(repeating: [], count: residual.count)
        hasGained = Array(repeating: false, count: residual.count)
        holds = Array(repeating: [], count: residual.count)
    }

    /// Who holds, and how easily it gives way.
    struct Holder {
        var carrier: Carrier
        /// Hold priority.
        var level: Int
        var yields: Bool
        var classType = 0
    }

    /// Takes up other bandwidth constraints; `holders` are all that is held now. What holds more than it may keeps it.
    mutating func constrain(
        by constraints: BandwidthConstraints, reservable: [Int],
        holders: [(holder: Holder, bandwidth: Bandwidth, links: [LinkIndex])]
    ) {
        pools = nil
        guard constraints.model != .none else { return }
        var pools = ClassPools(constraints, reservable: reservable)
        for held in holders {
            for link in held.links { pools.add(held.bandwidth.bitsPerSecond, by: held.holder, on: link.position) }
        }
        self.pools = pools
    }

    /// Whether every link, and the pools of `holder` on it, have `bandwidth` left.
    func fits(_ bandwidth: Bandwidth, on links: [LinkIndex], for holder: Holder) -> Bool {
        let need = bandwidth.bitsPerSecond
        return links.allSatisfy { link in
            guard residual[link.position] >= need else { return false }
            guard let pools else { return true }
            return pools.room(on: link.position, for: holder.classType, .free) >= need
        }
    }

    /// The most that every link, and the pools of `holder` on it, have left.
    func room(on links: [LinkIndex], for holder: Holder) -> Int {
        links.reduce(Int.max) { room, link in
            min(room, residual[link.position], pools?.room(on: link.position, for: holder.classType, .free) ?? Int.max)
        }
    }

    /// - Precondition: every link has that much left.
    mutating func hold(_ bandwidth: Bandwidth, on links: [LinkIndex], by holder: Holder) {
        ledger.hold(bandwidth, on: links)
        for link in links {
            let position = link.position
            residual[position] -= bandwidth.bitsPerSecond
            holds[position].append(Hold(bandwidth.bitsPerSecond, by: holder))
            Self.add(bandwidth.bitsPerSecond, by: holder, to: &loads[position])
            pools?.add(bandwidth.bitsPerSecond, by: holder, on: position)
        }
        ceilings.roomShrank(residual)
    }

    mutating func release(_ bandwidth: Bandwidth, on links: [LinkIndex], by holder: Holder) {
        ledger.release(bandwidth, on: links)
        for link in links {
            let position = link.position
            residual[position] += bandwidth.bitsPerSecond
            ceilings.roomGrew(to: residual[position], on: position)
            drop(holder.carrier, from: position)
            Self.add(-bandwidth.bitsPerSecond, by: holder, to: &loads[position])
            noteGain(on: position)
            pools?.add(-bandwidth.bitsPerSecond, by: holder, on: position)
        }
    }

    /// -1 where it is not there.
    private static func place(of carrier: Carrier, in holds: [Hold]) -> Int {
        var place = holds.count - 1
        while place >= 0, holds[place].carrier != carrier { place -= 1 }
        return place
    }

    private mutating func drop(_ carrier: Carrier, from link: Int) {
        let place = Self.place(of: carrier, in: holds[link])
        precondition(place >= 0, "carrier \(carrier) is not on link #\(link)")
        holds[link].swapAt(place, holds[link].count - 1)
        holds[link].removeLast()
    }

    /// Room on `link` if every preemptable flow of a priority of at most `level` went.
    func room(on link: Int, displacing level: Int) -> Int { residual[link] + loads[link].yielding(upTo: level) }

    /// A link has more to offer than before.
    mutating func noteGain(on link: Int) {
        if hasGained[link] { return }
        hasGained[link] = true
        gained.append(Int32(link))
    }

    /// The links that have gained room since this was last asked.
    mutating func takeGained() -> [Int32] {
        let links = gained
        for link in links { hasGained[Int(link)] = false }
        gained.removeAll(keepingCapacity: true)
        return links
    }

    private static func add(_ bandwidth: Int, by holder: Holder, to loads: inout [LevelLoad]) {
        let yielding = holder.yields ? bandwidth : 0
        var place = 0
        while place < loads.count, loads[place].level < holder.level { place += 1 }
        if place < loads.count, loads[place].level == holder.level {
            loads[place].held += bandwidth
            loads[place].yielding += yielding
            if loads[place].held == 0 { loads.remove(at: place) }
        } else {
            loads.insert(LevelLoad(level: holder.level, held: bandwidth, yielding: yielding), at: place)
        }
    }
}

extension [Holdings.LevelLoad] {
    // By position: asked for at every link of a search, where a copy of the loads would cost more than looking at them.

    /// What would give way to something above `level`.
    @inline(__always)
    func yielding(upTo level: Int) -> Int {
        var sum = 0
        for place in indices {
            if self[place].level > level { break }
            sum += self[place].yielding
        }
        return sum
    }

    /// What is held at priorities of at most `level`.
    @inline(__always)
    func held(upTo level: Int) -> Int {
        var sum = 0
        for place in indices {
            if self[place].level > level { break }
            sum += self[place].held
        }
        return sum
    }
}
