// XML as a small tree with line numbers, built by Foundation's reader. Entities are refused: documents need none, and
// expanding them is how small files become large.

import FoundationXML
import SluiceJSON

private import class Foundation.NSObject
private import struct Foundation.Data

/// One element, its attributes, its own text and its child elements.
struct XMLElement {
    let name: String
    let attributes: [String: String]
    /// Where the start tag ends.
    let position: TextPosition
    /// Characters directly inside, children's text left out, white space at the ends removed.
    fileprivate(set) var text = ""
    fileprivate(set) var children: [XMLElement] = []

    func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The root element of `file`; broken markup is thrown with its place.
    static func parse(_ file: DocumentFile, faults: FaultCollector) throws(InvalidDocument) -> XMLElement {
        if let offset = firstOccurrence(of: "<!ENTITY", in: file.bytes) {
            faults.report(.text(TextPosition(of: offset, in: file.bytes), field: ""), .entityDeclared)
            throw faults.invalid()
        }
        // Foundation's reader stops the process at a name that is not UTF-8, so such bytes reach it only where the file
        // declares ISO 8859-1, in which every byte is a character.
        if let offset = firstInvalidUTF8(in: file.bytes), !declaresLatin1(file.bytes) {
            faults.report(.text(TextPosition(of: offset, in: file.bytes), field: ""), .invalidUTF8)
            throw faults.invalid()
        }
        let builder = TreeBuilder()
        let parser = XMLParser(data: Data(file.bytes))
        parser.shouldProcessNamespaces = true
        parser.delegate = builder
        if parser.parse(), builder.problem == nil, let root = builder.root { return root }
        let place = TextPosition(line: max(1, parser.lineNumber), column: max(1, parser.columnNumber))
        faults.report(
            .text(builder.problemPosition ?? place, field: ""), builder.problem ?? .xml("it does not end well"))
        throw faults.invalid()
    }

    private static func declaresLatin1(_ bytes: [UInt8]) -> Bool {
        let declaration = bytes.prefix { $0 != UInt8(ascii: ">") }
        return declaration.starts(with: "<?xml".utf8)
            && firstOccurrence(of: "encoding=\"ISO-8859-1\"", in: Array(declaration)) != nil
    }

    private static func firstInvalidUTF8(in bytes: [UInt8]) -> Int? {
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { offset += UTF8.width(scalar) }
        return offset
    }

    private static func firstOccurrence(of word: StaticString, in bytes: [UInt8]) -> Int? {
        word.withUTF8Buffer { letters in
            var position = 0
            while let start = bytes[position...].firstIndex(of: letters[0]) {
                if bytes[start...].starts(with: letters) { return start }
                position = start + 1
            }
            return nil
        }
    }
}

private final class TreeBuilder: NSObject, XMLParserDelegate {
    private(set) var root: XMLElement?
    private(set) var problem: DocumentFault.Problem?
    private(set) var problemPosition: TextPosition?
    private var open: [XMLElement] = []
    private static let depthLimit = 64

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        let position = TextPosition(line: max(1, parser.lineNumber), column: max(1, parser.columnNumber))
        if open.count == Self.depthLimit {
            fail(parser, .tooDeep(limit: Self.depthLimit), at: position)
            return
        }
        open.append(XMLElement(name: name, attributes: attributes, position: position))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        if !open.isEmpty { open[open.count - 1].text += text }
    }

    func parser(_ parser: XMLParser, foundCDATA data: Data) {
        if !open.isEmpty { open[open.count - 1].text += String(decoding: data, as: UTF8.self) }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        guard var element = open.popLast() else { return }
        element.text = Self.trimmed(element.text)
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) {
        guard problem == nil else { return }
        problemPosition = TextPosition(line: max(1, parser.lineNumber), column: max(1, parser.columnNumber))
        problem = .xml("not well-formed here")
    }

    private func fail(_ parser: XMLParser, _ problem: DocumentFault.Problem, at position: TextPosition) {
        if self.problem == nil {
            self.problem = problem
            problemPosition = position
        }
        parser.abortParsing()
    }

    private static func trimmed(_ text: String) -> String {
        var slice = text[...]
        while slice.first?.isWhitespace == true { slice.removeFirst() }
        while slice.last?.isWhitespace == true { slice.removeLast() }
        return String(slice)
    }
}
