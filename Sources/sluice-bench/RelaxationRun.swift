// The relaxation twice: by our simplex and by column generation on GLPK's master, the textbook way.

import SluiceGLPK
import SluiceModel
import SluiceSolver

struct RelaxationRun {
    var bound: Int
    /// CPU seconds of the thread.
    var seconds: Double
    var isConverged: Bool

    static func ours(_ problem: AdmissionProblem) -> RelaxationRun {
        let compiled = CompiledProblem(problem)
        let begun = Clock.thread()
        var meter = WorkMeter(SolveBudget(.work(Int.max)))
        var greedy = GreedyAdmission(compiled)
        let start = greedy.run(order: GreedyAdmission.order(of: compiled), meter: &meter)
        var engine = BoundEngine(compiled, weights: compiled.weight, resolution: max(1, compiled.weight.max() ?? 1))
        while !engine.isRelaxed { engine.advance(incumbent: start) }
        return RelaxationRun(bound: engine.bound, seconds: Clock.thread() - begun, isConverged: true)
    }

    static func glpk(_ problem: AdmissionProblem, secondsLimit: Double) -> RelaxationRun {
        let compiled = CompiledProblem(problem)
        let begun = Clock.thread()
        let isOver = { Clock.thread() - begun > secondsLimit }
        let links = compiled.linkCount
        let limits =
            compiled.capacity.map { Double($0) } + [Double](repeating: 1, count: compiled.flowCount)
        var bound = compiled.weight.reduce(0, +)
        guard var master = GLPKMaster(rowLimits: limits) else {
            return RelaxationRun(bound: bound, seconds: Clock.thread() - begun, isConverged: false)
        }
        var pricer = Pricer(compiled, weights: compiled.weight)
        var prices = [Double](repeating: 0, count: links)
        var duals = [Double](repeating: -1, count: compiled.flowCount)
        while !isOver() {
            pricer.evaluate(prices, for: .columns(prices: prices, dual: duals, tolerance: 1e-6))
            bound = min(bound, pricer.bound)
            if pricer.columnFlow.isEmpty {
                return RelaxationRun(bound: bound, seconds: Clock.thread() - begun, isConverged: true)
            }
            var columns = IntegerModel()
            columns.isInteger = false
            for limit in limits { _ = columns.addRow(limit: limit) }
            for (position, flow) in pricer.columnFlow.enumerated() {
                let path = pricer.columnLinks[
                    Int(pricer.columnStart[position])..<Int(pricer.columnStart[position + 1])]
                var entries = path.map { (row: $0, value: Double(compiled.bandwidth[Int(flow)])) }
                entries.append((Int32(links) + flow, 1))
                columns.addColumn(objective: Double(compiled.weight[Int(flow)]), entries: entries)
            }
            guard master.add(columns), let answer = master.solve(shouldStop: isOver) else { break }
            prices = answer.duals[..<links].map { max(0, $0) }
            duals = answer.duals[links...].map { max(0, $0) }
        }
        return RelaxationRun(bound: bound, seconds: Clock.thread() - begun, isConverged: false)
    }
}
