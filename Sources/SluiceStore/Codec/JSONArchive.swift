// Records as JSON, for `sluice store export` and `import`. Optional fields that are not there are left out. Whole
// numbers beyond 53 bits are texts, since many a reader of JSON loses their last digits.

import SluiceJSON

struct JSONSink: RecordSink {
    private(set) var writer: JSONWriter
    /// Whether what is open is a list, whose elements have no names; first the object that the fields are in.
    private var isList = [false]

    init(_ writer: JSONWriter) { self.writer = writer }

    private mutating func name(_ name: String) { if isList.last == false { writer.name(name) } }

    mutating func integer(_ name: String, _ value: Int) {
        self.name(name)
        if value.magnitude < 1 << 53 { writer.integer(value) } else { writer.string(String(value)) }
    }

    mutating func unsigned(_ name: String, _ value: UInt64) {
        self.name(name)
        if value < 1 << 53 { writer.integer(Int(value)) } else { writer.string(String(value)) }
    }

    mutating func wide(_ name: String, _ value: UInt128) {
        self.name(name)
        writer.string(String(value, radix: 16))
    }

    mutating func real(_ name: String, _ value: Double) {
        self.name(name)
        writer.string(value.description)
    }

    mutating func flag(_ name: String, _ value: Bool) {
        self.name(name)
        writer.bool(value)
    }

    mutating func text(_ name: String, _ value: String) {
        self.name(name)
        writer.string(value)
    }

    mutating func presence(_ name: String, _ isPresent: Bool) {
        // In a list the place counts.
        if !isPresent, isList.last == true { writer.null() }
    }

    mutating func begin(_ name: String) {
        self.name(name)
        writer.beginObject()
        isList.append(false)
    }

    mutating func end() {
        writer.endObject()
        isList.removeLast()
    }

    mutating func beginList(_ name: String, count: Int) {
        self.name(name)
        writer.beginArray()
        isList.append(true)
    }

    mutating func endList() {
        writer.endArray()
        isList.removeLast()
    }
}

struct JSONSource: RecordSource {
    private enum Frame {
        case object(JSONNode)
        case list([JSONNode], next: Int)
    }

    private var frames: [Frame]

    /// - Parameter members: an object with the fields.
    init(_ members: JSONNode) { frames = [.object(members)] }

    /// The field, or the next element; nil where an object has no such field.
    private mutating func take(_ name: String) -> JSONNode? {
        switch frames[frames.count - 1] {
        case .object(let node): return node[name]
        case .list(let elements, let next):
            guard next < elements.count else { return nil }
            frames[frames.count - 1] = .list(elements, next: next + 1)
            return elements[next]
        }
    }

    private mutating func need(_ name: String) throws(RecordFault) -> JSONNode {
        guard let node = take(name) else { throw .missing(field: name) }
        return node
    }

    mutating func integer(_ name: String) throws(RecordFault) -> Int {
        switch try need(name).value {
        case .integer(let value): return value
        case .string(let text):
            guard let value = Int(text) else { throw .invalid(field: name) }
            return value
        default: throw .invalid(field: name)
        }
    }

    mutating func unsigned(_ name: String) throws(RecordFault) -> UInt64 {
        switch try need(name).value {
        case .integer(let value):
            guard value >= 0 else { throw .invalid(field: name) }
            return UInt64(value)
        case .string(let text):
            guard let value = UInt64(text) else { throw .invalid(field: name) }
            return value
        default: throw .invalid(field: name)
        }
    }

    mutating func wide(_ name: String) throws(RecordFault) -> UInt128 {
        guard let value = UInt128(try text(name), radix: 16) else { throw .invalid(field: name) }
        return value
    }

    mutating func real(_ name: String) throws(RecordFault) -> Double {
        switch try need(name).value {
        case .integer(let value): return Double(value)
        case .number(let value): return value
        case .string(let text):
            guard let value = Double(text), value.isFinite else { throw .invalid(field: name) }
            return value
        default: throw .invalid(field: name)
        }
    }

    mutating func flag(_ name: String) throws(RecordFault) -> Bool {
        guard case .bool(let value) = try need(name).value else { throw .invalid(field: name) }
        return value
    }

    mutating func text(_ name: String) throws(RecordFault) -> String {
        guard case .string(let value) = try need(name).value else { throw .invalid(field: name) }
        return value
    }

    mutating func presence(_ name: String) throws(RecordFault) -> Bool {
        switch frames[frames.count - 1] {
        case .object(let node):
            guard let value = node[name]?.value else { return false }
            if case .null = value { return false }
            return true
        case .list(let elements, let next):
            guard next < elements.count else { throw .missing(field: name) }
            guard case .null = elements[next].value else { return true }
            frames[frames.count - 1] = .list(elements, next: next + 1)
            return false
        }
    }

    mutating func begin(_ name: String) throws(RecordFault) {
        let node = try need(name)
        guard case .object = node.value else { throw .invalid(field: name) }
        frames.append(.object(node))
    }

    mutating func end() throws(RecordFault) { frames.removeLast() }

    mutating func beginList(_ name: String) throws(RecordFault) -> Int {
        guard case .array(let elements) = try need(name).value else { throw .invalid(field: name) }
        frames.append(.list(elements, next: 0))
        return elements.count
    }

    mutating func endList() throws(RecordFault) { frames.removeLast() }
}
