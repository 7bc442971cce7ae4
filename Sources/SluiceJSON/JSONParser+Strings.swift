// Strings of RFC 8259, section 7. The usual string has no escape and is taken in one piece; escapes go through a
// buffer of their own.

extension JSONParser {
    /// - Precondition: the opening quote is at `position`. Afterwards `position` is behind the closing one.
    mutating func string(in text: Span<UInt8>) throws(JSONSyntaxError) -> String {
        let start = position + 1
        var at = start
        while at < text.count {
            let byte = text[at]
            if byte == UInt8(ascii: "\"") {
                let string = try decoded(text.extracting(start..<at), from: start)
                advance(to: at + 1)
                return string
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(in: text, start: start, firstEscape: at) }
            if byte < 0x20 { throw fault(.controlCharacter(byte), at: at) }
            at += 1
        }
        throw fault(.endOfText(wanted: .closingQuote), at: text.count)
    }

    private mutating func escapedString(
        in text: Span<UInt8>, start: Int, firstEscape: Int
    ) throws(JSONSyntaxError) -> String {
        var bytes: [UInt8] = []
        var pieceStart = start
        var at = firstEscape
        while at < text.count {
            let byte = text[at]
            switch byte {
            case UInt8(ascii: "\""):
                try append(text.extracting(pieceStart..<at), from: pieceStart, to: &bytes)
                advance(to: at + 1)
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try append(text.extracting(pieceStart..<at), from: pieceStart, to: &bytes)
                at = try escape(in: text, at: at, to: &bytes)
                pieceStart = at
            case 0..<0x20: throw fault(.controlCharacter(byte), at: at)
            default: at += 1
            }
        }
        throw fault(.endOfText(wanted: .closingQuote), at: text.count)
    }

    /// Appends what the escape whose backslash is at `start` stands for; returns the offset behind it.
    private func escape(in text: Span<UInt8>, at start: Int, to bytes: inout [UInt8]) throws(JSONSyntaxError) -> Int {
        guard start + 1 < text.count else { throw fault(.endOfText(wanted: .closingQuote), at: text.count) }
        switch text[start + 1] {
        case UInt8(ascii: "\""): bytes.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): bytes.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0c)
        case UInt8(ascii: "n"): bytes.append(0x0a)
        case UInt8(ascii: "r"): bytes.append(0x0d)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): return try unicodeEscape(in: text, at: start, to: &bytes)
        default: throw fault(.invalidEscape, at: start)
        }
        return start + 2
    }

    private func unicodeEscape(
        in text: Span<UInt8>, at start: Int, to bytes: inout [UInt8]
    ) throws(JSONSyntaxError) -> Int {
        let first = try codeUnit(in: text, at: start)
        var end = start + 6
        let scalar: Unicode.Scalar
        if let single = Unicode.Scalar(first) {
            scalar = single
        } else {
            // Above U+FFFF a character is written as a high and a low surrogate, in this order.
            guard first < 0xdc00, end + 1 < text.count, text[end] == UInt8(ascii: "\\"),
                text[end + 1] == UInt8(ascii: "u")
            else { throw fault(.loneSurrogate, at: start) }
            let second = try codeUnit(in: text, at: end)
            guard (0xdc00...0xdfff).contains(second),
                let joined = Unicode.Scalar(
                    0x1_0000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00))
            else { throw fault(.loneSurrogate, at: start) }
            scalar = joined
            end += 6
        }
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        return end
    }

    /// The four hexadecimal digits of the `\u` escape at `start`.
    private func codeUnit(in text: Span<UInt8>, at start: Int) throws(JSONSyntaxError) -> UInt16 {
        var unit: UInt16 = 0
        for at in start + 2..<start + 6 {
            guard at < text.count else { throw fault(.endOfText(wanted: .closingQuote), at: text.count) }
            let digit: UInt8
            switch text[at] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = text[at] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = text[at] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = text[at] - UInt8(ascii: "A") + 10
            default: throw fault(.invalidEscape, at: start)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    private func decoded(_ piece: Span<UInt8>, from offset: Int) throws(JSONSyntaxError) -> String {
        do {
            return String(copying: try UTF8Span(validating: piece))
        } catch {
            throw fault(.invalidUTF8, at: offset + error.byteOffsets.lowerBound)
        }
    }

    private func append(
        _ piece: Span<UInt8>, from offset: Int, to bytes: inout [UInt8]
    ) throws(JSONSyntaxError) {
        // The piece is checked alone: an escape may not complete a sequence that the bytes before it began.
        bytes.append(contentsOf: try decoded(piece, from: offset).utf8)
    }
}
