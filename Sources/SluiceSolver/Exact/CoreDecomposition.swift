// A proof in whole numbers that nothing in an exact core is worth enough: branch and bound on the Lagrangian decomposition
// of the core. Each flow chooses one of its projections (or its rejection) at prices μ on pairs of flow and link, each
// critical link fills its own knapsack at the same prices, and the sum of both bounds every solution:
//
//     L(μ) = Σ_f max over choices S of (w_f − Σ_{e in S} μ_fe)  +  Σ_e max { Σ_f μ_fe y_f : Σ_f b_f y_f ≤ c_e, y binary }
//
// Multipliers are rounded to multiples of 2^−shift before each evaluation; what follows is integer, so where L falls below
// what is asked for, it has done so exactly. A choice whose profit falls short of its flow's best by more than L exceeds
// what is asked for is struck out, exactly too, and every strike lowers L further.

package struct CoreDecomposition {
    /// A flow of the core whose choice is open.
    package struct Flow {
        package var weight: Int
        package var bandwidth: Int
        /// Rows that each of its choices uses.
        package var sets: [[Int32]]
        /// Every solution worth enough admits it.
        package var isForced: Bool

        package init(weight: Int, bandwidth: Int, sets: [[Int32]], isForced: Bool) {
            self.weight = weight
            self.bandwidth = bandwidth
            self.sets = sets
            self.isForced = isForced
        }
    }

    /// A critical link: its room, the unit that divides every bandwidth on it, and its price a unit of bandwidth.
    package struct Row {
        package var room: Int
        package var unit: Int
        package var price: Double

        package init(room: Int, unit: Int, price: Double) {
            self.room = room
            self.unit = unit
            self.price = price
        }
    }

    private struct Node {
        /// By position among all choices; the rejection is the last choice of a flow.
        var isOpen: [Bool]
        var multipliers: [Double]
    }

    private let flows: [Flow]
    private let rowCount: Int
    /// Choices of flow f are `first[f]..<first[f + 1]`; the last of them is its rejection.
    private let first: [Int]
    private let room: [Int]
    /// Size of each flow on each row.
    private let size: [Int]
    private let shift: Int
    /// What a better solution is worth at least, scaled.
    private let need: Int

    // The evaluation under way.
    private var scaled: [Int]
    private var profit: [Int]
    private var best: [Int]
    private var disagreement: [Int8]
    private var direction: [Double]
    private var knapsack = Knapsack()
    private var items: [Int] = []
    private var sizes: [Int] = []
    private var values: [Int] = []
    private var evaluationsLeft: Int

    private static let roomMost = 20_000
    private static let costMost = 40_000_000
    private static let evaluationsMost = 4_000
    private static let rootRounds = 400
    private static let nodeRounds = 30
    private static let momentumKept = 0.9
    private static let firstStep = 0.2

    /// - Parameter need: Σ weights of the core's flows in any solution better than the incumbent.
    /// - Returns: nil where the core is too large.
    package init?(flows: [Flow], rows: [Row], need: Int) {
        self.flows = flows
        rowCount = rows.count
        let total = flows.reduce(0) { $0 + $1.weight }
        shift = min(24, 60 - (Int.bitWidth - total.leadingZeroBitCount))
        guard !flows.isEmpty, !rows.isEmpty, shift >= 8, need > 0, need <= total else { return nil }
        let coarse = rows.map { $0.unit * (1 + $0.room / $0.unit / Self.roomMost) }
        room = rows.indices.map { rows[$0].room / coarse[$0] }
        let cost = room.reduce(0, +) * flows.count
        guard flows.count * rows.count <= 50_000, cost <= Self.costMost else { return nil }
        evaluationsLeft = min(Self.evaluationsMost, 200 + 2_000_000_000 / max(1, cost))
        self.need = need << shift
        var first = [0]
        for flow in flows { first.append(first[first.count - 1] + flow.sets.count + 1) }
        self.first = first
        var size: [Int] = []
        for flow in flows { for unit in coarse { size.append(flow.bandwidth / unit) } }
        self.size = size
        scaled = Array(repeating: 0, count: size.count)
        disagreement = Array(repeating: 0, count: size.count)
        direction = Array(repeating: 0, count: size.count)
        profit = Array(repeating: 0, count: first[flows.count])
        best = Array(repeating: 0, count: flows.count)
        prices = rows.map(\.price)
    }

    private let prices: [Double]

    /// Whether it is certain that no choice of all flows fits all rows and is worth `need`; false where that was not
    /// settled.
    package mutating func refutes(shouldStop: () -> Bool) -> Bool {
        var root = Node(isOpen: [], multipliers: [])
        for flow in flows {
            root.isOpen += flow.sets.map { _ in true } + [!flow.isForced]
            let most = Double(flow.weight)
            root.multipliers += prices.map { min(most, max(0, $0) * Double(flow.bandwidth)) }
        }
        var stack = [root]
        var rounds = Self.rootRounds
        while var node = stack.popLast() {
            if explore(&node, rounds: rounds, shouldStop: shouldStop) { continue }
            if evaluationsLeft <= 0 || shouldStop() { return false }
            rounds = Self.nodeRounds
            guard let (likely, other) = branch(node) else { return false }
            stack.append(other)
            stack.append(likely)
        }
        return true
    }

    /// Rounds of the subgradient at a node; true where it is refuted.
    private mutating func explore(_ node: inout Node, rounds: Int, shouldStop: () -> Bool) -> Bool {
        for cell in direction.indices { direction[cell] = 0 }
        var step = Self.firstStep
        var least = Int.max
        var sinceProgress = 0
        for _ in 0..<rounds {
            if evaluationsLeft <= 0 || shouldStop() { return false }
            evaluationsLeft -= 1
            guard let value = evaluate(node) else { return true }
            if value < need { return true }
            strike(&node, slack: value - need)
            if value < least {
                least = value
                sinceProgress = 0
            } else {
                sinceProgress += 1
                if sinceProgress >= 10 {
                    sinceProgress = 0
                    step *= 0.7
                }
            }
            guard move(&node, step: step, distance: Double(value - need) / Double(1 << shift)) else { return false }
        }
        return false
    }

    /// L(μ), scaled; nil where a flow has no choice left.
    private mutating func evaluate(_ node: Node) -> Int? {
        for cell in scaled.indices {
            scaled[cell] = Int((node.multipliers[cell] * Double(1 << shift)).rounded())
            disagreement[cell] = 0
        }
        var total = 0
        for flow in flows.indices {
            var bestChoice = -1
            for choice in first[flow]..<first[flow + 1] where node.isOpen[choice] {
                let position = choice - first[flow]
                profit[choice] = 0
                if position < flows[flow].sets.count {
                    profit[choice] = flows[flow].weight << shift
                    for row in flows[flow].sets[position] { profit[choice] -= scaled[flow * rowCount + Int(row)] }
                }
                if bestChoice < 0 || profit[choice] > profit[bestChoice] { bestChoice = choice }
            }
            guard bestChoice >= 0 else { return nil }
            best[flow] = bestChoice
            total += profit[bestChoice]
            let position = bestChoice - first[flow]
            if position < flows[flow].sets.count {
                for row in flows[flow].sets[position] { disagreement[flow * rowCount + Int(row)] = 1 }
            }
        }
        for row in 0..<rowCount { total += pack(row) }
        return total
    }

    /// The best knapsack of a row.
    private mutating func pack(_ row: Int) -> Int {
        items.removeAll(keepingCapacity: true)
        sizes.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        var sizeSum = 0
        var valueSum = 0
        for flow in flows.indices where scaled[flow * rowCount + row] > 0 {
            items.append(flow)
            sizes.append(size[flow * rowCount + row])
            values.append(scaled[flow * rowCount + row])
            sizeSum += size[flow * rowCount + row]
            valueSum += scaled[flow * rowCount + row]
        }
        if sizeSum <= room[row] {
            for flow in items { disagreement[flow * rowCount + row] -= 1 }
            return valueSum
        }
        let answer = knapsack.pack(sizes: sizes, values: values, room: room[row])
        for position in knapsack.packed { disagreement[items[position] * rowCount + row] -= 1 }
        return answer
    }

    /// Closes every choice that no solution worth enough makes.
    private func strike(_ node: inout Node, slack: Int) {
        for flow in flows.indices {
            let most = profit[best[flow]]
            for choice in first[flow]..<first[flow + 1] where node.isOpen[choice] && most - profit[choice] > slack {
                node.isOpen[choice] = false
            }
        }
    }

    /// Polyak's step; false where both sides agree, so that the bound cannot fall any more here.
    private mutating func move(_ node: inout Node, step: Double, distance: Double) -> Bool {
        var norm = 0.0
        var agrees = true
        for cell in direction.indices {
            if disagreement[cell] != 0 { agrees = false }
            var now = Self.momentumKept * direction[cell] + (1 - Self.momentumKept) * Double(disagreement[cell])
            if node.multipliers[cell] <= 0, now < 0 { now = 0 }
            direction[cell] = now
            norm += now * now
        }
        if agrees { return false }
        let length = step * max(0.2, distance + 0.5) / max(1e-9, norm)
        for flow in flows.indices {
            let most = Double(flows[flow].weight)
            for cell in flow * rowCount..<(flow + 1) * rowCount where direction[cell] != 0 {
                node.multipliers[cell] = min(most, max(0, node.multipliers[cell] + length * direction[cell]))
            }
        }
        return true
    }

    /// The flow whose copies disagree most makes its best choice, or any other one; nil where every flow has decided.
    private func branch(_ node: Node) -> (likely: Node, other: Node)? {
        var chosen = -1
        var most = -1.0
        for flow in flows.indices {
            let choices = first[flow]..<first[flow + 1]
            guard choices.count(where: { node.isOpen[$0] }) > 1 else { continue }
            var sum = 0.0
            for cell in flow * rowCount..<(flow + 1) * rowCount { sum += abs(direction[cell]) }
            sum *= 1 + 0.02 * Double(size[flow * rowCount..<(flow + 1) * rowCount].max() ?? 0)
            if sum > most {
                most = sum
                chosen = flow
            }
        }
        guard chosen >= 0 else { return nil }
        var favourite = best[chosen]
        if !node.isOpen[favourite] {
            favourite = (first[chosen]..<first[chosen + 1]).first { node.isOpen[$0] } ?? favourite
        }
        var likely = node
        var other = node
        for choice in first[chosen]..<first[chosen + 1] where choice != favourite { likely.isOpen[choice] = false }
        other.isOpen[favourite] = false
        return (likely, other)
    }
}
