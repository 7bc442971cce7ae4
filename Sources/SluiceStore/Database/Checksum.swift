// CRC-32C (Castagnoli polynomial; RFC 3720, appendix B.4), which finds every burst error of up to 32 bits.

package enum Checksum {
    /// Reflected polynomial 0x1EDC6F41.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
    }

    /// Of `bytes` under `key`, so that a body under another key does not pass.
    package static func of(_ bytes: some Collection<UInt8>, key: Int64) -> UInt32 {
        bytes.withContiguousStorageIfAvailable { of($0, key: key) }
            ?? Array(bytes).withUnsafeBufferPointer { of($0, key: key) }
    }

    /// Not generic, so that it is as fast for callers in other modules.
    private static func of(_ bytes: UnsafeBufferPointer<UInt8>, key: Int64) -> UInt32 {
        let table = table
        var value: UInt32 = .max
        for shift in stride(from: Int64(0), to: 64, by: 8) {
            value = table[Int((value ^ UInt32(truncatingIfNeeded: key >> shift)) & 0xff)] ^ value >> 8
        }
        for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xff)] ^ value >> 8 }
        return ~value
    }
}
