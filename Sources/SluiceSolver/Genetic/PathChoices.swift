// The genes of the genetic algorithm: a handful of random paths for each flow, of which an individual chooses one. Random
// link costs give random paths, of which the shorter are the likelier; each tree serves many flows. Nothing here knows
// of greedy placements, relaxations or prices; how wide a link is, everybody may know.

package import SluiceModel

package struct PathChoices: Sendable {
    /// One flow's path, as found from a link that it crosses.
    package struct Crossing: Sendable {
        package var flow: Int32
        package var choice: UInt8
    }

    private let problem: CompiledProblem
    package private(set) var pool: ColumnPool
    private var router: Router
    private var costs: [Int] = []
    /// Mean capacity over the link's own, times 16.
    private let narrowness: [Int]
    private var sampledGroups = 0
    private var round = 0
    /// Columns of flow f are `options[start[f]..<start[f + 1]]`, fewest links first.
    private var start: [Int32] = [0]
    private var options: [Int32] = []
    /// Choices that cross link e are `crossings[crossingStart[e]..<crossingStart[e + 1]]`.
    private var crossings: [Crossing] = []
    private var crossingStart: [Int32] = []

    /// How far the random costs of a round spread above 100: at first hops are counted, then paths wander off.
    private static let spreads = [1, 60, 60, 120, 120, 250, 250, 400]
    private static let groupsPerSlice = 16
    private static let choicesMost = 12

    package init(_ problem: CompiledProblem) {
        self.problem = problem
        pool = ColumnPool(flowCount: problem.flowCount)
        router = Router(problem)
        let total = problem.capacity.reduce(0.0) { $0 + Double($1) }
        let mean = total / Double(max(1, problem.linkCount))
        narrowness = problem.capacity.map { max(1, Int(min(1e6, 16 * mean / Double(max(1, $0))))) }
    }

    package var isComplete: Bool { !crossingStart.isEmpty }

    /// Makes a path one of the flow's choices; only before sampling is complete.
    package mutating func add(_ flow: Int, _ route: [Int32]) { pool.insert(flow: Int32(flow), path: route[...]) }

    /// A slice of sampling.
    package mutating func advance(random: inout RandomStream) {
        let groups = problem.groups
        if sampledGroups == 0, round == 0 {
            for (flow, route) in problem.present.enumerated() where !route.isEmpty { add(flow, route) }
        }
        var links: [Int32] = []
        let last = min(groups.count, sampledGroups + Self.groupsPerSlice)
        for group in groups[sampledGroups..<last] {
            costs.removeAll(keepingCapacity: true)
            for link in 0..<problem.linkCount {
                // Every other round prefers wide links: a path over narrow ones is a poor gene where many share them.
                let width = round & 1 == 1 ? narrowness[link] : 16
                costs.append((100 + random.below(Self.spreads[round])) * width)
            }
            let mask = group.mask < 0 ? [] : problem.masks[Int(group.mask)]
            router.finder.search(
                from: group.source, costs: costs, room: problem.capacity, need: group.need, closed: mask)
            for position in Int(group.first)..<Int(group.end) {
                let flow = Int(problem.groupFlows[position])
                links.removeAll(keepingCapacity: true)
                guard router.finder.appendPath(to: problem.destination[flow], into: &links) else { continue }
                if let rule = problem.wholePathRule(of: flow), !problem.satisfies(rule, links) { continue }
                pool.insert(flow: Int32(flow), path: links[...])
            }
        }
        sampledGroups = last
        guard sampledGroups == groups.count else { return }
        sampledGroups = 0
        round += 1
        if round == Self.spreads.count { complete() }
    }

    private mutating func complete() {
        // Constrained flows that no random tree served get their own search.
        let hops = [Int](repeating: 1, count: problem.linkCount)
        for flow in 0..<problem.flowCount where pool.newest[flow] < 0 && problem.rule[flow] >= 0 {
            if router.route(flow, costs: hops, room: problem.capacity) { add(flow, router.links) }
        }
        var perLink: [[Crossing]] = Array(repeating: [], count: problem.linkCount)
        for flow in 0..<problem.flowCount {
            var columns: [Int32] = []
            var column = pool.newest[flow]
            while column >= 0 {
                columns.append(column)
                column = pool.older[Int(column)]
            }
            columns.sort { (pool.path(of: Int($0)).count, $0) < (pool.path(of: Int($1)).count, $1) }
            for (choice, column) in columns.prefix(Self.choicesMost).enumerated() {
                options.append(column)
                for link in pool.path(of: Int(column)) {
                    perLink[Int(link)].append(Crossing(flow: Int32(flow), choice: UInt8(choice)))
                }
            }
            start.append(Int32(options.count))
        }
        crossingStart = [0]
        for row in perLink {
            crossings += row
            crossingStart.append(Int32(crossings.count))
        }
    }

    @inline(__always)
    package func count(_ flow: Int) -> Int { Int(start[flow + 1] - start[flow]) }

    @inline(__always)
    package func column(_ flow: Int, _ choice: Int) -> Int { Int(options[Int(start[flow]) + choice]) }

    package func links(_ flow: Int, _ choice: Int) -> ArraySlice<Int32> { pool.path(of: column(flow, choice)) }

    @inline(__always)
    package func crossingCount(_ link: Int) -> Int { Int(crossingStart[link + 1] - crossingStart[link]) }

    @inline(__always)
    package func crossing(_ link: Int, _ position: Int) -> Crossing { crossings[Int(crossingStart[link]) + position] }
}
