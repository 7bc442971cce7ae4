// A replay's report as one HTML file, for people who judge at a glance and for those who print.

import SluiceModel
import SluiceReport
import SluiceSimulation

struct ReplayPage {
    private let report: ReplayReport
    private let linkCount: Int

    init(_ report: ReplayReport, links: Int) {
        self.report = report
        linkCount = max(1, links)
    }

    var html: String {
        // The file's own name is enough for a title.
        let names = report.captures.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        var page = HTMLPage(title: "Replay of \(names.joined(separator: ", ")) on \(report.topology.name)")
        let introduction = ReplayText(report, links: linkCount).introductionLines
        page.paragraph(introduction[0] + ".")
        guard let subject = report.results.last else { return page.text }
        page.lead(verdict(subject))
        page.keyFigures(keyFigures(subject))
        page.list(Array(introduction.dropFirst()))
        page.heading("What each way of running the network would have done")
        page.table(Self.schemeColumns, report.results.map(schemeRow), caption: "Flows by scheme")
        if !report.optima.isEmpty {
            page.paragraph(
                "Weight is that of the flows carried in full at the busiest instant of each interval. The optimum is what "
                    + "an all-knowing operator could carry then, with every flow free to be placed anew and no policy.")
            page.figures([sharePlot, weightPlot, bandwidthPlot])
        }
        page.heading("Admitted and refused over time, by class (\(subject.scheme))")
        page.figures(classPlots(subject))
        page.table(Self.classColumns, classRows(subject), caption: "Flows by class (\(subject.scheme))")
        page.heading("How full the links were (\(subject.scheme))")
        page.wideFigure(
            map(subject, "Most of each link that was reserved at any instant") { $0.peak.bitsPerSecond })
        page.wideFigure(
            map(subject, "Mean share of each link that was reserved, over the whole replay") {
                report.meanReserved($0)
            })
        page.table(Self.linkColumns, linkRows(subject), caption: "The fullest links (\(subject.scheme))")
        page.heading("Flows that took another path (\(subject.scheme))")
        page.figures([movesPlot(subject), preemptionPlot(subject)])
        page.heading("Why flows were refused")
        page.table(
            [("Scheme", false), ("Reason", false), ("Code", false), ("Flows", true)], refusalRows,
            caption: refusalRows.isEmpty ? "No flow was refused." : "Refusals by reason")
        page.heading("How long a decision took (measured)")
        page.paragraph(
            "Wall-clock times of the machine that ran this replay; they alone differ from run to run.")
        page.table(Self.latencyColumns, latencyRows, caption: "Microseconds of one decision")
        page.figures(report.measured.schemes.map(latencyPlot))
        return page.text
    }

    // MARK: At a glance

    private func verdict(_ subject: ReplayResult) -> String {
        let total = subject.total
        guard total.offered > 0 else {
            return "There was nothing to admit: the captures hold no flow between two places."
        }
        let admitted = ReplayText.share(total.admitted, of: total.offered)
        var text =
            "\(subject.scheme) admits \(total.admitted) of \(counted(total.offered, "flow")) (\(admitted)) on arrival and "
            + "refuses \(total.refused)."
        if report.optima.isEmpty { return text }
        let optimum = report.optimumWeight
        text +=
            " At the busiest instants it carries \(ReplayText.share(report.weightCarried(subject), of: optimum)) of the "
            + "optimum's weight"
        let others = report.results.dropLast().filter { $0.scheme != SluiceScheme.nameWithoutLearning }
        guard let best = others.max(by: { report.weightCarried($0) < report.weightCarried($1) }) else {
            return text + "."
        }
        let share = ReplayText.share(report.weightCarried(best), of: optimum)
        return text + "; the best network without Sluice, \(best.scheme), \(share)."
    }

    private func keyFigures(_ subject: ReplayResult) -> [(value: String, meaning: String)] {
        let total = subject.total
        var figures = [
            (ReplayText.share(total.admitted, of: total.offered), "of \(total.offered) flows admitted on arrival"),
            (ReplayText.share(subject.weightAdmitted, of: subject.weightOffered), "of all weight admitted"),
            (ReplayText.share(total.bitsCarried, of: total.bitsOffered), "of the volume carried"),
        ]
        if !report.optima.isEmpty {
            figures.append(
                (ReplayText.share(report.weightCarried(subject), of: report.optimumWeight), "of the optimum's weight"))
        }
        figures += [("\(total.refused)", "flows refused"), ("\(total.preempted)", "preemptions")]
        if total.displaced > 0 { figures.append(("\(total.displaced)", "flows cut off by failures")) }
        figures.append(("\(total.moved)", "path moves"))
        if let fullest = report.fullestLinks(of: subject).first {
            let link = report.topology[fullest.link]
            figures.append(
                (
                    ReplayText.share(fullest.peak.bitsPerSecond, of: link.reservable.bitsPerSecond),
                    "peak of the fullest link, \(link.id.text)"
                ))
        }
        return figures
    }

    // MARK: Schemes

    private static let schemeColumns: [(title: String, isNumber: Bool)] = [
        ("Scheme", false), ("Admitted", true), ("Refused", true), ("Preempted", true), ("Displaced", true),
        ("Moved", true), ("Weight", true), ("Volume", true), ("Of the optimum", true),
    ]

    private func schemeRow(_ result: ReplayResult) -> [String] {
        [
            result.scheme, "\(result.total.admitted)", "\(result.total.refused)", "\(result.total.preempted)",
            "\(result.total.displaced)", "\(result.total.moved)",
            ReplayText.share(result.weightAdmitted, of: result.weightOffered),
            ReplayText.share(result.total.bitsCarried, of: result.total.bitsOffered),
            report.optima.isEmpty ? "-" : ReplayText.share(report.weightCarried(result), of: report.optimumWeight),
        ]
    }

    /// Where the lines of absolute weights lie on each other, their ratios do not.
    private var sharePlot: String {
        let series = lines { result, interval in
            let optimum = report.optima[interval].weight
            return optimum == 0 ? 100 : Double(result.intervals[interval].weightCarried) * 100 / Double(optimum)
        }
        return LinePlot(
            title: "Share of the optimum's weight that is carried", xTitle: unit.title, yTitle: "%", series: series,
            size: .narrow
        ).svg
    }

    private var weightPlot: String {
        let optimum = LinePlot.Series(
            name: "optimum", points: line { Double(report.optima[$0].weight) }, style: .reference)
        let series = [optimum] + lines { Double($0.intervals[$1].weightCarried) }
        return LinePlot(
            title: "Weight carried, against the optimum", xTitle: unit.title, yTitle: "weight", series: series,
            size: .narrow
        ).svg
    }

    private var bandwidthPlot: String {
        let most = report.optima.map(\.bandwidthOffered).max() ?? 0
        let scale = most >= 2_000_000_000 ? ("Gbit/s", 1e9) : most >= 2_000_000 ? ("Mbit/s", 1e6) : ("kbit/s", 1e3)
        let offered = LinePlot.Series(
            name: "offered", points: line { Double(report.optima[$0].bandwidthOffered) / scale.1 }, style: .reference)
        let series = [offered] + lines { Double($0.intervals[$1].bandwidthCarried) / scale.1 }
        return LinePlot(
            title: "Bandwidth carried", xTitle: unit.title, yTitle: scale.0, series: series, size: .narrow
        ).svg
    }

    /// One line for each scheme, that of the subject first and wide: the others are drawn upon it. A scheme looks the same
    /// in every plot.
    private func lines(_ value: (ReplayResult, Int) -> Double) -> [LinePlot.Series] {
        report.results.indices.reversed().map { position in
            let result = report.results[position]
            let rank = report.results.count - 1 - position
            return LinePlot.Series(
                name: result.scheme, points: line { value(result, $0) }, style: rank == 0 ? .subject : .numbered(rank))
        }
    }

    /// One point for each interval, at its busiest instant.
    private func line(_ value: (Int) -> Double) -> [(x: Double, y: Double)] {
        (0..<report.timeline.count).map { interval in
            let seconds = report.timeline.samples[interval].seconds(since: report.timeline.start)
            return (seconds / unit.seconds, value(interval))
        }
    }

    /// A unit of time in which the replay has a handy length.
    private var unit: (title: String, seconds: Double) {
        switch report.durationSeconds {
        case ..<600: ("seconds", 1)
        case ..<36_000: ("minutes", 60)
        case ..<1_000_000: ("hours", 3_600)
        default: ("days", 86_400)
        }
    }

    // MARK: Classes

    private static let classColumns: [(title: String, isNumber: Bool)] = [
        ("Class", false), ("Priority", true), ("Offered", true), ("Admitted", true), ("Refused", true),
        ("Preempted", true), ("Returned", true), ("Moved", true), ("Volume", true),
    ]

    private func classRows(_ result: ReplayResult) -> [[String]] {
        func row(_ name: String, _ priority: String, _ tally: ReplayResult.Tally) -> [String] {
            [
                name, priority, "\(tally.offered)", "\(tally.admitted)", "\(tally.refused)", "\(tally.preempted)",
                "\(tally.returned)", "\(tally.moved)", ReplayText.share(tally.bitsCarried, of: tally.bitsOffered),
            ]
        }
        return zip(report.policy.classes, result.classes).map { row($0.name, "\($0.priority)", $1) }
            + [row("all", "", result.total)]
    }

    private func classPlots(_ result: ReplayResult) -> [String] {
        report.policy.classes.indices.filter { result.classes[$0].offered > 0 }.map { position in
            let trafficClass = report.policy.classes[position]
            func values(_ count: KeyPath<ReplayResult.Interval.Counts, Int>) -> [Double] {
                result.intervals.map { Double($0.classes[position][keyPath: count]) }
            }
            let waiting = result.intervals.map { interval in
                let counts = interval.classes[position]
                return Double(counts.offered - counts.admitted - counts.refused)
            }
            return BarPlot(
                id: "class\(position)", title: "\(trafficClass.name) (priority \(trafficClass.priority))",
                xTitle: unit.title, yTitle: "flows by arrival", range: range, bars: report.timeline.count,
                series: [
                    BarPlot.Series(name: "admitted", filling: .solid, values: values(\.admitted)),
                    BarPlot.Series(name: "refused", filling: .hatched, values: values(\.refused)),
                    BarPlot.Series(name: "waiting", filling: .blank, values: waiting),
                ]
            ).svg
        }
    }

    /// What the bars of all intervals cover, in units of time.
    private var range: ClosedRange<Double> {
        0...max(1e-9, report.timeline.intervalSeconds * Double(report.timeline.count) / unit.seconds)
    }

    // MARK: Links

    private static let linkColumns: [(title: String, isNumber: Bool)] = [
        ("Link", false), ("Reservable", true), ("Peak", true), ("Mean", true), ("Refusals named it", true),
    ]

    private func linkRows(_ result: ReplayResult) -> [[String]] {
        report.fullestLinks(of: result).prefix(linkCount).map { use in
            let reservable = report.topology[use.link].reservable
            return [
                report.topology[use.link].id.text, reservable.text,
                ReplayText.share(use.peak.bitsPerSecond, of: reservable.bitsPerSecond),
                ReplayText.share(report.meanReserved(use), of: reservable.bitsPerSecond), "\(use.refusals)",
            ]
        }
    }

    /// The switches with how much of each link `bitsPerSecond` says was reserved.
    private func map(
        _ result: ReplayResult, _ title: String, bitsPerSecond: (ReplayResult.LinkUse) -> Int
    ) -> String {
        let switches = report.topology.switches
        var positions: [NodeIndex: Int] = [:]
        for (position, node) in switches.enumerated() { positions[node] = position }
        let bands = result.links.compactMap { use -> NetworkMap.Band? in
            let link = report.topology[use.link]
            guard link.kind == .trunk, let from = positions[link.from], let to = positions[link.to] else { return nil }
            return NetworkMap.Band(
                name: link.id.text, from: from, to: to,
                share: Double(bitsPerSecond(use)) / Double(max(1, link.reservable.bitsPerSecond)))
        }
        return NetworkMap(
            title: title, places: NetworkLayout.places(of: switches, in: report.topology), bands: bands
        ).svg
    }

    // MARK: Moves and refusals

    private func movesPlot(_ result: ReplayResult) -> String {
        BarPlot(
            id: "moves", title: "Path moves", xTitle: unit.title, yTitle: "moves", range: range,
            bars: report.timeline.count,
            series: [
                BarPlot.Series(
                    name: "taught by telemetry", filling: .solid,
                    values: result.intervals.map { Double($0.movedByLearning) }),
                BarPlot.Series(
                    name: "failure or room for others", filling: .hatched,
                    values: result.intervals.map { Double($0.moved - $0.movedByLearning) }),
            ]
        ).svg
    }

    private func preemptionPlot(_ result: ReplayResult) -> String {
        BarPlot(
            id: "losses", title: "Flows that lost their place", xTitle: unit.title, yTitle: "flows", range: range,
            bars: report.timeline.count,
            series: [
                BarPlot.Series(
                    name: "preempted", filling: .solid, values: result.intervals.map { Double($0.preempted) }),
                BarPlot.Series(
                    name: "displaced by failure", filling: .hatched,
                    values: result.intervals.map { Double($0.displaced) }),
            ]
        ).svg
    }

    private var refusalRows: [[String]] {
        report.results.flatMap { result in
            result.refusals.map { [result.scheme, Self.reason($0.code), $0.code, "\($0.count)"] }
        }
    }

    private static func reason(_ code: String) -> String {
        switch code {
        case "no_capacity": "No path had room for it"
        case "no_path": "No path joins its ends"
        case "latency_unreachable": "Every path is longer than its class allows"
        case "policy_denied": "The policy does not allow it"
        case "outranked": "Only more important flows stand in its way"
        case "not_found_in_budget": "No place was found within the budget"
        case "limit_reached": "A limit of the policy was reached"
        default: code.split(separator: "_").joined(separator: " ")
        }
    }

    // MARK: Latency

    private static let latencyColumns: [(title: String, isNumber: Bool)] = [
        ("Scheme", false), ("Median", true), ("90 %", true), ("99 %", true), ("Longest", true),
    ]

    private var latencyRows: [[String]] {
        report.measured.schemes.map { scheme in
            [scheme.name]
                + [0.5, 0.9, 0.99, 1].map { share in
                    scheme.microseconds(share: share).map { decimal($0, digits: 1) } ?? "-"
                }
        }
    }

    private func latencyPlot(_ scheme: ReplayReport.Measurement.Scheme) -> String {
        // As far as the slowest scheme's, so that the plots can be held against each other.
        let longest = report.measured.schemes.map(\.histogram).max { $0.count < $1.count } ?? []
        let mine = scheme.histogram
        let bins = mine + longest.dropFirst(mine.count).map { ($0.upToMicroseconds, 0) }
        let every = max(1, (bins.count + 5) / 6)
        return BarPlot(
            id: "latency-\(scheme.name)", title: scheme.name, xTitle: "up to so many microseconds",
            yTitle: "decisions",
            labels: bins.enumerated().map { $0 % every == 0 ? decimal($1.upToMicroseconds, digits: 0) : "" },
            series: [
                BarPlot.Series(name: "decisions", filling: .solid, values: bins.map { Double($0.count) })
            ]
        ).svg
    }
}
