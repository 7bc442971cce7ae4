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
        if report.results.count > 1 { text += "\n" + comparison }
        if let sluice = report.results.last {
            text += "\n" + classes(of: sluice) + refusals(of: sluice) + links(of: sluice)
        }
        return text + "\n" + measurements
    }

    private var introduction: String {
        let (traffic, plan) = (report.traffic, report.plan)
        var lines = [
            "\(plan.flows.count) flows from \(traffic.packets) packets in \(seconds(report.durationSeconds)), "
                + "on \(report.topology.name) (\(report.topology.switches.count) switches, "
                + "\(report.topology.hosts.count) hosts), policy \(report.policyName)"
        ]
        if report.options.scale != 1 { lines.append("bandwidths times \(report.options.scale)") }
        if plan.addressesSpread > 0 {
            lines.append(
                "\(plan.addressesSpread) of \(plan.addresses) addresses belong to no host and are spread by seed "
                    + "\(report.options.seed)")
        }
        if plan.flowsWithinOnePlace > 0 {
            lines.append("\(plan.flowsWithinOnePlace) flows left out: both their ends live at one place")
        }
        if plan.flowsWithoutRule > 0 {
            lines.append(
                "\(plan.flowsWithoutRule) flows match no class and are \"\(report.policy.defaultClass)\"")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var comparison: String {
        var table = Table([
            .text("SCHEME"), .number("ADMITTED"), .number("REFUSED"), .number("PREEMPTED"), .number("DISPLACED"),
            .number("WEIGHT"), .number("VOLUME"),
        ])
        for result in report.results {
            table.append([
                result.scheme, "\(result.total.admitted)", "\(result.total.refused)", "\(result.total.preempted)",
                "\(result.total.displaced)", share(result.weightAdmitted, of: result.weightOffered),
                share(result.total.bitsCarried, of: result.total.bitsOffered),
            ])
        }
        return table.text
    }

    private func classes(of result: ReplayResult) -> String {
        var table = Table([
            .text("CLASS"), .number("PRIORITY"), .number("OFFERED"), .number("ADMITTED"), .number("REFUSED"),
            .number("PREEMPTED"), .number("RETURNED"), .number("MOVED"), .number("VOLUME"),
        ])
        func append(_ name: String, _ priority: String, _ tally: ReplayResult.Tally) {
            table.append([
                name, priority, "\(tally.offered)", "\(tally.admitted)", "\(tally.refused)", "\(tally.preempted)",
                "\(tally.returned)", "\(tally.moved)", share(tally.bitsCarried, of: tally.bitsOffered),
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
        var table = Table([
            .text("LINK"), .number("RESERVABLE"), .number("PEAK"), .number(""), .number("MEAN"), .number(""),
            .number("REFUSALS"),
        ])
        let used = result.links.filter { $0.peak > .zero || $0.refusals > 0 }.sorted { left, right in
            let (first, second) = (peakShare(left), peakShare(right))
            return first != second ? first > second : left.link < right.link
        }
        for use in used.prefix(linkCount) {
            let reservable = report.topology[use.link].reservable
            let mean = report.meanReserved(use)
            table.append([
                report.topology[use.link].id.text, reservable.text, use.peak.text,
                share(use.peak.bitsPerSecond, of: reservable.bitsPerSecond), Bandwidth(bitsPerSecond: mean).text,
                share(mean, of: reservable.bitsPerSecond), "\(use.refusals)",
            ])
        }
        return table.isEmpty ? "" : "\n" + table.text
    }

    private var measurements: String {
        var parts = ["read in \(seconds(report.measured.readSeconds))"]
        for scheme in report.measured.schemes {
            var part = "\(scheme.name) played in \(seconds(scheme.seconds))"
            if let median = scheme.microseconds(share: 0.5), let tail = scheme.microseconds(share: 0.99) {
                part += " (decisions: p50 \(tenths(median)) us, p99 \(tenths(tail)) us)"
            }
            parts.append(part)
        }
        return "measured: " + parts.joined(separator: "; ") + "\n"
    }

    private func peakShare(_ use: ReplayResult.LinkUse) -> Double {
        Double(use.peak.bitsPerSecond) / Double(max(1, report.topology[use.link].reservable.bitsPerSecond))
    }

    /// In percent with one digit, rounded down, so that 100 % means all.
    private func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "-" }
        let thousandths = Int(Int128(part) * 1_000 / Int128(whole))
        return "\(thousandths / 10).\(thousandths % 10) %"
    }

    private func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private func seconds(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000) s" }
}
