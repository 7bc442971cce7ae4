// SNDlib's native form: a header `?SNDlib native format`, then sections META, NODES, LINKS, DEMANDS and
// ADMISSIBLE_PATHS, each in parentheses, one entry a line, `#` before comments.

import SluiceJSON
import SluiceModel

struct SNDlibNativeReader {
    private var network = SNDlibNetwork(.sndlibNative)
    private let faults: FaultCollector

    static func read(
        _ text: String, isLatin1: Bool, options: ImportOptions, faults: FaultCollector
    ) throws(InvalidDocument) -> ImportedNetwork {
        var reader = SNDlibNativeReader(faults: faults)
        if isLatin1 { reader.network.warn(.readAsLatin1) }
        reader.read(text)
        return try reader.network.finish(options: options, faults: faults)
    }

    private init(faults: FaultCollector) { self.faults = faults }

    private mutating func read(_ text: String) {
        let lines = Words.lines(of: text, hasComments: true, splitsParentheses: true)
        var section: String?
        var entries = 0
        var sections: Set<String> = []
        var depth = 0
        for line in lines {
            if line[0].text.hasPrefix("?") { continue }
            guard let current = section else {
                guard line.count >= 2, line[1].text == "(" else {
                    faults.report(.text(line[0].position, field: ""), .brokenLine(wanted: "a section: NAME ("))
                    continue
                }
                section = line[0].text
                if !sections.insert(line[0].text).inserted {
                    faults.report(.text(line[0].position, field: line[0].text), .duplicate(line[0].text))
                }
                entries = 0
                depth = 1
                continue
            }
            // Only a parenthesis alone closes a section; paths close theirs on lines of their own too.
            if line.count == 1, line[0].text == ")" {
                depth -= 1
                if depth == 0 { section = nil }
                continue
            }
            if current == "ADMISSIBLE_PATHS" {
                depth += line.count { $0.text == "(" } - line.count { $0.text == ")" }
                continue
            }
            read(line, in: current, position: entries)
            entries += 1
        }
        if let section { faults.report(.document, .missing(") of \(section)")) }
        for wanted in ["NODES", "LINKS"] where !sections.contains(wanted) {
            faults.report(.document, .missing(wanted))
        }
    }

    private mutating func read(_ line: [Word], in section: String, position: Int) {
        switch section {
        case "META": readMeta(line)
        case "NODES": readNode(line, .text(line[0].position, field: "NODES[\(position)]"))
        case "LINKS": readLink(line, .text(line[0].position, field: "LINKS[\(position)]"))
        case "DEMANDS": readDemand(line, .text(line[0].position, field: "DEMANDS[\(position)]"))
        default: break
        }
    }

    private mutating func readMeta(_ line: [Word]) {
        guard line.count >= 3, line[1].text == "=" else { return }
        let value = line[2...].map(\.text).joined(separator: " ")
        if line[0].text == "unit" { network.unit = value }
        if line[0].text == "origin" { network.origin = value }
    }

    /// `id ( longitude latitude )`, or the id alone.
    private mutating func readNode(_ line: [Word], _ place: Place) {
        let words = line.map(\.text)
        if words.count == 1 {
            network.addNode(words[0], x: nil, y: nil, at: place)
            return
        }
        guard words.count == 5, words[1] == "(", words[4] == ")", let x = DecimalText.value(words[2]),
            let y = DecimalText.value(words[3])
        else {
            faults.report(place, .brokenLine(wanted: "a node: ID ( LONGITUDE LATITUDE )"))
            return
        }
        network.addNode(words[0], x: x, y: y, at: place)
    }

    /// `id ( source target ) installed cost routingCost setupCost ( {module cost}* )`.
    private mutating func readLink(_ line: [Word], _ place: Place) {
        let words = line.map(\.text)
        guard words.count >= 11, words[1] == "(", words[4] == ")", words[9] == "(", words.last == ")",
            words.count % 2 == 1
        else {
            faults.report(
                place, .brokenLine(wanted: "a link: ID ( FROM TO ) INSTALLED COST ROUTING SETUP ( {MODULE COST}* )"))
            return
        }
        let modules = stride(from: 10, to: words.count - 1, by: 2).map { words[$0] }
        network.addLink(
            words[0], from: words[2], to: words[3], installed: words[5], modules: modules, at: place, faults: faults)
    }

    /// `id ( source target ) routingUnit value maxPathLength`.
    private mutating func readDemand(_ line: [Word], _ place: Place) {
        let words = line.map(\.text)
        guard words.count == 8, words[1] == "(", words[4] == ")" else {
            faults.report(place, .brokenLine(wanted: "a demand: ID ( FROM TO ) ROUTING_UNIT VALUE MAX_PATH_LENGTH"))
            return
        }
        network.addDemand(
            words[0], from: words[2], to: words[3], value: words[6], maxHops: words[7], at: place, faults: faults)
    }
}
