// Where texts go on a drawing that is full of lines: each in turn takes the spot that hides least. Greedy over a few
// candidates, as in Christensen, Marks and Shieber, "An Empirical Study of Algorithms for Point-Feature Label Placement"
// (ACM Transactions on Graphics 14, 1995), section 3.2; what would write over another text is left out.

struct LabelPlacement {
    typealias Point = (x: Double, y: Double)

    private struct Box {
        let left: Double
        let top: Double
        let right: Double
        let bottom: Double

        func overlaps(_ other: Box) -> Bool {
            left < other.right && other.left < right && top < other.bottom && other.top < bottom
        }

        /// Whether the line from `start` to `end` passes through it (Liang and Barsky, 1984).
        func isCrossed(by start: Point, _ end: Point) -> Bool {
            var (enter, leave) = (0.0, 1.0)
            let (dx, dy) = (end.x - start.x, end.y - start.y)
            for (direction, room) in [
                (-dx, start.x - left), (dx, right - start.x), (-dy, start.y - top), (dy, bottom - start.y),
            ] {
                if direction == 0 {
                    if room < 0 { return false }
                } else if direction < 0 {
                    enter = max(enter, room / direction)
                } else {
                    leave = min(leave, room / direction)
                }
            }
            return enter < leave
        }
    }

    private static let characterWidth = 6.2
    private static let textHeight = 11.0
    private static let pointRadius = 5.0

    private let frame: Box
    private let lines: [(start: Point, end: Point)]
    private let points: [Box]
    private var taken: [Box] = []

    init(width: Double, top: Double, bottom: Double, lines: [(Point, Point)], points: [Point]) {
        frame = Box(left: 2, top: top, right: width - 2, bottom: bottom)
        self.lines = lines.map { (start: $0.0, end: $0.1) }
        self.points = points.map {
            Box(
                left: $0.x - Self.pointRadius, top: $0.y - Self.pointRadius, right: $0.x + Self.pointRadius,
                bottom: $0.y + Self.pointRadius)
        }
    }

    /// Where `text` begins, on its baseline, beside `point`; nil where it would hide another text wherever it stands.
    mutating func place(_ text: String, beside point: Point) -> Point? {
        let width = Double(text.count) * Self.characterWidth
        let (right, left, middle) = (point.x + 6, point.x - 6 - width, point.x - width / 2)
        let (above, below, level) = (point.y - 5, point.y + 13, point.y + 4)
        let spots = [
            (right, above), (right, below), (left, above), (left, below), (right + 2, level), (left - 2, level),
            (middle, above - 4), (middle, below + 3),
        ]
        var best: (spot: Point, box: Box, cost: Int)?
        for spot in spots {
            let box = Box(
                left: spot.0, top: spot.1 - Self.textHeight + 2, right: spot.0 + width, bottom: spot.1 + 2)
            guard isFree(box) else { continue }
            let cost = lines.count { box.isCrossed(by: $0.start, $0.end) } + 8 * points.count { box.overlaps($0) }
            if best.map({ cost < $0.cost }) ?? true { best = ((x: spot.0, y: spot.1), box, cost) }
            if cost == 0 { break }
        }
        guard let best else { return nil }
        taken.append(best.box)
        return best.spot
    }

    /// The first of `spots` at which `text`, with its middle there, hides no text and no point; nil where none is so.
    mutating func place(_ text: String, atOneOf spots: [Point]) -> Point? {
        let width = Double(text.count) * Self.characterWidth
        for spot in spots {
            let box = Box(
                left: spot.x - width / 2, top: spot.y - Self.textHeight / 2, right: spot.x + width / 2,
                bottom: spot.y + Self.textHeight / 2)
            guard isFree(box), !points.contains(where: { box.overlaps($0) }) else { continue }
            taken.append(box)
            return (x: spot.x, y: spot.y + 4)
        }
        return nil
    }

    private func isFree(_ box: Box) -> Bool {
        box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom
            && !taken.contains { box.overlaps($0) }
    }
}
