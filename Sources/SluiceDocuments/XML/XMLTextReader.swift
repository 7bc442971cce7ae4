// Reads the XML 1.0 that network files are written in: elements, attributes, text, CDATA, comments, character references
// and the five predefined entities, in UTF-8 or ISO 8859-1. Document types are refused, since entities are how small
// files become large, and processing instructions are passed over. Written by hand: Foundation's reader traps on
// `<?x?>` and on some namespaces, and a daemon must not end because of a file.

import SluiceJSON

struct XMLTextReader {
    private static let depthLimit = 64
    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    private var column = 1

    private struct Open {
        var element: XMLElement
        let qualifiedName: [UInt8]
        var text: [UInt8] = []
    }

    init(_ file: [UInt8]) throws(XMLSyntaxError) {
        let hasMark = file.starts(with: [0xef, 0xbb, 0xbf])
        let text = hasMark ? Array(file.dropFirst(3)) : file
        switch Self.declaredEncoding(of: text).lowercased() {
        case "utf-8", "utf8", "us-ascii", "ascii":
            do {
                _ = try UTF8Span(validating: text.span)
            } catch {
                let position = TextPosition(of: error.byteOffsets.lowerBound, in: text)
                throw XMLSyntaxError(position: position, problem: .invalidUTF8)
            }
            bytes = text
        case "iso-8859-1", "latin1", "latin-1":
            // The bytes of ISO 8859-1 are the first 256 scalars.
            bytes = text.flatMap { $0 < 0x80 ? [$0] : [0xc0 | $0 >> 6, 0x80 | $0 & 0x3f] }
        case let other:
            throw XMLSyntaxError(
                position: TextPosition(line: 1, column: 1),
                problem: .noneOf(other, choices: ["UTF-8", "US-ASCII", "ISO-8859-1"]))
        }
    }

    /// The encoding of the XML declaration; UTF-8 where it names none.
    private static func declaredEncoding(of text: [UInt8]) -> String {
        let head = String(decoding: text.prefix(200), as: UTF8.self)
        guard head.hasPrefix("<?xml"), let end = head.firstRange(of: "?>"),
            let name = head[..<end.lowerBound].firstRange(of: "encoding")
        else { return "UTF-8" }
        let quoted = head[name.upperBound..<end.lowerBound].split(whereSeparator: { "\"'= ".contains($0) })
        return quoted.first.map(String.init) ?? "UTF-8"
    }

    /// The one element of the text.
    mutating func document() throws(XMLSyntaxError) -> XMLElement {
        var open: [Open] = []
        var root: XMLElement?
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "<") else {
                try characters(into: &open)
                continue
            }
            if looking(at: "<!--") {
                try skip(past: "-->", of: "comment")
            } else if looking(at: "<![CDATA[") {
                try characterData(into: &open)
            } else if looking(at: "<?") {
                try skip(past: "?>", of: "processing instruction")
            } else if looking(at: "<!") {
                throw fault(.markupRefused)
            } else if looking(at: "</") {
                if let element = try endTag(&open) { root = element }
            } else {
                if open.isEmpty, root != nil { throw fault(.xml("a second element follows the root")) }
                if let element = try startTag(&open) { root = element }
            }
        }
        if let unclosed = open.last {
            throw fault(.xml("\"\(unclosed.element.name)\" of line \(unclosed.element.position.line) does not end"))
        }
        guard let root else { throw fault(.xml("there is no element")) }
        return root
    }
}

extension XMLTextReader {
    /// A start tag, or a whole empty element; the root where that is what ended.
    private mutating func startTag(_ open: inout [Open]) throws(XMLSyntaxError) -> XMLElement? {
        let position = here
        if open.count == Self.depthLimit { throw fault(.tooDeep(limit: Self.depthLimit)) }
        advance()
        let qualifiedName = try name()
        var attributes: [String: String] = [:]
        while true {
            let hadSpace = skipSpace()
            guard at < bytes.count else { throw fault(.xml("a tag does not end")) }
            if bytes[at] == UInt8(ascii: ">") || bytes[at] == UInt8(ascii: "/") { break }
            guard hadSpace else { throw fault(.xml("white space is due between attributes")) }
            let place = here
            let key = String(decoding: try name(), as: UTF8.self)
            let value = try attributeValue()
            if attributes.updateValue(value, forKey: key) != nil {
                throw XMLSyntaxError(position: place, problem: .duplicate(key))
            }
        }
        let local =
            qualifiedName.lastIndex(of: UInt8(ascii: ":")).map { qualifiedName[($0 + 1)...] } ?? qualifiedName[...]
        let element = XMLElement(
            name: String(decoding: local, as: UTF8.self), attributes: attributes, position: position)
        open.append(Open(element: element, qualifiedName: qualifiedName))
        if bytes[at] == UInt8(ascii: "/") {
            advance()
            try expect(UInt8(ascii: ">"))
            return close(&open)
        }
        advance()
        return nil
    }

    /// The root where it is what ended.
    private mutating func endTag(_ open: inout [Open]) throws(XMLSyntaxError) -> XMLElement? {
        let place = here
        advance()
        advance()
        let qualifiedName = try name()
        guard open.last?.qualifiedName == qualifiedName else {
            let wanted = open.last.map { "\"\($0.element.name)\" is to end first" } ?? "nothing is open"
            throw XMLSyntaxError(position: place, problem: .xml(wanted))
        }
        _ = skipSpace()
        try expect(UInt8(ascii: ">"))
        return close(&open)
    }

    private func close(_ open: inout [Open]) -> XMLElement? {
        guard var last = open.popLast() else { return nil }
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
        var text = last.text.drop(while: isSpace)
        while let byte = text.last, isSpace(byte) { text.removeLast() }
        last.element.text = String(decoding: text, as: UTF8.self)
        if open.isEmpty { return last.element }
        open[open.count - 1].element.children.append(last.element)
        return nil
    }

    /// ` = "value"`, references replaced.
    private mutating func attributeValue() throws(XMLSyntaxError) -> String {
        _ = skipSpace()
        try expect(UInt8(ascii: "="))
        _ = skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'") else {
            throw fault(.xml("an attribute's value is due in quotes"))
        }
        let quote = bytes[at]
        advance()
        var value: [UInt8] = []
        while at < bytes.count, bytes[at] != quote {
            switch bytes[at] {
            case UInt8(ascii: "<"): throw fault(.xml("\"<\" stands in an attribute"))
            case UInt8(ascii: "&"): try reference(into: &value)
            default: try character(into: &value)
            }
        }
        try expect(quote)
        return String(decoding: value, as: UTF8.self)
    }

    /// Text up to the next markup; outside the root only white space may stand.
    private mutating func characters(into open: inout [Open]) throws(XMLSyntaxError) {
        guard !open.isEmpty else {
            guard skipSpace() else { throw fault(.xml("text stands outside the root element")) }
            return
        }
        var text: [UInt8] = []
        while at < bytes.count, bytes[at] != UInt8(ascii: "<") {
            if bytes[at] == UInt8(ascii: "&") { try reference(into: &text) } else { try character(into: &text) }
        }
        open[open.count - 1].text += text
    }

    private mutating func characterData(into open: inout [Open]) throws(XMLSyntaxError) {
        guard !open.isEmpty else { throw fault(.xml("text stands outside the root element")) }
        for _ in 0..<9 { advance() }
        var text: [UInt8] = []
        while !looking(at: "]]>") {
            guard at < bytes.count else { throw fault(.xml("a CDATA section does not end")) }
            try character(into: &text)
        }
        for _ in 0..<3 { advance() }
        open[open.count - 1].text += text
    }

    private mutating func character(into text: inout [UInt8]) throws(XMLSyntaxError) {
        let byte = bytes[at]
        guard byte >= 0x20 || [0x09, 0x0a, 0x0d].contains(byte) else {
            throw fault(.xml("a control character stands in the text"))
        }
        text.append(byte)
        advance()
    }

    /// `&amp;` and its like, `&#38;`, `&#x26;`.
    private mutating func reference(into text: inout [UInt8]) throws(XMLSyntaxError) {
        let rest = bytes[(at + 1)...].prefix(12)
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else { throw fault(.xml("\"&\" begins no reference")) }
        let name = String(decoding: bytes[(at + 1)..<end], as: UTF8.self)
        switch name {
        case "amp": text.append(UInt8(ascii: "&"))
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "quot": text.append(UInt8(ascii: "\""))
        case "apos": text.append(UInt8(ascii: "'"))
        default:
            let digits = name.hasPrefix("#x") ? name.dropFirst(2) : name.dropFirst()
            guard name.hasPrefix("#"), digits.first?.isHexDigit == true,
                let number = UInt32(digits, radix: name.hasPrefix("#x") ? 16 : 10),
                number >= 0x20 || [0x09, 0x0a, 0x0d].contains(number), let scalar = Unicode.Scalar(number),
                let encoded = UTF8.encode(scalar)
            else { throw fault(.xml("\"&\(name);\" is no reference that is read")) }
            text.append(contentsOf: encoded)
        }
        while at <= end { advance() }
    }

    private mutating func name() throws(XMLSyntaxError) -> [UInt8] {
        let start = at
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: ":"), 0x80...0xff:
                advance()
                continue
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                if at > start {
                    advance()
                    continue
                }
            default: break
            }
            break
        }
        if at == start { throw fault(.xml("a name is due here")) }
        return Array(bytes[start..<at])
    }

    private mutating func skip(past end: StaticString, of thing: String) throws(XMLSyntaxError) {
        let place = here
        while !looking(at: end) {
            guard at < bytes.count else {
                throw XMLSyntaxError(position: place, problem: .xml("a \(thing) does not end"))
            }
            advance()
        }
        for _ in 0..<end.utf8CodeUnitCount { advance() }
    }

    /// Whether there was any.
    private mutating func skipSpace() -> Bool {
        let start = at
        while at < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[at]) { advance() }
        return at > start
    }

    private mutating func expect(_ byte: UInt8) throws(XMLSyntaxError) {
        guard at < bytes.count, bytes[at] == byte else {
            throw fault(.xml("\"\(Unicode.Scalar(byte))\" is due here"))
        }
        advance()
    }

    private func looking(at word: StaticString) -> Bool {
        word.withUTF8Buffer { letters in
            guard at + letters.count <= bytes.count else { return false }
            return letters.indices.allSatisfy { bytes[at + $0] == letters[$0] }
        }
    }

    private mutating func advance() {
        if bytes[at] == 0x0a {
            line += 1
            column = 1
        } else if bytes[at] & 0xc0 != 0x80 {
            column += 1
        }
        at += 1
    }

    private var here: TextPosition { TextPosition(line: line, column: column) }

    private func fault(_ problem: DocumentFault.Problem) -> XMLSyntaxError {
        XMLSyntaxError(position: here, problem: problem)
    }
}
