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
        print("")
        for verdict in SolverVerdict.all(rows, budgets: seconds) { print(verdict.line) }
        if glpkSeconds > 0 { compareRelaxations(instances.filter { $0.problem.demands.count >= 5_000 }) }
    }

    private func measure(_ instance: Instance, _ seconds: [Double]) -> SolverRow {
        var row = SolverRow(instance: instance)
        for budget in seconds {
            let extent = SolveBudget.Extent.wallTime(seconds: budget) { Clock.monotonic() }
            let solution = AdmissionSolver.solve(
                instance.problem, options: SolveOptions(method: .auto, budget: SolveBudget(extent)),
                engine: GLPKEngine())
            row.results.append(
                SolverResult(
                    budget: budget, objective: solution.objective, bound: solution.bound,
                    isOptimal: solution.status == .optimal, elapsed: solution.elapsedSeconds ?? 0))
        }
        return row
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
