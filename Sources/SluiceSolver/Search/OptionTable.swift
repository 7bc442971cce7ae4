// The paths a search may choose from: for each flow a row of its cheapest known paths, cheapest first, so that the first
// one that fits is the best one. Paths are numbered for good (see `ColumnPool`); rows hold the few worth trying under
// the present prices.

package struct OptionTable: Sendable {
    /// One path in a flow's row.
    package struct Option: Sendable {
        /// Its number in the pool.
        package var column: Int32
        /// Its links are `pool.links[first..<end]`.
        package var first: Int32
        package var end: Int32
        /// The link that was too full when the option was last tried: most likely it still is.
        package var blocker: Int32 = -1
        /// w_f − θ b_f λ(path): what the search counts it worth.
        package var value: Double
    }

    private let problem: CompiledProblem
    private let weights: [Int]
    package private(set) var pool: ColumnPool
    package private(set) var prices: [Double]
    /// Price of each column of the pool.
    private var columnPrice: [Double] = []
    private var rows: [Option] = []
    private var counts: [Int32]
    /// w_f − b_f λ of the cheapest path; −∞ where none is known.
    package private(set) var profit: [Double]
    /// How much of the price counts in an option's value.
    package private(set) var theta = 0.7

    /// Paths in a row: more where flows are few.
    private let rowWidth: Int

    package init(_ problem: CompiledProblem, weights: [Int], pool: ColumnPool, prices: [Double]) {
        self.problem = problem
        self.weights = weights
        self.pool = pool
        self.prices = prices
        rowWidth = problem.flowCount <= 500 ? 32 : 16
        counts = Array(repeating: 0, count: problem.flowCount)
        profit = Array(repeating: -.infinity, count: problem.flowCount)
        rows = Array(
            repeating: Option(column: -1, first: 0, end: 0, value: 0), count: problem.flowCount * rowWidth)
        setPrices(prices)
    }

    @inline(__always)
    package func count(_ flow: Int) -> Int { Int(counts[flow]) }

    @inline(__always)
    package func option(_ flow: Int, _ position: Int) -> Option { rows[flow * rowWidth + position] }

    /// Position of the first option from `position` on that is worth something and fits `residual`; nil where none does.
    @inline(__always)
    package mutating func firstFitting(_ flow: Int, from position: Int, need: Int, residual: [Int]) -> Int? {
        let base = flow * rowWidth
        var position = position
        let count = Int(counts[flow])
        search: while position < count {
            let option = rows[base + position]
            if option.value < 0 { return nil }
            if option.blocker >= 0, residual[Int(option.blocker)] < need {
                position += 1
                continue
            }
            for place in Int(option.first)..<Int(option.end) {
                let link = pool.links[place]
                if residual[Int(link)] < need {
                    rows[base + position].blocker = link
                    position += 1
                    continue search
                }
            }
            return position
        }
        return nil
    }

    /// Takes over a pool that continues the present one.
    package mutating func take(_ pool: ColumnPool, prices: [Double]) {
        self.pool = pool
        setPrices(prices)
    }

    /// Value of a column of `flow` whether or not its row holds it.
    @inline(__always)
    package func value(_ flow: Int, _ column: Int32) -> Double {
        Double(weights[flow]) - theta * Double(problem.bandwidth[flow]) * columnPrice[Int(column)]
    }

    @inline(__always)
    package func reducedProfit(_ flow: Int, _ column: Int32) -> Double {
        Double(weights[flow]) - Double(problem.bandwidth[flow]) * columnPrice[Int(column)]
    }

    /// Takes new prices: every row is chosen anew.
    package mutating func setPrices(_ prices: [Double]) {
        self.prices = prices
        columnPrice.removeAll(keepingCapacity: true)
        for column in 0..<pool.count { columnPrice.append(price(of: column)) }
        for flow in 0..<problem.flowCount {
            counts[flow] = 0
            profit[flow] = -.infinity
            var column = pool.newest[flow]
            while column >= 0 {
                enter(flow, column)
                column = pool.older[Int(column)]
            }
        }
    }

    package mutating func setTheta(_ theta: Double) {
        self.theta = theta
        for flow in 0..<problem.flowCount {
            for position in 0..<Int(counts[flow]) {
                let index = flow * rowWidth + position
                rows[index].value = value(flow, rows[index].column)
            }
        }
    }

    /// The number of a path, which is added to the pool and the flow's row where it is new.
    package mutating func insert(_ flow: Int, _ path: ArraySlice<Int32>) -> Int32 {
        let (column, isNew) = pool.insert(flow: Int32(flow), path: path)
        if isNew {
            columnPrice.append(price(of: Int(column)))
            enter(flow, column)
        }
        return column
    }

    /// Puts a column in its place in the flow's row; the dearest one gives way where the row is full.
    private mutating func enter(_ flow: Int, _ column: Int32) {
        let worth = value(flow, column)
        profit[flow] = max(profit[flow], reducedProfit(flow, column))
        let base = flow * rowWidth
        var hole = Int(counts[flow])
        if hole == rowWidth {
            if rows[base + hole - 1].value >= worth { return }
            hole -= 1
        } else {
            counts[flow] += 1
        }
        while hole > 0, rows[base + hole - 1].value < worth {
            rows[base + hole] = rows[base + hole - 1]
            hole -= 1
        }
        rows[base + hole] = Option(
            column: column, first: pool.start[Int(column)], end: pool.start[Int(column) + 1], value: worth)
    }

    private func price(of column: Int) -> Double {
        var sum = 0.0
        for position in Int(pool.start[column])..<Int(pool.start[column + 1]) {
            sum += prices[Int(pool.links[position])]
        }
        return sum
    }
}
