// The experiments of the paper on priority flow admission and routing, as a table and a plot.

import SluiceReport
import SluiceSimulation

extension ExperimentAccount {
    init(_ experiment: AdmissionExperiment, _ found: [AdmissionExperiment.Row]) {
        setting = [
            "Semi-random networks (arXiv 2009.10822): a spanning tree and edges to degree 4, three tiers of capacity, "
                + "priorities 1 to \(AdmissionExperiment.priorities);",
            "light, medium and heavy: flows ask for 40, 80 and 140 % of what there is, along shortest paths.",
            "\(experiment.runs) seeds a row, \(experiment.budgetSeconds) s each; means and half widths of their 95 % "
                + "intervals. Qualities in per cent of the best bound known.",
        ]
        columns =
            [
                Column(title: "nodes", member: "nodes"), Column(title: "flows", member: "flows"),
                Column(title: "load", member: "load", isText: true),
                Column(title: "proven %", member: "provenPercent"), Column(title: "from", member: "provenLowPercent"),
                Column(title: "to", member: "provenHighPercent"),
                Column(title: "found s", member: "secondsToOptimum"),
                Column(title: "+-", member: "secondsToOptimumHalfWidth"),
                Column(title: "proof s", member: "secondsToProof"),
                Column(title: "+-", member: "secondsToProofHalfWidth"),
                Column(title: "quality %", member: "qualityPercent"), Column(title: "+-", member: "qualityHalfWidth"),
            ]
            + AdmissionExperiment.geneticBudgets.flatMap { budget in
                [
                    Column(title: "genetic \(budget) s %", member: "genetic\(Int(budget * 1_000))MillisecondsPercent"),
                    Column(title: "+-", member: "genetic\(Int(budget * 1_000))MillisecondsHalfWidth"),
                ]
            } + [
                Column(title: "upper %", member: "admittedUpperPercent"),
                Column(title: "lower %", member: "admittedLowerPercent"),
            ]
        rows = found.map { row in
            var cells: [Cell] = [
                .integer(row.size.nodes), .integer(row.size.flows), .text(row.load.rawValue),
                .number(row.proven.share * 100, decimals: 0), .number(row.proven.low * 100, decimals: 0),
                .number(row.proven.high * 100, decimals: 0),
            ]
            for estimate in [row.secondsToOptimum, row.secondsToProof] {
                cells.append(estimate.map { .number($0.mean, decimals: 3) } ?? .missing)
                cells.append(estimate.map { .number($0.halfWidth, decimals: 3) } ?? .missing)
            }
            for estimate in [row.quality] + row.genetic {
                cells.append(.number(estimate.mean, decimals: 2))
                cells.append(.number(estimate.halfWidth, decimals: 2))
            }
            return cells + [
                .number(row.admittedUpper.mean, decimals: 1), .number(row.admittedLower.mean, decimals: 1),
            ]
        }
        let last = AdmissionExperiment.geneticBudgets.count - 1
        plot = LinePlot(
            title: "The genetic algorithm within \(AdmissionExperiment.geneticBudgets[last]) s", xTitle: "flows",
            yTitle: "% of the best bound",
            series: AdmissionExperiment.Load.allCases.map { load in
                LinePlot.Series(
                    name: "\(load.rawValue) load",
                    points: found.filter { $0.load == load }.map {
                        (x: Double($0.size.flows), y: $0.genetic[last].mean)
                    })
            })
    }
}
