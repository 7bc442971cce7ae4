// One HTML document with everything in it: nothing to load, no script, legible on a telephone and on paper.

package struct HTMLPage: Sendable {
    package let title: String
    private var body: [String] = []

    package init(title: String) { self.title = title }

    package mutating func heading(_ text: String) { body.append("<h2>\(SVGText.escaped(text))</h2>") }

    package mutating func paragraph(_ text: String) { body.append("<p>\(SVGText.escaped(text))</p>") }

    /// What the reader is to know first.
    package mutating func lead(_ text: String) {
        body.append("<p class=\"lead\">\(SVGText.escaped(text))</p>")
    }

    package mutating func list(_ items: [String]) {
        body.append("<ul>" + items.map { "<li>\(SVGText.escaped($0))</li>" }.joined() + "</ul>")
    }

    /// A few numbers to be seen at a glance, each with what it is of.
    package mutating func keyFigures(_ figures: [(value: String, meaning: String)]) {
        body.append("<dl class=\"key\">")
        for figure in figures {
            body.append(
                "<div><dd>\(SVGText.escaped(figure.value))</dd><dt>\(SVGText.escaped(figure.meaning))</dt></div>")
        }
        body.append("</dl>")
    }

    /// Drawings beside each other as far as there is room.
    package mutating func figures(_ drawings: [String]) {
        body.append("<div class=\"grid\">")
        for drawing in drawings { body.append("<figure>\(drawing)</figure>") }
        body.append("</div>")
    }

    /// One drawing that needs width; on narrow screens it can be moved sideways.
    package mutating func wideFigure(_ drawing: String) {
        body.append(
            "<p class=\"hint\">The drawing is wider than the screen: move it sideways.</p>"
                + "<div class=\"scroll\" tabindex=\"0\"><figure class=\"wide\">\(drawing)</figure></div>")
    }

    /// The first column names the rows. On narrow screens each row is a block of its own, with the columns' titles beside
    /// the cells.
    ///
    /// - Precondition: each row has a cell for each column.
    package mutating func table(_ columns: [(title: String, isNumber: Bool)], _ rows: [[String]], caption: String) {
        precondition(rows.allSatisfy { $0.count == columns.count }, "one cell for each column")
        body.append("<div class=\"scroll\" tabindex=\"0\"><table><caption>\(SVGText.escaped(caption))</caption>")
        let titles = columns.map { column in
            "<th scope=\"col\"\(column.isNumber ? " class=\"n\"" : "")>\(SVGText.escaped(column.title))</th>"
        }
        body.append("<thead><tr>\(titles.joined())</tr></thead><tbody>")
        for row in rows {
            let cells = zip(columns, row).dropFirst().map { column, text in
                "<td\(column.isNumber ? " class=\"n\"" : "") data-title=\"\(SVGText.escaped(column.title))\">"
                    + "\(SVGText.escaped(text))</td>"
            }
            body.append("<tr><th scope=\"row\">\(SVGText.escaped(row[0]))</th>\(cells.joined())</tr>")
        }
        body.append("</tbody></table></div>")
    }

    /// The whole document.
    package var text: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(SVGText.escaped(title))</title>
        <link rel="icon" href="data:,">
        <style>
        \(Self.style)
        </style>
        </head>
        <body>
        <main>
        <h1>\(SVGText.escaped(title))</h1>
        \(body.joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    private static let style = """
        :root { color-scheme: light; }
        * { box-sizing: border-box; }
        body { margin: 0; background: white; color: #111; font: 16px/1.45 system-ui, sans-serif; }
        main { max-width: 1240px; margin: 0 auto; padding: 12px; }
        h1 { font-size: 1.5rem; line-height: 1.2; margin: 0.4em 0; overflow-wrap: anywhere; }
        h2 { font-size: 1.15rem; margin: 1.6em 0 0.4em; border-bottom: 2px solid #111; }
        p, li { max-width: 60em; overflow-wrap: anywhere; }
        ul { margin: 0.6em 0; padding-left: 1.2em; font-size: 0.92rem; }
        .lead { font-size: 1.1rem; }
        .hint { display: none; }
        .key { display: grid; grid-template-columns: repeat(auto-fit, minmax(135px, 1fr)); gap: 8px; margin: 1em 0; }
        .key div { border: 1px solid #999; padding: 6px 10px; }
        .key dd { margin: 0; font-size: 1.35rem; font-weight: bold; font-variant-numeric: tabular-nums; }
        .key dt { font-size: 0.85rem; line-height: 1.25; overflow-wrap: anywhere; }
        .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 350px), 1fr)); gap: 12px; margin: 12px 0; }
        figure { margin: 0; border: 1px solid #ccc; }
        figure svg { display: block; width: 100%; height: auto; }
        .scroll { overflow-x: auto; margin: 0.6em 0; }
        .wide { min-width: 680px; max-width: 900px; }
        table { border-collapse: collapse; font-size: 0.92rem; }
        caption { text-align: left; font-weight: bold; padding: 0.3em 0; }
        th, td { padding: 0.25em 0.7em 0.25em 0; text-align: left; border-bottom: 1px solid #ccc; white-space: nowrap; }
        thead th { border-bottom: 1.5px solid #111; }
        tbody th { font-weight: normal; }
        .n { text-align: right; font-variant-numeric: tabular-nums; }
        @media screen and (max-width: 760px) {
          .hint { display: block; margin: 0.8em 0 0; font-size: 0.85rem; }
          .key { grid-template-columns: 1fr 1fr; }
          table, caption, tbody { display: block; }
          thead { display: none; }
          tr { display: grid; grid-template-columns: 1fr 1fr; column-gap: 18px; padding: 0.4em 0; border-bottom: 1.5px solid #111; }
          tbody th { grid-column: 1 / -1; font-weight: bold; white-space: normal; overflow-wrap: anywhere; border: 0; }
          td { display: flex; justify-content: space-between; gap: 0.8em; padding: 0.15em 0; white-space: normal; text-align: right; border-bottom: 1px dotted #bbb; }
          td.n { white-space: nowrap; }
          td::before { white-space: normal; content: attr(data-title); color: #444; text-align: left; }
        }
        @page { margin: 14mm; }
        @media print {
          main { max-width: none; padding: 0 1px; }
          body { font-size: 10.5pt; }
          h2, caption { break-after: avoid; }
          figure, tr, .key div { break-inside: avoid; }
          .grid { grid-template-columns: 1fr 1fr; }
          .scroll { overflow: visible; }
          .wide { min-width: 0; }
        }
        """
}
