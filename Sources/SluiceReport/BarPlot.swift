// Stacked bars over intervals as SVG. The parts of a bar are told apart by their filling, so that no colour is needed.

package struct BarPlot: Sendable {
    /// How an area is filled.
    package enum Filling: Hashable, Sendable {
        case solid
        case hatched
        case blank
    }

    package struct Series: Sendable {
        package let name: String
        package let filling: Filling
        /// One for each bar.
        package let values: [Double]
        package init(name: String, filling: Filling, values: [Double]) {
            self.name = name
            self.filling = filling
            self.values = values
        }
    }

    package let title: String
    package let xTitle: String
    package let yTitle: String
    /// Under every bar's left edge that has one; as many as there are bars.
    package let labels: [String]
    /// What the bars together cover, where that is a range of numbers: round ones stand under it.
    package let range: ClosedRange<Double>?
    package let series: [Series]
    /// Tells its patterns from those of other drawings in the same document.
    package let id: String

    private static let width = 400.0
    private static let left = 52.0
    private static let right = 14.0
    private static let top = 50.0
    private static let plotHeight = 150.0
    private static let colour = "#0072b2"

    package init(id: String, title: String, xTitle: String, yTitle: String, labels: [String], series: [Series]) {
        self.id = id
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.labels = labels
        self.series = series
        range = nil
    }

    /// Bars of equal width that cover `range`.
    package init(
        id: String, title: String, xTitle: String, yTitle: String, range: ClosedRange<Double>, bars: Int,
        series: [Series]
    ) {
        self.id = id
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.range = range
        self.series = series
        labels = [String](repeating: "", count: bars)
    }

    package var svg: String {
        let totals = labels.indices.map { bar in series.reduce(0) { $0 + $1.values[bar] } }
        let axis = Axis([0, max(2, totals.max() ?? 0)], steps: 5)
        let height = Self.top + Self.plotHeight + (series.count < 2 ? 42 : 64)
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(SVGText.number(Self.width)) "
                + "\(SVGText.number(height))\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">",
            "<title>\(SVGText.escaped(title))</title>",
            "<defs><pattern id=\"\(id)-hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\""
                + " patternTransform=\"rotate(45)\"><rect width=\"5\" height=\"5\" fill=\"white\"/>"
                + "<rect width=\"2\" height=\"5\" fill=\"#d55e00\"/></pattern></defs>",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"4\" y=\"18\" font-size=\"14\" font-weight=\"bold\">\(SVGText.escaped(title))</text>",
        ]
        lines += grid(axis) + bars(axis) + legend(y: height - 10) + ["</svg>"]
        return lines.joined(separator: "\n") + "\n"
    }

    private func grid(_ axis: Axis) -> [String] {
        var lines: [String] = []
        for tick in axis.ticks {
            let at = y(tick, axis)
            lines.append(
                "<line x1=\"\(SVGText.number(Self.left))\" x2=\"\(SVGText.number(Self.width - Self.right))\""
                    + " y1=\"\(SVGText.number(at))\" y2=\"\(SVGText.number(at))\" stroke=\"#ddd\"/>")
            lines.append(
                "<text x=\"\(SVGText.number(Self.left - 6))\" y=\"\(SVGText.number(at + 4))\" text-anchor=\"end\">"
                    + "\(SVGText.number(tick))</text>")
        }
        let bottom = Self.top + Self.plotHeight
        for (bar, label) in labels.enumerated() where !label.isEmpty {
            lines.append(
                "<text x=\"\(SVGText.number(x(bar)))\" y=\"\(SVGText.number(bottom + 16))\">"
                    + "\(SVGText.escaped(label))</text>")
        }
        if let range {
            for tick in Axis.roundNumbers(in: range, steps: 6) {
                let share = (tick - range.lowerBound) / max(range.upperBound - range.lowerBound, 1e-9)
                let at = SVGText.number(Self.left + share * (Self.width - Self.left - Self.right))
                lines.append(
                    "<line x1=\"\(at)\" x2=\"\(at)\" y1=\"\(SVGText.number(bottom))\""
                        + " y2=\"\(SVGText.number(bottom + 4))\" stroke=\"#444\"/>")
                lines.append(
                    "<text x=\"\(at)\" y=\"\(SVGText.number(bottom + 16))\" text-anchor=\"middle\">"
                        + "\(SVGText.number(tick))</text>")
            }
        }
        lines.append(
            "<text x=\"\(SVGText.number(Self.width - Self.right))\" y=\"\(SVGText.number(bottom + 34))\""
                + " text-anchor=\"end\">\(SVGText.escaped(xTitle))</text>")
        lines.append(
            "<text x=\"4\" y=\"\(SVGText.number(Self.top - 14))\" fill=\"#444\" font-size=\"11\">"
                + "\(SVGText.escaped(yTitle))</text>")
        return lines
    }

    private func bars(_ axis: Axis) -> [String] {
        let barWidth = max(1, step * 0.82)
        return labels.indices.flatMap { bar -> [String] in
            var base = 0.0
            return series.compactMap { part -> String? in
                let value = part.values[bar]
                guard value > 0 else { return nil }
                defer { base += value }
                let (upper, lower) = (y(base + value, axis), y(base, axis))
                return "<rect x=\"\(SVGText.number(x(bar)))\" y=\"\(SVGText.number(upper))\""
                    + " width=\"\(SVGText.number(barWidth))\" height=\"\(SVGText.number(lower - upper))\""
                    + "\(filling(part.filling))/>"
            }
        }
    }

    /// Of the parts that are there; none where the title says it all.
    private func legend(y: Double) -> [String] {
        if series.count < 2 { return [] }
        var at = Self.left
        let present = series.filter { $0.values.contains { $0 > 0 } }
        return (present.isEmpty ? series : present).flatMap { part -> [String] in
            defer { at += 36 + Double(part.name.count) * 6.6 }
            return [
                "<rect x=\"\(SVGText.number(at))\" y=\"\(SVGText.number(y - 10))\" width=\"16\" height=\"11\""
                    + "\(filling(part.filling))/>",
                "<text x=\"\(SVGText.number(at + 21))\" y=\"\(SVGText.number(y))\">"
                    + "\(SVGText.escaped(part.name))</text>",
            ]
        }
    }

    private func filling(_ filling: Filling) -> String {
        switch filling {
        case .solid: " fill=\"\(Self.colour)\""
        case .hatched: " fill=\"url(#\(id)-hatch)\" stroke=\"#d55e00\" stroke-width=\"0.7\""
        case .blank: " fill=\"white\" stroke=\"#444\" stroke-width=\"0.7\""
        }
    }

    private var step: Double { (Self.width - Self.left - Self.right) / Double(max(1, labels.count)) }
    private func x(_ bar: Int) -> Double { Self.left + Double(bar) * step }
    private func y(_ value: Double, _ axis: Axis) -> Double {
        Self.top + (1 - axis.share(of: value)) * Self.plotHeight
    }
}
