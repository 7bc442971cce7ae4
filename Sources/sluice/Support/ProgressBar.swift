// How far a long command has come, on a terminal; nothing where standard error is a file or a pipe.

private import Glibc

struct ProgressBar {
    private let title: String
    private let unit: String
    private let start = ContinuousClock.now
    private var shownAt: ContinuousClock.Instant?
    private let isShown = isatty(STDERR_FILENO) == 1

    private static let width = 24

    /// - Parameter unit: what is counted, as `packets`.
    init(_ title: String, unit: String) {
        self.title = title
        self.unit = unit
    }

    /// Shows `count` of `unit` so far, and how much of everything they are where that is known.
    mutating func update(_ count: Int, share: Double?) {
        guard isShown else { return }
        let now = ContinuousClock.now
        if let shownAt, shownAt.duration(to: now) < .milliseconds(100) { return }
        shownAt = now
        let seconds = start.duration(to: now) / .seconds(1)
        StandardError.write("\r\u{1b}[K" + Self.line(title, unit, count: count, share: share, seconds: seconds))
    }

    /// Takes the bar away.
    func finish() {
        if isShown, shownAt != nil { StandardError.write("\r\u{1b}[K") }
    }

    static func line(_ title: String, _ unit: String, count: Int, share: Double?, seconds: Double) -> String {
        let rate = Double(count) / max(seconds, 1e-3)
        let speed = rate >= 1e6 ? "\(decimal(rate / 1e6, digits: 1)) million" : "\(Int(rate))"
        guard let share, share > 0 else { return "\(title): \(count) \(unit), \(speed) \(unit)/s" }
        let known = min(1, share)
        let filled = Int(known * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        let left = max(0, seconds / known - seconds)
        let time = left < 90 ? "\(Int(left.rounded(.up))) s" : "\(Int((left / 60).rounded(.up))) min"
        return "\(title): [\(bar)] \(Int(known * 100)) %, \(speed) \(unit)/s, \(time) left"
    }
}
