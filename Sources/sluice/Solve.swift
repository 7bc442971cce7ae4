// `sluice solve`: the admission problem of a file, offline.

import ArgumentParser
import SluiceDocuments
import SluiceGLPK
import SluiceModel
import SluiceSolver

private import Glibc

struct Solve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decides which demands of a network are admitted, and on which paths.",
        discussion: """
            The answer is the best placement found within the budget, with a proven bound on what any placement can \
            reach. Networks come as PFAR instances, SNDlib, Repetita with --demands, topohub node-link JSON, or a \
            Sluice topology with --demands.

            Methods: auto searches and proves side by side; search is ruin and recreate; genetic starts cold, memetic \
            from the relaxation; exact solves the relaxation and its core, and answers with the genetic solver's \
            placement where that is better; greedy is the first answer of all.

            Examples:
              sluice solve instance.json --budget 10s
              sluice solve germany50.txt --objective strict --flows
              sluice solve net.graph --demands net.demands --json --output solution.json
              sluice solve instance.json --present solution.json --max-moves 20
              sluice solve instance.json --work-limit 200000 --seed 7 --json
            """)

    enum Objective: String, ExpressibleByArgument, CaseIterable { case weighted, strict }
    enum Model: String, ExpressibleByArgument, CaseIterable { case paths, arcs }

    @Argument(help: "The network, with its demands unless --demands gives them.")
    var file: String

    @Option(help: ArgumentHelp("Demands in a file of their own.", valueName: "file"))
    var demands: String?

    @Option(help: "What finds the placement: auto, exact, genetic, memetic, search or greedy.")
    var method: Optimize.Method = .auto

    @Option(
        help: "weighted: the most priority in sum; strict: nothing of a higher priority for any number of lower ones.")
    var objective: Objective = .weighted

    @Option(parsing: .unconditional, help: "Wall time, as 500ms or 10s.")
    var budget: SecondsArgument?

    @Option(parsing: .unconditional, help: "Work units in the place of time; the same seed then gives the same bytes.")
    var workLimit: Int?

    @Option(parsing: .unconditional, help: "Seed of every random choice.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("A solution that is in place now; few flows leave their paths.", valueName: "file"))
    var present: String?

    @Option(parsing: .unconditional, help: "Most flows that may leave the path they have in --present for another.")
    var maxMoves: Int?

    @Option(
        help: ArgumentHelp(
            "A policy whose classes give demands their priorities; its default class is that of demands that state none.",
            valueName: "policy"))
    var priorityFrom: String?

    @OptionGroup var imports: ImportArguments

    @Option(help: ArgumentHelp("Write the solution here as JSON.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Write the model here in CPLEX LP format, and solve nothing.", valueName: "file"))
    var exportLp: String?

    @Option(help: "Model of --export-lp: paths (the --paths shortest ones of each demand) or arcs.")
    var model: Model = .paths

    @Option(parsing: .unconditional, help: "Paths of each demand in the exported path model.")
    var paths = 8

    @Flag(help: "Print the solution as one JSON document.")
    var json = false

    @Flag(help: "List every demand with its path or the reason of its rejection.")
    var flows = false

    func validate() throws {
        if budget != nil, workLimit != nil { throw ValidationError("--budget and --work-limit exclude each other") }
        if let workLimit, workLimit < 0 { throw ValidationError("--work-limit is not negative") }
        if let maxMoves, maxMoves < 0 { throw ValidationError("--max-moves is not negative") }
        if maxMoves != nil, present == nil { throw ValidationError("--max-moves needs --present") }
        if !(1...64).contains(paths) { throw ValidationError("--paths is from 1 to 64") }
    }

    func run() throws {
        let network = try DocumentInput.use { () throws(InvalidDocument) in
            guard let demands else {
                return try Document.readNetwork(DocumentFile(reading: file), options: imports.options)
            }
            return try Document.readNetwork(
                DocumentFile(reading: file), demands: DocumentFile(reading: demands), options: imports.options)
        }
        DocumentInput.report(network.warnings, of: file)
        let problem = try problem(of: network)
        if let exportLp {
            let model: LPModelText.Kind = model == .arcs ? .arcs : .paths(perDemand: paths)
            try OutputFile.write(LPModelText.write(problem, as: model), to: exportLp)
            return
        }
        let solution = solve(problem)
        if let refused = solution.refused {
            StandardError.write("sluice: \(file): a placement was refused by the audit: \(refused.faults.prefix(3))\n")
        }
        let document = SolveAnswer.document(solution, of: problem)
        if let output { try OutputFile.write(document.json, to: output) }
        if json {
            StandardOutput.write(document.json)
        } else {
            StandardOutput.write(SolveAnswer.text(solution, of: problem, name: file, listsFlows: flows))
        }
    }

    private func problem(of network: ImportedNetwork) throws -> AdmissionProblem {
        let policy = try priorityFrom.map { name in
            try DocumentInput.use { () throws(InvalidDocument) in try PolicyReader.read(DocumentFile(reading: name)) }
        }
        var inPlace: [FlowID: Path] = [:]
        if let present {
            let placement = try DocumentInput.use { () throws(InvalidDocument) in
                try PlacementDocument.read(DocumentFile(reading: present), topology: network.topology)
            }
            for (flow, path) in placement.paths { inPlace[flow] = path }
        }
        let demands = try network.demands.map { record in
            AdmissionDemand(
                id: record.id, source: record.source, destination: record.destination, bandwidth: record.bandwidth,
                priority: try priority(of: record, policy: policy), constraints: record.constraints,
                present: inPlace[record.id])
        }
        return AdmissionProblem(
            topology: network.topology, demands: demands, objective: objective == .strict ? .strict : .weighted,
            maxMoves: maxMoves)
    }

    private func priority(of record: DemandRecord, policy: Policy?) throws -> FlowPriority {
        let name: String
        switch record.importance {
        case .priority(let priority): return priority
        case .unstated:
            guard let policy else { return FlowPriority(1) }
            name = policy.defaultClass
        case .trafficClass(let given): name = given
        }
        guard let found = (policy ?? .standard).trafficClass(named: name) else {
            throw CommandFailure(
                .input, file, "demand \(record.id) is of class \"\(name)\", which the policy does not have",
                remedy: "name the policy with --priority-from")
        }
        return FlowPriority(found.priority)
    }

    private func solve(_ problem: AdmissionProblem) -> AdmissionSolution {
        var extent = SolveBudget.Extent.wallTime(seconds: budget?.seconds ?? 1) { Solve.monotonicSeconds() }
        if let workLimit { extent = .work(workLimit) }
        let method: AdmissionPolicy.Method =
            switch method {
            case .auto: .auto
            case .exact: .exact
            case .genetic: .genetic
            case .memetic: .memetic
            case .search: .search
            case .greedy: .greedy
            }
        let showsProgress = isatty(STDERR_FILENO) == 1
        var progress: (@Sendable (TrajectoryPoint) -> Void)?
        if showsProgress { progress = { point in Solve.show(point) } }
        let solution = AdmissionSolver.solve(
            problem, options: SolveOptions(method: method, budget: SolveBudget(extent), seed: seed),
            engine: GLPKEngine(), onProgress: progress)
        if showsProgress { StandardError.write("\r\u{1b}[K") }
        return solution
    }

    private static func show(_ point: TrajectoryPoint) {
        let when = point.elapsedSeconds.map { "\(decimal($0, digits: 2)) s" } ?? "\(point.work ?? 0) units"
        let gap = Double(point.bound - point.objective) / Double(max(1, point.objective))
        StandardError.write(
            "\r\u{1b}[K\(when): objective \(point.objective), bound \(point.bound), gap \(decimal(gap * 100, digits: 2)) %"
        )
    }

    static func monotonicSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }
}

/// `value` with so many digits after the point.
func decimal(_ value: Double, digits: Int) -> String {
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let units = Int((value * Double(scale)).rounded())
    let fraction = String(abs(units) % scale)
    let sign = units < 0 ? "-" : ""
    if digits == 0 { return "\(units)" }
    return "\(sign)\(abs(units) / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// `1 flow`, `2 flows`.
func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}
