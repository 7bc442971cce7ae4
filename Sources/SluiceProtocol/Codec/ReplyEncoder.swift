// Replies and notifications as bytes of one line, without the line's end.

package import SluiceJSON

package enum ReplyEncoder {
    /// Writes `{"jsonrpc":"2.0","id":...,"result":...}`; `write` appends exactly one value.
    package static func result(_ id: RequestID, to writer: inout JSONWriter, _ write: (inout JSONWriter) -> Void) {
        begin(id, &writer)
        writer.name("result")
        write(&writer)
        writer.endObject()
    }

    /// Writes `{"jsonrpc":"2.0","id":...,"error":{"code":...,"message":...,"data":{"code":...}}}`.
    package static func fault(_ id: RequestID, _ fault: ProtocolFault, to writer: inout JSONWriter) {
        begin(id, &writer)
        writer.name("error")
        error(fault, to: &writer)
        writer.endObject()
    }

    /// Writes the error object itself: `{"code":...,"message":...,"data":{...}}`.
    package static func error(_ fault: ProtocolFault, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("code")
        writer.integer(fault.number)
        writer.name("message")
        writer.string(fault.message)
        writer.name("data")
        writer.beginObject()
        writer.name("code")
        writer.string(fault.code)
        for (name, fact) in fault.facts {
            writer.name(name)
            switch fact {
            case .text(let text): writer.string(text)
            case .integer(let integer): writer.integer(integer)
            case .texts(let texts):
                writer.beginArray()
                for text in texts { writer.string(text) }
                writer.endArray()
            }
        }
        writer.endObject()
        writer.endObject()
    }

    /// Writes `{"jsonrpc":"2.0","method":...,"params":...}`; `write` appends exactly one object.
    package static func notification(
        _ method: String, to writer: inout JSONWriter, _ write: (inout JSONWriter) -> Void
    ) {
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("method")
        writer.string(method)
        writer.name("params")
        write(&writer)
        writer.endObject()
    }

    private static func begin(_ id: RequestID, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("id")
        switch id {
        case .integer(let integer): writer.integer(integer)
        case .text(let text): writer.string(text)
        case .null: writer.null()
        }
    }
}
