// The problem as other solvers read it: CPLEX LP format, understood by GLPK, CBC, HiGHS and SCIP, for people who want to
// check us. Weighted objective. Names: x_F_E is flow F on link E (arc model), y_F_P flow F on its P-th path (path model),
// a_F whether flow F is admitted; positions count from 0 in document order.

import SluiceModel

package enum LPModelText {
    package enum Kind: Hashable, Sendable {
        /// One binary for each flow and link: every simple path is in it.
        case arcs
        /// One binary for each flow and each of its shortest paths.
        case paths(perDemand: Int)
    }

    /// - Note: latency, hops and waypoints are kept in the path model; the arc model has latency and hops as rows and
    ///   leaves waypoints out, so there its optimum bounds ours from above.
    package static func write(_ problem: AdmissionProblem, as kind: Kind) -> [UInt8] {
        let compiled = CompiledProblem(problem)
        var text = Text()
        text.line("\\ Priority flow admission and routing: \(problem.topology.name.filter { $0 != "\n" })")
        switch kind {
        case .arcs: writeArcs(compiled, into: &text)
        case .paths(let count): writePaths(compiled, perDemand: count, into: &text)
        }
        text.line("End")
        return text.bytes
    }

    private struct Text {
        var bytes: [UInt8] = []
        mutating func line(_ text: String) {
            bytes += text.utf8
            bytes.append(0x0a)
        }
        /// Terms of a row, some on each line: LP readers limit the length of lines.
        mutating func row(_ name: String, _ terms: [String], _ relation: String) {
            if terms.isEmpty { return }
            bytes += " \(name):".utf8
            for (position, term) in terms.enumerated() {
                if position > 0, position % 8 == 0 { bytes += "\n  ".utf8 }
                bytes += " \(term)".utf8
            }
            line(" \(relation)")
        }
    }

    private static func writePaths(_ problem: CompiledProblem, perDemand count: Int, into text: inout Text) {
        var pool = ColumnPool(flowCount: problem.flowCount)
        // Without prices every link costs one hop; no path is dropped as a twin of another.
        var enumeration = PathEnumeration(
            problem, prices: Array(repeating: 1, count: problem.linkCount))
        for flow in 0..<problem.flowCount { _ = enumeration.enumerate(flow, count: count, into: &pool) }
        text.line("Maximize")
        text.row(
            "weight", (0..<pool.count).map { "+ \(problem.weight[Int(pool.flow[$0])]) y_\(pool.flow[$0])_\($0)" }, "")
        text.line("Subject To")
        var byLink = [[String]](repeating: [], count: problem.linkCount)
        var byFlow = [[String]](repeating: [], count: problem.flowCount)
        for column in 0..<pool.count {
            let flow = Int(pool.flow[column])
            byFlow[flow].append("+ y_\(flow)_\(column)")
            for link in pool.path(of: column) {
                byLink[Int(link)].append("+ \(problem.bandwidth[flow]) y_\(flow)_\(column)")
            }
        }
        for flow in 0..<problem.flowCount { text.row("one_\(flow)", byFlow[flow], "<= 1") }
        for link in 0..<problem.linkCount { text.row("cap_\(link)", byLink[link], "<= \(problem.capacity[link])") }
        text.line("Binaries")
        for column in 0..<pool.count { text.line(" y_\(pool.flow[column])_\(column)") }
    }

    private static func writeArcs(_ problem: CompiledProblem, into text: inout Text) {
        func isOpen(_ flow: Int, _ link: Int) -> Bool {
            let mask = problem.mask(of: flow)
            return problem.capacity[link] >= problem.bandwidth[flow] && (mask.isEmpty || !mask[link])
        }
        text.line("Maximize")
        text.row("weight", (0..<problem.flowCount).map { "+ \(problem.weight[$0]) a_\($0)" }, "")
        text.line("Subject To")
        for link in 0..<problem.linkCount {
            let terms = (0..<problem.flowCount).filter { isOpen($0, link) }.map {
                "+ \(problem.bandwidth[$0]) x_\($0)_\(link)"
            }
            text.row("cap_\(link)", terms, "<= \(problem.capacity[link])")
        }
        for flow in 0..<problem.flowCount { writeFlow(flow, of: problem, isOpen: isOpen, into: &text) }
        text.line("Binaries")
        for flow in 0..<problem.flowCount {
            text.line(" a_\(flow)")
            for link in 0..<problem.linkCount where isOpen(flow, link) { text.line(" x_\(flow)_\(link)") }
        }
    }

    /// Conservation at each node, at most one departure from each, and the limits of the whole path.
    private static func writeFlow(
        _ flow: Int, of problem: CompiledProblem, isOpen: (Int, Int) -> Bool, into text: inout Text
    ) {
        var balance = [[String]](repeating: [], count: problem.graph.nodeCount)
        var departures = balance
        var delay: [String] = []
        var hops: [String] = []
        for link in 0..<problem.linkCount where isOpen(flow, link) {
            let name = "x_\(flow)_\(link)"
            balance[Int(problem.graph.tail[link])].append("+ \(name)")
            balance[Int(problem.graph.head[link])].append("- \(name)")
            departures[Int(problem.graph.tail[link])].append("+ \(name)")
            if problem.latency[link] > 0 { delay.append("+ \(problem.latency[link]) \(name)") }
            if problem.isTrunk[link] { hops.append("+ \(name)") }
        }
        for node in balance.indices {
            if node == Int(problem.source[flow]) { balance[node].append("- a_\(flow)") }
            if node == Int(problem.destination[flow]) { balance[node].append("+ a_\(flow)") }
            text.row("bal_\(flow)_\(node)", balance[node], "= 0")
            text.row("once_\(flow)_\(node)", departures[node], "<= 1")
        }
        guard let rule = problem.wholePathRule(of: flow) else { return }
        if rule.maxLatency < Int.max { text.row("delay_\(flow)", delay, "<= \(rule.maxLatency)") }
        if rule.maxHops < Int.max { text.row("hops_\(flow)", hops, "<= \(rule.maxHops)") }
    }
}
