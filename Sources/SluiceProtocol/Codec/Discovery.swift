// The method table as an OpenRPC document (specification 1.3.2), with the shapes as JSON Schema.

package import SluiceJSON
internal import SluiceModel

package enum Discovery {
    /// Writes the whole document as one object.
    package static func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("openrpc")
        writer.string("1.3.2")
        writer.name("info")
        writer.beginObject()
        writer.name("title")
        writer.string("Sluice control socket")
        writer.name("version")
        writer.string(SluiceVersion.text)
        writer.endObject()
        writer.name("methods")
        writer.beginArray()
        for method in Method.allCases { write(method, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ method: Method, to writer: inout JSONWriter) {
        let description = method.description
        writer.beginObject()
        writer.name("name")
        writer.string(method.rawValue)
        writer.name("summary")
        writer.string(description.summary + ".")
        writer.name("tags")
        writer.beginArray()
        writer.beginObject()
        writer.name("name")
        writer.string(description.access.rawValue)
        writer.endObject()
        writer.endArray()
        writer.name("paramStructure")
        writer.string("by-name")
        writer.name("params")
        writer.beginArray()
        for param in description.params {
            writer.beginObject()
            writer.name("name")
            writer.string(param.name)
            writer.name("summary")
            writer.string(param.summary)
            writer.name("required")
            writer.bool(param.isRequired)
            writer.name("schema")
            write(param.schema, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.name("result")
        writer.beginObject()
        writer.name("name")
        writer.string("result")
        writer.name("schema")
        write(description.result, to: &writer)
        writer.endObject()
        writer.endObject()
    }

    private static func write(_ schema: Schema, to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(of: schema, to: &writer)
        writer.endObject()
    }

    private static func writeMembers(of schema: Schema, to writer: inout JSONWriter) {
        func type(_ name: String) {
            writer.name("type")
            writer.string(name)
        }
        switch schema {
        case .name:
            type("string")
            writer.name("minLength")
            writer.integer(1)
        case .text: type("string")
        case .timestamp:
            type("string")
            writer.name("format")
            writer.string("date-time")
        case .integer(let range):
            type("integer")
            writer.name("minimum")
            writer.integer(range.lowerBound)
            if range.upperBound != .max {
                writer.name("maximum")
                writer.integer(range.upperBound)
            }
        case .number(let range):
            type("number")
            if range.lowerBound.isFinite {
                writer.name("minimum")
                writer.number(range.lowerBound)
            }
            if range.upperBound.isFinite {
                writer.name("maximum")
                writer.number(range.upperBound)
            }
        case .boolean: type("boolean")
        case .choice(let choices):
            writer.name("enum")
            writer.beginArray()
            for choice in choices { writer.string(choice) }
            writer.endArray()
        case .list(let element, let count):
            type("array")
            writer.name("items")
            write(element, to: &writer)
            if count.lowerBound > 0 {
                writer.name("minItems")
                writer.integer(count.lowerBound)
            }
            if count.upperBound < Int(Int32.max) {
                writer.name("maxItems")
                writer.integer(count.upperBound)
            }
        case .object(let members):
            type("object")
            writer.name("properties")
            writer.beginObject()
            for member in members {
                writer.name(member.name)
                writer.beginObject()
                writer.name("description")
                writer.string(member.summary)
                writeMembers(of: member.schema, to: &writer)
                writer.endObject()
            }
            writer.endObject()
            writer.name("required")
            writer.beginArray()
            for member in members where member.isRequired { writer.string(member.name) }
            writer.endArray()
            writer.name("additionalProperties")
            writer.bool(false)
        case .anyObject: type("object")
        }
    }
}
