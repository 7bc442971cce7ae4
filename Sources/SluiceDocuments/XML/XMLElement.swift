// XML as a small tree with line numbers.

import SluiceJSON

/// One element, its attributes, its own text and its child elements.
struct XMLElement: Sendable {
    /// Without a namespace prefix.
    let name: String
    /// By their names as written.
    let attributes: [String: String]
    /// Where the start tag begins.
    let position: TextPosition
    /// Characters directly inside, children's text left out, white space at the ends removed.
    var text = ""
    var children: [XMLElement] = []

    func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The root element of `file`; broken markup is thrown with its place.
    static func parse(_ file: DocumentFile, faults: FaultCollector) throws(InvalidDocument) -> XMLElement {
        do throws(XMLSyntaxError) {
            var reader = try XMLTextReader(file.bytes)
            return try reader.document()
        } catch {
            faults.report(.text(error.position, field: ""), error.problem)
            throw faults.invalid()
        }
    }
}

struct XMLSyntaxError: Error {
    let position: TextPosition
    let problem: DocumentFault.Problem
}
