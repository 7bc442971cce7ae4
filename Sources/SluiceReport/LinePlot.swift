// Line plots as SVG: one file that any browser shows, with nothing to load.

/// A plot of numbers over a common x axis. Axes begin at 0 where all values are positive and near it.
package struct LinePlot: Sendable {
    package struct Series: Sendable {
        package let name: String
        package let points: [(x: Double, y: Double)]
        package init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    package let title: String
    package let xTitle: String
    package let yTitle: String
    package let series: [Series]

    private static let width = 800.0
    private static let height = 460.0
    private static let left = 70.0
    private static let right = 20.0
    private static let top = 40.0
    private static let plotHeight = 290.0
    /// Distinct in print and for colour-blind readers (Okabe and Ito, 2008).
    private static let colours = [
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999", "#f0e442",
    ]

    package init(title: String, xTitle: String, yTitle: String, series: [Series]) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.series = series
    }

    /// The whole SVG document.
    package var svg: String {
        let points = series.flatMap(\.points)
        let xAxis = Axis(points.map(\.x))
        let yAxis = Axis(points.map(\.y))
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.text(Self.width)) \(Self.text(Self.height))\""
                + " font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"\(Self.text(Self.left))\" y=\"24\" font-size=\"15\">\(Self.escaped(title))</text>",
        ]
        lines += grid(xAxis, yAxis)
        for (index, line) in series.enumerated() {
            let path = line.points.map { "\(Self.text(x($0.x, xAxis))),\(Self.text(y($0.y, yAxis)))" }
            lines.append(
                "<polyline fill=\"none\" stroke=\"\(colour(index))\" stroke-width=\"1.5\""
                    + " points=\"\(path.joined(separator: " "))\"/>")
        }
        lines += legend() + ["</svg>"]
        return lines.joined(separator: "\n") + "\n"
    }

    private func grid(_ xAxis: Axis, _ yAxis: Axis) -> [String] {
        let bottom = Self.top + Self.plotHeight
        var lines: [String] = []
        for tick in yAxis.ticks {
            let height = Self.text(y(tick, yAxis))
            lines.append(
                "<line x1=\"\(Self.text(Self.left))\" x2=\"\(Self.text(Self.width - Self.right))\" y1=\"\(height)\""
                    + " y2=\"\(height)\" stroke=\"#ddd\"/>")
            lines.append(
                "<text x=\"\(Self.text(Self.left - 6))\" y=\"\(Self.text(y(tick, yAxis) + 4))\" text-anchor=\"end\">"
                    + "\(Self.text(tick))</text>")
        }
        for tick in xAxis.ticks {
            lines.append(
                "<text x=\"\(Self.text(x(tick, xAxis)))\" y=\"\(Self.text(bottom + 18))\" text-anchor=\"middle\">"
                    + "\(Self.text(tick))</text>")
        }
        lines.append(
            "<text x=\"\(Self.text(Self.width - Self.right))\" y=\"\(Self.text(bottom + 36))\" text-anchor=\"end\">"
                + "\(Self.escaped(xTitle))</text>")
        lines.append(
            "<text x=\"16\" y=\"\(Self.text(Self.top + 4))\" text-anchor=\"end\" transform=\"rotate(-90 16 \(Self.text(Self.top)))\">"
                + "\(Self.escaped(yTitle))</text>")
        return lines
    }

    private func legend() -> [String] {
        var at = (x: Self.left, y: Self.top + Self.plotHeight + 58)
        return series.enumerated().flatMap { index, line -> [String] in
            let width = 34 + Double(line.name.count) * 7
            if at.x + width > Self.width - Self.right { at = (Self.left, at.y + 18) }
            defer { at.x += width }
            return [
                "<line x1=\"\(Self.text(at.x))\" x2=\"\(Self.text(at.x + 18))\" y1=\"\(Self.text(at.y - 4))\""
                    + " y2=\"\(Self.text(at.y - 4))\" stroke=\"\(colour(index))\" stroke-width=\"3\"/>",
                "<text x=\"\(Self.text(at.x + 23))\" y=\"\(Self.text(at.y))\">\(Self.escaped(line.name))</text>",
            ]
        }
    }

    private func colour(_ index: Int) -> String { Self.colours[index % Self.colours.count] }

    private func x(_ value: Double, _ axis: Axis) -> Double {
        Self.left + axis.share(of: value) * (Self.width - Self.left - Self.right)
    }

    private func y(_ value: Double, _ axis: Axis) -> Double {
        Self.top + (1 - axis.share(of: value)) * Self.plotHeight
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
    }

    /// At most two decimals, none where it is whole.
    static func text(_ value: Double) -> String {
        let hundredths = (value * 100).rounded()
        guard hundredths.magnitude < 1e15 else { return "\(value)" }
        let whole = Int(hundredths)
        let sign = whole < 0 ? "-" : ""
        let (units, rest) = (whole.magnitude / 100, whole.magnitude % 100)
        if rest == 0 { return "\(sign)\(units)" }
        return "\(sign)\(units).\(rest % 10 == 0 ? "\(rest / 10)" : (rest < 10 ? "0\(rest)" : "\(rest)"))"
    }
}

/// A range of values and round numbers in it.
private struct Axis {
    let low: Double
    let high: Double
    let ticks: [Double]

    init(_ values: [Double]) {
        let least = values.min() ?? 0
        let most = values.max() ?? 1
        let start = least > 0 && least < most * 0.7 ? 0 : least
        let span = max(most - start, 1e-9)
        // 1, 2 or 5 times a power of ten, so that there are four to ten steps.
        var step = 1e-9
        var factor = 0
        while span / step > 10 {
            step *= [2, 2.5, 2][factor % 3]
            factor += 1
        }
        low = (start / step).rounded(.down) * step
        high = max((most / step).rounded(.up) * step, low + step)
        let (bottom, count) = (low, Int(((high - low) / step).rounded()))
        ticks = (0...count).map { bottom + Double($0) * step }
    }

    func share(of value: Double) -> Double { (value - low) / (high - low) }
}
