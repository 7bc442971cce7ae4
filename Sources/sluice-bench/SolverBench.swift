// `sluice-bench solver`: objective, bound and gap on every instance of a folder at several budgets, beside the reference
// values of the folder, what must be reached, and GLPK in the same run.

import ArgumentParser
import SluiceDocuments
import SluiceGLPK
import SluiceModel
import SluiceSolver

struct SolverBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "solver", abstract: "Runs the admission solver over a folder of PFAR instances.",
        discussion: """
            Prints a Markdown table. Gaps are to the better of our bound and the reference's. HiGHS values are those \
            recorded in the folder's reference.json (k=8 paths, 60 s, one thread); GLPK runs here.

            Example:
              sluice-bench solver --suite ../shared/data/pfar --budgets 1,10
            """)

    @Option(help: "Folder with instances and reference.json.")
    var suite: String

    @Option(help: "Budgets in seconds, separated by commas, ascending.")
    var budgets = "1,10"

    @Option(help: "Only instances whose name contains this.")
    var only = ""

    @Option(help: "Largest number of flows of an instance.")
    var flowsMost = 20_000

    @Option(help: "Seconds that GLPK's column generation may take at 5 000 flows and more; 0 leaves it out.")
    var glpkSeconds = 60.0

    @Option(help: "Seconds for each peer (GLPK, CBC, HiGHS) on the model of eight paths a flow; 0 leaves them out.")
    var peerSeconds = 0.0

    @Option(help: "Seconds for each genetic run; 0 leaves them out.")
    var geneticSeconds = 0.0

    func run() throws {
        let seconds = budgets.split(separator: ",").compactMap { Double($0) }
        guard !seconds.isEmpty else { throw ValidationError("--budgets is a list such as 1,10") }
        let instances = try InstanceFolder(suite).instances(containing: only, flowsMost: flowsMost)
        var rows: [SolverRow] = []
        print(SolverRow.header(seconds))
        for instance in instances {
            let row = measure(instance, seconds)
            print(row.line)
            rows.append(row)
        }
        print("\nLateness past the budget, ms: \(SolverVerdict.lateness(rows))")
        print(
            "Primal integral, mean share of the bound that was missing over the run: \(SolverVerdict.integrals(rows))\n"
        )
        for verdict in SolverVerdict.all(rows, budgets: seconds) { print(verdict.line) }
        if peerSeconds > 0 { comparePeers(rows) }
        if geneticSeconds > 0 { measureGenetic(rows) }
        if glpkSeconds > 0 { compareRelaxations(instances.filter { $0.problem.demands.count >= 5_000 }) }
    }

    private func measure(_ instance: Instance, _ seconds: [Double]) -> SolverRow {
        var row = SolverRow(instance: instance)
        for budget in seconds {
            PeakMemory.reset()
            let extent = SolveBudget.Extent.wallTime(seconds: budget) { Clock.monotonic() }
            let solution = AdmissionSolver.solve(
                instance.problem, options: SolveOptions(method: .auto, budget: SolveBudget(extent)),
                engine: GLPKEngine())
            row.results.append(
                SolverResult(
                    budget: budget, objective: solution.objective, bound: solution.bound,
                    isOptimal: solution.status == .optimal, elapsed: solution.elapsedSeconds ?? 0,
                    peakMegabytes: PeakMemory.megabytes(),
                    primalIntegral: SolverResult.primalIntegral(solution, budget: budget)))
        }
        return row
    }

    /// The peers' objectives as shares of ours at the largest budget.
    private func comparePeers(_ rows: [SolverRow]) {
        print(
            "\n| peer on k=\(PeerRun.pathsPerDemand) paths, \(Text.decimal(peerSeconds, digits: 0)) s | ours | others |"
        )
        print("|---|---|---|")
        for row in rows {
            guard let ours = row.results.last else { continue }
            let cells = PeerRun.all(row.instance.problem, seconds: peerSeconds).map { peer in
                guard peer.isInstalled else { return "\(peer.name) not installed" }
                guard let objective = peer.objective else { return "\(peer.name) nothing" }
                let ratio = Text.decimal(Double(objective) / Double(max(1, ours.objective)), digits: 4)
                return "\(peer.name) \(objective) (\(ratio), \(Text.decimal(peer.seconds, digits: 0)) s)"
            }
            print(
                "| \(row.instance.name) | \(ours.objective) at \(Text.decimal(ours.budget, digits: 0)) s | "
                    + cells.joined(separator: "; ") + " |")
        }
    }

    private func measureGenetic(_ rows: [SolverRow]) {
        print(
            "\n| genetic, CPU \(Text.decimal(geneticSeconds, digits: 0)) s | cold | share of the bound | greedy | "
                + "from greedy | of the gap closed | memetic / search, medians of 5 |")
        print("|---|---|---|---|---|---|---|")
        for row in rows where row.instance.problem.demands.count <= 10_000 {
            let bound = min(
                row.instance.upperBound ?? Int.max, row.results.map(\.bound).min() ?? row.instance.problem.totalWeight)
            let cold = GeneticRun.cold(row.instance.problem, fromGreedy: false, seconds: geneticSeconds)
            let warm = GeneticRun.cold(row.instance.problem, fromGreedy: true, seconds: geneticSeconds)
            let closed = Double(warm.objective - warm.greedy) / Double(max(1, bound - warm.greedy))
            let medians = GeneticRun.medians(row.instance.problem, work: 60_000, seeds: 5)
            let share = Double(cold.objective) / Double(max(1, bound))
            print(
                "| \(row.instance.name) | \(cold.objective) | \(Text.decimal(share * 100, digits: 2)) % "
                    + "\(share >= 0.95 ? "pass" : "short") | \(warm.greedy) | \(warm.objective) | "
                    + "\(Text.decimal(closed * 100, digits: 1)) % \(closed >= 0.5 ? "pass" : "short") | "
                    + "\(medians.memetic) / \(medians.search) \(medians.memetic >= medians.search ? "pass" : "short") |"
            )
        }
    }

    /// Our relaxation against column generation on GLPK's master, in CPU seconds of this thread.
    private func compareRelaxations(_ instances: [Instance]) {
        print("\n| relaxation | ours: bound | CPU s | GLPK master: bound | CPU s | ratio |")
        print("|---|---|---|---|---|---|")
        for instance in instances {
            let ours = RelaxationRun.ours(instance.problem)
            let glpk = RelaxationRun.glpk(instance.problem, secondsLimit: glpkSeconds)
            let ratio = Text.decimal(glpk.seconds / max(1e-9, ours.seconds), digits: 1)
            print(
                "| \(instance.name) | \(ours.bound) | \(Text.decimal(ours.seconds, digits: 3)) | "
                    + (glpk.isConverged ? "\(glpk.bound)" : "not done")
                    + " | \(Text.decimal(glpk.seconds, digits: 3)) | \(glpk.isConverged ? "" : "> ")\(ratio) |")
        }
    }
}
