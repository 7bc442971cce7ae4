// A replay's report for people.

import SluiceModel
import SluiceSimulation

struct ReplayText {
    private let report: ReplayReport
    private let linkCount: Int

    init(_ report: ReplayReport, links: Int) {
        self.report = report
        linkCount = max(0, links)
    }

    var text: String {
        var text = introduction
        if report.plan.flows.isEmpty { return text + "\n" + measurements }
        if report.results.count > 1 { text += "\n" + comparison }
        if let sluice = report.results.last {
            text += "\n" + classes(of: sluice) + refusals(of: sluice) + links(of: sluice)
        }
        return text + "\n" + measurements
    }

    private var introduction: String { introductionLines.joined(separator: "\n") + "\n" }

    /// What was played, and what to know of it.
    var introductionLines: [String] {
        let (traffic, plan) = (report.traffic, report.plan)
        var lines = [
            "\(counted(plan.flows.count, "flow")) from \(counted(traffic.packets, "packet")) in "
                + "\(seconds(report.durationSeconds)), on \(report.topology.name) "
                + "(\(counted(report.topology.switches.count, "switch", "switches")), "
                + "\(counted(report.topology.hosts.count, "host"))), policy \(report.policyName)"
        ]
        if let first = report.traffic.first { lines.append("the first flow begins at \(first.text)") }
        if report.options.scale != 1 {
            let scale = report.options.scale
            lines.append("bandwidths times \(Int(exactly: scale).map { "\($0)" } ?? "\(scale)")")
        }
        if plan.flows.isEmpty { return lines }
        if plan.addressesSpread > 0 {
            lines.append(
                "\(plan.addressesSpread) of \(plan.addresses) addresses belong to no host and are spread by seed "
                    + "\(report.options.seed)")
        }
        if plan.flowsWithinOnePlace > 0 {
            lines.append(
                "\(counted(plan.flowsWithinOnePlace, "flow")) left out: both their ends live at one place")
        }
        if plan.flowsWithoutRule > 0 {
            lines.append(
                "\(counted(plan.flowsWithoutRule, "flow")) matched by no class's rules: of the default class "
                    + "\"\(report.policy.defaultClass)\"")
        }
        if let seconds = report.telemetrySeconds {
            lines.append("links are measured every \(decimal(seconds, digits: 1)) s, and paths learned from that")
        }
        for fault in report.faults {
            let links = fault.links.map { report.topology[$0].id.text }.joined(separator: " and ")
            let at = fault.time.seconds(since: report.timeline.start)
            lines.append("\(links) \(fault.state.rawValue) at \(seconds(at))")
        }
        return lines
    }

    private var comparison: String {
        var table = Table([
            .text("SCHEME"), .number("ADMITTED"), .number("REFUSED"), .number("PREEMPTED"), .number("DISPLACED"),
            .number("MOVED"), .number("WEIGHT"), .number("VOLUME"), .number("OF OPTIMUM"),
        ])
        for result in report.results {
            table.append([
                result.scheme, "\(result.total.admitted)", "\(result.total.refused)", "\(result.total.preempted)",
                "\(result.total.displaced)", "\(result.total.moved)",
                Self.share(result.weightAdmitted, of: result.weightOffered),
                Self.share(result.total.bitsCarried, of: result.total.bitsOffered),
                report.optima.isEmpty
                    ? "-" : Self.share(report.weightCarried(result), of: report.optimumWeight),
            ])
        }
        let proven = report.optima.count { $0.isProven }
        guard !report.optima.isEmpty else { return table.text }
        return table.text
            + "optimum of \(report.optima.count) intervals, \(proven) proven: weight \(report.optimumWeight) of "
            + "\(report.optima.reduce(0) { $0 + $1.weightOffered }) offered at their busiest instants\n"
    }

    private func classes(of result: ReplayResult) -> String {
        var table = Table([
            .text("CLASS"), .number("PRIORITY"), .number("OFFERED"), .number("ADMITTED"), .number("REFUSED"),
            .number("PREEMPTED"), .number("RETURNED"), .number("MOVED"), .number("VOLUME"),
        ])
        func append(_ name: String, _ priority: String, _ tally: ReplayResult.Tally) {
            table.append([
                name, priority, "\(tally.offered)", "\(tally.admitted)", "\(tally.refused)", "\(tally.preempted)",
                "\(tally.returned)", "\(tally.moved)", Self.share(tally.bitsCarried, of: tally.bitsOffered),
            ])
        }
        for (trafficClass, tally) in zip(report.policy.classes, result.classes) {
            append(trafficClass.name, "\(trafficClass.priority)", tally)
        }
        append("all", "", result.total)
        return table.text
    }

    private func refusals(of result: ReplayResult) -> String {
        if result.refusals.isEmpty { return "" }
        return "\nrefused: " + result.refusals.map { "\($0.code) \($0.count)" }.joined(separator: ", ") + "\n"
    }

    private func links(of result: ReplayResult) -> String {
        let fullest = report.fullestLinks(of: result).prefix(linkCount)
        // A live replay does not know what the daemon holds on its links.
        guard fullest.contains(where: { $0.peak > .zero }) else {
            let named = fullest.filter { $0.refusals > 0 }.map { "\(report.topology[$0.link].id.text) \($0.refusals)" }
            return named.isEmpty ? "" : "links named by refusals: \(named.joined(separator: ", "))\n"
        }
        var table = Table([
            .text("LINK"), .number("RESERVABLE"), .number("PEAK"), .number(""), .number("MEAN"), .number(""),
            .number("REFUSALS"),
        ])
        for use in fullest {
            let reservable = report.topology[use.link].reservable
            let mean = report.meanReserved(use)
            table.append([
                report.topology[use.link].id.text, reservable.text, use.peak.text,
                Self.share(use.peak.bitsPerSecond, of: reservable.bitsPerSecond), Bandwidth(bitsPerSecond: mean).text,
                Self.share(mean, of: reservable.bitsPerSecond), "\(use.refusals)",
            ])
        }
        return table.isEmpty ? "" : "\n" + table.text
    }

    private var measurements: String {
        var parts = ["read in \(seconds(report.measured.readSeconds))"]
        if let time = report.measured.optimumSeconds { parts.append("optima found in \(seconds(time))") }
        for scheme in report.measured.schemes {
            var part = "\(scheme.name) played in \(seconds(scheme.seconds))"
            if let median = scheme.microseconds(share: 0.5), let tail = scheme.microseconds(share: 0.99) {
                part += " (decisions: p50 \(tenths(median)) us, p99 \(tenths(tail)) us)"
            }
            parts.append(part)
        }
        return "measured: " + parts.joined(separator: "; ") + "\n"
    }

    /// In percent with one digit, rounded down, so that 100 % means all.
    static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "-" }
        let thousandths = Int(Int128(part) * 1_000 / Int128(whole))
        return "\(thousandths / 10).\(thousandths % 10) %"
    }

    private func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private func seconds(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000) s" }
}
