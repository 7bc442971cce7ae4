// The text format of Prometheus, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).

/// Families are written one after the other, each with its samples.
package struct PrometheusText: Sendable {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package private(set) var bytes: [UInt8] = []
    private var family = ""

    package init() {}

    /// Begins a family. `help` is plain text without backslashes and line feeds.
    package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// A sample of the family begun last.
    package mutating func sample(_ value: Double, suffix: String = "", _ labels: [(name: String, value: String)] = []) {
        append(family)
        append(suffix)
        if !labels.isEmpty {
            append("{")
            for (position, label) in labels.enumerated() {
                if position > 0 { append(",") }
                append(label.name)
                append("=\"")
                appendEscaped(label.value)
                append("\"")
            }
            append("}")
        }
        append(" ")
        append(Self.number(value))
        append("\n")
    }

    mutating func sample(_ value: Int, _ labels: [(name: String, value: String)] = []) { sample(Double(value), labels) }

    /// A family of one sample.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        family(name, kind, help)
        sample(value)
    }

    /// The buckets, the sum and the count of a histogram of the family begun last.
    package mutating func samples(of histogram: Histogram, _ labels: [(name: String, value: String)] = []) {
        var below = 0
        for (position, bound) in histogram.bounds.enumerated() {
            below += histogram.counts[position]
            sample(Double(below), suffix: "_bucket", labels + [("le", Self.number(bound))])
        }
        sample(Double(histogram.count), suffix: "_bucket", labels + [("le", "+Inf")])
        sample(histogram.sum, suffix: "_sum", labels)
        sample(Double(histogram.count), suffix: "_count", labels)
    }

    /// Whole numbers without a fraction, others as short as they read back the same.
    private static func number(_ value: Double) -> String {
        if let whole = Int(exactly: value), abs(whole) < 1 << 53 { return String(whole) }
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value.description
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func appendEscaped(_ value: String) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\n"): append("\\n")
            default: bytes.append(byte)
            }
        }
    }
}
