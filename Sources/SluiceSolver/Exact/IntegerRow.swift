// Rows of a core in whole numbers, and what follows from them without rounding anything in the wrong direction:
// bounds from multipliers, and mixed-integer Gomory cuts from sums of rows (R. E. Gomory, "An algorithm for the mixed
// integer problem", RAND RM-2597, 1960). The multipliers may come from anywhere, in floating point: they decide how
// good a bound or a cut is, never whether it holds.

/// Σ a_j x_j ≤ limit over binary columns.
package struct IntegerRow: Hashable, Sendable {
    package var entries: [Entry]
    package var limit: Int

    package struct Entry: Hashable, Sendable {
        package var column: Int32
        package var value: Int

        package init(column: Int32, value: Int) {
            self.column = column
            self.value = value
        }
    }

    package init(entries: [Entry], limit: Int) {
        self.entries = entries
        self.limit = limit
    }

    /// The power of two that brings its largest coefficient near one.
    package var scale: Double {
        let largest = entries.reduce(1) { max($0, $1.value.magnitude) }
        return Double(sign: .plus, exponent: -(UInt.bitWidth - 1 - largest.leadingZeroBitCount), significand: 1)
    }
}

/// What is known of a column.
package enum ColumnFate: Hashable, Sendable {
    case open, zero, one
}

/// Makes cuts; holds the working room for that.
package struct CutMaker {
    private let columnCount: Int
    private var sum: [Int128]
    private var coefficient: [Int128]

    /// Multipliers are whole multiples of 2^−shift.
    private static let shift = 70
    private static let whole = Int128(1) << Int128(shift)
    /// Coefficients of cuts before slacks are replaced, and after.
    private static let cutScale = Int128(1) << 30

    package init(columnCount: Int) {
        self.columnCount = columnCount
        sum = Array(repeating: 0, count: columnCount)
        coefficient = sum
    }

    /// The mixed-integer Gomory cut of Σ multiplier · (row with its slack), as a row ≤; nil where the sum's right side
    /// is too near a whole number. Every binary point that satisfies the rows, and the fates, satisfies the cut.
    ///
    /// - Parameter isComplemented: columns that are counted down from one.
    package mutating func cut(
        from rows: [(row: IntegerRow, multiplier: Double)], fates: [ColumnFate], isComplemented: [Bool]
    ) -> IntegerRow? {
        for column in 0..<columnCount {
            sum[column] = 0
            coefficient[column] = 0
        }
        var right: Int128 = 0
        var scaled: [Int128] = []
        for (row, multiplier) in rows {
            // Beyond this size, nothing is certain to stay within 128 bits.
            guard abs(multiplier) < 1e6 else { return nil }
            let whole = Int128((multiplier * Double(sign: .plus, exponent: Self.shift, significand: 1)).rounded())
            scaled.append(whole)
            right += whole * Int128(row.limit)
            for entry in row.entries { sum[Int(entry.column)] += whole * Int128(entry.value) }
            guard right.magnitude < UInt128(1) << 120 else { return nil }
        }
        for column in 0..<columnCount where fates[column] == .one || fates[column] == .open && isComplemented[column] {
            right -= sum[column]
        }
        let fraction = Self.fraction(right)
        guard fraction > Self.whole / 200, fraction < Self.whole - Self.whole / 200 else { return nil }
        // Σ c x ≥ least.
        var least = Self.cutScale
        for column in 0..<columnCount where fates[column] == .open && sum[column] != 0 {
            let value = Self.rounded(isComplemented[column] ? -sum[column] : sum[column], against: fraction)
            if isComplemented[column] {
                coefficient[column] -= value
                least -= value
            } else {
                coefficient[column] += value
            }
        }
        for ((row, _), whole) in zip(rows, scaled) where whole != 0 {
            let value = Self.rounded(whole, against: fraction)
            if value == 0 { continue }
            least -= value * Int128(row.limit)
            for entry in row.entries { coefficient[Int(entry.column)] -= value * Int128(entry.value) }
        }
        var largest: Int128 = 0
        for column in 0..<columnCount {
            switch fates[column] {
            case .open: largest = max(largest, abs(coefficient[column]))
            case .one: least -= coefficient[column]
            case .zero: break
            }
        }
        guard largest > 0, abs(least) < Int128(1) << 120 else { return nil }
        // Coefficients rounded up hold where columns are not negative; then the left side is whole, and the right side
        // may be rounded up too.
        var divisor: Int128 = 1
        while largest / divisor > Self.cutScale { divisor *= 2 }
        var entries: [IntegerRow.Entry] = []
        for column in 0..<columnCount where fates[column] == .open {
            let value = Self.ceiling(coefficient[column], divisor)
            if value != 0 { entries.append(IntegerRow.Entry(column: Int32(column), value: -Int(value))) }
        }
        let limit = -Self.ceiling(least, divisor)
        guard limit.magnitude < UInt128(1) << 60 else { return nil }
        return IntegerRow(entries: entries, limit: Int(limit))
    }

    /// The part of `value` above the next lower whole number.
    private static func fraction(_ value: Int128) -> Int128 { value & (whole - 1) }

    /// Gomory's coefficient of a whole variable, scaled and rounded up.
    private static func rounded(_ value: Int128, against right: Int128) -> Int128 {
        let part = fraction(value)
        if part == 0 { return 0 }
        // Both factors are brought down to 60 bits first, each so that the quotient grows.
        let (numerator, denominator) = part <= right ? (part, right) : (whole - part, whole - right)
        let top = (numerator >> 12) + 1
        let bottom = denominator >> 12
        return ceiling(top * cutScale, bottom)
    }

    private static func ceiling(_ value: Int128, _ divisor: Int128) -> Int128 {
        let quotient = value / divisor
        return value > 0 && quotient * divisor != value ? quotient + 1 : quotient
    }
}
