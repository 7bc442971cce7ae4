// One decision in process, at many admitted flows: plain admission, preemption, a reasoned refusal; and plain admission
// while a solve runs on another thread.

import SluiceControlPlane
import SluiceDaemon
import SluiceGLPK
import SluiceModel
import SluiceSolver
import Synchronization

enum DecisionLines {
    static func all(_ settings: DaemonBenchSettings) throws -> [BenchLine] {
        let topology = try DecisionScene.network(settings)
        var yardstick = FullDijkstra(topology)
        let dijkstra = yardstick.medianMicroseconds()
        var lines = [
            BenchLine(
                name: "one full Dijkstra over \(settings.switches) switches, again and again",
                figures: [("p50", dijkstra, "us")], wanted: "")
        ]
        lines += try plain(topology, settings, &yardstick)
        lines += try crowded(topology, settings, &yardstick)
        return lines
    }

    // MARK: With room

    private static func plain(
        _ topology: Topology, _ settings: DaemonBenchSettings, _ yardstick: inout FullDijkstra
    ) throws -> [BenchLine] {
        var scene = DecisionScene(
            topology, seed: settings.seed, purpose: "bench.light", megabits: 20...200, priorities: 1...5)
        try scene.fill(to: settings.flows)
        _ = try admissions(&scene, settings.samples / 4, &yardstick)
        var idle = try admissions(&scene, settings.samples, &yardstick)
        var lines = [
            line("plain admission at \(scene.admittedCount) flows", &idle.admissions, &idle.units, atMost: 0.3),
            line("withdrawal", &idle.withdrawals, &idle.units, atMost: nil),
        ]
        lines.append(try whileSolving(&scene, settings, idle: idle.admissions, &yardstick))
        scene.follow()
        _ = try admissions(&scene, settings.samples / 4, &yardstick)
        var followed = try admissions(&scene, settings.samples, &yardstick)
        lines.append(
            line(
                "plain admission, a client being sent every rule", &followed.admissions, &followed.units, atMost: 0.3))
        return lines
    }

    private struct Steps {
        var admissions = Durations()
        var withdrawals = Durations()
        /// The unit, measured between the decisions: a machine that slows down slows both.
        var units = Durations()
    }

    /// Each flow leaves again, so that the network stays as full as it was.
    private static func admissions(
        _ scene: inout DecisionScene, _ count: Int, _ yardstick: inout FullDijkstra,
        while goesOn: () -> Bool = { true }
    ) throws -> Steps {
        var steps = Steps()
        while steps.admissions.count < count, goesOn() {
            let request = scene.randomRequest()
            let (result, seconds) = try scene.submit(request)
            guard result.rejection == nil, let id = request.id else { continue }
            if result.preempted.isEmpty { steps.admissions.append(seconds) }
            steps.withdrawals.append(try scene.withdraw(id).seconds)
            steps.units.append(yardstick.seconds(from: steps.admissions.count))
        }
        return steps
    }

    private static func whileSolving(
        _ scene: inout DecisionScene, _ settings: DaemonBenchSettings, idle: Durations, _ yardstick: inout FullDijkstra
    ) throws -> BenchLine {
        let (effects, _) = scene.handle(.optimize(OptimizeRequest(budgetSeconds: 1.5)))
        var order: SolveOrder?
        for effect in effects { if case .solve(let found) = effect { order = found } }
        guard let order else { preconditionFailure("an optimisation poses no problem") }
        let isOver = Flag()
        // As the daemon does it.
        BackgroundThread.run(stackBytes: DaemonLimits.solverStackBytes, niceness: 10) {
            let budget = SolveBudget(.wallTime(seconds: order.budgetSeconds, clock: MonotonicClock.seconds))
            _ = AdmissionSolver.solve(
                order.problem, options: SolveOptions(method: order.method, budget: budget, seed: order.seed),
                engine: GLPKEngine())
            isOver.raise()
        }
        var busy = try admissions(&scene, .max, &yardstick) { !isOver.isRaised }.admissions
        scene.drop(order)
        var idle = idle
        let ratio = busy.percentile(0.99) / max(idle.percentile(0.99), 1e-9)
        return BenchLine(
            name: "plain admission while a solve runs",
            figures: [
                ("p50", busy.percentile(0.5), "us"), ("p99", busy.percentile(0.99), "us"),
                ("p99 to p99 when idle", ratio, ""), ("of", Double(busy.count), "decisions"),
            ], wanted: "p99 at most 3 times that when idle", isReached: ratio <= 3)
    }

    // MARK: Without room

    private static func crowded(
        _ topology: Topology, _ settings: DaemonBenchSettings, _ yardstick: inout FullDijkstra
    ) throws -> [BenchLine] {
        var scene = DecisionScene(
            topology, seed: settings.seed, purpose: "bench.full", megabits: 40...420, priorities: 1...5)
        try scene.fill(to: settings.flows)
        let admitted = scene.admittedCount
        var plain = Durations()
        var preemption = Durations()
        var refusal = Durations()
        var units = Durations()
        for _ in 0..<2 * settings.samples {
            let request = scene.randomRequest()
            let (result, seconds) = try scene.submit(request)
            units.append(yardstick.seconds(from: units.count))
            if let rejection = result.rejection {
                if rejection.code == .noCapacity || rejection.code == .outranked { refusal.append(seconds) }
                continue
            }
            if result.preempted.isEmpty, result.moved.isEmpty {
                plain.append(seconds)
            } else {
                preemption.append(seconds)
            }
            if let id = request.id { _ = try scene.withdraw(id) }
        }
        return [
            line("admission in a full network of \(admitted) flows", &plain, &units, atMost: nil),
            line("preemption in a full network of \(admitted) flows", &preemption, &units, atMost: 2),
            line("reasoned refusal in a full network of \(admitted) flows", &refusal, &units, atMost: 2),
        ]
    }

    private static func line(
        _ name: String, _ durations: inout Durations, _ units: inout Durations, atMost most: Double?
    ) -> BenchLine {
        let unit = units.percentile(0.5)
        let ratio = durations.percentile(0.5) / unit
        return BenchLine(
            name: name,
            figures: [
                ("p50", durations.percentile(0.5), "us"), ("p99", durations.percentile(0.99), "us"),
                ("p50", ratio, "Dijkstras"), ("which take", unit, "us"), ("of", Double(durations.count), "decisions"),
            ],
            wanted: most.map { "p50 at most \(Text.decimal($0, digits: 1)) Dijkstras" } ?? "",
            isReached: most.map { durations.count > 0 && ratio <= $0 })
    }
}

/// Raised by one thread, seen by another.
private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isRaised: Bool { value.load(ordering: .acquiring) }
    func raise() { value.store(true, ordering: .releasing) }
}
