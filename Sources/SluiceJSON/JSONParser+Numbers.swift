// Numbers of RFC 8259, section 6. Up to 15 digits and a power of ten up to 10^22 are exact in binary, so that one
// multiplication or division rounds correctly (Clinger, "How to read floating point numbers accurately", 1990, the fast
// path); the rest goes through the standard library.

extension JSONParser {
    /// - Precondition: a digit or a minus is at `position`.
    mutating func number(in text: Span<UInt8>) throws(JSONSyntaxError) -> JSONNode.Value {
        let start = position
        var at = start
        let isNegative = text[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }

        let wholeStart = at
        // Magnitude of the digits so far, valid while `digits` is at most 18.
        var magnitude = 0
        var digits = 0
        while at < text.count, let digit = digit(text[at]) {
            if digits < 18 { magnitude = magnitude * 10 + digit }
            digits += 1
            at += 1
        }
        guard digits > 0, digits == 1 || text[wholeStart] != UInt8(ascii: "0") else {
            throw fault(.invalidNumber, at: start)
        }

        var fractionDigits = 0
        var exponent = 0
        var isWhole = true
        if at < text.count, text[at] == UInt8(ascii: ".") {
            isWhole = false
            at += 1
            while at < text.count, let digit = digit(text[at]) {
                if digits < 18 { magnitude = magnitude * 10 + digit }
                digits += 1
                fractionDigits += 1
                at += 1
            }
            if fractionDigits == 0 { throw fault(.invalidNumber, at: start) }
        }
        if at < text.count, text[at] == UInt8(ascii: "e") || text[at] == UInt8(ascii: "E") {
            isWhole = false
            exponent = try self.exponent(in: text, at: &at, numberStart: start)
        }
        advance(to: at)

        if isWhole {
            if digits <= 18 { return .integer(isNegative ? -magnitude : magnitude) }
            if let integer = Int(spelled(text.extracting(start..<at))) { return .integer(integer) }
        }
        let power = exponent - fractionDigits
        if digits <= 15, abs(power) <= 22 {
            let scale = Self.powersOfTen[abs(power)]
            let value = power < 0 ? Double(magnitude) / scale : Double(magnitude) * scale
            return .number(isNegative ? -value : value)
        }
        guard let value = Double(spelled(text.extracting(start..<at))), value.isFinite else {
            throw fault(.numberOutOfRange, at: start)
        }
        return .number(value)
    }

    /// The exponent whose `e` is at `at`; it saturates far beyond the range of doubles.
    private func exponent(in text: Span<UInt8>, at: inout Int, numberStart: Int) throws(JSONSyntaxError) -> Int {
        at += 1
        var isNegative = false
        if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") {
            isNegative = text[at] == UInt8(ascii: "-")
            at += 1
        }
        let digitsStart = at
        var exponent = 0
        while at < text.count, let digit = digit(text[at]) {
            exponent = min(exponent * 10 + digit, 1 << 40)
            at += 1
        }
        if at == digitsStart { throw fault(.invalidNumber, at: numberStart) }
        return isNegative ? -exponent : exponent
    }

    private func digit(_ byte: UInt8) -> Int? {
        let digit = byte &- UInt8(ascii: "0")
        return digit < 10 ? Int(digit) : nil
    }

    private func spelled(_ piece: Span<UInt8>) -> String {
        String(unsafeUninitializedCapacity: piece.count) { buffer in
            for index in piece.indices { buffer[index] = piece[index] }
            return piece.count
        }
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
