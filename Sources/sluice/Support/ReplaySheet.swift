// A replay's report as comma-separated values (RFC 4180), for spreadsheets: a line for each interval, scheme and class.

import SluiceModel
import SluiceSimulation

struct ReplaySheet {
    private let report: ReplayReport

    init(_ report: ReplayReport) { self.report = report }

    var text: String {
        var lines = [
            [
                "interval", "startSeconds", "seconds", "scheme", "class", "offered", "admitted", "refused", "preempted",
                "displaced", "moved", "movedByLearning", "flowsCarried", "weightCarried", "bandwidthCarried",
            ]
        ]
        for interval in 0..<report.timeline.count {
            let start = report.timeline.start(of: interval).seconds(since: report.timeline.start)
            let head = ["\(interval)", "\(start)", "\(report.timeline.intervalSeconds)"]
            for result in report.results {
                let found = result.intervals[interval]
                for (trafficClass, counts) in zip(report.policy.classes, found.classes) {
                    lines.append(
                        head + [result.scheme, trafficClass.name]
                            + [counts.offered, counts.admitted, counts.refused].map { "\($0)" }
                            + Array(repeating: "", count: 7))
                }
                let sums = found.classes.reduce(into: (0, 0, 0)) { sums, counts in
                    sums = (sums.0 + counts.offered, sums.1 + counts.admitted, sums.2 + counts.refused)
                }
                lines.append(
                    head + [result.scheme, "all"]
                        + [
                            sums.0, sums.1, sums.2, found.preempted, found.displaced, found.moved,
                            found.movedByLearning, found.flowsCarried, found.weightCarried, found.bandwidthCarried,
                        ].map { "\($0)" })
            }
            guard interval < report.optima.count else { continue }
            let optimum = report.optima[interval]
            lines.append(
                head + ["optimum", "all", "\(optimum.flowsOffered)"] + Array(repeating: "", count: 7)
                    + ["\(optimum.weight)", ""])
        }
        return lines.map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func field(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0 == "\r" || $0 == "\n" || $0 == "\r\n" }) else {
            return text
        }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
