// Instants from RFC 3339. The calendar is the proleptic Gregorian one; days are counted as in Howard Hinnant's
// "chrono-Compatible Low-Level Date Algorithms", days_from_civil.

extension Instant {
    /// The instant that `text` names, or nil where it is no RFC 3339 date-time or lies outside 1678 to 2261. An offset
    /// from UTC is accepted; a leap second counts as the second after it.
    package init?(text: String) {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.digits(2), reader.skip(":"), let minute = reader.digits(2), reader.skip(":"),
            let second = reader.digits(2), let nanoseconds = reader.fraction(), let offset = reader.offset(),
            reader.isAtEnd
        else { return nil }
        guard (1678...2261).contains(year), (1...12).contains(month),
            day >= 1, day <= Self.daysIn(month, of: year), hour <= 23, minute <= 59, second <= 60
        else { return nil }
        let seconds = Self.day(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset * 60
        self.init(nanoseconds: Int64(seconds * 1_000_000_000 + nanoseconds))
    }

    private static func daysIn(_ month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days since 1970-01-01.
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        // Years here are positive, so plain division rounds down.
        let (era, yearOfEra) = shifted.quotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func digits(_ count: Int) -> Int? {
            guard position + count <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[position..<position + count] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte) - 48
            }
            position += count
            return value
        }

        /// Nanoseconds; further digits are dropped.
        mutating func fraction() -> Int? {
            guard skip(".") else { return 0 }
            var nanoseconds = 0
            var count = 0
            while position < bytes.count, (48...57).contains(bytes[position]) {
                if count < 9 { nanoseconds = nanoseconds * 10 + Int(bytes[position]) - 48 }
                count += 1
                position += 1
            }
            guard count > 0 else { return nil }
            for _ in min(count, 9)..<9 { nanoseconds *= 10 }
            return nanoseconds
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int? {
            if skip("Z") || skip("z") { return 0 }
            let sign = skip("+") ? 1 : skip("-") ? -1 : 0
            guard sign != 0, let hours = digits(2), skip(":"), let minutes = digits(2), hours <= 23, minutes <= 59
            else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }
}
