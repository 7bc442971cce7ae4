// A placement under change: who stands where, what room is left, who is left out, and the best placement so far. Every
// change is one flow admitted on one option or one flow taken off, each in time of the path's length.

package struct SearchBoard: Sendable {
    package let problem: CompiledProblem
    package let weights: [Int]
    package private(set) var table: OptionTable

    /// Column of each flow; −1 where it is rejected.
    package private(set) var chosen: [Int32]
    package private(set) var residual: [Int]
    package private(set) var users: LinkUsers
    /// Place of each link of each column in its link's bag, where the column is chosen.
    private var userPlace: [Int32]
    package private(set) var weight = 0
    private var admittedByClass: [Int]
    package private(set) var moves = 0
    /// Rejected flows that the prices would admit.
    package private(set) var orphans: [Int32] = []
    private var orphanPlace: [Int32]

    private var bestChosen: [Int32]
    package private(set) var bestWeight = 0
    private var bestByClass: [Int]
    private var bestMoves = 0

    package init(_ problem: CompiledProblem, weights: [Int], pool: ColumnPool, prices: [Double], start: Placement) {
        self.problem = problem
        self.weights = weights
        var pool = pool
        for (flow, route) in problem.present.enumerated() where !route.isEmpty {
            pool.insert(flow: Int32(flow), path: route[...])
        }
        var columns = [Int32](repeating: -1, count: problem.flowCount)
        for (flow, route) in start.routes.enumerated() where !route.isEmpty {
            columns[flow] = pool.insert(flow: Int32(flow), path: route[...]).column
        }
        table = OptionTable(problem, weights: weights, pool: pool, prices: prices)
        chosen = Array(repeating: -1, count: problem.flowCount)
        residual = problem.capacity
        users = LinkUsers(linkCount: problem.linkCount)
        userPlace = Array(repeating: -1, count: pool.links.count)
        admittedByClass = Array(repeating: 0, count: problem.priorities.count)
        orphanPlace = Array(repeating: -1, count: problem.flowCount)
        bestChosen = chosen
        bestByClass = admittedByClass
        findOrphans()
        for (flow, column) in columns.enumerated() where column >= 0 { admit(flow, column) }
        keepBest(force: true)
    }

    // What the search knows.

    /// Takes over new prices and a pool that continues the present one.
    package mutating func learn(_ pool: ColumnPool, prices: [Double]) {
        table.take(pool, prices: prices)
        growPlaces()
        findOrphans()
    }

    package mutating func setTheta(_ theta: Double) { table.setTheta(theta) }

    /// The number of a path, known from now on.
    package mutating func insert(_ flow: Int, _ path: ArraySlice<Int32>) -> Int32 {
        let column = table.insert(flow, path)
        growPlaces()
        return column
    }

    private mutating func growPlaces() {
        while userPlace.count < table.pool.links.count { userPlace.append(-1) }
    }

    private mutating func findOrphans() {
        orphans.removeAll(keepingCapacity: true)
        for flow in 0..<problem.flowCount {
            orphanPlace[flow] = -1
            if chosen[flow] < 0, table.profit[flow] > 0 { abandon(flow) }
        }
    }

    private mutating func abandon(_ flow: Int) {
        orphanPlace[flow] = Int32(orphans.count)
        orphans.append(Int32(flow))
    }

    // Changes.

    package mutating func admit(_ flow: Int, _ column: Int32) {
        let need = problem.bandwidth[flow]
        for occurrence in Int(table.pool.start[Int(column)])..<Int(table.pool.start[Int(column) + 1]) {
            let link = Int(table.pool.links[occurrence])
            residual[link] -= need
            let user = LinkUsers.User(flow: Int32(flow), occurrence: Int32(occurrence))
            userPlace[occurrence] = Int32(users.add(user, to: link))
        }
        chosen[flow] = column
        weight += weights[flow]
        admittedByClass[Int(problem.flowClass[flow])] += 1
        if leavesPresent(flow, column) { moves += 1 }
        if orphanPlace[flow] >= 0 { adopt(flow) }
    }

    package mutating func reject(_ flow: Int) {
        let column = chosen[flow]
        let need = problem.bandwidth[flow]
        for occurrence in Int(table.pool.start[Int(column)])..<Int(table.pool.start[Int(column) + 1]) {
            let link = Int(table.pool.links[occurrence])
            residual[link] += need
            let place = userPlace[occurrence]
            if let moved = users.remove(at: Int(place), from: link) { userPlace[Int(moved.occurrence)] = place }
        }
        chosen[flow] = -1
        weight -= weights[flow]
        admittedByClass[Int(problem.flowClass[flow])] -= 1
        if leavesPresent(flow, column) { moves -= 1 }
        if table.profit[flow] > 0 { abandon(flow) }
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

    @inline(__always)
    private func leavesPresent(_ flow: Int, _ column: Int32) -> Bool {
        guard problem.hasPresent, !problem.present[flow].isEmpty else { return false }
        return problem.present[flow][...] != table.pool.path(of: Int(column))
    }

    /// Position of the first option of `flow` from `position` on that is worth something and has room.
    @inline(__always)
    package mutating func firstFitting(_ flow: Int, from position: Int) -> Int? {
        table.firstFitting(flow, from: position, need: problem.bandwidth[flow], residual: residual)
    }

    // The best.

    @inline(__always)
    package func isBetterThanBest() -> Bool {
        if problem.objective == .strict {
            if admittedByClass != bestByClass { return bestByClass.lexicographicallyPrecedes(admittedByClass) }
            return moves < bestMoves
        }
        return weight != bestWeight ? weight > bestWeight : moves < bestMoves
    }

    package mutating func keepBest(force: Bool = false) {
        guard moves <= problem.maxMoves, force || isBetterThanBest() else { return }
        bestChosen = chosen
        bestWeight = weight
        bestByClass = admittedByClass
        bestMoves = moves
    }

    /// The best placement so far.
    package func best() -> Placement {
        Placement(routes: bestChosen.map { $0 < 0 ? [] : Array(table.pool.path(of: Int($0))) }, of: problem)
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
    package mutating func restart() { adopt(bestChosen) }

    package mutating func clear() {
        for flow in 0..<problem.flowCount where chosen[flow] >= 0 { reject(flow) }
    }

    /// Takes over a placement found elsewhere, as the present one and, if it is better, the best.
    package mutating func take(_ placement: Placement) {
        var target = [Int32](repeating: -1, count: problem.flowCount)
        for (flow, route) in placement.routes.enumerated() where !route.isEmpty {
            target[flow] = insert(flow, route[...])
        }
        adopt(target)
        keepBest()
    }

    private mutating func adopt(_ target: [Int32]) {
        for flow in 0..<problem.flowCount where chosen[flow] >= 0 && chosen[flow] != target[flow] { reject(flow) }
        for flow in 0..<problem.flowCount where target[flow] >= 0 && chosen[flow] < 0 { admit(flow, target[flow]) }
    }
}
