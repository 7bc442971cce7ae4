// Line plots as SVG: one file that any browser shows, with nothing to load.

/// A plot of numbers over a common x axis. Axes begin at 0 where all values are positive and near it.
package struct LinePlot: Sendable {
    /// How a line is drawn. Lines are drawn in the order of their series, so those that are meant to be seen behind others
    /// come first and are wider.
    package enum Style: Hashable, Sendable {
        /// A colour and a dash of its own.
        case numbered(Int)
        /// What the others are held against: a wide grey band.
        case reference
        /// What the plot is about: a wide line without gaps, on which others that run along with it are still seen.
        case subject
    }

    package struct Series: Sendable {
        package let name: String
        package let points: [(x: Double, y: Double)]
        /// nil: by its place among the series.
        package let style: Style?
        package init(name: String, points: [(x: Double, y: Double)], style: Style? = nil) {
            self.name = name
            self.points = points
            self.style = style
        }
    }

    package let title: String
    package let xTitle: String
    package let yTitle: String
    package let series: [Series]

    package enum Size: Hashable, Sendable {
        /// A page of its own.
        case wide
        /// One of several beside each other, legible on a telephone.
        case narrow
    }

    private let width: Double
    private let size: Size
    private let leastHeight: Double
    private let left: Double
    private let plotHeight: Double
    private static let right = 20.0
    private static let top = 50.0

    package init(title: String, xTitle: String, yTitle: String, series: [Series], size: Size = .wide) {
        self.size = size
        (width, leastHeight, left, plotHeight) = size == .wide ? (800, 460, 70, 290) : (400, 290, 52, 170)
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.series = series
    }

    /// The whole SVG document.
    package var svg: String {
        let points = series.flatMap(\.points)
        let xAxis = Axis(points.map(\.x), steps: size == .wide ? 10 : 5)
        let yAxis = Axis(points.map(\.y), steps: size == .wide ? 10 : 6)
        let legend = legend()
        let height = max(leastHeight, legend.bottom + 12)
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(SVGText.number(width)) \(SVGText.number(height))\""
                + " font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"\(SVGText.number(size == .wide ? left : 4))\" y=\"\(size == .wide ? 24 : 18)\""
                + " font-size=\"\(size == .wide ? 15 : 14)\"\(size == .wide ? "" : " font-weight=\"bold\"")>"
                + "\(SVGText.escaped(title))</text>",
        ]
        lines += grid(xAxis, yAxis)
        for (index, line) in series.enumerated() {
            let path = line.points.map { "\(SVGText.number(x($0.x, xAxis))),\(SVGText.number(y($0.y, yAxis)))" }
            lines.append(
                "<polyline fill=\"none\"\(stroke(index, thin: 1.8)) stroke-linejoin=\"round\""
                    + " points=\"\(path.joined(separator: " "))\"/>")
        }
        lines += legend.lines + ["</svg>"]
        return lines.joined(separator: "\n") + "\n"
    }

    private func grid(_ xAxis: Axis, _ yAxis: Axis) -> [String] {
        let bottom = Self.top + plotHeight
        var lines: [String] = []
        for tick in yAxis.ticks {
            let height = SVGText.number(y(tick, yAxis))
            lines.append(
                "<line x1=\"\(SVGText.number(left))\" x2=\"\(SVGText.number(width - Self.right))\" y1=\"\(height)\""
                    + " y2=\"\(height)\" stroke=\"#ddd\"/>")
            lines.append(
                "<text x=\"\(SVGText.number(left - 6))\" y=\"\(SVGText.number(y(tick, yAxis) + 4))\" text-anchor=\"end\">"
                    + "\(SVGText.number(tick))</text>")
        }
        for tick in xAxis.ticks {
            lines.append(
                "<text x=\"\(SVGText.number(x(tick, xAxis)))\" y=\"\(SVGText.number(bottom + 18))\" text-anchor=\"middle\">"
                    + "\(SVGText.number(tick))</text>")
        }
        lines.append(
            "<text x=\"\(SVGText.number(width - Self.right))\" y=\"\(SVGText.number(bottom + 36))\" text-anchor=\"end\">"
                + "\(SVGText.escaped(xTitle))</text>")
        // Beside the ticks where there is room, else above them.
        lines.append(
            size == .wide
                ? "<text x=\"16\" y=\"\(SVGText.number(Self.top + 4))\" text-anchor=\"end\""
                    + " transform=\"rotate(-90 16 \(SVGText.number(Self.top)))\">\(SVGText.escaped(yTitle))</text>"
                : "<text x=\"4\" y=\"\(SVGText.number(Self.top - 14))\" fill=\"#444\" font-size=\"11\">"
                    + "\(SVGText.escaped(yTitle))</text>")
        return lines
    }

    private func legend() -> (lines: [String], bottom: Double) {
        var at = (x: left, y: Self.top + plotHeight + 58)
        let lines = series.enumerated().flatMap { index, line -> [String] in
            let used = 40 + Double(line.name.count) * 7
            if at.x > left, at.x + used > width - Self.right { at = (left, at.y + 18) }
            defer { at.x += used }
            let (x, y) = (SVGText.number(at.x), SVGText.number(at.y - 4))
            return [
                "<line x1=\"\(x)\" x2=\"\(SVGText.number(at.x + 24))\" y1=\"\(y)\" y2=\"\(y)\""
                    + "\(stroke(index, thin: 2.5))/>",
                "<text x=\"\(SVGText.number(at.x + 29))\" y=\"\(SVGText.number(at.y))\">"
                    + "\(SVGText.escaped(line.name))</text>",
            ]
        }
        return (lines, at.y)
    }

    /// The attributes of the line at `index`; `thin` is the width of an ordinary one.
    private func stroke(_ index: Int, thin: Double) -> String {
        let (colour, width, dash): (String, Double, String)
        switch series[index].style ?? .numbered(index) {
        case .reference: (colour, width, dash) = ("#c4c4c4", 7, "")
        case .subject: (colour, width, dash) = (SVGText.colours[0], 3.4, "")
        case .numbered(let number):
            colour = SVGText.colours[number % SVGText.colours.count]
            (width, dash) = (thin, SVGText.dashes[number % SVGText.dashes.count])
        }
        return " stroke=\"\(colour)\" stroke-width=\"\(SVGText.number(width))\""
            + (dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")
    }

    private func x(_ value: Double, _ axis: Axis) -> Double {
        left + axis.share(of: value) * (width - left - Self.right)
    }

    private func y(_ value: Double, _ axis: Axis) -> Double {
        Self.top + (1 - axis.share(of: value)) * plotHeight
    }
}
