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
            Prints a Markdown table, then a line for each requirement: pass, short, or not compared. Gaps are to the \
            better of our bound and the reference's. HiGHS values are those recorded in the folder's reference.json \
            (k=8 paths, 60 s, one thread), or those of Python's highspy, where it is installed. Without further options \
            everything is measured, in about a quarter of an hour; --quick leaves out all but the table.

            Example:
              sluice-bench solver --suite ../shared/data/pfar
            """)

    @Option(help: "Folder with instances and reference.json.")
    var suite: String

    @Option(help: "Budgets in seconds, separated by commas, ascending.")
    var budgets = "1,10"

    @Option(help: "Only instances whose name contains this.")
    var only = ""

    @Option(help: "Largest number of flows of an instance; those above 20000 get one solve of a minute.")
    var flowsMost = 50_000

    @Option(help: "Seconds that GLPK's column generation may take at 5 000 flows and more; 0 leaves it out.")
    var glpkSeconds = 20.0

    @Option(help: "Seconds for each peer (GLPK, CBC, HiGHS) on the model of eight paths a flow; 0 leaves them out.")
    var peerSeconds = 10.0

    @Option(help: "Largest number of flows of an instance that peers run on.")
    var peerFlowsMost = 500

    @Option(help: "Seconds for each genetic run, at 70 % load; 0 leaves them out.")
    var geneticSeconds = 5.0

    @Flag(help: "Only solve: no peers, genetic runs or relaxations.")
    var quick = false

    func run() throws {
        let seconds = budgets.split(separator: ",").compactMap { Double($0) }
        guard !seconds.isEmpty, seconds == seconds.sorted() else {
            throw ValidationError("--budgets is an ascending list such as 1,10")
        }
        let instances = try InstanceFolder(suite).instances(containing: only, flowsMost: flowsMost)
        var rows: [SolverRow] = []
        print(SolverRow.header(seconds))
        for instance in instances {
            let isHuge = instance.problem.demands.count > 20_000
            let row = measure(instance, isHuge ? [60] : seconds)
            print(row.line)
            rows.append(row)
        }
        print("\nLateness past the budget, ms: \(SolverVerdict.lateness(rows))")
        print(
            "Primal integral, mean share of the bound that was missing over the run: \(SolverVerdict.integrals(rows))\n"
        )
        for verdict in SolverVerdict.all(rows, budgets: seconds) { print(verdict.line) }
        if quick { return }
        if peerSeconds > 0 { comparePeers(rows.filter { $0.instance.problem.demands.count <= peerFlowsMost }) }
        if geneticSeconds > 0 {
            measureGenetic(rows.filter { $0.instance.load ?? 70 == 70 && $0.instance.problem.demands.count <= 10_000 })
        }
        if glpkSeconds > 0 {
            compareRelaxations(instances.filter { (5_000...20_000).contains($0.problem.demands.count) })
        }
    }

    private func measure(_ instance: Instance, _ seconds: [Double]) -> SolverRow {
        var row = SolverRow(instance: instance)
        if row.instance.highs == nil, !quick, instance.problem.demands.count <= 20_000 {
            row.instance.highs = PeerRun.highs(instance.problem, seconds: 60)?.objective
        }
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
        guard !rows.isEmpty else { return }
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
        guard !rows.isEmpty else { return }
        var reached = (cold: 0, warm: 0, memetic: 0)
        print(
            "\n| genetic, CPU \(Text.decimal(geneticSeconds, digits: 0)) s | cold | share of the bound | greedy | "
                + "from greedy | of the gap closed | memetic / search, medians of 5 |")
        print("|---|---|---|---|---|---|---|")
        for row in rows {
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
            if share >= 0.95 { reached.cold += 1 }
            if closed >= 0.5 { reached.warm += 1 }
            if medians.memetic >= medians.search { reached.memetic += 1 }
        }
        print("")
        for (requirement, count) in [
            ("cold genetic at least 95 % of the bound", reached.cold),
            ("genetic from greedy closes at least half of the gap", reached.warm),
            ("memetic not behind ruin and recreate at equal work", reached.memetic),
        ] {
            print(
                SolverVerdict(
                    requirement: requirement, found: "\(count) of \(rows.count)", isReached: count == rows.count
                ).line)
        }
    }

    /// Our relaxation against column generation on GLPK's master, in CPU seconds of this thread.
    private func compareRelaxations(_ instances: [Instance]) {
        guard !instances.isEmpty else { return }
        var least = Double.infinity
        print("\n| relaxation | ours: bound | CPU s | GLPK master: bound | CPU s | ratio |")
        print("|---|---|---|---|---|---|")
        for instance in instances {
            let ours = RelaxationRun.ours(instance.problem)
            let glpk = RelaxationRun.glpk(instance.problem, secondsLimit: glpkSeconds)
            least = min(least, glpk.seconds / max(1e-9, ours.seconds))
            let ratio = Text.decimal(glpk.seconds / max(1e-9, ours.seconds), digits: 1)
            print(
                "| \(instance.name) | \(ours.bound) | \(Text.decimal(ours.seconds, digits: 3)) | "
                    + (glpk.isConverged ? "\(glpk.bound)" : "not done")
                    + " | \(Text.decimal(glpk.seconds, digits: 3)) | \(glpk.isConverged ? "" : "> ")\(ratio) |")
        }
        print(
            "\n"
                + SolverVerdict(
                    requirement: "relaxation at least 5 times as fast as on GLPK's master",
                    found: "at least \(Text.decimal(least, digits: 1)) times", isReached: least >= 5
                ).line)
    }
}
