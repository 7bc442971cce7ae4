// Large neighbourhood search guided by link prices: "ruin and recreate" (Schrimpf, Schneider, Stamm-Wilbrandt and Dueck,
// J. Comput. Phys. 159, 2000) with the acceptance of simulated annealing. A move frees some flows of one dear link, then
// places them and a few rejected ones that could use it, in a random order that favours profit. What is compared is not
// the objective but the potential Σ (w_f − θ b_f λ(p_f)): room that is left on a dear link counts for what it could
// still carry, so a move that only frees room is progress.

package import SluiceModel

package struct RuinRecreate: Sendable {
    let problem: CompiledProblem
    let weights: [Int]
    package private(set) var pool: ColumnPool
    /// Price of each option's links together.
    private var optionPrice: [Double]
    private var prices: [Double]
    /// w_f − b_f λ of the cheapest option.
    private var profit: [Double]
    /// How much of the price counts in the potential.
    package var theta = 0.9
    /// As a share of the scale.
    package var temperature = 0.02
    /// Most flows that one move frees.
    package var ruinLimit = 6

    // The present placement.
    private var chosen: [Int32]
    private var residual: [Int]
    private var users: [[User]]
    /// Place of each link of each option in its link's `users`, where the option is chosen.
    private var userPlace: [Int32]
    package private(set) var weight = 0
    private var admittedByClass: [Int]
    package private(set) var moves = 0
    /// Flows worth placing that are not placed although no search would leave them out.
    private var orphans: [Int32] = []
    private var orphanPlace: [Int32]

    // The best placement so far.
    private var bestChosen: [Int32]
    package private(set) var bestWeight = 0
    private var bestByClass: [Int]
    private var bestMoves = 0

    // What a move may touch.
    private var coreByLink: [[Int32]]
    private var core: [Int32] = []
    package var insertionShare = 0.25
    package var insertionNoise = 0.3
    private var dearLinks: [Int32] = []
    private var dearWeight: [Double] = []
    private var random: RandomStream
    private var saved: [(flow: Int32, option: Int32)] = []
    private var isSaved: [Bool]
    private var queue: [(rank: Double, flow: Int32)] = []
    private var router: Router
    private var freshCosts: [Int]
    package private(set) var work = 0
    /// Paths are added on the way until there are this many.
    private let poolLimit: Int
    /// The weight whose differences matter; temperatures and margins are shares of it.
    private let scale: Double

    private struct User {
        var flow: Int32
        var occurrence: Int32
    }

    /// - Parameter pool: the paths known at the start; those of `start` are added.
    package init(
        _ problem: CompiledProblem, weights: [Int], pool: ColumnPool, prices: [Double], start: Placement,
        resolution: Int, random: RandomStream
    ) {
        self.problem = problem
        self.weights = weights
        self.pool = pool
        self.random = random
        self.prices = prices
        router = Router(problem)
        scale = Double(max(1, resolution))
        optionPrice = []
        profit = Array(repeating: 0, count: problem.flowCount)
        chosen = Array(repeating: -1, count: problem.flowCount)
        residual = problem.capacity
        users = Array(repeating: [], count: problem.linkCount)
        userPlace = []
        admittedByClass = Array(repeating: 0, count: problem.priorities.count)
        orphanPlace = Array(repeating: -1, count: problem.flowCount)
        bestChosen = chosen
        bestByClass = admittedByClass
        coreByLink = Array(repeating: [], count: problem.linkCount)
        isSaved = Array(repeating: false, count: problem.flowCount)
        freshCosts = []
        poolLimit = 40 * problem.flowCount + 2_000
        for (flow, route) in problem.present.enumerated() where !route.isEmpty {
            self.pool.insert(flow: Int32(flow), path: route[...])
        }
        var options = [Int32](repeating: -1, count: problem.flowCount)
        for (flow, route) in start.routes.enumerated() where !route.isEmpty {
            options[flow] = self.pool.insert(flow: Int32(flow), path: route[...]).column
        }
        userPlace = Array(repeating: -1, count: self.pool.links.count)
        setPrices(prices)
        for (flow, option) in options.enumerated() where option >= 0 { admit(flow, option) }
        keepBest(force: true)
    }

    /// Takes new prices; the placement stays.
    package mutating func setPrices(_ prices: [Double]) {
        self.prices = prices
        let largest = max(prices.max() ?? 0, 1e-300)
        freshCosts = prices.map { 16 + Int($0 / largest * Double(1 << 20)) }
        optionPrice.removeAll(keepingCapacity: true)
        for option in 0..<pool.count { optionPrice.append(price(of: option)) }
        for flow in 0..<problem.flowCount {
            var cheapest = Double.infinity
            var option = pool.newest[flow]
            while option >= 0 {
                cheapest = min(cheapest, optionPrice[Int(option)])
                option = pool.older[Int(option)]
            }
            profit[flow] = Double(weights[flow]) - Double(problem.bandwidth[flow]) * cheapest
        }
        findCore()
    }

    /// Adds paths; they take part from the next move on.
    package mutating func add(_ other: ColumnPool) {
        for column in 0..<other.count {
            insert(other.flow[column], other.path(of: column))
        }
    }

    @discardableResult
    private mutating func insert(_ flow: Int32, _ path: ArraySlice<Int32>) -> Int32 {
        let (column, isNew) = pool.insert(flow: flow, path: path)
        if isNew {
            for _ in 0..<path.count { userPlace.append(-1) }
            let price = price(of: Int(column))
            optionPrice.append(price)
            profit[Int(flow)] = max(
                profit[Int(flow)], Double(weights[Int(flow)]) - Double(problem.bandwidth[Int(flow)]) * price)
        }
        return column
    }

    private func price(of option: Int) -> Double {
        var sum = 0.0
        for link in pool.path(of: option) { sum += prices[Int(link)] }
        return sum
    }

    /// Flows whose admission is in question under the prices, by the links they could use, and links worth ruining.
    private mutating func findCore() {
        let margin = 0.35 * scale
        for link in coreByLink.indices { coreByLink[link].removeAll(keepingCapacity: true) }
        core.removeAll(keepingCapacity: true)
        for flow in 0..<problem.flowCount where profit[flow] > -margin && profit[flow] < 2 * margin {
            core.append(Int32(flow))
            var option = pool.newest[flow]
            while option >= 0 {
                let reduced =
                    Double(weights[flow]) - Double(problem.bandwidth[flow]) * optionPrice[Int(option)]
                if reduced > -margin {
                    for link in pool.path(of: Int(option)) where coreByLink[Int(link)].last != Int32(flow) {
                        coreByLink[Int(link)].append(Int32(flow))
                    }
                }
                option = pool.older[Int(option)]
            }
        }
        dearLinks.removeAll(keepingCapacity: true)
        dearWeight.removeAll(keepingCapacity: true)
        var sum = 0.0
        for link in 0..<problem.linkCount where prices[link] > 0 {
            dearLinks.append(Int32(link))
            sum += Double(problem.capacity[link]) * prices[link] + 1e-9
            dearWeight.append(sum)
        }
        for position in dearWeight.indices { dearWeight[position] /= sum }
    }

    // The placement.

    private mutating func admit(_ flow: Int, _ option: Int32) {
        let need = problem.bandwidth[flow]
        for occurrence in Int(pool.start[Int(option)])..<Int(pool.start[Int(option) + 1]) {
            let link = Int(pool.links[occurrence])
            residual[link] -= need
            userPlace[occurrence] = Int32(users[link].count)
            users[link].append(User(flow: Int32(flow), occurrence: Int32(occurrence)))
        }
        chosen[flow] = option
        weight += weights[flow]
        admittedByClass[Int(problem.flowClass[flow])] += 1
        if leavesPresent(flow, option) { moves += 1 }
        if orphanPlace[flow] >= 0 { adopt(flow) }
    }

    private mutating func reject(_ flow: Int) {
        let option = chosen[flow]
        let need = problem.bandwidth[flow]
        for occurrence in Int(pool.start[Int(option)])..<Int(pool.start[Int(option) + 1]) {
            let link = Int(pool.links[occurrence])
            residual[link] += need
            let place = Int(userPlace[occurrence])
            let last = users[link].removeLast()
            if place < users[link].count {
                users[link][place] = last
                userPlace[Int(last.occurrence)] = Int32(place)
            }
        }
        chosen[flow] = -1
        weight -= weights[flow]
        admittedByClass[Int(problem.flowClass[flow])] -= 1
        if leavesPresent(flow, option) { moves -= 1 }
        if profit[flow] > 0 {
            orphanPlace[flow] = Int32(orphans.count)
            orphans.append(Int32(flow))
        }
    }

    private mutating func adopt(_ flow: Int) {
        let place = Int(orphanPlace[flow])
        let last = orphans.removeLast()
        if place < orphans.count {
            orphans[place] = last
            orphanPlace[Int(last)] = Int32(place)
        }
        orphanPlace[flow] = -1
    }

    private func leavesPresent(_ flow: Int, _ option: Int32) -> Bool {
        guard problem.hasPresent, !problem.present[flow].isEmpty else { return false }
        return problem.present[flow][...] != pool.path(of: Int(option))
    }

    private func value(_ flow: Int, _ option: Int32) -> Double {
        Double(weights[flow]) - theta * Double(problem.bandwidth[flow]) * optionPrice[Int(option)]
    }

    // The best.

    private func isBetterThanBest() -> Bool {
        if problem.objective == .strict {
            if admittedByClass != bestByClass { return bestByClass.lexicographicallyPrecedes(admittedByClass) }
            return moves < bestMoves
        }
        return weight != bestWeight ? weight > bestWeight : moves < bestMoves
    }

    private mutating func keepBest(force: Bool = false) {
        guard moves <= problem.maxMoves, force || isBetterThanBest() else { return }
        bestChosen = chosen
        bestWeight = weight
        bestByClass = admittedByClass
        bestMoves = moves
    }

    /// The best placement so far.
    package func best() -> Placement {
        Placement(routes: bestChosen.map { $0 < 0 ? [] : Array(pool.path(of: Int($0))) }, of: problem)
    }

    /// Whether the best placement beats `score` in what the search looks at: weight or classes, then moves.
    package func bestBeats(_ score: PlacementScore) -> Bool {
        if problem.objective == .strict, bestByClass != score.admitted {
            return score.admitted.lexicographicallyPrecedes(bestByClass)
        }
        if problem.objective == .weighted, bestWeight != score.weight { return bestWeight > score.weight }
        return bestMoves < score.moves
    }

    /// Goes back to the best placement.
    package mutating func restart() { adoptPlacement(bestChosen) }

    private mutating func adoptPlacement(_ target: [Int32]) {
        for flow in 0..<problem.flowCount where chosen[flow] >= 0 && chosen[flow] != target[flow] { reject(flow) }
        for flow in 0..<problem.flowCount where target[flow] >= 0 && chosen[flow] < 0 { admit(flow, target[flow]) }
    }

    /// Takes over a placement found elsewhere, as the present one and, if it is better, the best.
    package mutating func take(_ placement: Placement) {
        var target = [Int32](repeating: -1, count: problem.flowCount)
        for (flow, route) in placement.routes.enumerated() where !route.isEmpty {
            target[flow] = insert(Int32(flow), route[...])
        }
        adoptPlacement(target)
        keepBest()
    }

    // Moves.

    /// `count` moves at the present temperature.
    package mutating func run(moves count: Int) {
        for _ in 0..<count { move() }
        work += count
    }

    private mutating func move() {
        guard !dearLinks.isEmpty else {
            fillAnything()
            return
        }
        saved.removeAll(keepingCapacity: true)
        queue.removeAll(keepingCapacity: true)
        var delta = 0.0
        if random.unit() < insertionShare {
            guard insert(delta: &delta) else {
                undo()
                return
            }
        } else {
            let link = chooseDearLink()
            ruin(link, delta: &delta)
            if random.next() & 3 == 0, let user = users[link].randomElement(using: &random) {
                // A second link of a flow that uses the first: two dear links in a row are emptied together.
                let path = pool.path(of: Int(chosen[Int(user.flow)]))
                let second = Int(path[path.startIndex + random.below(path.count)])
                if second != link, prices[second] > 0 { ruin(second, delta: &delta) }
            }
            propose(link, tries: 2 * ruinLimit)
        }
        queue.sort { $0.rank > $1.rank }
        for entry in queue { place(Int(entry.flow), delta: &delta) }
        let accepted =
            moves <= problem.maxMoves
            && (delta >= 0 || (temperature > 0 && random.unit() < exponential(delta / (temperature * scale))))
        if accepted {
            if isBetterThanBest() { keepBest() }
            for entry in saved { isSaved[Int(entry.flow)] = false }
        } else {
            undo()
        }
    }

    /// Forces a rejected flow in on one of its options: whatever is in the way there is freed.
    private mutating func insert(delta: inout Double) -> Bool {
        guard !core.isEmpty else { return false }
        var flow = -1
        for _ in 0..<12 {
            let candidate = Int(core[random.below(core.count)])
            if chosen[candidate] < 0 {
                flow = candidate
                break
            }
        }
        if flow < 0 { return false }
        let need = problem.bandwidth[flow]
        var best: Int32 = -1
        var bestWorth = -Double.infinity
        var option = pool.newest[flow]
        while option >= 0 {
            let worth = value(flow, option) + (random.unit() - 0.5) * insertionNoise * scale
            if worth > bestWorth {
                bestWorth = worth
                best = option
            }
            option = pool.older[Int(option)]
        }
        guard best >= 0 else { return false }
        save(flow)
        for position in Int(pool.start[Int(best)])..<Int(pool.start[Int(best) + 1]) {
            let link = Int(pool.links[position])
            if residual[link] >= need { continue }
            var freed = 0
            while residual[link] < need, !users[link].isEmpty {
                // Of two, the one whose leaving costs less for the room it gives.
                var victim = Int(users[link][random.below(users[link].count)].flow)
                let other = Int(users[link][random.below(users[link].count)].flow)
                if value(other, chosen[other]) * Double(problem.bandwidth[victim])
                    < value(victim, chosen[victim]) * Double(problem.bandwidth[other])
                {
                    victim = other
                }
                save(victim)
                delta -= value(victim, chosen[victim])
                reject(victim)
                queue.append((rank(victim), Int32(victim)))
                freed += 1
            }
            propose(link, tries: ruinLimit)
            if residual[link] < need { return false }
        }
        delta += value(flow, best)
        admit(flow, best)
        return true
    }

    private mutating func chooseDearLink() -> Int {
        let draw = random.unit()
        var low = 0
        var high = dearWeight.count - 1
        while low < high {
            let middle = (low + high) >> 1
            if dearWeight[middle] < draw { low = middle + 1 } else { high = middle }
        }
        return Int(dearLinks[low])
    }

    private mutating func save(_ flow: Int) {
        guard !isSaved[flow] else { return }
        isSaved[flow] = true
        saved.append((Int32(flow), chosen[flow]))
    }

    private mutating func ruin(_ link: Int, delta: inout Double) {
        let count = min(users[link].count, 1 + random.below(ruinLimit))
        for _ in 0..<count {
            let flow = Int(users[link][random.below(users[link].count)].flow)
            save(flow)
            delta -= value(flow, chosen[flow])
            reject(flow)
            queue.append((rank(flow), Int32(flow)))
        }
    }

    /// Rejected flows that could use the link, and some that belong somewhere.
    private mutating func propose(_ link: Int, tries: Int) {
        let core = coreByLink[link].count
        if core > 0 {
            for _ in 0..<min(core, tries) {
                let flow = Int(coreByLink[link][random.below(core)])
                if chosen[flow] < 0, !isSaved[flow] {
                    save(flow)
                    queue.append((rank(flow), Int32(flow)))
                }
            }
        }
        if !orphans.isEmpty {
            for _ in 0..<2 {
                let flow = Int(orphans[random.below(orphans.count)])
                if !isSaved[flow] {
                    save(flow)
                    queue.append((rank(flow), Int32(flow)))
                }
            }
        }
    }

    private mutating func rank(_ flow: Int) -> Double {
        profit[flow] + (random.unit() - 0.5) * 0.5 * scale
    }

    /// Admits the flow on the most valuable option that fits, if one is worth it.
    private mutating func place(_ flow: Int, delta: inout Double) {
        let need = problem.bandwidth[flow]
        var bestOption: Int32 = -1
        var bestValue = -0.25 * scale
        let noise = 0.03 * scale
        var option = pool.newest[flow]
        while option >= 0 {
            let worth = value(flow, option) + (random.unit() - 0.5) * noise
            if worth > bestValue {
                var fits = true
                for position in Int(pool.start[Int(option)])..<Int(pool.start[Int(option) + 1])
                where residual[Int(pool.links[position])] < need {
                    fits = false
                    break
                }
                if fits {
                    bestValue = worth
                    bestOption = option
                }
            }
            option = pool.older[Int(option)]
        }
        if bestOption < 0, profit[flow] > 0, pool.count < poolLimit, random.next() & 31 == 0 {
            bestOption = freshOption(flow)
        }
        if bestOption >= 0 {
            delta += value(flow, bestOption)
            admit(flow, bestOption)
        }
    }

    /// The cheapest path that has room now, if its price leaves the flow worth placing.
    private mutating func freshOption(_ flow: Int) -> Int32 {
        guard router.route(flow, costs: freshCosts, room: residual) else { return -1 }
        let option = insert(Int32(flow), router.links[...])
        return value(flow, option) > 0 ? option : -1
    }

    private mutating func undo() {
        for entry in saved where chosen[Int(entry.flow)] >= 0 { reject(Int(entry.flow)) }
        for entry in saved {
            isSaved[Int(entry.flow)] = false
            if entry.option >= 0 { admit(Int(entry.flow), entry.option) }
        }
    }

    /// Without prices nothing is contended as far as anyone knows: place whatever fits.
    private mutating func fillAnything() {
        guard problem.flowCount > 0 else { return }
        let flow = random.below(problem.flowCount)
        guard chosen[flow] < 0, router.route(flow, costs: freshCosts, room: residual) else { return }
        let option = insert(Int32(flow), router.links[...])
        admit(flow, option)
        if moves > problem.maxMoves { reject(flow) }
        keepBest()
    }

    /// e^x for x ≤ 0, to the few digits that acceptance needs: (1 + x/256)^256.
    private func exponential(_ exponent: Double) -> Double {
        if exponent < -20 { return 0 }
        var power = 1 + exponent / 256
        for _ in 0..<8 { power *= power }
        return power
    }
}
