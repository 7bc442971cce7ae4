// Who gives way to a newcomer, in RFC 4829's order: the least important first, of those as few as possible, of as many
// those whose bandwidth comes closest to what is lacking, and of equal ones those that find another path.
//
// Sets are chosen link by link and priority by priority, from the highest that is needed at all: of each priority as few
// as suffice when everything below goes too. Where bandwidth constraints are in force, a pool that is too full is a
// shortage of its own, which only flows that draw on it relieve.

import SluiceModel

extension ControlPlane {
    /// Something that a newcomer needs more of than is left.
    private struct Shortage {
        var link: LinkIndex
        /// Pool of the link; nil for the link itself.
        var pool: Int?
        /// bit/s; at most 0 once it is relieved.
        var lacking: Int
    }

    /// A unit that could go, and what that would give back of one shortage.
    private struct Candidate {
        var slot: Int
        var number: UInt64
        var level: Int
        var bandwidth: Int
    }

    /// The units to take away so that `links` have room for `need` of `newcomer`. Nil where all that are eligible do
    /// not suffice.
    mutating func victimsToFree(
        _ links: [LinkIndex], need: Bandwidth, for newcomer: FlowUnit, among isEligible: (Holdings.Hold) -> Bool
    ) -> [Int]? {
        let shortages = shortages(on: links, need: need.bitsPerSecond, classType: newcomer.engineering.classType)
        var chosen: [Int] = []
        var trials = ControlLimits.reroutesTried
        for shortage in shortages {
            var lacking = shortage.lacking - chosen.reduce(0) { $0 + contribution(of: $1, to: shortage) }
            if lacking <= 0 { continue }
            let candidates = candidates(for: shortage, except: chosen, among: isEligible)
            var below = candidates.reduce(0) { $0 + $1.bandwidth }
            guard below >= lacking else { return nil }
            for level in levels(of: candidates) {
                let group = candidates.filter { $0.level == level }
                below -= group.reduce(0) { $0 + $1.bandwidth }
                guard lacking > below else { continue }
                var picked = Self.fewest(of: group, covering: lacking - below)
                preferReroutable(&picked, among: group, avoiding: links, &trials)
                chosen += picked.map(\.slot)
                lacking -= picked.reduce(0) { $0 + $1.bandwidth }
                if lacking <= 0 { break }
            }
        }
        return chosen.count > 1 ? spared(chosen, shortages) : chosen
    }

    /// Each unit once, in no order.
    private mutating func candidates(
        for shortage: Shortage, except chosen: [Int], among isEligible: (Holdings.Hold) -> Bool
    ) -> [Candidate] {
        var candidates: [Candidate] = []
        var isPaired = false
        let holds = holdings.holds[shortage.link.position]
        candidates.reserveCapacity(holds.count)
        for hold in holds where isEligible(hold) && !chosen.contains(hold.slot) {
            if let pool = shortage.pool, holdings.pools?.counts(hold.classType, in: pool) != true { continue }
            if hold.carrier % 2 == 1 { isPaired = true }
            candidates.append(
                Candidate(
                    slot: hold.slot, number: flows.number(of: hold.slot), level: hold.level,
                    bandwidth: hold.bandwidth))
        }
        guard isPaired else { return candidates }
        // Both directions of a unit may cross the link.
        candidates.sort { $0.slot < $1.slot }
        var merged: [Candidate] = []
        for candidate in candidates {
            if let last = merged.last, last.slot == candidate.slot {
                merged[merged.count - 1].bandwidth += candidate.bandwidth
            } else {
                merged.append(candidate)
            }
        }
        return merged
    }

    /// Highest first, each once.
    private func levels(of candidates: [Candidate]) -> [Int] {
        var levels: [Int] = []
        for candidate in candidates where !levels.contains(candidate.level) { levels.append(candidate.level) }
        return levels.sorted(by: >)
    }

    private mutating func shortages(on links: [LinkIndex], need: Int, classType: Int) -> [Shortage] {
        var shortages: [Shortage] = []
        for link in links {
            let position = link.position
            shortages.append(Shortage(link: link, lacking: need - holdings.residual[position]))
            guard let pools = holdings.pools else { continue }
            for pool in pools.pools(of: classType) {
                let left = pools.limit(of: pool, on: position) - pools.held(in: pool, on: position)
                shortages.append(Shortage(link: link, pool: pool, lacking: need - left))
            }
        }
        return shortages.filter { $0.lacking > 0 }
    }

    private mutating func contribution(of slot: Int, to shortage: Shortage) -> Int {
        let unit = flows[slot]
        if let pool = shortage.pool, holdings.pools?.counts(unit.engineering.classType, in: pool) != true { return 0 }
        return (unit.placement ?? []).reduce(0) {
            $0 + ($1.links.contains(shortage.link) ? $1.bandwidth.bitsPerSecond : 0)
        }
    }

    /// The fewest of `group` whose bandwidths add up to at least `amount`, and of as many those that exceed it least:
    /// exactly for one and for two, by exchanging one at a time for more. All of them where that is not enough.
    private static func fewest(of group: [Candidate], covering amount: Int) -> [Candidate] {
        // Ascending; of equal ones the younger goes first, so the older stays.
        let sorted = group.sorted { ($0.bandwidth, $1.number) < ($1.bandwidth, $0.number) }
        var count = 0
        var covered = 0
        while covered < amount, count < sorted.count {
            count += 1
            covered += sorted[sorted.count - count].bandwidth
        }
        if covered <= amount || count == 0 { return Array(sorted.suffix(count)) }
        if count == 1 { return [sorted.first { $0.bandwidth >= amount } ?? sorted[sorted.count - 1]] }
        if count == 2 {
            var best = (low: sorted.count - 2, high: sorted.count - 1)
            var (low, high) = (0, sorted.count - 1)
            while low < high {
                let sum = sorted[low].bandwidth + sorted[high].bandwidth
                if sum < amount {
                    low += 1
                } else {
                    if sum < sorted[best.low].bandwidth + sorted[best.high].bandwidth { best = (low, high) }
                    high -= 1
                }
            }
            return [sorted[best.low], sorted[best.high]]
        }
        var picked = Array((sorted.count - count)..<sorted.count)
        for place in picked.indices {
            let rest = covered - sorted[picked[place]].bandwidth
            let lighter = sorted.indices.first { !picked.contains($0) && rest + sorted[$0].bandwidth >= amount }
            guard let lighter, sorted[lighter].bandwidth < sorted[picked[place]].bandwidth else { continue }
            covered = rest + sorted[lighter].bandwidth
            picked[place] = lighter
        }
        return picked.map { sorted[$0] }
    }

    /// Exchanges who finds no other path for another of the same bandwidth that does, within the trials that are left.
    private mutating func preferReroutable(
        _ picked: inout [Candidate], among group: [Candidate], avoiding links: [LinkIndex], _ trials: inout Int
    ) {
        for place in picked.indices {
            let present = picked[place]
            let equals = group.filter { other in
                other.bandwidth == present.bandwidth && !picked.contains { $0.slot == other.slot }
            }.sorted { $0.slot < $1.slot }
            guard !equals.isEmpty, trials > 0 else { continue }
            trials -= 1
            if canMove(present.slot, off: links) { continue }
            for other in equals {
                guard trials > 0 else { return }
                trials -= 1
                if canMove(other.slot, off: links) {
                    picked[place] = other
                    break
                }
            }
        }
    }

    /// Whether the unit would find room without `links`.
    private mutating func canMove(_ slot: Int, off links: [LinkIndex]) -> Bool {
        let unit = flows[slot]
        let closed = links.filter { takesFlows[$0.position] }
        for link in closed { takesFlows[link.position] = false }
        giveBack(slot)
        var canMove = true
        for (direction, flow) in unit.directions.enumerated() {
            let need = unit.placement?[direction].bandwidth ?? flow.bandwidth
            if hasRoute(flow, need: need, rule: .free) { continue }
            canMove = false
            break
        }
        takeAgain(slot)
        for link in closed { takesFlows[link.position] = true }
        return canMove
    }

    /// A victim on one link may have made another needless: the most important that can be spared are.
    private mutating func spared(_ victims: [Int], _ shortages: [Shortage]) -> [Int] {
        var chosen = victims
        for slot in victims.sorted(by: { FlowUnit.inImportanceOrder(flows[$0], flows[$1]) }) {
            let rest = chosen.filter { $0 != slot }
            let isNeedless = shortages.allSatisfy { shortage in
                rest.reduce(0) { $0 + contribution(of: $1, to: shortage) } >= shortage.lacking
            }
            if isNeedless { chosen = rest }
        }
        return chosen
    }
}
