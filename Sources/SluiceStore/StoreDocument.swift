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
        let faults = try store.salvage { key, record in
            let (kind, number) = key.parts
            writer.beginObject()
            writer.name("kind")
            writer.string(kind.name)
            writer.name("number")
            writer.integer(Int(number))
            writer.name("record")
            writer.beginObject()
            var sink = JSONSink(writer)
            record.write(to: &sink)
            writer = sink.writer
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return (writer.bytes + [UInt8(ascii: "\n")], faults)
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
            let named = RecordKind.allCases.first { $0.name == node["kind"]?.string }
            guard let kind = named, let number = node["number"]?.integer, number >= 0,
                let key = RecordKey(kind, UInt64(number)), let fields = node["record"], fields.object != nil
            else { throw .record(position: position, fault: "kind, number or record is missing or unknown") }
            guard keys.insert(key).inserted else { throw .duplicate(position: position) }
            var source = JSONSource(fields)
            do throws(RecordFault) {
                changes.append(PlaneChange(key: key, record: try PlaneRecord(kind, from: &source)))
            } catch {
                throw .record(position: position, fault: error.text)
            }
        }
        changes.sort { $0.key < $1.key }
        guard changes.first?.key == .directory else { throw .noTopology }
        return changes
    }
}
