// Why a telemetry report, or what one hop says in it, was not taken.

/// Each is counted; none changes what is known. The raw values are stable and name the counters.
package enum ReportRefusal: String, Error, Hashable, Sendable, CaseIterable {
    // What the bytes say.
    /// The datagram ends within a field, or a length points beyond its end.
    case truncated
    /// Neither report version 1 nor 2, or an INT header of another version than its shim promises.
    case unsupportedVersion = "unsupported_version"
    /// An IOAM or reserved report type.
    case unsupportedReport = "unsupported_report"
    /// A length that does not hold what the bitmap asks for, or that leaves a part of a word or hop over.
    case badLength = "bad_length"
    /// More individual reports, or hops, than any network has.
    case tooLong = "too_long"
    // What a hop says.
    /// No switch has this node id.
    case unknownNode = "unknown_node"
    /// No link leaves the node by this interface.
    case unknownInterface = "unknown_interface"
    /// The hop does not name its egress interface, or measures nothing of it.
    case nothingMeasured = "nothing_measured"
    /// Beyond what the quantity can be: more than full utilisation, egress before ingress, a minute in one switch.
    case impossibleValue = "impossible_value"
    /// The hop's clock is too far from ours.
    case clockSkew = "clock_skew"
    // What came before.
    /// The sequence number was seen.
    case duplicate
    /// Sent before a report that was taken, or numbered so far ahead of it that the next one must confirm it.
    case reordered
    /// The sender is not on the list.
    case unknownSource = "unknown_source"
}

/// How often each happened.
package struct RefusalCounts: Hashable, Sendable {
    private var counts: [Int]

    package init() { counts = Array(repeating: 0, count: ReportRefusal.allCases.count) }

    package subscript(refusal: ReportRefusal) -> Int {
        counts[ReportRefusal.allCases.firstIndex(of: refusal) ?? 0]
    }

    package mutating func count(_ refusal: ReportRefusal) {
        counts[ReportRefusal.allCases.firstIndex(of: refusal) ?? 0] += 1
    }

    package var total: Int { counts.reduce(0, +) }

    /// Those that happened, in the order of their declaration.
    package var nonZero: [(refusal: ReportRefusal, count: Int)] {
        zip(ReportRefusal.allCases, counts).filter { $0.1 > 0 }.map { (refusal: $0.0, count: $0.1) }
    }
}
