// Any value as lines of text, field by field, so that two of them can be compared down to the last one without either
// having to be Equatable: a field that somebody adds is compared from then on.

struct StructuralText {
    /// Fields that are left out, by the end of their path (`plane.flows.free`).
    var skipped: [String] = []
    /// Arrays whose order means nothing.
    var unordered: [String] = []

    func lines(of value: Any, _ path: String) -> [String] {
        if skipped.contains(where: { path.hasSuffix($0) }) { return [] }
        let mirror = Mirror(reflecting: value)
        let children = Array(mirror.children)
        switch mirror.displayStyle {
        case .optional:
            guard let child = children.first else { return [path + ": nil"] }
            return lines(of: child.value, path)
        case .dictionary, .set: return sorted(children.map(\.value), path)
        case .collection:
            if unordered.contains(where: { path.hasSuffix($0) }) { return sorted(children.map(\.value), path) }
            return ["\(path): \(children.count)"]
                + children.enumerated().flatMap { lines(of: $1.value, "\(path)[\($0)]") }
        default:
            if children.isEmpty { return ["\(path): \(value)"] }
            return children.enumerated().flatMap { lines(of: $1.value, "\(path).\($1.label ?? String($0))") }
        }
    }

    private func sorted(_ values: [Any], _ path: String) -> [String] {
        ["\(path): \(values.count)"]
            + values.map { lines(of: $0, path + "[]").joined(separator: "; ") }.sorted()
    }
}
