import SluiceReport
import Testing

/// The values of `attribute` on every element `tag` of `svg`, in order.
private func values(_ attribute: String, of tag: String, in svg: String) -> [String] {
    svg.split(separator: "<\(tag) ").dropFirst().compactMap { element in
        let head = " " + element.prefix { $0 != ">" }
        return head.split(separator: " \(attribute)=\"", omittingEmptySubsequences: false).dropFirst().first
            .map { String($0.prefix { $0 != "\"" }) }
    }
}

@Suite struct BarPlotTests {
    private func plot(_ admitted: [Double], _ refused: [Double]) -> String {
        BarPlot(
            id: "p", title: "a < b", xTitle: "minutes", yTitle: "flows",
            labels: admitted.indices.map { "\($0)" },
            series: [
                .init(name: "admitted", filling: .solid, values: admitted),
                .init(name: "refused", filling: .hatched, values: refused),
            ]
        ).svg
    }

    @Test func `parts of a bar stand on each other, as high as their values`() throws {
        let svg = plot([3, 0], [1, 2])
        // The first rectangles are the pattern's and the background; the last two the legend's.
        let heights = values("height", of: "rect", in: svg).dropFirst(3).dropLast(2).compactMap { Double($0) }
        #expect(heights.count == 3)
        #expect(abs(heights[0] - 3 * heights[1]) < 0.05)
        #expect(abs(heights[2] - 2 * heights[1]) < 0.05)
        let tops = values("y", of: "rect", in: svg).dropLast(2).compactMap { Double($0) }
        #expect(abs(tops[1] + heights[1] - tops[0]) < 0.05, "the second part ends where the first begins")
    }

    @Test func `parts differ in filling, not only in colour`() {
        let svg = plot([3], [1])
        #expect(svg.contains("url(#p-hatch)"))
        #expect(svg.contains("id=\"p-hatch\""))
        #expect(svg.contains("a &lt; b"))
    }

    @Test func `over a range of numbers, round ones stand where they belong`() throws {
        let svg = BarPlot(
            id: "p", title: "t", xTitle: "seconds", yTitle: "flows", range: 0...590, bars: 24,
            series: [.init(name: "only", filling: .solid, values: [Double](repeating: 1, count: 24))]
        ).svg
        let places = values("x1", of: "line", in: svg).compactMap { Double($0) }.suffix(6)
        #expect(svg.contains(">500</text>") && !svg.contains(">590</text>") && !svg.contains("only"))
        let gaps = zip(places, places.dropFirst()).map { $1 - $0 }
        #expect(gaps.count == 5 && gaps.allSatisfy { abs($0 - gaps[0]) < 0.02 && $0 > 20 }, "\(places)")
    }

    @Test func `a part that is nowhere is not in the legend`() {
        #expect(!plot([3, 1], [0, 0]).contains("refused"))
        #expect(plot([3, 1], [0, 1]).contains("refused"))
    }

    @Test func `without values there is still a plot`() {
        #expect(!plot([], []).contains("nan"))
        #expect(!plot([0, 0], [0, 0]).contains("nan"))
    }
}

@Suite struct NetworkMapTests {
    private func map(_ shares: [Double]) -> String {
        NetworkMap(
            title: "net",
            places: [.init(name: "a", x: 0, y: 0), .init(name: "b & c", x: 10, y: 5)],
            bands: [
                .init(name: "ab>", from: 0, to: 1, share: shares[0]),
                .init(name: "ab<", from: 1, to: 0, share: shares[1]),
            ]
        ).svg
    }

    @Test func `the fuller direction is drawn wider and darker`() throws {
        let svg = map([0.2, 0.9])
        let widths = values("stroke-width", of: "line", in: svg).prefix(2).compactMap { Double($0) }
        let shades = values("stroke", of: "line", in: svg).prefix(2).map { shade in
            shade.filter { $0.isNumber || $0 == "," }.split(separator: ",").compactMap { Int($0) }.reduce(0, +)
        }
        #expect(widths[0] < widths[1], "drawn last, above the others")
        #expect(shades[0] > shades[1])
        #expect(svg.contains("ab&lt;: 90 %"))
        #expect(svg.contains("b &amp; c"))
    }

    @Test func `the two directions do not cover each other`() throws {
        let svg = map([0.5, 0.5])
        let (x1, x2) = (values("x1", of: "line", in: svg), values("x2", of: "line", in: svg))
        #expect(x1[0] != x2[1], "the way there and the way back start beside each other")
    }

    @Test func `no name lies upon another, though places are close`() throws {
        let places = (0..<6).map { NetworkMap.Place(name: "place-\($0)", x: Double($0) * 0.3, y: Double($0 % 2) * 0.2) }
        let svg = NetworkMap(
            title: "net", places: places + [NetworkMap.Place(name: "far", x: 100, y: 50)],
            bands: [.init(name: "l", from: 0, to: 6, share: 1)]
        ).svg
        let texts = svg.split(separator: "<text ").dropFirst().filter { $0.contains("paint-order") }
        let boxes = try texts.map { text in
            let name = try #require(text.split(separator: ">")[1].split(separator: "<").first)
            let (xs, ys) = (
                values("x", of: "text", in: ".<text " + text), values("y", of: "text", in: ".<text " + text)
            )
            let x = try #require(xs.first.flatMap { Double($0) })
            let y = try #require(ys.first.flatMap { Double($0) })
            let isCentred = text.contains("middle")
            let width = Double(name.count) * 6
            return (left: isCentred ? x - width / 2 : x, top: y - 9, width: width)
        }
        #expect(boxes.count >= 3)
        for (index, box) in boxes.enumerated() {
            for other in boxes.dropFirst(index + 1) {
                let apart =
                    box.left + box.width <= other.left || other.left + other.width <= box.left
                    || abs(box.top - other.top) >= 9
                #expect(apart, "\(box) \(other)")
            }
        }
    }

    @Test func `places of one line, or one place, still make a map`() {
        for places in [[(0.0, 0.0)], [(0, 0), (0, 5)], [(3, 3), (3, 3)], []] as [[(Double, Double)]] {
            let svg = NetworkMap(
                title: "net", places: places.map { NetworkMap.Place(name: "n", x: $0.0, y: $0.1) }, bands: []
            ).svg
            #expect(!svg.contains("nan") && !svg.contains("inf"))
        }
    }
}

@Suite struct HTMLPageTests {
    @Test func `texts and cells are escaped, numbers stand right`() {
        var page = HTMLPage(title: "<script>")
        page.heading("a & b")
        page.table([("name", false), ("count", true)], [["x<y", "3"]], caption: "t")
        #expect(!page.text.contains("<script>"))
        #expect(page.text.contains("<h2>a &amp; b</h2>"))
        #expect(
            page.text.contains("<th scope=\"row\">x&lt;y</th><td class=\"n\" data-title=\"count\">3</td>"))
        #expect(page.text.contains("name=\"viewport\""))
    }
}
