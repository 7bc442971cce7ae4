// Records as bytes: whole numbers in as few bytes as they need (LEB128, signed ones zigzag first), texts as UTF-8 after
// their length, optional fields after one byte that says whether they are there.

struct BinarySink: RecordSink {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(512) }

    mutating func integer(_ name: String, _ value: Int) {
        unsigned(name, UInt64(bitPattern: Int64((value << 1) ^ (value >> 63))))
    }

    mutating func unsigned(_ name: String, _ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func wide(_ name: String, _ value: UInt128) {
        for shift in stride(from: 0, to: 128, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt128(shift)))
        }
    }

    mutating func real(_ name: String, _ value: Double) {
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(shift)))
        }
    }

    mutating func flag(_ name: String, _ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func text(_ name: String, _ value: String) {
        var value = value
        value.withUTF8 { text in
            unsigned(name, UInt64(text.count))
            bytes.append(contentsOf: text)
        }
    }

    /// Bytes that were made elsewhere.
    mutating func append(_ body: [UInt8]) { bytes.append(contentsOf: body) }

    mutating func presence(_ name: String, _ isPresent: Bool) { bytes.append(isPresent ? 1 : 0) }
    mutating func begin(_ name: String) {}
    mutating func end() {}
    mutating func beginList(_ name: String, count: Int) { unsigned(name, UInt64(count)) }
    mutating func endList() {}
}

struct BinarySource: RecordSource {
    private let bytes: ArraySlice<UInt8>
    private var at: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    /// Bytes that have not been read.
    var left: Int { bytes.endIndex - at }

    mutating func finish() throws(RecordFault) { if left > 0 { throw .excess } }

    private mutating func byte() throws(RecordFault) -> UInt8 {
        guard at < bytes.endIndex else { throw .truncated }
        defer { at += 1 }
        return bytes[at]
    }

    /// The next `count` bytes.
    mutating func slice(_ count: Int) throws(RecordFault) -> ArraySlice<UInt8> {
        guard count >= 0, count <= left else { throw .truncated }
        defer { at += count }
        return bytes[at..<(at + count)]
    }

    mutating func integer(_ name: String) throws(RecordFault) -> Int {
        let value = try unsigned(name)
        return Int(bitPattern: UInt(value >> 1)) ^ -Int(bitPattern: UInt(value & 1))
    }

    mutating func unsigned(_ name: String) throws(RecordFault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            // The tenth byte has one bit to give.
            guard shift < 63 || (shift == 63 && next <= 1) else { throw .invalid(field: name) }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    mutating func wide(_ name: String) throws(RecordFault) -> UInt128 {
        var value: UInt128 = 0
        for (place, next) in try slice(16).enumerated() { value |= UInt128(next) << UInt128(8 * place) }
        return value
    }

    mutating func real(_ name: String) throws(RecordFault) -> Double {
        var bits: UInt64 = 0
        for (place, next) in try slice(8).enumerated() { bits |= UInt64(next) << UInt64(8 * place) }
        let value = Double(bitPattern: bits)
        guard value.isFinite else { throw .invalid(field: name) }
        return value
    }

    mutating func flag(_ name: String) throws(RecordFault) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw .invalid(field: name)
        }
    }

    mutating func text(_ name: String) throws(RecordFault) -> String {
        let count = try unsigned(name)
        guard count <= UInt64(left) else { throw .truncated }
        guard let text = String(validating: try slice(Int(count)), as: UTF8.self) else { throw .invalid(field: name) }
        return text
    }

    mutating func presence(_ name: String) throws(RecordFault) -> Bool { try flag(name) }
    mutating func begin(_ name: String) throws(RecordFault) {}
    mutating func end() throws(RecordFault) {}

    mutating func beginList(_ name: String) throws(RecordFault) -> Int {
        let count = try unsigned(name)
        // Every element takes at least a byte.
        guard count <= UInt64(left) else { throw .truncated }
        return Int(count)
    }

    mutating func endList() throws(RecordFault) {}
}
