// Aligned columns for people.

/// Rows under headings; each column as wide as its widest cell, two blanks between.
struct TextTable {
    enum Alignment { case left, right }

    private let columns: [(heading: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ columns: [(heading: String, alignment: Alignment)]) { self.columns = columns }

    /// - Precondition: one cell a column.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells)
    }

    var isEmpty: Bool { rows.isEmpty }

    /// Headings and rows, each line ended; `indent` blanks in front of each.
    func text(indent: Int = 0) -> String {
        let all = [columns.map(\.heading)] + rows
        let widths = columns.indices.map { column in all.reduce(0) { max($0, $1[column].count) } }
        return all.map { row in
            var line = String(repeating: " ", count: indent)
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += columns[column].alignment == .left ? cell + padding : padding + cell
                if column + 1 < row.count { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
