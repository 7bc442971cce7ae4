// The path searches against every simple path of tiny networks.

import SluiceModel
import SluiceSolver
import Testing

@Suite struct PathSearchTests {
    private static func price(_ path: Path, _ prices: [Int]) -> Int {
        path.links.reduce(0) { $0 + prices[$1.position] }
    }

    /// Random prices, a third of them zero.
    private static func prices(_ count: Int, _ random: inout RandomStream) -> [Int] {
        (0..<count).map { _ in random.below(3) == 0 ? 0 : 1 + random.below(9) }
    }

    private static let constrained = RandomInstances.Features(constraints: true)

    @Test func `a constrained route is the cheapest that there is, up to its cost and not below it`() {
        var found = 0
        for seed in 20_000..<20_600 {
            let problem = RandomInstances.problem(seed: seed, Self.constrained)
            let compiled = CompiledProblem(problem)
            var random = RandomStream(seed: UInt64(seed), purpose: "tests.prices")
            let prices = Self.prices(compiled.linkCount, &random)
            var router = Router(compiled)
            for (flow, demand) in problem.demands.enumerated() {
                let wide = Truth.paths(of: demand, in: problem.topology).filter { path in
                    path.links.allSatisfy { compiled.capacity[$0.position] >= compiled.bandwidth[flow] }
                }
                let truth = wide.map { Self.price($0, prices) }.min()
                let isFound = router.route(flow, costs: prices, room: compiled.capacity)
                #expect(isFound == (truth != nil), "seed \(seed), flow \(flow)")
                guard isFound, let truth else { continue }
                found += 1
                #expect(router.cost == truth, "seed \(seed), flow \(flow)")
                guard let rule = compiled.wholePathRule(of: flow) else { continue }
                let walk = router.walkCost(of: flow, rule: rule, costs: prices, fallback: -1)
                #expect(walk.map { $0 <= truth } == true, "seed \(seed), flow \(flow): a walk is no dearer than a path")
                guard let walk else { continue }
                #expect(router.walkCost(of: flow, rule: rule, costs: prices, fallback: -1, limit: walk) == walk)
                #expect(router.walkCost(of: flow, rule: rule, costs: prices, fallback: -1, limit: walk - 1) == nil)
            }
        }
        #expect(found > 1_000)
    }

    @Test(arguments: [false, true])
    func `enumerated paths are valid and the cheapest is among them`(constraints: Bool) {
        for seed in 21_000..<21_400 {
            let problem = RandomInstances.problem(seed: seed, .init(constraints: constraints))
            let compiled = CompiledProblem(problem)
            var random = RandomStream(seed: UInt64(seed), purpose: "tests.prices")
            let prices = Self.prices(compiled.linkCount, &random)
            guard prices.contains(where: { $0 > 0 }) else { continue }
            var enumeration = PathEnumeration(compiled, prices: prices.map { Double($0) })
            var pool = ColumnPool(flowCount: compiled.flowCount)
            for flow in 0..<compiled.flowCount { _ = enumeration.enumerate(flow, count: 12, into: &pool) }
            for (flow, demand) in problem.demands.enumerated() {
                let all = Truth.paths(of: demand, in: problem.topology).filter { path in
                    path.links.allSatisfy { compiled.capacity[$0.position] >= compiled.bandwidth[flow] }
                }
                let found = (0..<pool.count).filter { pool.flow[$0] == Int32(flow) }.map { pool.path(of: $0) }
                for path in found {
                    #expect(all.contains { $0.links.map(\.raw)[...] == path }, "seed \(seed): a path that is none")
                }
                // A walk to each waypoint and back may hide a simple path; everything else is found.
                if let rule = compiled.wholePathRule(of: flow), !rule.waypoints.isEmpty { continue }
                let cheapest = found.map { $0.reduce(0) { $0 + prices[Int($1)] } }.min()
                #expect(cheapest == all.map { Self.price($0, prices) }.min(), "seed \(seed), flow \(flow)")
            }
        }
    }

    @Test func `rough rounds of the ascent leave its bound a bound`() {
        for seed in 22_000..<22_200 {
            let problem = RandomInstances.problem(seed: seed, Self.constrained)
            let truth = Truth(problem)
            let compiled = CompiledProblem(problem)
            var ascent = PriceAscent(compiled, weights: compiled.weight, rounds: 40)
            for _ in 0..<40 { ascent.advance() }
            ascent.settle()
            #expect(ascent.bestBound >= truth.weight, "seed \(seed)")
        }
    }
}
