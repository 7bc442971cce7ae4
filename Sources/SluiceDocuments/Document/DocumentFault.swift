// What can be wrong with a document, as facts; the words are made here and nowhere else.

package import SluiceJSON
package import SluiceModel

/// One thing wrong with a document: where, what, and what to do about it.
package struct DocumentFault: Hashable, Sendable {
    package enum Problem: Hashable, Sendable {
        /// The system's reason.
        case cannotRead(String)
        case isDirectory
        case tooLarge(limit: Int)
        case empty
        case invalidUTF8
        case json(JSONSyntaxError.Reason)
        /// The XML reader's reason.
        case xml(String)
        /// The YAML reader's reason.
        case yaml(String)
        case markupRefused
        case unrecognised
        case wrongFormat(DocumentFormat, wanted: String)
        case missing(String)
        case unknownMember(String, nearest: String?)
        case wrongKind(found: String, wanted: String)
        /// A text that is not what it should say.
        case unreadable(String, wanted: String)
        case outOfRange(String, wanted: String)
        case noneOf(String, choices: [String])
        case together(String, String)
        case unknownNode(String, nearest: String?)
        case unknownNodePosition(Int, count: Int)
        case unknownLink(String, nearest: String?)
        case unknownSwitchOrLink(String, nearest: String?)
        case unknownAffinity(String, nearest: String?)
        case unknownClass(String, nearest: String?)
        case sameEnds(String)
        case duplicate(String)
        case countMismatch(declared: Int, found: Int)
        case brokenLine(wanted: String)
        case anchors
        case tooDeep(limit: Int)
        case topology(TopologyIssue.Problem)
    }

    /// nil where the fault is of the whole file.
    package let position: TextPosition?
    /// The member at fault as a path from the root, `links[3].capacity`; empty for the whole document.
    package let field: String
    package let problem: Problem

    package init(position: TextPosition?, field: String, problem: Problem) {
        self.position = position
        self.field = field
        self.problem = problem
    }
}

extension DocumentFault.Problem {
    /// What is wrong and what to do about it.
    package var text: (problem: String, remedy: String) {
        switch self {
        case .cannotRead(let reason): ("the file cannot be read: \(reason)", "check the name and the permissions")
        case .isDirectory: ("this is a directory", "name a file in it")
        case .tooLarge(let limit): ("the file is larger than \(limit) bytes", "split it")
        case .empty: ("the file is empty", "docs/documents.md shows what belongs in it")
        case .invalidUTF8: ("these bytes are not UTF-8", "save the file as UTF-8")
        case .json(let reason): (reason.text, Self.remedy(for: reason))
        case .xml(let reason): ("the XML is broken: \(reason)", "correct the markup")
        case .yaml(let reason): ("the YAML is broken: \(reason)", "correct the indentation or the quotes")
        case .markupRefused:
            ("document types are not read", "remove it; write entities out")
        case .unrecognised:
            (
                "the format is not recognised",
                "Sluice topology, demands, instance, node-link JSON, GraphML, SNDlib and Repetita files are"
            )
        case .wrongFormat(let found, let wanted): ("this is \(found.text)", "give \(wanted)")
        case .missing(let name): ("\"\(name)\" is missing", "add it")
        case .unknownMember(let name, let nearest):
            ("\"\(name)\" is not known here", Self.suggestion(nearest, else: "remove it"))
        case .wrongKind(let found, let wanted): ("\(found) stands where \(wanted) is wanted", "write \(wanted)")
        case .unreadable(let text, let wanted): Self.unreadable(text, wanted)
        case .outOfRange(let value, let wanted): ("\(value) is out of range", "give \(wanted)")
        case .noneOf(let text, let choices):
            ("\"\(text)\" is none of the choices", "one of \(choices.joined(separator: ", "))")
        case .together(let first, let second): ("\"\(first)\" and \"\(second)\" exclude each other", "keep one")
        case .unknownNode(let name, let nearest):
            ("there is no switch or host \"\(name)\"", Self.suggestion(nearest, else: "add it or correct the name"))
        case .unknownNodePosition(let position, let count):
            ("there is no node \(position)", "nodes are numbered from 0 to \(count - 1)")
        case .unknownLink(let name, let nearest):
            ("there is no link \"\(name)\"", Self.suggestion(nearest, else: "correct the name"))
        case .unknownSwitchOrLink(let name, let nearest):
            ("there is no switch or link \"\(name)\"", Self.suggestion(nearest, else: "correct the name"))
        case .unknownAffinity(let name, let nearest):
            ("no link has the affinity \"\(name)\"", Self.suggestion(nearest, else: "correct the name"))
        case .unknownClass(let name, let nearest):
            ("there is no class \"\(name)\"", Self.suggestion(nearest, else: "add it or correct the name"))
        case .sameEnds(let name): ("source and destination are both \"\(name)\"", "correct one")
        case .duplicate(let name): ("\"\(name)\" is given twice", "give each an id of its own")
        case .countMismatch(let declared, let found):
            ("\(declared) are announced, \(found) follow", "correct the number or complete the file")
        case .brokenLine(let wanted): ("the line is not \(wanted)", "complete the line")
        case .anchors: ("anchors and aliases are not read", "write the value out")
        case .tooDeep(let limit): ("values are nested deeper than \(limit)", "flatten them")
        case .topology(let problem): problem.text
        }
    }

    /// `wanted` is a name of the thing, or a name, a colon and what it looks like.
    private static func unreadable(_ text: String, _ wanted: String) -> (problem: String, remedy: String) {
        guard let colon = wanted.firstRange(of: ": ") else {
            return ("\"\(text)\" is not \(wanted)", "write \(wanted)")
        }
        return ("\"\(text)\" is not \(wanted[..<colon.lowerBound])", "write \(wanted[colon.upperBound...])")
    }

    private static func suggestion(_ nearest: String?, else remedy: String) -> String {
        nearest.map { "did you mean \"\($0)\"?" } ?? remedy
    }

    private static func remedy(for reason: JSONSyntaxError.Reason) -> String {
        switch reason {
        case .endOfText: "complete the file"
        case .unexpected: "correct the text here"
        case .trailingContent: "remove it; a file holds one JSON value"
        case .byteOrderMark: "remove it"
        case .invalidUTF8: "save the file as UTF-8"
        case .controlCharacter: "write it as an escape"
        case .invalidEscape: "write \\\\ for a backslash"
        case .loneSurrogate: "write both halves"
        case .invalidNumber: "correct the number"
        case .numberOutOfRange: "give a smaller number"
        case .duplicateMember: "keep one"
        case .tooDeep: "flatten the document"
        }
    }
}

/// A document that cannot be used, with everything that is wrong with it, in the order of the text.
package struct InvalidDocument: Error, Hashable {
    /// The file's name as it was given.
    package let fileName: String
    /// At least one.
    package let faults: [DocumentFault]

    package init(fileName: String, faults: [DocumentFault]) {
        self.fileName = fileName
        self.faults = faults
    }

    /// Whether the file could not be read at all, so that nothing is known of what is in it.
    package var isUnreadable: Bool {
        faults.contains { fault in
            switch fault.problem {
            case .cannotRead, .isDirectory, .tooLarge: true
            default: false
            }
        }
    }

    /// One line for each fault: `FILE:LINE:COLUMN: FIELD: PROBLEM (REMEDY)`.
    package var lines: [String] {
        faults.map { fault in
            let place = fault.position.map { ":\($0.line):\($0.column)" } ?? ""
            let field = fault.field.isEmpty ? "" : "\(fault.field): "
            let (problem, remedy) = fault.problem.text
            return "\(fileName)\(place): \(field)\(problem) (\(remedy))"
        }
    }
}
