// Link-layer and network-layer addresses, as hosts have them and matches compare them.

/// A 48-bit IEEE 802 MAC address.
package struct HardwareAddress: Hashable, Comparable, Sendable {
    package let raw: UInt64

    /// - Precondition: `raw` fits 48 bits.
    package init(_ raw: UInt64) {
        precondition(raw < 1 << 48, "a MAC address has 48 bits")
        self.raw = raw
    }

    /// Reads six pairs of hexadecimal digits joined by `:` or `-`.
    package init?(text: String) {
        let parts = text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == ":" || $0 == "-" })
        guard parts.count == 6 else { return nil }
        var raw: UInt64 = 0
        for part in parts {
            guard part.utf8.count == 2, part.allSatisfy(\.isHexDigit), let byte = UInt64(part, radix: 16) else {
                return nil
            }
            raw = raw << 8 | byte
        }
        self.raw = raw
    }

    package var text: String {
        (0..<6).map { index in
            let byte = UInt8(truncatingIfNeeded: raw >> UInt64(40 - 8 * index))
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined(separator: ":")
    }

    package static func < (left: HardwareAddress, right: HardwareAddress) -> Bool { left.raw < right.raw }
}

/// An IPv4 address with the number of leading bits that count; 32 for a single host.
package struct IPv4Prefix: Hashable, Comparable, Sendable {
    /// The address with the bits after the prefix set to zero.
    package let address: UInt32
    /// A byte, since prefixes stand in the matches of all flows.
    private let bits: UInt8

    package var length: Int { Int(bits) }

    /// - Precondition: `length` is 0 to 32. Host bits are cleared.
    package init(_ address: UInt32, length: Int = 32) {
        precondition((0...32).contains(length), "an IPv4 prefix has 0 to 32 bits")
        self.address = address & Self.mask(length)
        bits = UInt8(length)
    }

    /// Reads dotted decimal, with an optional `/length`. Leading zeros are refused, since some readers take them as octal.
    package init?(text: String) {
        var address: UInt32 = 0
        var length = 32
        // Bytes of the address, and then the length.
        var parts = 0
        var number = 0
        var digits = 0
        /// Takes the number that has just ended; false where it is none, or cannot stand there.
        func take(atMost most: Int) -> Bool {
            guard digits > 0, number <= most else { return false }
            if parts < 4 { address = address << 8 | UInt32(number) } else { length = number }
            (parts, number, digits) = (parts + 1, 0, 0)
            return true
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                // No leading zero, and nothing that is too long.
                guard digits == 0 || number > 0, digits < 3 else { return nil }
                number = 10 * number + Int(byte - UInt8(ascii: "0"))
                digits += 1
            case UInt8(ascii: "."): guard parts < 3, take(atMost: 255) else { return nil }
            case UInt8(ascii: "/"): guard parts == 3, take(atMost: 255) else { return nil }
            default: return nil
            }
        }
        guard parts == 3 || parts == 4, take(atMost: parts == 3 ? 255 : 32) else { return nil }
        self.init(address, length: length)
    }

    package var text: String {
        var text = ""
        text.reserveCapacity(18)
        for shift in [UInt32(24), 16, 8, 0] {
            text += String(UInt8(truncatingIfNeeded: address >> shift))
            if shift > 0 { text += "." }
        }
        return length == 32 ? text : "\(text)/\(length)"
    }

    package func contains(_ other: IPv4Prefix) -> Bool {
        other.length >= length && other.address & Self.mask(length) == address
    }
    package func overlaps(_ other: IPv4Prefix) -> Bool { contains(other) || other.contains(self) }

    package static func < (left: IPv4Prefix, right: IPv4Prefix) -> Bool {
        (left.address, left.length) < (right.address, right.length)
    }
    private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : UInt32.max << UInt32(32 - length) }
}

/// An IPv6 address with the number of leading bits that count; 128 for a single host.
package struct IPv6Prefix: Hashable, Comparable, Sendable {
    /// The address with the bits after the prefix set to zero.
    package let address: UInt128
    package let length: Int

    /// - Precondition: `length` is 0 to 128. Host bits are cleared.
    package init(_ address: UInt128, length: Int = 128) {
        precondition((0...128).contains(length), "an IPv6 prefix has 0 to 128 bits")
        self.address = address & Self.mask(length)
        self.length = length
    }

    /// Reads the text forms of RFC 4291, section 2.2 (without zone), with an optional `/length`.
    package init?(text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2, let address = Self.parse(halves[0]) else { return nil }
        var length = 128
        if halves.count == 2 {
            guard let given = UInt8(canonicalDecimal: halves[1]), given <= 128 else { return nil }
            length = Int(given)
        }
        self.init(address, length: length)
    }

    /// The canonical text of RFC 5952.
    package var text: String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: address >> UInt128(112 - 16 * $0)) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            guard groups[start] == 0 else {
                start += 1
                continue
            }
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > best.count { best = start..<end }
            start = end
        }
        let hex: (Range<Int>) -> String = { range in
            range.map { String(groups[$0], radix: 16) }.joined(separator: ":")
        }
        let body = best.count < 2 ? hex(0..<8) : hex(0..<best.lowerBound) + "::" + hex(best.upperBound..<8)
        return length == 128 ? body : "\(body)/\(length)"
    }

    package func contains(_ other: IPv6Prefix) -> Bool {
        other.length >= length && other.address & Self.mask(length) == address
    }
    package func overlaps(_ other: IPv6Prefix) -> Bool { contains(other) || other.contains(self) }

    package static func < (left: IPv6Prefix, right: IPv6Prefix) -> Bool {
        (left.address, left.length) < (right.address, right.length)
    }

    private static func mask(_ length: Int) -> UInt128 { length == 0 ? 0 : UInt128.max << UInt128(128 - length) }

    private static func parse(_ text: Substring) -> UInt128? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2, let before = groups(halves[0]) else { return nil }
        var all = before
        if halves.count == 2 {
            guard let after = groups(halves[1]), before.count + after.count <= 7 else { return nil }
            all += Array(repeating: 0, count: 8 - before.count - after.count) + after
        }
        guard all.count == 8 else { return nil }
        return all.reduce(0) { $0 << 16 | UInt128($1) }
    }

    private static func groups(_ text: Substring) -> [UInt16]? {
        if text.isEmpty { return [] }
        var result: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if part.contains("."), index == parts.count - 1 {
                guard let tail = IPv4Prefix(text: String(part)), tail.length == 32 else { return nil }
                result += [UInt16(tail.address >> 16), UInt16(truncatingIfNeeded: tail.address)]
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                result.append(group)
            }
        }
        return result
    }
}

extension UInt8 {
    /// Decimal digits without sign and without leading zeros.
    fileprivate init?(canonicalDecimal text: Substring) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), text == "0" || text.first != "0" else {
            return nil
        }
        self.init(text)
    }
}
