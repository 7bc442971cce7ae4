// Decimal numbers scaled to whole units without passing through binary fractions: 2133.127778 Mbit/s is
// 2 133 127 778 bit/s, while the product of doubles is a little more and would round up to the next.

package import SluiceModel

package enum DecimalText {
    /// `text` × 10^`power` as an integer, rounded up or down where a fraction remains; nil where `text` is no decimal
    /// number (digits, optional fraction, optional exponent), is negative, or exceeds 2^53 − 1.
    package static func scaled(_ text: some StringProtocol, power: Int, rounding: QuantityRounding) -> Int? {
        guard let number = parse(text), !number.isNegative || number.digits.allSatisfy({ $0 == 0 }) else {
            return nil
        }
        // Digits from `point` on are the fraction.
        let point = number.digits.count + number.exponent + power
        var whole = 0
        for position in 0..<max(0, min(point, 400)) {
            let digit = position < number.digits.count ? Int(number.digits[position]) : 0
            whole = whole * 10 + digit
            if whole > largest { return nil }
            // Leading zeros aside, more digits only make it larger.
            if position >= number.digits.count, whole == 0 { break }
        }
        let rest = number.digits.dropFirst(max(0, point))
        if rounding == .up, rest.contains(where: { $0 != 0 }) { whole += 1 }
        return whole <= largest ? whole : nil
    }

    /// The number itself, for coordinates; nil where `text` is no decimal number.
    static func value(_ text: some StringProtocol) -> Double? {
        guard parse(text) != nil, let value = Double(text), value.isFinite else { return nil }
        return value
    }

    private static let largest = (1 << 53) - 1

    private struct Number {
        var isNegative = false
        /// Without the point.
        var digits: [UInt8] = []
        /// Power of ten of the last digit.
        var exponent = 0
    }

    private static func parse(_ text: some StringProtocol) -> Number? {
        var number = Number()
        var bytes = Array(text.utf8)[...]
        guard bytes.count <= 400 else { return nil }
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            number.isNegative = sign == UInt8(ascii: "-")
            bytes = bytes.dropFirst()
        }
        takeDigits(from: &bytes, to: &number.digits)
        if bytes.first == UInt8(ascii: ".") {
            bytes = bytes.dropFirst()
            let before = number.digits.count
            takeDigits(from: &bytes, to: &number.digits)
            number.exponent = before - number.digits.count
        }
        guard !number.digits.isEmpty else { return nil }
        if let letter = bytes.first, letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") {
            guard let exponent = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)), abs(exponent) < 400 else {
                return nil
            }
            number.exponent += exponent
            bytes = []
        }
        return bytes.isEmpty ? number : nil
    }

    private static func takeDigits(from bytes: inout ArraySlice<UInt8>, to digits: inout [UInt8]) {
        while let byte = bytes.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            digits.append(byte - UInt8(ascii: "0"))
            bytes = bytes.dropFirst()
        }
    }
}
