// "Did you mean": the known name with the smallest optimal string alignment distance (Damerau 1964: insertions,
// deletions, substitutions and swaps of neighbours).

package enum Suggestion {
    /// The nearest of `names`, the first of equals, or nil where none is near: case does not count, at most a third of
    /// the name's letters may differ, and something of `text` must be left. Names beyond the first 5 000 are not tried.
    package static func nearest(to text: String, among names: some Collection<String>) -> String? {
        // What is much longer than any name is no slip of the finger, and comparing it would cost its length.
        guard (1...256).contains(text.utf8.count) else { return nil }
        let wanted = Array(text.lowercased().unicodeScalars)
        guard wanted.count <= 64 else { return nil }
        var best: (distance: Int, name: String)?
        for name in names.prefix(5_000) {
            let letters = Array(name.lowercased().unicodeScalars)
            let limit = min(max(1, letters.count / 3), wanted.count - 1)
            guard abs(letters.count - wanted.count) <= limit else { continue }
            let distance = distance(wanted, letters)
            if distance <= limit, distance < best?.distance ?? .max { best = (distance, name) }
        }
        return best?.name
    }

    /// ` (did you mean "x"?)`, or nothing.
    package static func sentence(for text: String, among names: some Collection<String>) -> String {
        nearest(to: text, among: names).map { " (did you mean \"\($0)\"?)" } ?? ""
    }

    /// By dynamic programming over three rows.
    private static func distance(_ from: [Unicode.Scalar], _ to: [Unicode.Scalar]) -> Int {
        var older: [Int] = []
        var previous = Array(0...to.count)
        for row in 0..<from.count {
            var current = [row + 1]
            for column in 0..<to.count {
                let substitution = previous[column] + (from[row] == to[column] ? 0 : 1)
                var least = min(substitution, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, from[row] == to[column - 1], from[row - 1] == to[column] {
                    least = min(least, older[column - 1] + 1)
                }
                current.append(least)
            }
            older = previous
            previous = current
        }
        return previous[to.count]
    }
}
