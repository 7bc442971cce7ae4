// The peers, each on the textbook model of k shortest paths a flow, in the same run as ours: GLPK in process, CBC as
// `cbc` and HiGHS as Python's highspy where these are installed. One thread each, and all the wall time they are given.

import SluiceGLPK
import SluiceModel
import SluiceSolver

private import Glibc

struct PeerResult {
    var name: String
    /// nil where it found nothing.
    var objective: Int?
    var seconds: Double
    var isInstalled = true
}

enum PeerRun {
    static let pathsPerDemand = 8

    static func all(_ problem: AdmissionProblem, seconds: Double) -> [PeerResult] {
        guard let folder = TemporaryFolder.make() else { return [] }
        defer { rmdir(folder) }
        let model = folder + "/model.lp"
        guard write(LPModelText.write(problem, as: .paths(perDemand: pathsPerDemand)), to: model) else { return [] }
        defer { unlink(model) }
        return [glpk(problem, seconds: seconds), cbc(model, seconds: seconds), highs(model, seconds: seconds)]
    }

    /// HiGHS alone; nil where it is not installed.
    static func highs(_ problem: AdmissionProblem, seconds: Double) -> PeerResult? {
        guard isThere("python3 -c 'import highspy'"), let folder = TemporaryFolder.make() else { return nil }
        defer { rmdir(folder) }
        let model = folder + "/model.lp"
        guard write(LPModelText.write(problem, as: .paths(perDemand: pathsPerDemand)), to: model) else { return nil }
        defer { unlink(model) }
        return highs(model, seconds: seconds)
    }

    private static func glpk(_ problem: AdmissionProblem, seconds: Double) -> PeerResult {
        let compiled = CompiledProblem(problem)
        var pool = ColumnPool(flowCount: compiled.flowCount)
        var enumeration = PathEnumeration(compiled, prices: Array(repeating: 1, count: compiled.linkCount))
        for flow in 0..<compiled.flowCount {
            _ = enumeration.enumerate(flow, count: pathsPerDemand, into: &pool)
        }
        var model = IntegerModel()
        for link in 0..<compiled.linkCount { _ = model.addRow(limit: Double(compiled.capacity[link])) }
        for _ in 0..<compiled.flowCount { _ = model.addRow(limit: 1) }
        for column in 0..<pool.count {
            let flow = Int(pool.flow[column])
            var entries = pool.path(of: column).map { (row: $0, value: Double(compiled.bandwidth[flow])) }
            entries.append((Int32(compiled.linkCount + flow), 1))
            model.addColumn(objective: Double(compiled.weight[flow]), entries: entries)
        }
        let begun = Clock.monotonic()
        let outcome = GLPKEngine().solve(model, incumbent: [], secondsLimit: seconds) { false }
        var objective: Int?
        if outcome.status == .optimal || outcome.status == .feasible {
            objective = (0..<pool.count).reduce(0) { sum, column in
                outcome.values[column] > 0.5 ? sum + compiled.weight[Int(pool.flow[column])] : sum
            }
        }
        return PeerResult(name: "GLPK", objective: objective, seconds: Clock.monotonic() - begun)
    }

    private static func cbc(_ model: String, seconds: Double) -> PeerResult {
        let begun = Clock.monotonic()
        guard isThere("command -v cbc") else { return PeerResult(name: "CBC", seconds: 0, isInstalled: false) }
        let text = output(
            of: "cbc \(model) sec \(Int(seconds)) timem elapsed solve quit 2>/dev/null | grep 'Objective value:'")
        return PeerResult(name: "CBC", objective: lastNumber(in: text), seconds: Clock.monotonic() - begun)
    }

    private static func highs(_ model: String, seconds: Double) -> PeerResult {
        let begun = Clock.monotonic()
        guard isThere("python3 -c 'import highspy'") else {
            return PeerResult(name: "HiGHS", seconds: 0, isInstalled: false)
        }
        let script =
            "import highspy as s; h = s.Highs(); h.setOptionValue('output_flag', False); "
            + "h.setOptionValue('threads', 1); h.setOptionValue('time_limit', float(\(Int(seconds)))); "
            + "h.readModel('\(model)'); h.run(); i = h.getInfo(); "
            + "print(round(i.objective_function_value) if i.primal_solution_status == 2 else '')"
        let text = output(of: "python3 -c \"\(script)\" 2>/dev/null")
        return PeerResult(name: "HiGHS", objective: lastNumber(in: text), seconds: Clock.monotonic() - begun)
    }

    private static func isThere(_ command: String) -> Bool { system("\(command) > /dev/null 2>&1") == 0 }

    private static func output(of command: String) -> String {
        guard let pipe = popen(command, "r") else { return "" }
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The last word of the text that is a number, without its sign: CBC minimises the negative of what is maximised.
    private static func lastNumber(in text: String) -> Int? {
        let words = text.split { $0 == " " || $0 == "\n" || $0 == "\t" }
        return words.reversed().lazy.compactMap { Double($0) }.first.map { Int(abs($0).rounded()) }
    }

    private static func write(_ bytes: [UInt8], to file: String) -> Bool {
        guard let stream = fopen(file, "w") else { return false }
        defer { fclose(stream) }
        return fwrite(bytes, 1, bytes.count, stream) == bytes.count
    }
}

/// Peak resident memory of this process, which Linux lets us set back before each measurement.
enum PeakMemory {
    static func reset() {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        fputs("5", file)
        fclose(file)
    }

    /// Megabytes; nil where the system does not tell.
    static func megabytes() -> Int? {
        guard let file = fopen("/proc/self/status", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("VmHWM:") else { continue }
            return text.split(separator: " ").compactMap { Int($0) }.first.map { $0 / 1_024 }
        }
        return nil
    }
}
