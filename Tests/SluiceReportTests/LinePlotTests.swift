import SluiceReport
import Testing

@Suite struct LinePlotTests {
    private func plot(_ points: [(x: Double, y: Double)], name: String = "line") -> String {
        LinePlot(title: "a < b & c", xTitle: "x", yTitle: "y", series: [.init(name: name, points: points)]).svg
    }

    @Test func `a plot is one SVG document with a line for each series and its name`() {
        let svg = plot([(x: 0, y: 1), (x: 10, y: 3)], name: "first & only")
        #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
        #expect(svg.hasSuffix("</svg>\n"))
        #expect(svg.split(separator: "<polyline").count == 2)
        #expect(svg.contains("first &amp; only"))
        #expect(svg.contains("a &lt; b &amp; c"))
    }

    @Test func `points lie within the frame, the least left and the greatest right`() throws {
        let svg = plot([(x: 5, y: 20), (x: 15, y: 80)])
        let points = try #require(svg.split(separator: "points=\"").last?.split(separator: "\"").first)
        let pairs = points.split(separator: " ").map { $0.split(separator: ",").compactMap { Double($0) } }
        #expect(pairs.count == 2)
        #expect(pairs[0][0] < pairs[1][0])
        #expect(pairs[0][1] > pairs[1][1], "greater values are higher, and y grows downwards")
        #expect(pairs.flatMap { $0 }.allSatisfy { $0 >= 0 && $0 <= 800 })
    }

    @Test func `a plot without points, or of one value, is still a plot`() {
        #expect(plot([]).contains("<polyline"))
        #expect(plot([(x: 1, y: 7)]).contains("nan") == false)
    }
}
