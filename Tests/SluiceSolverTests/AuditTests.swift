// A claim that is not true is refused, whatever is wrong with it.

import SluiceModel
import SluiceSolver
import Testing

@Suite struct AuditTests {
    private func solved(seed: Int) -> (AdmissionProblem, PlacementClaim) {
        let problem = RandomInstances.problem(seed: seed, .init())
        let solution = AdmissionSolver.solve(
            problem, options: SolveOptions(method: .auto, budget: SolveBudget(.work(2_000))))
        let claim = PlacementClaim(
            routes: solution.assignment.map { $0?.links }, objective: solution.objective, bound: solution.bound,
            isOptimal: solution.status == .optimal)
        return (problem, claim)
    }

    private func isRefused(_ claim: PlacementClaim, _ problem: AdmissionProblem) -> Bool {
        do throws(RefusedPlacement) {
            _ = try PlacementAudit.examine(claim, of: problem)
            return false
        } catch {
            return !error.faults.isEmpty
        }
    }

    @Test func `a true claim passes`() {
        for seed in 0..<50 {
            let (problem, claim) = solved(seed: seed)
            #expect(!isRefused(claim, problem))
        }
    }

    @Test func `each corruption is refused`() throws {
        for seed in 0..<50 {
            let (problem, claim) = solved(seed: seed)
            guard let admitted = claim.routes.firstIndex(where: { $0 != nil }), let route = claim.routes[admitted]
            else { continue }
            var wrong = claim
            wrong.objective += 1
            #expect(isRefused(wrong, problem), "an objective that is too high")
            wrong = claim
            wrong.bound = claim.objective - 1
            #expect(isRefused(wrong, problem), "a bound below the objective")
            wrong = claim
            wrong.bound = claim.objective + 1
            wrong.isOptimal = true
            #expect(isRefused(wrong, problem), "optimal without proof")
            wrong = claim
            wrong.routes[admitted] = nil
            #expect(isRefused(wrong, problem), "an admitted flow that has no path")
            wrong = claim
            wrong.routes[admitted] = route.dropLast()
            #expect(isRefused(wrong, problem), "a path that ends early")
            wrong = claim
            wrong.routes[admitted] = route + [LinkIndex(problem.topology.links.count)]
            #expect(isRefused(wrong, problem), "a link that does not exist")
            wrong = claim
            wrong.routes.removeLast()
            #expect(isRefused(wrong, problem), "a demand left out")
            wrong = claim
            wrong.classes = [ClassResult(priority: 1, admitted: 0, bound: 0)]
            #expect(isRefused(wrong, problem), "classes of a weighted objective")
        }
    }

    @Test func `an overbooked link is refused`() throws {
        let a = Node(id: NodeID("a"), kind: .switch(Switch()))
        let b = Node(id: NodeID("b"), kind: .switch(Switch()))
        let topology = try Topology(
            name: "pair", nodes: [a, b],
            cables: [
                Cable(
                    id: "l", a: .init(node: a.id), b: .init(node: b.id), capacity: Bandwidth(bitsPerSecond: 10),
                    isDirected: true)
            ])
        let demands = (0..<2).map {
            AdmissionDemand(
                id: FlowID("f\($0)"), source: NodeIndex(0), destination: NodeIndex(1),
                bandwidth: Bandwidth(bitsPerSecond: 6), priority: FlowPriority(1))
        }
        let problem = AdmissionProblem(topology: topology, demands: demands)
        let claim = PlacementClaim(routes: [[LinkIndex(0)], [LinkIndex(0)]], objective: 2, bound: 2)
        #expect(isRefused(claim, problem))
    }

    @Test func `more moves than allowed are refused`() throws {
        var found = 0
        for seed in 0..<400 {
            var features = RandomInstances.Features()
            features.present = true
            let problem = RandomInstances.problem(seed: seed, features)
            let free = AdmissionProblem(topology: problem.topology, demands: problem.demands)
            let solution = AdmissionSolver.solve(
                free, options: SolveOptions(method: .auto, budget: SolveBudget(.work(2_000))))
            guard solution.moves > 0 else { continue }
            found += 1
            let tight = AdmissionProblem(
                topology: problem.topology, demands: problem.demands, maxMoves: solution.moves - 1)
            let claim = PlacementClaim(
                routes: solution.assignment.map { $0?.links }, objective: solution.objective, bound: solution.bound)
            #expect(isRefused(claim, tight))
        }
        #expect(found > 0, "some problem needs moves")
    }
}
