// Reading big-endian numbers out of bytes that may end anywhere.

/// A position in a part of a byte array. Every read is checked against the end of the part.
struct ByteCursor {
    private let bytes: [UInt8]
    private(set) var position: Int
    let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    private init(_ bytes: [UInt8], from start: Int, to end: Int) {
        self.bytes = bytes
        position = start
        self.end = end
    }

    var remaining: Int { end - position }

    /// The next `count` bytes as a cursor of their own; this one moves past them.
    mutating func part(of count: Int) throws(ReportRefusal) -> ByteCursor {
        guard count <= remaining else { throw .truncated }
        defer { position += count }
        return ByteCursor(bytes, from: position, to: position + count)
    }

    mutating func skip(_ count: Int) throws(ReportRefusal) {
        guard count <= remaining else { throw .truncated }
        position += count
    }

    mutating func byte() throws(ReportRefusal) -> UInt8 {
        guard remaining >= 1 else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func half() throws(ReportRefusal) -> UInt16 {
        guard remaining >= 2 else { throw .truncated }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    mutating func word() throws(ReportRefusal) -> UInt32 {
        guard remaining >= 4 else { throw .truncated }
        defer { position += 4 }
        return UInt32(bytes[position]) << 24 | UInt32(bytes[position + 1]) << 16 | UInt32(bytes[position + 2]) << 8
            | UInt32(bytes[position + 3])
    }

    mutating func doubleWord() throws(ReportRefusal) -> UInt64 {
        let high = try word()
        return UInt64(high) << 32 | UInt64(try word())
    }
}
