// Aligned columns for people; machines get `--json`.

struct Table {
    enum Alignment { case left, right }

    struct Column {
        let title: String
        let alignment: Alignment

        /// Names and words.
        static func text(_ title: String) -> Column { Column(title: title, alignment: .left) }
        /// Numbers and quantities.
        static func number(_ title: String) -> Column { Column(title: title, alignment: .right) }
    }

    let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    var isEmpty: Bool { rows.isEmpty }

    /// - Precondition: one cell for each column.
    mutating func append(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has \(columns.count) cells")
        rows.append(cells)
    }

    /// Titles and rows, two spaces between columns, each line ended. Widths count characters.
    var text: String {
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line($0, widths: widths) + "\n" }.joined()
    }

    private func line(_ cells: [String], widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            if column > 0 { line += "  " }
            let padding = String(repeating: " ", count: widths[column] - cell.count)
            switch columns[column].alignment {
            case .left: line += cell + padding
            case .right: line += padding + cell
            }
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
