// Reading big-endian structures out of bytes that may end anywhere, or lie about where they end.

/// A position in a part of a byte array. Every read is checked against the end of the part.
package struct WireReader {
    private let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    package init(_ bytes: [UInt8]) { self.init(bytes, in: 0..<bytes.count) }

    /// - Precondition: `range` lies within `bytes`.
    package init(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a reader reads what is there")
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    package var remaining: Int { end - position }

    /// The next `count` bytes as a reader of their own; this one moves past them.
    mutating func part(_ count: Int) throws(Malformed) -> WireReader {
        guard count >= 0, count <= remaining else { throw .truncated }
        defer { position += count }
        return WireReader(bytes, in: position..<(position + count))
    }

    /// The next structure, whose length stands `offset` bytes from its start in 16 bits and counts from there.
    mutating func structure(lengthAt offset: Int, least: Int) throws(Malformed) -> WireReader {
        guard remaining >= offset + 2 else { throw .truncated }
        let length = Int(bytes[position + offset]) << 8 | Int(bytes[position + offset + 1])
        guard length >= least else { throw .wrongLength }
        return try part(length)
    }

    /// Whatever is left.
    mutating func rest() -> [UInt8] {
        defer { position = end }
        return Array(bytes[position..<end])
    }

    mutating func skip(_ count: Int) throws(Malformed) {
        guard count <= remaining else { throw .truncated }
        position += count
    }

    mutating func take(_ count: Int) throws(Malformed) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw .truncated }
        defer { position += count }
        return Array(bytes[position..<(position + count)])
    }

    mutating func byte() throws(Malformed) -> UInt8 {
        guard remaining >= 1 else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func half() throws(Malformed) -> UInt16 {
        guard remaining >= 2 else { throw .truncated }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    mutating func word() throws(Malformed) -> UInt32 {
        guard remaining >= 4 else { throw .truncated }
        defer { position += 4 }
        return UInt32(bytes[position]) << 24 | UInt32(bytes[position + 1]) << 16 | UInt32(bytes[position + 2]) << 8
            | UInt32(bytes[position + 3])
    }

    mutating func doubleWord() throws(Malformed) -> UInt64 {
        let high = try word()
        return UInt64(high) << 32 | UInt64(try word())
    }

    /// An unsigned number of `count` bytes, at most 16.
    mutating func number(_ count: Int) throws(Malformed) -> UInt128 {
        guard count <= remaining else { throw .truncated }
        var value: UInt128 = 0
        for offset in 0..<count { value = value << 8 | UInt128(bytes[position + offset]) }
        position += count
        return value
    }

    /// Text in a field of `count` bytes that ends at the first NUL. Of text that is not UTF-8, or not closed by a NUL,
    /// as much as can be written into such a field again.
    mutating func text(_ count: Int) throws(Malformed) -> String {
        String(decoding: try take(count).prefix { $0 != 0 }, as: UTF8.self).fitting(count - 1)
    }
}

extension String {
    /// Its longest beginning of whole characters (Unicode scalars) within `count` bytes of UTF-8.
    func fitting(_ count: Int) -> String {
        guard utf8.count > count else { return self }
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in unicodeScalars {
            bytes += UTF8.width(scalar)
            guard bytes <= count else { break }
            kept.append(scalar)
        }
        return String(kept)
    }
}
