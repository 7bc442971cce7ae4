// Members of an object in one line each; a value that is nil leaves its member out.

import SluiceControlPlane
package import SluiceJSON
package import SluiceModel
import SluiceProtocol

extension JSONWriter {
    package mutating func member(_ name: String, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }
    package mutating func member(_ name: String, _ value: Int?) {
        guard let value else { return }
        self.name(name)
        integer(value)
    }
    package mutating func member(_ name: String, _ value: UInt64) { member(name, Int(value)) }
    package mutating func member(_ name: String, _ value: Double?) {
        guard let value else { return }
        self.name(name)
        number(value)
    }
    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }
    package mutating func member(_ name: String, _ value: Bandwidth?) { member(name, value?.bitsPerSecond) }
    package mutating func member(_ name: String, _ value: Latency?) { member(name, value?.microseconds) }
    package mutating func member(_ name: String, _ value: Instant?) { member(name, value?.text) }
    package mutating func member(_ name: String, _ values: [String]) {
        self.name(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }
    package mutating func member<Subject>(_ name: String, _ values: [Identifier<Subject>]) {
        self.name(name)
        beginArray()
        for value in values { string(value.text) }
        endArray()
    }
    /// An array whose elements `write` appends, one value each.
    package mutating func member<Element>(
        _ name: String, _ elements: some Sequence<Element>, _ write: (Element, inout JSONWriter) -> Void
    ) {
        self.name(name)
        beginArray()
        for element in elements { write(element, &self) }
        endArray()
    }
    /// A JSON text that a writer of ours has made.
    package mutating func text(_ json: [UInt8]) {
        do throws(JSONSyntaxError) {
            node(try JSONNode(parsing: json))
        } catch {
            preconditionFailure("our own JSON does not parse: byte \(error.offset): \(error.reason.text)")
        }
    }
    /// One object, whose members `write` appends.
    package mutating func object(_ write: (inout JSONWriter) -> Void) {
        beginObject()
        write(&self)
        endObject()
    }
}
