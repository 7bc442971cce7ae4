// A whole store as one JSON document, for `sluice store export` and `import`: to look at, to move, to mend by hand.

package import SluiceControlPlane
package import SluiceJSON

package enum StoreDocument {
    static let format = "sluice-store"

    /// The document of what `store` holds, and what of it could not be read.
    package static func write(_ store: SluiceStore) throws(StoreFailure) -> (bytes: [UInt8], faults: [String]) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("format")
        writer.string(format)
        writer.name("schema")
        writer.integer(SluiceStore.schema)
        writer.name("records")
        writer.beginArray()
        let faults = try store.salvage { key, record in write(PlaneChange(key: key, record: record), to: &writer) }
        writer.endArray()
        writer.endObject()
        return (writer.bytes + [UInt8(ascii: "\n")], faults)
    }

    /// One record as an object.
    package static func record(_ change: PlaneChange) -> [UInt8] {
        var writer = JSONWriter()
        write(change, to: &writer)
        return writer.bytes
    }

    private static func write(_ change: PlaneChange, to writer: inout JSONWriter) {
        let (kind, number) = change.key.parts
        writer.beginObject()
        writer.name("kind")
        writer.string(kind.name)
        writer.name("number")
        writer.integer(Int(number))
        writer.name("record")
        writer.beginObject()
        var sink = JSONSink(writer)
        change.record?.write(to: &sink)
        writer = sink.writer
        writer.endObject()
        writer.endObject()
    }

    /// Why a text is no such document.
    package enum Fault: Error, Hashable, Sendable {
        case notAStore
        case newer(schema: Int)
        case record(position: Int, fault: String)
        case duplicate(position: Int)
        case noTopology

        package var text: String {
            switch self {
            case .notAStore: "it is not what \"sluice store export\" writes"
            case .newer(let schema): "it is of a later Sluice (schema \(schema), this one knows \(SluiceStore.schema))"
            case .record(let position, let fault): "records[\(position)]: \(fault)"
            case .duplicate(let position): "records[\(position)] is there twice"
            case .noTopology: "it has no record of the topology"
            }
        }
    }

    /// The records of a document, in the order of their keys: a whole state for `SluiceStore.commit`.
    package static func read(_ document: JSONNode) throws(Fault) -> [PlaneChange] {
        guard document["format"]?.string == format, let schema = document["schema"]?.integer,
            let records = document["records"]?.array
        else { throw .notAStore }
        guard schema <= SluiceStore.schema else { throw .newer(schema: schema) }
        var changes: [PlaneChange] = []
        changes.reserveCapacity(records.count)
        var keys: Set<RecordKey> = []
        for (position, node) in records.enumerated() {
            let change: PlaneChange
            do throws(RecordFault) {
                change = try record(node)
            } catch {
                throw .record(position: position, fault: error.text)
            }
            guard keys.insert(change.key).inserted else { throw .duplicate(position: position) }
            changes.append(change)
        }
        changes.sort { $0.key < $1.key }
        guard changes.first?.key == .directory else { throw .noTopology }
        return changes
    }

    /// The record that an object is.
    package static func record(_ node: JSONNode) throws(RecordFault) -> PlaneChange {
        guard let kind = RecordKind.allCases.first(where: { $0.name == node["kind"]?.string }) else {
            throw .invalid(field: "kind")
        }
        guard let number = node["number"]?.integer, number >= 0, let key = RecordKey(kind, UInt64(number)) else {
            throw .invalid(field: "number")
        }
        guard let fields = node["record"], fields.object != nil else { throw .missing(field: "record") }
        var source = JSONSource(fields)
        return PlaneChange(key: key, record: try PlaneRecord(kind, from: &source))
    }
}
