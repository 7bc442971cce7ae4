// Large neighbourhood search guided by link prices: "ruin and recreate" (Schrimpf, Schneider, Stamm-Wilbrandt and Dueck,
// J. Comput. Phys. 159, 2000) with the acceptance of simulated annealing. A move frees some flows, then places them and
// a few rejected ones that could use the room, in a random order that favours profit. What is compared is not the
// objective but the potential Σ (w_f − θ b_f λ(p_f)): room that is left on a dear link counts for what it could still
// carry, so a move that only frees room is progress.
//
// Most moves clear the way for one rejected flow: some users of every dear or full link of one of its paths go, and it
// is among the first to be placed. Measured against freeing users of one link, that is worth as much as five times the
// time, since a flow needs room on all links of its path at once.

package import SluiceModel

package struct RuinRecreate: Sendable {
    private let problem: CompiledProblem
    package private(set) var board: SearchBoard
    /// As a share of the scale.
    package var temperature = 0.02
    /// Most flows that a move frees on one link.
    package var ruinLimit = 8
    /// Moves done so far.
    package private(set) var work = 0

    // What a move may touch.
    /// Flows whose admission is in question under the prices, and those by the links they could use.
    private var core: [Int32] = []
    private var coreByLink: [[Int32]]
    private var dearLinks: [Int32] = []
    private var dearWeight: [Double] = []

    // The move under way.
    private var random: RandomStream
    private var saved: [(flow: Int32, column: Int32)] = []
    private var isSaved: [Bool]
    private var queue: [(rank: Double, flow: Int32)] = []
    private var router: Router
    private var freshCosts: [Int] = []
    /// Paths are added on the way until there are this many.
    private let poolLimit: Int
    /// The weight whose differences matter; temperatures and margins are shares of it.
    private let scale: Double

    private static let insertionShare = 0.05
    private static let pathShare = 0.8
    private static let skipShare = 0.03
    private static let rankNoise = 0.5

    /// - Parameter pool: the paths known at the start; those of `start` are added.
    package init(
        _ problem: CompiledProblem, weights: [Int], pool: ColumnPool, prices: [Double], start: Placement,
        resolution: Int, random: RandomStream
    ) {
        self.problem = problem
        self.random = random
        board = SearchBoard(problem, weights: weights, pool: pool, prices: prices, start: start)
        router = Router(problem)
        scale = Double(max(1, resolution))
        coreByLink = Array(repeating: [], count: problem.linkCount)
        isSaved = Array(repeating: false, count: problem.flowCount)
        poolLimit = 30 * problem.flowCount + 2_000
        findCore()
    }

    package var bestWeight: Int { board.bestWeight }

    /// Takes new prices and a pool that continues the board's; the placement stays.
    package mutating func learn(prices: [Double], pool: ColumnPool) {
        board.learn(pool, prices: prices)
        findCore()
    }

    package mutating func setTheta(_ theta: Double) { board.setTheta(theta) }
    package mutating func restart() { board.restart() }
    package mutating func take(_ placement: Placement) { board.take(placement) }

    /// Places everybody anew in order of profit, each on the best option that fits, beside the best placement so far:
    /// what prices alone can do.
    package mutating func placeByProfit() {
        board.clear()
        let profit = board.table.profit
        let order = (0..<problem.flowCount).sorted { profit[$0] != profit[$1] ? profit[$0] > profit[$1] : $0 < $1 }
        var delta = 0.0
        for flow in order {
            if !problem.present[flow].isEmpty, board.moves >= problem.maxMoves { continue }
            place(flow, delta: &delta)
        }
        board.keepBest()
    }

    private static let coreMargin = 0.35

    private mutating func findCore() {
        let table = board.table
        let margin = Self.coreMargin * scale
        let largest = max(table.prices.max() ?? 0, 1e-300)
        freshCosts = table.prices.map { 16 + Int($0 / largest * Double(1 << 20)) }
        for link in coreByLink.indices { coreByLink[link].removeAll(keepingCapacity: true) }
        core.removeAll(keepingCapacity: true)
        for flow in 0..<problem.flowCount where table.profit[flow] > -margin && table.profit[flow] < 2 * margin {
            core.append(Int32(flow))
            for position in 0..<table.count(flow) {
                let option = table.option(flow, position)
                guard table.reducedProfit(flow, option.column) > -margin else { continue }
                for link in table.pool.path(of: Int(option.column))
                where coreByLink[Int(link)].last != Int32(flow) {
                    coreByLink[Int(link)].append(Int32(flow))
                }
            }
        }
        dearLinks.removeAll(keepingCapacity: true)
        dearWeight.removeAll(keepingCapacity: true)
        var sum = 0.0
        for link in 0..<problem.linkCount where table.prices[link] > 0 {
            dearLinks.append(Int32(link))
            sum += Double(problem.capacity[link]) * table.prices[link] + 1e-9
            dearWeight.append(sum)
        }
        for position in dearWeight.indices { dearWeight[position] /= sum }
    }

    /// `count` moves at the present temperature.
    package mutating func run(moves count: Int) {
        for _ in 0..<count { move() }
        work += count
    }
}

// Moves.

extension RuinRecreate {
    private mutating func move() {
        guard !dearLinks.isEmpty else {
            fillAnything()
            return
        }
        saved.removeAll(keepingCapacity: true)
        queue.removeAll(keepingCapacity: true)
        var delta = 0.0
        let draw = random.unit()
        if draw < Self.insertionShare {
            guard insert(delta: &delta) else {
                undo()
                return
            }
        } else if draw < Self.insertionShare + Self.pathShare {
            clearPath(delta: &delta)
        } else {
            clearLink(delta: &delta)
        }
        sortQueue()
        for position in queue.indices { place(Int(queue[position].flow), delta: &delta) }
        let isAccepted =
            board.moves <= problem.maxMoves
            && (delta >= 0 || (temperature > 0 && random.unit() < exponential(delta / (temperature * scale))))
        if isAccepted {
            if board.isBetterThanBest() { board.keepBest() }
            for entry in saved { isSaved[Int(entry.flow)] = false }
        } else {
            undo()
        }
    }

    /// Insertion sort, dearest first: a queue holds a few dozen flows.
    private mutating func sortQueue() {
        var next = 1
        while next < queue.count {
            let entry = queue[next]
            var hole = next
            while hole > 0, queue[hole - 1].rank < entry.rank {
                queue[hole] = queue[hole - 1]
                hole -= 1
            }
            queue[hole] = entry
            next += 1
        }
    }

    /// A rejected flow that the prices would admit, or one whose admission is in question; −1 where none was drawn.
    private mutating func drawRejected() -> Int {
        if !board.orphans.isEmpty, random.next() & 3 == 0 {
            return Int(board.orphans[random.below(board.orphans.count)])
        }
        guard !core.isEmpty else { return -1 }
        for _ in 0..<12 {
            let candidate = Int(core[random.below(core.count)])
            if board.chosen[candidate] < 0 { return candidate }
        }
        return -1
    }

    /// Frees some users of each dear or full link of one path of a rejected flow.
    private mutating func clearPath(delta: inout Double) {
        let flow = drawRejected()
        guard flow >= 0 else { return }
        let count = board.table.count(flow)
        guard count > 0 else { return }
        let option = board.table.option(flow, min(random.below(count), random.below(count)))
        save(flow)
        queue.append((rank(flow) + 0.25 * scale, Int32(flow)))
        let need = problem.bandwidth[flow]
        // A long path has many such links: fewer go from each, or a move would tear down more than it can mend.
        var tight = 0
        for position in Int(option.first)..<Int(option.end) {
            let link = Int(board.table.pool.links[position])
            if board.table.prices[link] > 0 || board.residual[link] < need { tight += 1 }
        }
        let most = 1 + random.below(max(1, 3 * ruinLimit / (2 * max(3, tight))))
        let favoursCheap = random.next() & 1 == 0
        for position in Int(option.first)..<Int(option.end) {
            let link = Int(board.table.pool.links[position])
            if board.table.prices[link] <= 0, board.residual[link] >= need { continue }
            for _ in 0..<min(board.users.count(link), most) {
                free(favoursCheap ? cheaperUser(of: link) : user(of: link), delta: &delta)
            }
            propose(link, tries: most)
        }
    }

    /// Frees users of one dear link, now and then of a second one that a user of the first also crosses.
    private mutating func clearLink(delta: inout Double) {
        let link = chooseDearLink()
        ruin(link, delta: &delta)
        if random.next() & 3 == 0, board.users.count(link) > 0 {
            let column = Int(board.chosen[user(of: link)])
            let start = Int(board.table.pool.start[column])
            let second = Int(
                board.table.pool.links[start + random.below(Int(board.table.pool.start[column + 1]) - start)])
            if second != link, board.table.prices[second] > 0 { ruin(second, delta: &delta) }
        }
        propose(link, tries: 2 * ruinLimit)
    }

    /// Forces a rejected flow in on one of its options: whatever is in the way there is freed.
    private mutating func insert(delta: inout Double) -> Bool {
        let flow = drawRejected()
        guard flow >= 0 else { return false }
        let need = problem.bandwidth[flow]
        var best: OptionTable.Option?
        var bestWorth = -Double.infinity
        for position in 0..<board.table.count(flow) {
            let option = board.table.option(flow, position)
            let worth = option.value + (random.unit() - 0.5) * 0.3 * scale
            if worth > bestWorth {
                bestWorth = worth
                best = option
            }
        }
        guard let best else { return false }
        save(flow)
        for position in Int(best.first)..<Int(best.end) {
            let link = Int(board.table.pool.links[position])
            if board.residual[link] >= need { continue }
            while board.residual[link] < need, board.users.count(link) > 0 {
                free(cheaperUser(of: link), delta: &delta)
            }
            if board.residual[link] < need { return false }
            propose(link, tries: ruinLimit)
        }
        delta += best.value
        board.admit(flow, best.column)
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

    private mutating func user(of link: Int) -> Int {
        Int(board.users[link, random.below(board.users.count(link))].flow)
    }

    /// Of two users the one whose leaving costs less for the room it gives.
    private mutating func cheaperUser(of link: Int) -> Int {
        let first = user(of: link)
        let second = user(of: link)
        let firstValue = board.table.value(first, board.chosen[first])
        let secondValue = board.table.value(second, board.chosen[second])
        return secondValue * Double(problem.bandwidth[first]) < firstValue * Double(problem.bandwidth[second])
            ? second : first
    }

    private mutating func save(_ flow: Int) {
        guard !isSaved[flow] else { return }
        isSaved[flow] = true
        saved.append((Int32(flow), board.chosen[flow]))
    }

    private mutating func free(_ flow: Int, delta: inout Double) {
        save(flow)
        delta -= board.table.value(flow, board.chosen[flow])
        board.reject(flow)
        queue.append((rank(flow), Int32(flow)))
    }

    private mutating func ruin(_ link: Int, delta: inout Double) {
        let count = board.users.count(link)
        guard count > 0 else { return }
        for _ in 0..<min(count, 1 + random.below(ruinLimit)) { free(user(of: link), delta: &delta) }
    }

    /// Rejected flows that could use the link, and some that belong somewhere.
    private mutating func propose(_ link: Int, tries: Int) {
        if !board.orphans.isEmpty {
            for _ in 0..<2 { propose(flow: Int(board.orphans[random.below(board.orphans.count)])) }
        }
        let count = coreByLink[link].count
        guard count > 0 else { return }
        for _ in 0..<min(count, tries) { propose(flow: Int(coreByLink[link][random.below(count)])) }
    }

    private mutating func propose(flow: Int) {
        guard board.chosen[flow] < 0, !isSaved[flow] else { return }
        save(flow)
        queue.append((rank(flow), Int32(flow)))
    }

    private mutating func rank(_ flow: Int) -> Double {
        board.table.profit[flow] + (random.unit() - 0.5) * Self.rankNoise * scale
    }

    /// Admits the flow on the most valuable option that fits, if one is worth it; now and then on a later one.
    private mutating func place(_ flow: Int, delta: inout Double) {
        guard board.chosen[flow] < 0 else { return }
        var next = 0
        while let position = board.firstFitting(flow, from: next) {
            if random.unit() < Self.skipShare {
                next = position + 1
                continue
            }
            let option = board.table.option(flow, position)
            delta += option.value
            board.admit(flow, option.column)
            return
        }
        if board.table.profit[flow] > 0, board.table.pool.count < poolLimit, random.next() & 63 == 0 {
            admitAfresh(flow, delta: &delta)
        }
    }

    /// The cheapest path that has room now, if its price leaves the flow worth placing.
    private mutating func admitAfresh(_ flow: Int, delta: inout Double) {
        guard router.route(flow, costs: freshCosts, room: board.residual) else { return }
        let column = board.insert(flow, router.links[...])
        let value = board.table.value(flow, column)
        guard value > 0 else { return }
        delta += value
        board.admit(flow, column)
    }

    private mutating func undo() {
        for entry in saved where board.chosen[Int(entry.flow)] >= 0 { board.reject(Int(entry.flow)) }
        for entry in saved {
            isSaved[Int(entry.flow)] = false
            if entry.column >= 0 { board.admit(Int(entry.flow), entry.column) }
        }
    }

    /// Without prices nothing is contended as far as anyone knows: place whatever fits.
    private mutating func fillAnything() {
        guard problem.flowCount > 0 else { return }
        let flow = random.below(problem.flowCount)
        guard board.chosen[flow] < 0, router.route(flow, costs: freshCosts, room: board.residual) else { return }
        let column = board.insert(flow, router.links[...])
        board.admit(flow, column)
        if board.moves > problem.maxMoves { board.reject(flow) }
        board.keepBest()
    }

    /// e^x for x ≤ 0, to the few digits that acceptance needs: (1 + x/256)^256.
    @inline(__always)
    private func exponential(_ exponent: Double) -> Double {
        if exponent < -20 { return 0 }
        var power = 1 + exponent / 256
        for _ in 0..<8 { power *= power }
        return power
    }
}
