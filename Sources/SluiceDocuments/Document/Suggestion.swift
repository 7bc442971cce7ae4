// "Did you mean": the known name with the smallest optimal string alignment distance (Damerau 1964: insertions,
// deletions, substitutions and swaps of neighbours).

package enum Suggestion {
    /// The nearest of `names`, or nil where none is near: at most a third of the letters may differ.
    package static func nearest(to name: String, among names: some Collection<String>) -> String? {
        let wanted = Array(name.lowercased().unicodeScalars)
        guard (1...64).contains(wanted.count) else { return nil }
        let limit = max(1, wanted.count / 3)
        var best: (distance: Int, name: String)?
        for candidate in names.prefix(5_000) {
            let letters = Array(candidate.lowercased().unicodeScalars)
            guard abs(letters.count - wanted.count) <= limit else { continue }
            let distance = self.distance(wanted, letters)
            if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        return best?.name
    }

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
