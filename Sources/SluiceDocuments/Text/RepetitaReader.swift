// Repetita graphs and demands (Gay et al., "REPETITA: Repeatable Experiments for Performance Evaluation of Traffic-
// Engineering Algorithms", 2017). Ends are line numbers of nodes, edges are directed, bandwidths are kbit/s.

import SluiceJSON
import SluiceModel

struct RepetitaReader {
    private let faults: FaultCollector
    private var lines: ArraySlice<[Word]>

    static func readGraph(
        _ text: String, options: ImportOptions, faults: FaultCollector
    ) throws(InvalidDocument) -> ImportedNetwork {
        var reader = RepetitaReader(text, faults)
        var draft = NetworkDraft(.repetitaGraph)
        draft.memberName = { field, _ in
            switch field {
            case "a.switch", "a.port": "src"
            case "b.switch", "b.port": "dest"
            case "id": "label"
            default: field
            }
        }
        reader.readNodes(into: &draft)
        reader.readEdges(into: &draft, options: options)
        if draft.cables.contains(where: { $0.latency != .zero }) { draft.warnings.append(.delaysRelative) }
        return try draft.finish(options: options, faults: faults, isStrict: false)
    }

    static func readDemands(_ text: String, faults: FaultCollector) -> [DemandEntry] {
        var reader = RepetitaReader(text, faults)
        return reader.readDemands()
    }

    private init(_ text: String, _ faults: FaultCollector) {
        self.faults = faults
        lines = Words.lines(of: text, hasComments: false, splitsParentheses: false)[...]
    }

    private mutating func readNodes(into draft: inout NetworkDraft) {
        for (position, line) in section("NODES", columns: 3).enumerated() {
            let place = Place.text(line[0].position, field: "NODES[\(position)]")
            guard line.count == 3, let x = DecimalText.value(line[1].text), let y = DecimalText.value(line[2].text)
            else {
                faults.report(place, .brokenLine(wanted: "a node: LABEL X Y"))
                continue
            }
            // 0 0 is how these files say that they do not know.
            let isKnown = (x != 0 || y != 0) && (-180...180).contains(x) && (-90...90).contains(y)
            draft.addNode(line[0].text, location: isKnown ? Location(latitude: y, longitude: x) : nil, at: place)
        }
    }

    private mutating func readEdges(into draft: inout NetworkDraft, options: ImportOptions) {
        for (position, line) in section("EDGES", columns: 6).enumerated() {
            let place = Place.text(line[0].position, field: "EDGES[\(position)]")
            guard line.count == 6 else {
                faults.report(place, .brokenLine(wanted: "an edge: LABEL SRC DEST WEIGHT BW DELAY"))
                continue
            }
            let from = node(line[1], place.member("src"), among: draft)
            let to = node(line[2], place.member("dest"), among: draft)
            let capacity = kilobits(line[4], place.member("bw"), rounding: .down)
            let delay = DecimalText.scaled(line[5].text, power: 0, rounding: .up)
            if delay == nil {
                faults.report(place.member("delay"), .unreadable(line[5].text, wanted: "a delay: a number from 0"))
            }
            guard let from, let to, let capacity, let delay else { continue }
            draft.addForeignLink(
                id: line[0].text, from: from, to: to, capacity: capacity, latency: Latency(microseconds: delay),
                isDirected: true, options: options, at: place)
        }
    }

    private mutating func readDemands() -> [DemandEntry] {
        var entries: [DemandEntry] = []
        for (position, line) in section("DEMANDS", columns: 4).enumerated() {
            let place = Place.text(line[0].position, field: "DEMANDS[\(position)]")
            guard line.count == 4, let from = Int(line[1].text), let to = Int(line[2].text) else {
                faults.report(place, .brokenLine(wanted: "a demand: LABEL SRC DEST BW"))
                continue
            }
            guard let bandwidth = kilobits(line[3], place.member("bw"), rounding: .up) else { continue }
            entries.append(
                DemandEntry(
                    id: line[0].text, source: .position(from), destination: .position(to), bandwidth: bandwidth,
                    place: place, endNames: ("src", "dest")))
        }
        return entries
    }

    /// The lines of the section that begins here: `NAME COUNT`, a line of titles, then as many entries.
    private mutating func section(_ name: String, columns: Int) -> ArraySlice<[Word]> {
        guard let head = lines.first, head.count == 2, head[0].text == name, let count = Int(head[1].text), count >= 0
        else {
            let position = lines.first.map { $0[0].position }
            let place = position.map { Place.text($0, field: name) } ?? .document
            faults.report(place, lines.isEmpty ? .missing(name) : .brokenLine(wanted: "a section: \(name) COUNT"))
            return []
        }
        lines = lines.dropFirst()
        if lines.first?.first?.text == "label" { lines = lines.dropFirst() }
        // The next section begins where a line has its form, so that a wrong count does not spoil the rest.
        let end = lines.firstIndex { $0.count == 2 && ["NODES", "EDGES", "DEMANDS"].contains($0[0].text) }
        let body = lines[..<(end ?? lines.endIndex)]
        lines = lines[body.endIndex...]
        if body.count != count {
            faults.report(
                .text(head[1].position, field: name), .countMismatch(declared: count, found: body.count))
        }
        return body
    }

    private func node(_ word: Word, _ place: Place, among draft: NetworkDraft) -> String? {
        if let position = Int(word.text), draft.nodes.indices.contains(position) {
            return draft.nodes[position].id.text
        }
        if let position = Int(word.text) {
            faults.report(place, .unknownNodePosition(position, count: draft.nodes.count))
        } else {
            faults.report(place, .unreadable(word.text, wanted: "the number of a node"))
        }
        return nil
    }

    private func kilobits(_ word: Word, _ place: Place, rounding: QuantityRounding) -> Bandwidth? {
        if let value = DecimalText.scaled(word.text, power: 3, rounding: rounding) { return Bandwidth(exactly: value) }
        faults.report(place, .unreadable(word.text, wanted: "a bandwidth: a number of kbit/s from 0"))
        return nil
    }
}
