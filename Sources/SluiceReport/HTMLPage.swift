// One HTML document with everything in it: nothing to load, no script, legible on a telephone and on paper.

package struct HTMLPage: Sendable {
    package let title: String
    private var body: [String] = []

    package init(title: String) { self.title = title }

    package mutating func heading(_ text: String) { body.append("<h2>\(SVGText.escaped(text))</h2>") }

    package mutating func paragraph(_ text: String) { body.append("<p>\(SVGText.escaped(text))</p>") }

    /// Drawings beside each other as far as there is room.
    package mutating func figures(_ drawings: [String]) {
        body.append("<div class=\"grid\">")
        for drawing in drawings { body.append("<figure>\(drawing)</figure>") }
        body.append("</div>")
    }

    /// One drawing that needs width; on narrow screens it can be moved sideways.
    package mutating func wideFigure(_ drawing: String) {
        body.append("<div class=\"scroll\" tabindex=\"0\"><figure class=\"wide\">\(drawing)</figure></div>")
    }

    /// - Precondition: each row has a cell for each column.
    package mutating func table(_ columns: [(title: String, isNumber: Bool)], _ rows: [[String]], caption: String) {
        precondition(rows.allSatisfy { $0.count == columns.count }, "one cell for each column")
        func cells(_ texts: [String], _ tag: String) -> String {
            zip(columns, texts).map { column, text in
                "<\(tag)\(column.isNumber ? " class=\"n\"" : "")>\(SVGText.escaped(text))</\(tag)>"
            }.joined()
        }
        body.append("<div class=\"scroll\" tabindex=\"0\"><table><caption>\(SVGText.escaped(caption))</caption>")
        body.append("<thead><tr>\(cells(columns.map(\.title), "th"))</tr></thead><tbody>")
        for row in rows { body.append("<tr>\(cells(row, "td"))</tr>") }
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
        p { max-width: 46em; overflow-wrap: anywhere; }
        .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 350px), 1fr)); gap: 12px; }
        figure { margin: 0; border: 1px solid #ccc; }
        figure svg { display: block; width: 100%; height: auto; }
        .scroll { overflow-x: auto; margin: 0.6em 0; }
        .wide { min-width: 680px; max-width: 900px; }
        table { border-collapse: collapse; font-size: 0.92rem; }
        caption { text-align: left; font-weight: bold; padding: 0.3em 0; }
        th, td { padding: 0.25em 0.7em 0.25em 0; text-align: left; border-bottom: 1px solid #ccc; white-space: nowrap; }
        th { border-bottom: 1.5px solid #111; }
        .n { text-align: right; font-variant-numeric: tabular-nums; }
        @page { margin: 14mm; }
        @media print {
          main { max-width: none; padding: 0; }
          body { font-size: 10.5pt; }
          h2 { break-after: avoid; }
          figure, tr { break-inside: avoid; }
          .grid { grid-template-columns: 1fr 1fr; }
          .scroll { overflow: visible; }
          .wide { min-width: 0; }
        }
        """
}
