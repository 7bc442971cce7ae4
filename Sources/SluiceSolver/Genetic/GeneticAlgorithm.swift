// The genetic algorithm of arXiv 2009.10822, cold: random paths, random population, no greedy start, no relaxation, no
// prices. An individual chooses one of the known paths for each flow and admits those that fit.
//
// Two ways of breeding take turns. The whole crossover mixes two parents flow by flow and decodes the child: flows that
// both parents admit come first, then those of one, then the rest, each in falling weight for bandwidth; a flow whose
// path is full tries its other paths, else it is rejected. The small crossover (`GeneticAlgorithm+Inheritance`) hands a
// single path from one parent to the other, repairs what that breaks, and only looks at the links it touched: thousands
// of these cost what one whole crossover does, and they bring most of the progress.

package import SluiceModel

package struct GeneticAlgorithm: Sendable {
    let problem: CompiledProblem
    let weights: [Int]
    package internal(set) var choices: PathChoices
    var population: [Individual] = []
    /// The individual that small crossovers work on; its place in the population holds an empty one meanwhile.
    var current: Individual
    /// What a unit of burden costs: little, so that of equal placements the leaner one wins and leaves room.
    var burdenCost = 0.0
    /// Losses of about this much are accepted now and then.
    let temperature: Double
    var random: RandomStream
    /// What a small crossover changed, so that it can be taken back.
    var changes: [(flow: Int32, choice: UInt8, wasAdmitted: Bool)] = []
    var displaced: [Int32] = []
    var touched: [Int32] = []
    private let order: [Int32]
    private var priority: [UInt8]
    private var seeds: [Placement] = []
    private var champion: Individual?
    package private(set) var generations = 0
    /// Decodings and paths sought, each counted as flows / 100 units; small crossovers one each.
    package private(set) var work = 0
    private let populationSize: Int

    private static let smallCrossoversPerSlice = 400
    private static let slicesPerGeneration = 8

    /// - Parameter weights: what a flow is worth; those of the problem, or of one stage of the strict objective.
    package init(_ problem: CompiledProblem, weights: [Int], random: RandomStream) {
        self.problem = problem
        self.weights = weights
        self.random = random
        choices = PathChoices(problem)
        priority = Array(repeating: 0, count: problem.flowCount)
        order = GreedyAdmission.order(of: problem)
        // Large problems need their time for each individual.
        populationSize = problem.flowCount > 5_000 ? 2 : 8
        current = Individual(problem)
        // Weights of a strict stage differ by magnitudes: there only what is better or equal and leaner is taken.
        temperature = problem.objective == .strict ? 0 : 0.02 * Double(max(1, weights.max() ?? 1))
    }

    /// Seeds the population with a placement beside the random ones; only before the first step.
    package mutating func seed(with placement: Placement) {
        for (flow, route) in placement.routes.enumerated() where !route.isEmpty { choices.add(flow, route) }
        seeds.append(placement)
    }

    /// One step: a slice of path sampling, one member of the first population, or a few hundred children.
    package mutating func advance() {
        if !choices.isComplete {
            work += 1 + problem.flowCount / 100
            choices.advance(random: &random)
        } else if population.count < populationSize {
            work += 1 + problem.flowCount / 100
            addFirst()
        } else if problem.flowCount > 0 {
            if generations % Self.slicesPerGeneration == 0 {
                work += 1 + problem.flowCount / 100
                breed()
            }
            evolve(random.below(population.count), steps: Self.smallCrossoversPerSlice)
            work += Self.smallCrossoversPerSlice
            generations += 1
        }
    }

    /// The best individual so far; nil before there is one.
    package func best() -> Placement? {
        guard let champion else { return nil }
        var routes: [[Int32]] = Array(repeating: [], count: problem.flowCount)
        for flow in 0..<problem.flowCount where champion.isAdmitted[flow] {
            routes[flow] = Array(choices.links(flow, Int(champion.choice[flow])))
        }
        return Placement(routes: routes, of: problem)
    }

    /// Its score without the burden, which the algorithm does not look at; nil before there is one.
    package var bestScore: PlacementScore? {
        guard let champion else { return nil }
        var score = PlacementScore()
        for flow in 0..<problem.flowCount where champion.isAdmitted[flow] { score.weight += problem.weight[flow] }
        score.admitted = champion.admitted
        score.moves = champion.moves
        return score
    }

    /// Counts replacements of the best individual.
    package private(set) var championRevision = 0

    private mutating func consider(_ individual: Individual) {
        if let champion, !individual.beats(champion) { return }
        champion = individual
        championRevision += 1
    }

    /// Small crossovers into one individual.
    private mutating func evolve(_ parent: Int, steps: Int) {
        swap(&current, &population[parent])
        for _ in 0..<steps { inherit(into: parent) }
        if champion.map({ current.beats($0) }) ?? true {
            champion = current
            championRevision += 1
        }
        swap(&current, &population[parent])
    }

    private mutating func addFirst() {
        if population.isEmpty { setBurdenCost() }
        var genes = [UInt8](repeating: 0, count: problem.flowCount)
        for flow in 0..<problem.flowCount where choices.count(flow) > 0 {
            genes[flow] = UInt8(random.below(choices.count(flow)))
        }
        if population.count < seeds.count {
            let seed = seeds[population.count]
            for flow in 0..<problem.flowCount {
                priority[flow] = seed.routes[flow].isEmpty ? 2 : 0
                for choice in 0..<choices.count(flow) where choices.links(flow, choice) == seed.routes[flow][...] {
                    genes[flow] = UInt8(choice)
                }
            }
        } else {
            // No order at all: a random one in three for each flow.
            for flow in 0..<problem.flowCount { priority[flow] = UInt8(random.below(3)) }
        }
        let individual = decode(genes)
        population.append(individual)
        consider(individual)
    }

    /// A fiftieth of what all weights together could pay for the shortest paths of all flows.
    private mutating func setBurdenCost() {
        var weight = 0.0
        var burden = 0.0
        for flow in 0..<problem.flowCount where choices.count(flow) > 0 {
            weight += Double(weights[flow])
            burden += Double(problem.bandwidth[flow]) * Double(choices.links(flow, 0).count)
        }
        let share = problem.objective == .strict ? 1e-12 : 0.02
        burdenCost = burden > 0 ? share * weight / burden : 0
    }

    /// Admits flows in the order of `priority`, then of weight for bandwidth.
    private mutating func decode(_ genes: [UInt8]) -> Individual {
        current = Individual(problem)
        current.choice = genes
        for wanted in UInt8(0)...2 {
            for flow in order where priority[Int(flow)] == wanted {
                let flow = Int(flow)
                let count = choices.count(flow)
                var position = Int(genes[flow])
                for _ in 0..<count {
                    if fits(flow, position) {
                        admit(flow, position)
                        break
                    }
                    position = position + 1 < count ? position + 1 : 0
                }
            }
        }
        return current
    }

    /// Whether the choice has room, and moves are left for it.
    @inline(__always)
    func fits(_ flow: Int, _ choice: Int) -> Bool {
        let column = choices.column(flow, choice)
        let need = problem.bandwidth[flow]
        for position in Int(choices.pool.start[column])..<Int(choices.pool.start[column + 1])
        where current.residual[Int(choices.pool.links[position])] < need {
            return false
        }
        return current.moves < problem.maxMoves || !leavesPresent(flow, column)
    }

    @inline(__always)
    func leavesPresent(_ flow: Int, _ column: Int) -> Bool {
        problem.hasPresent && !problem.present[flow].isEmpty
            && choices.pool.path(of: column) != problem.present[flow][...]
    }

    @inline(__always)
    mutating func admit(_ flow: Int, _ choice: Int) {
        let column = choices.column(flow, choice)
        let need = problem.bandwidth[flow]
        for position in Int(choices.pool.start[column])..<Int(choices.pool.start[column + 1]) {
            current.residual[Int(choices.pool.links[position])] -= need
        }
        current.choice[flow] = UInt8(choice)
        current.isAdmitted[flow] = true
        current.fitness += weights[flow]
        current.burden +=
            Double(need) * Double(choices.pool.start[column + 1] - choices.pool.start[column])
        if !current.admitted.isEmpty { current.admitted[Int(problem.flowClass[flow])] += 1 }
        if leavesPresent(flow, column) { current.moves += 1 }
    }

    @inline(__always)
    mutating func reject(_ flow: Int) {
        let column = choices.column(flow, Int(current.choice[flow]))
        let need = problem.bandwidth[flow]
        for position in Int(choices.pool.start[column])..<Int(choices.pool.start[column + 1]) {
            current.residual[Int(choices.pool.links[position])] += need
        }
        current.isAdmitted[flow] = false
        current.fitness -= weights[flow]
        current.burden -=
            Double(need) * Double(choices.pool.start[column + 1] - choices.pool.start[column])
        if !current.admitted.isEmpty { current.admitted[Int(problem.flowClass[flow])] -= 1 }
        if leavesPresent(flow, column) { current.moves -= 1 }
    }

    private mutating func breed() {
        let first = tournament()
        let second = tournament()
        guard first != second else { return }
        var genes = population[first].choice
        for flow in 0..<problem.flowCount {
            let inFirst = population[first].isAdmitted[flow]
            let inSecond = population[second].isAdmitted[flow]
            priority[flow] = inFirst && inSecond ? 0 : inFirst || inSecond ? 1 : 2
            let takeSecond = inFirst == inSecond ? random.next() & 1 == 0 : inSecond
            if takeSecond { genes[flow] = population[second].choice[flow] }
        }
        // Mutation: a few flows on another path, a few sent to the end of the order or to its front.
        for _ in 0..<(1 + random.below(max(1, problem.flowCount / 50))) {
            let flow = random.below(problem.flowCount)
            if choices.count(flow) > 1 { genes[flow] = UInt8(random.below(choices.count(flow))) }
            priority[flow] = UInt8(random.below(3))
        }
        let child = decode(genes)
        var worst = 0
        for index in population.indices where population[worst].beats(population[index]) { worst = index }
        guard child.beats(population[worst]) else { return }
        population[worst] = child
    }

    func isBetter(_ one: Int, than other: Int) -> Bool { population[one].beats(population[other]) }

    mutating func tournament() -> Int {
        var best = random.below(population.count)
        for _ in 0..<2 {
            let other = random.below(population.count)
            if isBetter(other, than: best) { best = other }
        }
        return best
    }
}
