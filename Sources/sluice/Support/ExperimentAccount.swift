// What an experiment found, as a table, as JSON and as a plot.

import SluiceJSON
import SluiceModel
import SluiceReport
import SluiceSimulation

struct ExperimentAccount {
    enum Cell {
        case text(String)
        /// Printed with `decimals`.
        case number(Double, decimals: Int)
        case integer(Int)
        case missing

        var text: String {
            switch self {
            case .text(let text): text
            case .number(let value, let decimals): fixed(value, decimals)
            case .integer(let value): "\(value)"
            case .missing: "-"
            }
        }
    }

    struct Column {
        /// Of the table.
        let title: String
        /// Of the JSON document.
        let member: String
        var isText = false
    }

    /// What was simulated, in a few lines.
    let setting: [String]
    let columns: [Column]
    let rows: [[Cell]]
    var plot: LinePlot?

    var text: String {
        var table = Table(columns.map { $0.isText ? .text($0.title) : .number($0.title) })
        for row in rows { table.append(row.map(\.text)) }
        return setting.map { $0 + "\n" }.joined() + "\n" + table.text
    }

    func jsonText(_ experiment: String, seed: UInt64) -> String {
        var writer = JSONWriter(pretty: true)
        writer.beginObject()
        writer.name("experiment")
        writer.string(experiment)
        writer.name("seed")
        // Beyond 2^53 not every reader keeps an integer exact.
        writer.string("\(seed)")
        writer.name("setting")
        writer.string(setting.joined(separator: " "))
        writer.name("results")
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            for (column, cell) in zip(columns, row) {
                writer.name(column.member)
                switch cell {
                case .text(let text): writer.string(text)
                case .number(let value, _): writer.number(value)
                case .integer(let value): writer.integer(value)
                case .missing: writer.null()
                }
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }
}

/// `value` with that many decimals, rounded half away from zero.
private func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (value * scale).rounded()
    guard scaled.magnitude < 1e15 else { return "\(value)" }
    let digits = "\(Int(scaled.magnitude))"
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = scaled < 0 ? "-" : ""
    return decimals == 0 ? sign + padded : sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
}

extension ExperimentAccount {
    init(_ experiment: StationaryExperiment, plotted: Bool) {
        setting = [
            "Action i succeeds with a fixed probability; a run ends when one probability reaches "
                + "\(StationaryExperiment.settled).",
            "\(experiment.runs) runs; iterations with their 95 % interval.",
        ]
        columns = [
            Column(title: "environment, scheme", member: "scheme", isText: true),
            Column(title: "parameters", member: "parameters", isText: true),
            Column(title: "iterations", member: "iterations"), Column(title: "+-", member: "halfWidth"),
            Column(title: "accuracy", member: "accuracy"), Column(title: "elsewhere", member: "reference"),
        ]
        rows = experiment.run().map { result in
            [
                .text("\(result.environment) \(result.scheme)"), .text(result.parameters),
                .number(result.iterations.mean, decimals: 0), .number(result.iterations.halfWidth, decimals: 0),
                .number(result.accuracy, decimals: 4), .number(result.reference, decimals: 0),
            ]
        }
        guard plotted else { return }
        plot = LinePlot(
            title: "Probability of the best of ten actions, whose rewards never change", xTitle: "iteration",
            yTitle: "probability",
            series: StationaryExperiment.environments.flatMap { environment in
                environment.schemes.map { scheme, _ in
                    LinePlot.Series(
                        name: "\(environment.name) \(scheme.name)",
                        points: experiment.trajectory(of: scheme, in: environment, stride: 25, until: 5_000).map {
                            (x: Double($0.iteration), y: $0.probability)
                        })
                }
            })
    }

    init(_ experiment: ChangeExperiment, plotted: Bool) {
        func listed(_ means: [Double]) -> String { means.map { "\($0)" }.joined(separator: " ") }
        setting = [
            "Mean rewards \(listed(ChangeExperiment.before)), from sample \(ChangeExperiment.changeAt) on "
                + "\(listed(ChangeExperiment.after)), of \(ChangeExperiment.samples); noise +-\(ChangeExperiment.noise).",
            "\(experiment.runs) runs; adaptation: samples after the change until the best path has a probability above "
                + "\(ChangeExperiment.adapted); means with their 95 % intervals.",
        ]
        columns = [
            Column(title: "scheme", member: "scheme", isText: true),
            Column(title: "parameters", member: "parameters", isText: true),
            Column(title: "adaptation", member: "adaptation"), Column(title: "+-", member: "adaptationHalfWidth"),
            Column(title: "regret", member: "regret"), Column(title: "+-", member: "regretHalfWidth"),
            Column(title: "never", member: "never"),
        ]
        rows = experiment.run().map { result in
            [
                .text(result.scheme), .text(result.parameters), .number(result.adaptation.mean, decimals: 0),
                .number(result.adaptation.halfWidth, decimals: 0), .number(result.regret.mean, decimals: 4),
                .number(result.regret.halfWidth, decimals: 4), .integer(result.never),
            ]
        }
        guard plotted else { return }
        plot = LinePlot(
            title: "Probability of the best of four paths, which changes at sample \(ChangeExperiment.changeAt)",
            xTitle: "sample", yTitle: "probability",
            series: ChangeExperiment.schemes.map { scheme in
                LinePlot.Series(
                    name: scheme.name,
                    points: experiment.trajectory(of: scheme, stride: 20).map {
                        (x: Double($0.sample), y: $0.probability)
                    })
            })
    }

    init(_ experiment: TwoPathExperiment) {
        let (fast, slow) = (
            TwoPathExperiment.bestSplit(firstIsFast: true), TwoPathExperiment.bestSplit(firstIsFast: false)
        )
        let best = (first: fast.first, second: slow.first, share: min(fast.share, slow.share))
        setting = [
            "\(TwoPathExperiment.flows) flows of 0.9 Mbit/s over paths of 75 and 25 Mbit/s, which change places every "
                + "100 s for 500 s; telemetry at 10 Hz.",
            "Throughput: what arrived over what the best static split of each period carries (of 0 to "
                + "\(TwoPathExperiment.flows) flows on the first path, \(best.first) then \(best.second): "
                + "\(fixed(best.share * 100, 1)) % of the offered rate).",
            "Found again: slowest of the four changes, until 97 % of that are carried.",
        ]
        columns = [
            Column(title: "control", member: "control", isText: true),
            Column(title: "throughput %", member: "throughputPercent"),
            Column(title: "found again s", member: "foundSeconds"), Column(title: "moves", member: "moves"),
        ]
        let results = experiment.run()
        rows = results.map { result in
            let found = result.found.compactMap { $0 }
            return [
                .text(result.control.title), .number(result.throughput * 100, decimals: 1),
                found.count == result.found.count ? found.max().map { .number($0, decimals: 1) } ?? .missing : .missing,
                .integer(result.moves),
            ]
        }
        plot = LinePlot(
            title: "Two paths whose rates change places: share of the offered rate that arrives", xTitle: "seconds",
            yTitle: "share",
            series: results.map { result in
                LinePlot.Series(name: result.control.title, points: result.series.map { (x: $0.second, y: $0.share) })
            })
    }

    init(_ experiment: ShiftExperiment) {
        let result = experiment.run()
        setting = [
            "\(result.topology): \(result.agents) flows; at \(ShiftExperiment.shiftSecond) s other traffic takes 60 % of "
                + "each of the three busiest links; telemetry at 10 Hz, margin \(experiment.policy.margin)"
                + (experiment.decider == .controlPlane ? "; the whole control plane decides." : "."),
            "Mean one-way delays; after the shift from \(ShiftExperiment.settleSeconds) s on.",
        ]
        columns = [
            Column(title: "quantity", member: "quantity", isText: true), Column(title: "value", member: "value"),
        ]
        rows = [
            [.text("delay before, us"), .number(result.delayBefore * 1e6, decimals: 1)],
            [.text("delay after, if nothing moved, us"), .number(result.unmovedDelay * 1e6, decimals: 1)],
            [.text("delay after, us"), .number(result.delayAfter * 1e6, decimals: 1)],
            [.text("delay of the best static assignment found, us"), .number(result.bestDelay * 1e6, decimals: 1)],
            [.text("ratio to it"), .number(result.delayAfter / result.bestDelay, decimals: 4)],
            [.text("moves after the shift"), .integer(result.movesAfterShift)],
            [.text("most flows moving in a second, 10 s after, %"), .number(result.restlessness * 100, decimals: 2)],
        ]
        plot = LinePlot(
            title: "Congestion on the three busiest links of \(result.topology) at "
                + "\(ShiftExperiment.shiftSecond) s", xTitle: "seconds", yTitle: "mean delay ms; flows moving, %",
            series: [
                LinePlot.Series(
                    name: "mean one-way delay, ms",
                    points: result.series.map { (x: Double($0.second), y: $0.delay * 1e3) }),
                LinePlot.Series(
                    name: "flows moving in the second, %",
                    points: result.series.map {
                        (x: Double($0.second), y: Double($0.moves) / Double(result.agents) * 100)
                    }),
            ])
    }
}
