// Gathers every fault of one document while a reader walks it, and turns places into lines and fields at the end, so
// that a sound document pays nothing for them.

import SluiceJSON
import SluiceModel

/// Where in a document something stands.
enum Place: Hashable, Sendable {
    /// A JSON node at a byte offset, or one of its members (`a.switch`) where it exists; the field is the path to it.
    case byte(Int, member: String = "")
    case text(TextPosition, field: String)
    /// The whole file.
    case document

    /// The same thing, or one of its members.
    func member(_ name: String) -> Place {
        if name.isEmpty { return self }
        switch self {
        case .byte(let offset, let outer): return .byte(offset, member: outer.isEmpty ? name : "\(outer).\(name)")
        case .text(let position, let field):
            return .text(position, field: field.isEmpty ? name : "\(field).\(name)")
        case .document: return .document
        }
    }
}

/// A class, since every reader of one document adds to the same list.
final class FaultCollector {
    let file: DocumentFile
    /// The document, once it is known to be JSON.
    var root: JSONNode?
    private var found: [(place: Place, problem: DocumentFault.Problem)] = []
    /// Comparing names costs; a file full of wrong ones gets suggestions for the first only.
    private var suggestionsLeft = 50

    init(_ file: DocumentFile) { self.file = file }

    var isEmpty: Bool { found.isEmpty }

    func report(_ place: Place, _ problem: DocumentFault.Problem) { found.append((place, problem)) }

    /// The one of `names` that was probably meant.
    func nearest(to name: String, among names: some Collection<String>) -> String? {
        guard suggestionsLeft > 0 else { return nil }
        suggestionsLeft -= 1
        return Suggestion.nearest(to: name, among: names)
    }

    /// Ends here where anything was found.
    func throwIfAny() throws(InvalidDocument) {
        if !found.isEmpty { throw invalid() }
    }

    func invalid() -> InvalidDocument {
        let lines = LineTable(of: file.bytes)
        let faults = found.map { place, problem in
            switch place {
            case .byte(let offset, let member):
                let (at, field) = root?.locate(member, inNodeAt: offset) ?? (offset, member)
                return DocumentFault(position: lines.position(of: at), field: field, problem: problem)
            case .text(let position, let field):
                return DocumentFault(position: position, field: field, problem: problem)
            case .document: return DocumentFault(position: nil, field: "", problem: problem)
            }
        }
        // Sorting is stable, so faults at one place keep the order of their discovery.
        let ordered = faults.sorted { left, right in
            guard let here = left.position else { return right.position != nil }
            return right.position.map { here < $0 } ?? false
        }
        return InvalidDocument(fileName: file.name, faults: ordered)
    }
}

extension JSONNode {
    /// Offset and path of the member `member` (`a.switch`) of the node that begins at `offset`; as far as it exists, the
    /// rest only in the path.
    fileprivate func locate(_ member: String, inNodeAt offset: Int) -> (offset: Int, field: String) {
        var node = self
        var field = ""
        descent: while node.offset != offset {
            switch node.value {
            case .array(let elements):
                guard let position = elements.lastPosition(where: { $0.offset <= offset }) else { break descent }
                field += "[\(position)]"
                node = elements[position]
            case .object(let members):
                guard let position = members.lastPosition(where: { $0.nameOffset <= offset }) else { break descent }
                let next = members[position]
                field += field.isEmpty ? next.name : ".\(next.name)"
                if next.nameOffset == offset { return (offset, field) }
                node = next.node
            case .null, .bool, .integer, .number, .string: break descent
            }
        }
        var place = node.offset
        for name in member.split(separator: ".") {
            field += field.isEmpty ? String(name) : ".\(name)"
            if let next = node[String(name)] {
                node = next
                place = next.offset
            }
        }
        return (place, field)
    }
}

extension Array {
    /// The last position whose element satisfies `isBefore`, which holds for a prefix of the array; by bisection.
    fileprivate func lastPosition(where isBefore: (Element) -> Bool) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }
}
