// A network with how full its links are, as SVG. A link is drawn as two bands, one for each direction, side by side as
// roads are; the fuller, the wider and the darker, and the fullest carry their share as a number where there is room.

package struct NetworkMap: Sendable {
    package struct Place: Sendable {
        package let name: String
        /// To the right and downwards, in any unit.
        package let x: Double
        package let y: Double
        package init(name: String, x: Double, y: Double) {
            self.name = name
            self.x = x
            self.y = y
        }
    }

    /// One direction of a link between two places.
    package struct Band: Sendable {
        package let name: String
        package let from: Int
        package let to: Int
        /// 0 to 1.
        package let share: Double
        package init(name: String, from: Int, to: Int, share: Double) {
            self.name = name
            self.from = from
            self.to = to
            self.share = share
        }
    }

    package let title: String
    package let places: [Place]
    package let bands: [Band]

    private static let width = 820.0
    private static let margin = 46.0
    private static let heightMax = 620.0
    /// As many bands carry their share.
    private static let labelled = 12

    package init(title: String, places: [Place], bands: [Band]) {
        self.title = title
        self.places = places
        self.bands = bands
    }

    package var svg: String {
        let points = scaled()
        let height = (points.map(\.y).max() ?? 100) + Self.margin + 44
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(SVGText.number(Self.width)) "
                + "\(SVGText.number(height))\" font-family=\"sans-serif\" font-size=\"11\" role=\"img\">",
            "<title>\(SVGText.escaped(title))</title>",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"4\" y=\"18\" font-size=\"14\" font-weight=\"bold\">\(SVGText.escaped(title))</text>",
        ]
        let order = bands.indices.sorted { (bands[$0].share, $1) < (bands[$1].share, $0) }
        for index in order { lines.append(band(bands[index], points)) }
        for (place, point) in zip(places, points) {
            lines.append(
                "<circle cx=\"\(SVGText.number(point.x))\" cy=\"\(SVGText.number(point.y))\" r=\"4\" fill=\"white\""
                    + " stroke=\"black\" stroke-width=\"1.4\"><title>\(SVGText.escaped(place.name))</title></circle>")
        }
        var writing = LabelPlacement(
            width: Self.width, top: 26, bottom: height - 40,
            lines: bands.map { (points[$0.from], points[$0.to]) }, points: points)
        for (place, point) in zip(places, points) {
            guard let label = writing.place(place.name, beside: point) else { continue }
            lines.append(
                "<text x=\"\(SVGText.number(label.x))\" y=\"\(SVGText.number(label.y))\""
                    + " stroke=\"white\" stroke-width=\"2.5\" paint-order=\"stroke\">"
                    + "\(SVGText.escaped(place.name))</text>")
        }
        // The fullest first, so that they find room. Each is on its own direction's band, nearer to where that begins.
        for index in order.reversed().prefix(Self.labelled) where bands[index].share > 0 {
            let line = offset(bands[index], points)
            let spots = [0.36, 0.3, 0.42, 0.24, 0.48, 0.18].map { share in
                (x: line.x1 + (line.x2 - line.x1) * share, y: line.y1 + (line.y2 - line.y1) * share)
            }
            let text = Self.percent(bands[index].share)
            guard let label = writing.place(text, atOneOf: spots) else { continue }
            lines.append(
                "<text x=\"\(SVGText.number(label.x))\" y=\"\(SVGText.number(label.y))\" text-anchor=\"middle\""
                    + " font-size=\"10\" font-weight=\"bold\" stroke=\"white\" stroke-width=\"3\""
                    + " paint-order=\"stroke\">\(text)</text>")
        }
        return (lines + scale(y: height - 26) + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    /// Fills the width, or the height where that is too much, with the same scale both ways.
    private func scaled() -> [(x: Double, y: Double)] {
        let (xs, ys) = (places.map(\.x), places.map(\.y))
        guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max() else { return [] }
        let inner = Self.width - 2 * Self.margin
        let factor = min(
            right > left ? inner / (right - left) : .infinity,
            bottom > top ? (Self.heightMax - 2 * Self.margin) / (bottom - top) : .infinity)
        let used = factor.isFinite ? factor : 1
        let indent = Self.margin + (inner - (right - left) * used) / 2
        return places.map { (indent + ($0.x - left) * used, Self.margin + ($0.y - top) * used) }
    }

    private func band(_ band: Band, _ points: [(x: Double, y: Double)]) -> String {
        let line = offset(band, points)
        return "<line x1=\"\(SVGText.number(line.x1))\" y1=\"\(SVGText.number(line.y1))\""
            + " x2=\"\(SVGText.number(line.x2))\" y2=\"\(SVGText.number(line.y2))\""
            + " stroke=\"\(Self.shade(band.share))\" stroke-width=\"\(SVGText.number(Self.thickness(band.share)))\">"
            + "<title>\(SVGText.escaped(band.name)): \(Self.percent(band.share))</title></line>"
    }

    /// To the right of the middle, seen in the band's own direction.
    private func offset(
        _ band: Band, _ points: [(x: Double, y: Double)]
    ) -> (x1: Double, y1: Double, x2: Double, y2: Double) {
        let (from, to) = (points[band.from], points[band.to])
        let (dx, dy) = (to.x - from.x, to.y - from.y)
        let length = max(1, (dx * dx + dy * dy).squareRoot())
        let shift = Self.thickness(band.share) / 2 + 0.6
        let (sx, sy) = (-dy / length * shift, dx / length * shift)
        return (from.x + sx, from.y + sy, to.x + sx, to.y + sy)
    }

    private func scale(y: Double) -> [String] {
        var lines = [
            "<text x=\"\(SVGText.number(Self.margin))\" y=\"\(SVGText.number(y + 4))\">full to</text>"
        ]
        for (index, share) in [0, 0.25, 0.5, 0.75, 1].enumerated() {
            let x = Self.margin + 50 + Double(index) * 90
            lines.append(
                "<line x1=\"\(SVGText.number(x))\" x2=\"\(SVGText.number(x + 36))\" y1=\"\(SVGText.number(y))\""
                    + " y2=\"\(SVGText.number(y))\" stroke=\"\(Self.shade(share))\""
                    + " stroke-width=\"\(SVGText.number(Self.thickness(share)))\"/>")
            lines.append(
                "<text x=\"\(SVGText.number(x + 42))\" y=\"\(SVGText.number(y + 4))\">\(Self.percent(share))</text>")
        }
        return lines
    }

    private static func thickness(_ share: Double) -> Double { 1.2 + 6.3 * min(1, max(0, share)) }

    /// From light grey over orange to dark red: in grey it only gets darker.
    private static func shade(_ share: Double) -> String {
        let stops: [(Double, Double, Double)] = [(200, 205, 210), (253, 190, 110), (227, 90, 50), (120, 0, 20)]
        let at = min(1, max(0, share)) * Double(stops.count - 1)
        let index = min(stops.count - 2, Int(at))
        let (low, high, part) = (stops[index], stops[index + 1], at - Double(index))
        func mixed(_ left: Double, _ right: Double) -> Int { Int((left + (right - left) * part).rounded()) }
        return "rgb(\(mixed(low.0, high.0)),\(mixed(low.1, high.1)),\(mixed(low.2, high.2)))"
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}
