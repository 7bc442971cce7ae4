// Who holds what on which link: the reservation ledger, and beside it what admission asks most, in flat arrays: the
// room left, the bandwidth that would give way to a more important flow, and the carriers on each link.

import SluiceModel

/// One direction of one flow unit: twice the unit's slot, plus 1 for the companion.
typealias Carrier = Int32

struct Holdings: Sendable {
    /// Bandwidth of flows of one priority.
    struct LevelLoad: Hashable, Sendable {
        var level: Int
        var held: Int
    }

    // Invariants: `residual` mirrors `ledger`; `yielding` and `carriers` are sums and sets over the same holds.
    private(set) var ledger: ReservationLedger
    private(set) var residual: [Int]
    /// For each link what flows that may be preempted hold, by ascending priority.
    private(set) var yielding: [[LevelLoad]]
    private(set) var carriers: [[Carrier]]
    /// 1 / reservable bandwidth, 0 where nothing is.
    let inverseReservable: [Double]

    init(_ topology: Topology) {
        ledger = ReservationLedger(topology: topology)
        residual = topology.links.map(\.reservable.bitsPerSecond)
        yielding = Array(repeating: [], count: residual.count)
        carriers = Array(repeating: [], count: residual.count)
        inverseReservable = residual.map { $0 > 0 ? 1 / Double($0) : 0 }
    }

    /// Who holds, and how easily it gives way.
    struct Holder {
        var carrier: Carrier
        var level: Int
        var yields: Bool
    }

    /// - Precondition: every link has that much left.
    mutating func hold(_ bandwidth: Bandwidth, on links: [LinkIndex], by holder: Holder) {
        ledger.hold(bandwidth, on: links)
        for link in links {
            let position = link.position
            residual[position] -= bandwidth.bitsPerSecond
            carriers[position].append(holder.carrier)
            if holder.yields { add(bandwidth.bitsPerSecond, level: holder.level, on: position) }
        }
    }

    mutating func release(_ bandwidth: Bandwidth, on links: [LinkIndex], by holder: Holder) {
        ledger.release(bandwidth, on: links)
        for link in links {
            let position = link.position
            residual[position] += bandwidth.bitsPerSecond
            guard let place = carriers[position].lastIndex(of: holder.carrier) else {
                preconditionFailure("carrier \(holder.carrier) is not on link \(link)")
            }
            carriers[position].swapAt(place, carriers[position].count - 1)
            carriers[position].removeLast()
            if holder.yields { add(-bandwidth.bitsPerSecond, level: holder.level, on: position) }
        }
    }

    /// Room on `link` if every preemptable flow of a priority of at most `level` went.
    func room(on link: Int, displacing level: Int) -> Int {
        var room = residual[link]
        for load in yielding[link] {
            if load.level > level { break }
            room += load.held
        }
        return room
    }

    /// Share of `link` in use if `bandwidth` more were held.
    func utilisation(of link: Int, adding bandwidth: Int) -> Double {
        1 - Double(residual[link] - bandwidth) * inverseReservable[link]
    }

    private mutating func add(_ bandwidth: Int, level: Int, on link: Int) {
        var place = 0
        while place < yielding[link].count, yielding[link][place].level < level { place += 1 }
        if place < yielding[link].count, yielding[link][place].level == level {
            yielding[link][place].held += bandwidth
            if yielding[link][place].held == 0 { yielding[link].remove(at: place) }
        } else {
            yielding[link].insert(LevelLoad(level: level, held: bandwidth), at: place)
        }
    }
}
