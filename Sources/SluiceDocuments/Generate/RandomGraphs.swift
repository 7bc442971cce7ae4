// Random backbones: semi-random and Waxman. Places and edges come from streams of their own, so that another average
// degree keeps the places.

private import Glibc
import SluiceModel

enum RandomGraphs {
    static func semiRandom(
        switches: Int, averageDegree: Double, into builder: inout GraphBuilder
    ) throws(InvalidGeneration) {
        guard (2...20_000).contains(switches) else {
            throw InvalidGeneration(parameter: "nodes", wanted: "a whole number from 2 to 20000")
        }
        let pairs = switches * (switches - 1) / 2
        let least = 2 * Double(switches - 1) / Double(switches)
        guard averageDegree >= least - 1e-9, averageDegree <= min(Double(switches - 1), 100) else {
            throw InvalidGeneration(
                parameter: "degree", wanted: "from \(least) (a tree) to \(min(switches - 1, 100))")
        }
        place(switches, into: &builder)
        var random = RandomStream(seed: builder.options.seed, purpose: "generate.edges")
        var edges = spanningTree(switches, &random)
        let wanted = min(pairs, max(switches - 1, Int((Double(switches) * averageDegree / 2).rounded())))
        addEdges(upTo: wanted, of: switches, to: &edges, &random)
        for edge in edges.sorted() { builder.join(edge.a, edge.b) }
        builder.addHostsEverywhere()
    }

    static func waxman(
        switches: Int, alpha: Double, beta: Double, into builder: inout GraphBuilder
    ) throws(InvalidGeneration) {
        guard (2...2_000).contains(switches) else {
            throw InvalidGeneration(parameter: "nodes", wanted: "a whole number from 2 to 2000")
        }
        guard alpha > 0, alpha <= 10 else { throw InvalidGeneration(parameter: "alpha", wanted: "above 0, up to 10") }
        guard beta > 0, beta <= 1 else { throw InvalidGeneration(parameter: "beta", wanted: "above 0, up to 1") }
        place(switches, into: &builder)
        var random = RandomStream(seed: builder.options.seed, purpose: "generate.edges")
        var pairs: [(edge: Edge, distance: Double)] = []
        for a in 0..<switches {
            for b in a + 1..<switches { pairs.append((Edge(a: a, b: b), builder.distance(a, b))) }
        }
        let largest = max(pairs.map(\.distance).max() ?? 0, 1e-9)
        var components = Components(count: switches)
        var edges: [Edge] = []
        for (edge, distance) in pairs where random.unit() < beta * exp(-distance / (alpha * largest)) {
            edges.append(edge)
            _ = components.join(edge.a, edge.b)
        }
        // Kruskal over what is left: components are joined by their shortest links.
        for (edge, _) in pairs.sorted(by: { ($0.distance, $0.edge) < ($1.distance, $1.edge) })
        where components.join(edge.a, edge.b) {
            edges.append(edge)
        }
        for edge in edges.sorted() { builder.join(edge.a, edge.b) }
        builder.addHostsEverywhere()
    }

    private struct Edge: Hashable, Comparable {
        let a: Int
        let b: Int

        static func < (left: Edge, right: Edge) -> Bool { (left.a, left.b) < (right.a, right.b) }
    }

    private static func place(_ switches: Int, into builder: inout GraphBuilder) {
        var random = RandomStream(seed: builder.options.seed, purpose: "generate.places")
        let side = builder.options.sideKilometres
        for position in 0..<switches {
            builder.addSwitch("s\(position)", at: (random.unit() * side, random.unit() * side))
        }
    }

    /// A uniformly random spanning tree of the complete graph: a random walk that keeps the edge by which it first
    /// enters each node (Aldous 1990, Broder 1989).
    private static func spanningTree(_ count: Int, _ random: inout RandomStream) -> Set<Edge> {
        var edges: Set<Edge> = []
        var visited = [Bool](repeating: false, count: count)
        var at = random.below(count)
        visited[at] = true
        while edges.count < count - 1 {
            let next = random.below(count)
            if !visited[next] {
                visited[next] = true
                edges.insert(Edge(a: min(at, next), b: max(at, next)))
            }
            at = next
        }
        return edges
    }

    private static func addEdges(
        upTo wanted: Int, of count: Int, to edges: inout Set<Edge>, _ random: inout RandomStream
    ) {
        if wanted * 2 < count * (count - 1) / 2 {
            while edges.count < wanted {
                let (a, b) = (random.below(count), random.below(count))
                if a != b { edges.insert(Edge(a: min(a, b), b: max(a, b))) }
            }
            return
        }
        // Nearly every pair is wanted: guessing the last ones would take for ever.
        var rest: [Edge] = []
        for a in 0..<count {
            for b in a + 1..<count where !edges.contains(Edge(a: a, b: b)) { rest.append(Edge(a: a, b: b)) }
        }
        while edges.count < wanted, !rest.isEmpty {
            let position = random.below(rest.count)
            edges.insert(rest[position])
            rest.swapAt(position, rest.count - 1)
            rest.removeLast()
        }
    }
}

/// Disjoint sets with path halving (Tarjan and van Leeuwen 1984).
private struct Components {
    private var parents: [Int]

    init(count: Int) { parents = Array(0..<count) }

    /// Whether `a` and `b` were apart until now.
    mutating func join(_ a: Int, _ b: Int) -> Bool {
        let (first, second) = (root(a), root(b))
        parents[max(first, second)] = min(first, second)
        return first != second
    }

    private mutating func root(_ node: Int) -> Int {
        var node = node
        while parents[node] != node {
            parents[node] = parents[parents[node]]
            node = parents[node]
        }
        return node
    }
}
