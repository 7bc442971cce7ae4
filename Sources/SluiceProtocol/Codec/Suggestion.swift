// "Did you mean": the known name nearest to what was written.

package enum Suggestion {
    /// The candidate at the smallest edit distance (insert, delete, replace, swap of neighbours; case ignored), where
    /// that is at most a third of the length and leaves something of the text; the first of equals.
    package static func nearest(to text: String, among candidates: [String]) -> String? {
        // What is much longer than any name is no slip of the finger, and comparing it would cost its length.
        guard text.utf8.count <= 64 else { return nil }
        let wanted = Array(text.lowercased().utf8)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = editDistance(wanted, Array(candidate.lowercased().utf8))
            guard distance <= max(1, candidate.utf8.count / 3), distance < wanted.count,
                distance < best?.distance ?? .max
            else { continue }
            best = (candidate, distance)
        }
        return best?.candidate
    }

    /// ` (did you mean "x"?)`, or nothing.
    package static func sentence(for text: String, among candidates: [String]) -> String {
        nearest(to: text, among: candidates).map { " (did you mean \"\($0)\"?)" } ?? ""
    }

    /// Optimal string alignment distance, by dynamic programming over three rows.
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let isSame = left[row] == right[column]
                var distance = min(last[column + 1] + 1, current[column] + 1, last[column] + (isSame ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    distance = min(distance, beforeLast[column - 1] + 1)
                }
                current.append(distance)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
