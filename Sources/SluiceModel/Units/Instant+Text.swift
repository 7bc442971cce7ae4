// Instants as RFC 3339 in UTC, and nothing else: other time zones are for the one who reads.

extension Instant {
    /// `2026-11-23T21:00:00.25Z`: as many digits after the point as the nanoseconds need.
    package var text: String {
        let (second, fraction) = floorDivision(Int(nanoseconds), 1_000_000_000)
        let (day, secondOfDay) = floorDivision(second, 86_400)
        let (year, month, dayOfMonth) = Self.date(day)
        let time = "\(two(secondOfDay / 3_600)):\(two(secondOfDay / 60 % 60)):\(two(secondOfDay % 60))"
        return "\(four(year))-\(two(month))-\(two(dayOfMonth))T\(time)\(fractionText(fraction))Z"
    }

    /// Proleptic Gregorian date of the day `day` after 1970-01-01: Howard Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms", civil_from_days. Years begin in March there, so that the leap day comes last.
    private static func date(_ day: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = floorDivision(day + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}

/// Quotient rounded down and the non-negative rest.
private func floorDivision(_ value: Int, _ divisor: Int) -> (quotient: Int, rest: Int) {
    let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
}

private func two(_ value: Int) -> String { (value < 10 ? "0" : "") + "\(value)" }
private func four(_ value: Int) -> String {
    let digits = "\(value)"
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

private func fractionText(_ nanoseconds: Int) -> String {
    if nanoseconds == 0 { return "" }
    var digits = "\(nanoseconds)"
    digits = String(repeating: "0", count: 9 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "." + digits
}
