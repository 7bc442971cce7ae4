// The small crossover: an individual takes over the path that another one has for a flow (or, as a mutation, a random one).
// Repair makes room on the links that are full, by dropping the flows of least weight for bandwidth and links that a few
// draws find there; those and some other rejected flows then try their paths on what is left. The child takes its
// parent's place unless it is worse, or only a little worse now and then, and else nothing has happened.

private import SluiceModel

extension GeneticAlgorithm {
    private static let draws = 48
    private static let refills = 6
    private static let rerouteShare = 0.3

    /// `parent`: the place of `current` in the population.
    mutating func inherit(into parent: Int) {
        guard let (flow, choice) = drawGene(for: parent) else { return }
        changes.removeAll(keepingCapacity: true)
        displaced.removeAll(keepingCapacity: true)
        touched.removeAll(keepingCapacity: true)
        let before = Double(current.fitness) - burdenCost * current.burden
        let movesBefore = current.moves
        if current.isAdmitted[flow] { remove(flow) }
        guard makeRoom(for: flow, choice) else {
            takeBack()
            return
        }
        place(flow, on: choice)
        refill()
        let gain = Double(current.fitness) - burdenCost * current.burden - before
        let isAccepted =
            current.moves <= max(movesBefore, problem.maxMoves)
            && (gain >= 0 || (temperature > 0 && -gain < temperature * 8 && random.unit() < chance(gain)))
        if !isAccepted { takeBack() }
    }

    /// e^(gain / temperature), to the digits that matter: (1 + x/64)^64.
    private func chance(_ gain: Double) -> Double {
        var power = 1 + gain / temperature / 64
        for _ in 0..<6 { power *= power }
        return power
    }

    /// A rejected flow, or now and then an admitted one, with a path that another individual has for it or a random one.
    private mutating func drawGene(for parent: Int) -> (flow: Int, choice: Int)? {
        let isReroute = random.unit() < Self.rerouteShare
        for _ in 0..<16 {
            let flow = random.below(problem.flowCount)
            let count = choices.count(flow)
            if count == 0 || current.isAdmitted[flow] != isReroute { continue }
            var choice = min(random.below(count), random.below(count))
            if random.next() & 1 == 0 {
                let other = random.below(population.count)
                if other != parent { choice = Int(population[other].choice[flow]) }
            }
            return isReroute && choice == Int(current.choice[flow]) ? nil : (flow, choice)
        }
        return nil
    }

    private mutating func makeRoom(for flow: Int, _ choice: Int) -> Bool {
        let column = choices.column(flow, choice)
        let need = problem.bandwidth[flow]
        if leavesPresent(flow, column), current.moves >= problem.maxMoves { return false }
        for position in Int(choices.pool.start[column])..<Int(choices.pool.start[column + 1]) {
            let link = Int(choices.pool.links[position])
            if problem.capacity[link] < need { return false }
            if current.residual[link] >= need { continue }
            touched.append(Int32(link))
            var drawsLeft = Self.draws
            while current.residual[link] < need {
                let victim = drawUser(of: link, drawsLeft: &drawsLeft)
                if victim < 0 { return false }
                remove(victim)
                displaced.append(Int32(victim))
            }
        }
        return true
    }

    /// Of up to three users of the link that random draws find, the one worth least for what it takes; −1 for none.
    private mutating func drawUser(of link: Int, drawsLeft: inout Int) -> Int {
        let count = choices.crossingCount(link)
        guard count > 0 else { return -1 }
        var found = 0
        var victim = -1
        var least = Double.infinity
        while drawsLeft > 0, found < 3 {
            drawsLeft -= 1
            let crossing = choices.crossing(link, random.below(count))
            let flow = Int(crossing.flow)
            guard current.isAdmitted[flow], current.choice[flow] == crossing.choice else { continue }
            found += 1
            let column = choices.column(flow, Int(crossing.choice))
            let length = Double(choices.pool.start[column + 1] - choices.pool.start[column])
            let worth = Double(weights[flow]) / max(1e-9, Double(problem.bandwidth[flow]) * length)
            if worth < least {
                least = worth
                victim = flow
            }
        }
        return victim
    }

    /// Displaced flows first, then a few rejected ones that could use the links touched.
    private mutating func refill() {
        for position in displaced.indices { tryPaths(of: Int(displaced[position])) }
        guard !touched.isEmpty else { return }
        for _ in 0..<Self.refills {
            let link = Int(touched[random.below(touched.count)])
            let flow = Int(choices.crossing(link, random.below(choices.crossingCount(link))).flow)
            if !current.isAdmitted[flow] { tryPaths(of: flow) }
        }
    }

    private mutating func tryPaths(of flow: Int) {
        for choice in 0..<choices.count(flow) where fits(flow, choice) {
            place(flow, on: choice)
            return
        }
    }

    /// Takes an admitted flow off, and remembers it and the links it leaves.
    private mutating func remove(_ flow: Int) {
        let column = choices.column(flow, Int(current.choice[flow]))
        for position in Int(choices.pool.start[column])..<Int(choices.pool.start[column + 1]) {
            touched.append(choices.pool.links[position])
        }
        changes.append((Int32(flow), current.choice[flow], true))
        reject(flow)
    }

    private mutating func place(_ flow: Int, on choice: Int) {
        changes.append((Int32(flow), current.choice[flow], false))
        admit(flow, choice)
    }

    /// Undoes the changes, last first.
    private mutating func takeBack() {
        while let entry = changes.popLast() {
            let flow = Int(entry.flow)
            if entry.wasAdmitted {
                admit(flow, Int(entry.choice))
            } else {
                reject(flow)
                current.choice[flow] = entry.choice
            }
        }
    }
}
