// Writing big-endian structures.

package struct WireWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package var count: Int { bytes.count }

    package mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func half(_ value: UInt16) { withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) } }
    mutating func word(_ value: UInt32) { withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) } }
    mutating func doubleWord(_ value: UInt64) { withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) } }

    /// The lowest `count` bytes of `value`.
    mutating func number(_ value: UInt128, _ count: Int) {
        for index in stride(from: count - 1, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt128(8 * index)))
        }
    }

    mutating func append(_ other: [UInt8]) { bytes += other }

    mutating func zeros(_ count: Int) {
        for _ in 0..<count { bytes.append(0) }
    }

    /// Zeros up to a multiple of eight bytes from `start`.
    mutating func pad(from start: Int) { zeros((8 - (bytes.count - start) % 8) % 8) }

    /// `text` in a field of `count` bytes; what does not fit before the closing NUL is cut.
    mutating func text(_ text: String, _ count: Int) {
        let utf8 = Array(text.fitting(count - 1).utf8)
        bytes += utf8
        zeros(count - utf8.count)
    }

    /// Puts the number of bytes since `start` into the 16 bits at `offset` from there.
    ///
    /// - Precondition: fewer than 65 536.
    mutating func setLength(from start: Int, at offset: Int) {
        let length = bytes.count - start
        precondition(length <= Int(UInt16.max), "an OpenFlow structure has at most 65 535 bytes")
        bytes[start + offset] = UInt8(length >> 8)
        bytes[start + offset + 1] = UInt8(truncatingIfNeeded: length)
    }
}
