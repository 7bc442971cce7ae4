// What all drawings share: texts and numbers as SVG takes them, axes with round numbers, and the ways in which lines and
// areas are told apart without colours.

/// Text and numbers in SVG and HTML.
package enum SVGText {
    package static func escaped(_ text: String) -> String {
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
    static func number(_ value: Double) -> String {
        let hundredths = (value * 100).rounded()
        guard hundredths.magnitude < 1e15 else { return "\(value)" }
        let whole = Int(hundredths)
        let sign = whole < 0 ? "-" : ""
        let (units, rest) = (whole.magnitude / 100, whole.magnitude % 100)
        if rest == 0 { return "\(sign)\(units)" }
        return "\(sign)\(units).\(rest % 10 == 0 ? "\(rest / 10)" : (rest < 10 ? "0\(rest)" : "\(rest)"))"
    }

    /// Distinct in print and for colour-blind readers (Okabe and Ito, 2008).
    static let colours = [
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999", "#f0e442",
    ]

    /// Dashes of lines, so that they are told apart without colours.
    static let dashes = ["", "7 3", "2 3", "8 3 2 3", "1 4", "12 3", "4 4", "10 2 2 2 2 2", "3 1"]
}

/// A range of values and round numbers in it.
struct Axis {
    let low: Double
    let high: Double
    let ticks: [Double]

    /// - Parameter steps: most steps between ticks.
    init(_ values: [Double], steps: Double = 10) {
        let least = values.min() ?? 0
        let most = values.max() ?? 1
        let start = least > 0 && least < most * 0.7 ? 0 : least
        let span = max(most - start, 1e-9)
        // 1, 2 or 5 times a power of ten, so that there are four to ten steps.
        var step = 1e-9
        var factor = 0
        while span / step > steps {
            step *= [2, 2.5, 2][factor % 3]
            factor += 1
        }
        low = (start / step).rounded(.down) * step
        high = max((most / step).rounded(.up) * step, low + step)
        let (bottom, count) = (low, Int(((high - low) / step).rounded()))
        ticks = (0...count).map { bottom + Double($0) * step }
    }

    func share(of value: Double) -> Double { (value - low) / (high - low) }

    /// Round numbers within `range`, at most `steps` apart.
    static func roundNumbers(in range: ClosedRange<Double>, steps: Double) -> [Double] {
        guard range.lowerBound < range.upperBound else { return [range.lowerBound] }
        return Axis([range.lowerBound, range.upperBound], steps: steps).ticks.filter(range.contains)
    }
}
