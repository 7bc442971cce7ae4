// One entry of the journal: the records that changed in one batch of decisions.

package import SluiceControlPlane

package struct JournalEntry: Sendable {
    /// A record's key and bytes; nil: the record is gone.
    package typealias Item = (key: RecordKey, body: [UInt8]?)

    private static let version: UInt8 = 1

    /// The bytes of `changes`.
    package static func bytes(of changes: [PlaneChange]) -> [UInt8] {
        bytes(of: changes.map { ($0.key, $0.record?.bytes) })
    }

    /// The bytes of what `items(of:)` has read.
    package static func bytes(of items: [Item]) -> [UInt8] {
        var sink = BinarySink()
        sink.unsigned("version", UInt64(version))
        sink.unsigned("count", UInt64(items.count))
        for item in items {
            sink.unsigned("key", UInt64(item.key.packed))
            sink.presence("body", item.body != nil)
            guard let body = item.body else { continue }
            sink.unsigned("size", UInt64(body.count))
            sink.append(body)
        }
        return sink.bytes
    }

    /// What `bytes` hold, in order; the bodies are not looked into.
    package static func items(of bytes: [UInt8]) throws(RecordFault) -> [Item] {
        var source = BinarySource(bytes[...])
        guard try source.unsigned("version") == UInt64(version) else { throw .invalid(field: "version") }
        let count = try source.beginList("count")
        var items: [Item] = []
        items.reserveCapacity(count)
        for _ in 0..<count {
            guard let packed = Int64(exactly: try source.unsigned("key")), let key = RecordKey(packed: packed) else {
                throw .invalid(field: "key")
            }
            guard try source.presence("body") else {
                items.append((key, nil))
                continue
            }
            let size = try source.unsigned("size")
            guard size <= UInt64(source.left) else { throw .truncated }
            items.append((key, Array(try source.slice(Int(size)))))
        }
        try source.finish()
        return items
    }
}

extension PlaneRecord {
    package var bytes: [UInt8] {
        var sink = BinarySink()
        write(to: &sink)
        return sink.bytes
    }

    /// The record of `key` that `bytes` are.
    package init(_ key: RecordKey, bytes: [UInt8]) throws(RecordFault) {
        var source = BinarySource(bytes[...])
        try self.init(key.parts.kind, from: &source)
        try source.finish()
    }
}
