// Where a byte stands in a text, as people and editors count.

package struct TextPosition: Hashable, Comparable, Sendable {
    /// From 1; lines end with LF.
    package let line: Int
    /// From 1; counts Unicode scalars.
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The position of the byte at `offset` (the end of the text where it is larger). Linear in `offset`; many lookups
    /// in one text go through `LineTable`.
    package init(of offset: Int, in bytes: some Collection<UInt8>) {
        var line = 1
        var column = 1
        for byte in bytes.prefix(max(0, offset)) {
            if byte == 0x0a {
                line += 1
                column = 1
            } else if byte & 0xc0 != 0x80 {
                column += 1
            }
        }
        self.init(line: line, column: column)
    }

    package static func < (left: TextPosition, right: TextPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// The beginnings of a text's lines, for many lookups.
package struct LineTable: Sendable {
    private let bytes: [UInt8]
    /// Offset of the first byte of each line, ascending; the first is 0.
    private let starts: [Int]

    package init(of bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == 0x0a { starts.append(offset + 1) }
        self.starts = starts
    }

    /// The position of the byte at `offset` (the end of the text where it is larger). Logarithmic in the number of
    /// lines and linear in the length of the line.
    package func position(of offset: Int) -> TextPosition {
        let offset = min(max(0, offset), bytes.count)
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        let column = bytes[starts[low]..<offset].count { $0 & 0xc0 != 0x80 }
        return TextPosition(line: low + 1, column: column + 1)
    }
}
