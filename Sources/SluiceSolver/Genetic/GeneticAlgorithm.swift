// The genetic algorithm of arXiv 2009.10822, cold: random paths, random population, no greedy start, no relaxation, no
// prices. An individual chooses one of the known paths for each flow. Decoding admits flows in an order and repairs: a
// flow whose path is full tries the other paths it knows, else it is rejected; the child keeps what decoding made of it.
// Order of decoding: what both parents admitted, what one admitted, the rest, each in falling weight for bandwidth.

package import SluiceModel

package struct GeneticAlgorithm: Sendable {
    private struct Individual: Sendable {
        /// Chosen path of each flow, a position in its row of `options`.
        var choice: [UInt8]
        var isAdmitted: [Bool]
        var score: PlacementScore
        var fitness: Int
    }

    private let problem: CompiledProblem
    private let weights: [Int]
    private var pool: ColumnPool
    /// Columns of flow f are `options[optionStart[f]..<optionStart[f + 1]]`.
    private var optionStart: [Int32] = [0]
    private var options: [Int32] = []
    private let order: [Int32]
    private var population: [Individual] = []
    private var random: RandomStream
    private var router: Router
    private var residual: [Int]
    private var priority: [UInt8]
    private var bestIndividual = 0
    package private(set) var generations = 0
    /// Decodings and paths sought, each counted as flows / 100 units.
    package private(set) var work = 0

    private static let populationSize = 24
    private static let pathsPerFlow = 6

    package init(_ problem: CompiledProblem, weights: [Int], random: RandomStream) {
        self.problem = problem
        self.weights = weights
        self.random = random
        pool = ColumnPool(flowCount: problem.flowCount)
        router = Router(problem)
        residual = problem.capacity
        priority = Array(repeating: 0, count: problem.flowCount)
        order = GreedyAdmission.order(of: problem)
    }

    /// Seeds the population with a placement beside the random ones; only before the first generation.
    package mutating func seed(with placement: Placement) {
        for (flow, route) in placement.routes.enumerated() where !route.isEmpty {
            pool.insert(flow: Int32(flow), path: route[...])
        }
        seeds.append(placement)
    }

    private var seeds: [Placement] = []
    private var sampledFlows = 0
    private var sampleRound = 0
    private var sampleCosts: [Int] = []

    /// Whether random paths and the first population are complete.
    package var isReady: Bool { population.count == Self.populationSize }

    /// One step: a slice of path sampling, one member of the first population, or one child.
    package mutating func advance() {
        work += 1 + problem.flowCount / 100
        if sampleRound < Self.pathsPerFlow {
            samplePaths()
        } else if population.count < Self.populationSize {
            if population.isEmpty { indexOptions() }
            addRandomIndividual()
        } else {
            breed()
            generations += 1
        }
    }

    /// The best individual; nobody admitted before there is one.
    package func best() -> Placement? {
        guard !population.isEmpty else { return nil }
        let individual = population[bestIndividual]
        var routes: [[Int32]] = Array(repeating: [], count: problem.flowCount)
        for flow in 0..<problem.flowCount where individual.isAdmitted[flow] {
            routes[flow] = Array(pool.path(of: Int(option(flow, individual.choice[flow]))))
        }
        return Placement(routes: routes, of: problem)
    }

    /// Its score without the burden, which the algorithm does not look at; nil before there is one.
    package var bestScore: PlacementScore? { population.isEmpty ? nil : population[bestIndividual].score }

    /// Random link costs give random paths, of which the shorter are the likelier; each tree serves many flows.
    private mutating func samplePaths() {
        let groups = problem.groups
        if sampledFlows == 0 {
            for (flow, route) in problem.present.enumerated() where sampleRound == 0 && !route.isEmpty {
                pool.insert(flow: Int32(flow), path: route[...])
            }
        }
        var links: [Int32] = []
        let last = min(groups.count, sampledFlows + 16)
        for group in groups[sampledFlows..<last] {
            // The first sample counts hops, the others spread out.
            let spread = sampleRound == 0 ? 1 : 400
            sampleCosts = (0..<problem.linkCount).map { _ in 100 + random.below(spread) }
            let mask = group.mask < 0 ? [] : problem.masks[Int(group.mask)]
            router.finder.search(
                from: group.source, costs: sampleCosts, room: problem.capacity, need: group.need, closed: mask)
            for position in Int(group.first)..<Int(group.end) {
                let flow = Int(problem.groupFlows[position])
                links.removeAll(keepingCapacity: true)
                guard router.finder.appendPath(to: problem.destination[flow], into: &links) else { continue }
                if let rule = problem.wholePathRule(of: flow), !problem.satisfies(rule, links) { continue }
                pool.insert(flow: Int32(flow), path: links[...])
            }
        }
        sampledFlows = last
        guard sampledFlows == groups.count else { return }
        sampledFlows = 0
        sampleRound += 1
        if sampleRound == Self.pathsPerFlow {
            // Constrained flows that no random tree served get their own search.
            for flow in 0..<problem.flowCount where pool.newest[flow] < 0 && problem.rule[flow] >= 0 {
                if router.route(flow, costs: sampleCosts, room: problem.capacity) {
                    pool.insert(flow: Int32(flow), path: router.links[...])
                }
            }
        }
    }

    private mutating func indexOptions() {
        for flow in 0..<problem.flowCount {
            var column = pool.newest[flow]
            while column >= 0 {
                options.append(column)
                column = pool.older[Int(column)]
            }
            optionStart.append(Int32(options.count))
        }
    }

    private func optionCount(_ flow: Int) -> Int { min(255, Int(optionStart[flow + 1] - optionStart[flow])) }
    private func option(_ flow: Int, _ choice: UInt8) -> Int32 { options[Int(optionStart[flow]) + Int(choice)] }

    private mutating func addRandomIndividual() {
        var choice = [UInt8](repeating: 0, count: problem.flowCount)
        for flow in 0..<problem.flowCount where optionCount(flow) > 0 {
            choice[flow] = UInt8(random.below(optionCount(flow)))
        }
        if population.count < seeds.count {
            let seed = seeds[population.count]
            for flow in 0..<problem.flowCount where !seed.routes[flow].isEmpty {
                for position in 0..<optionCount(flow)
                where pool.path(of: Int(option(flow, UInt8(position)))) == seed.routes[flow][...] {
                    choice[flow] = UInt8(position)
                }
                priority[flow] = 0
            }
            for flow in 0..<problem.flowCount where seed.routes[flow].isEmpty { priority[flow] = 2 }
        } else {
            // No order at all: a random one in three for each flow.
            for flow in 0..<problem.flowCount { priority[flow] = UInt8(random.below(3)) }
        }
        let individual = decode(choice)
        population.append(individual)
        if individual.score > population[bestIndividual].score { bestIndividual = population.count - 1 }
    }

    private mutating func decode(_ genes: [UInt8]) -> Individual {
        var choice = genes
        var admitted = [Bool](repeating: false, count: problem.flowCount)
        for link in residual.indices { residual[link] = problem.capacity[link] }
        var moves = 0
        for wanted in UInt8(0)...2 {
            for flow in order where priority[Int(flow)] == wanted {
                let flow = Int(flow)
                let count = optionCount(flow)
                if count == 0 { continue }
                var position = Int(choice[flow])
                for _ in 0..<count {
                    if tryOption(flow, position, moves: &moves) {
                        admitted[flow] = true
                        choice[flow] = UInt8(position)
                        break
                    }
                    position = position + 1 < count ? position + 1 : 0
                }
            }
        }
        var score = PlacementScore()
        if problem.objective == .strict { score.admitted = Array(repeating: 0, count: problem.priorities.count) }
        for flow in 0..<problem.flowCount where admitted[flow] {
            score.weight += problem.weight[flow]
            if problem.objective == .strict { score.admitted[Int(problem.flowClass[flow])] += 1 }
        }
        score.moves = moves
        return Individual(choice: choice, isAdmitted: admitted, score: score, fitness: score.weight)
    }

    private mutating func tryOption(_ flow: Int, _ position: Int, moves: inout Int) -> Bool {
        let column = Int(option(flow, UInt8(position)))
        let need = problem.bandwidth[flow]
        for index in Int(pool.start[column])..<Int(pool.start[column + 1])
        where residual[Int(pool.links[index])] < need {
            return false
        }
        if !problem.present[flow].isEmpty, pool.path(of: column) != problem.present[flow][...] {
            if moves >= problem.maxMoves { return false }
            moves += 1
        }
        for index in Int(pool.start[column])..<Int(pool.start[column + 1]) { residual[Int(pool.links[index])] -= need }
        return true
    }

    private mutating func breed() {
        let first = tournament()
        let second = tournament()
        var choice = population[first].choice
        let flows = problem.flowCount
        for flow in 0..<flows {
            let inFirst = population[first].isAdmitted[flow]
            let inSecond = population[second].isAdmitted[flow]
            priority[flow] = inFirst && inSecond ? 0 : inFirst || inSecond ? 1 : 2
            let takeSecond = inFirst == inSecond ? random.next() & 1 == 0 : inSecond
            if takeSecond { choice[flow] = population[second].choice[flow] }
        }
        // Mutation: a few flows on another path, a few sent to the end of the order or to its front.
        let mutations = 1 + random.below(max(1, flows / 50))
        for _ in 0..<mutations {
            let flow = random.below(flows)
            if optionCount(flow) > 1 { choice[flow] = UInt8(random.below(optionCount(flow))) }
            priority[flow] = UInt8(random.below(3))
        }
        let child = decode(choice)
        var worst = 0
        for index in population.indices where population[index].score < population[worst].score { worst = index }
        if population.contains(where: { $0.fitness == child.fitness && $0.choice == child.choice }) { return }
        guard child.score > population[worst].score else { return }
        population[worst] = child
        if worst == bestIndividual || child.score > population[bestIndividual].score {
            bestIndividual = population.indices.max { population[$0].score < population[$1].score } ?? 0
        }
    }

    private mutating func tournament() -> Int {
        var best = random.below(population.count)
        for _ in 0..<2 {
            let other = random.below(population.count)
            if population[other].score > population[best].score { best = other }
        }
        return best
    }
}
