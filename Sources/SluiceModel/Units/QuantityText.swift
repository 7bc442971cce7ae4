// Quantities as people write them in documents ("10Gbps", "250 Mbit/s", "5ms") and as we print them for people.
// The wire carries integers; only documents and the command line come through here.

extension Bandwidth {
    /// Reads a whole or decimal number with an SI unit: bit/s, bps, kbit/s, kbps, Mbit/s, Mbps, Gbit/s, Gbps, Tbit/s,
    /// Tbps (also without "/s" or "ps": "10G"), or a plain number of bit/s. Fractions of a bit round as `rounding` says.
    package init?(text: String, rounding: QuantityRounding = .down) {
        guard let (number, unit) = splitQuantity(text) else { return nil }
        let multiplier: Int
        switch unit {
        case "", "bit/s", "bps", "bit": multiplier = 1
        case "k", "kbit/s", "kbps", "kbit", "kb/s", "K", "Kbps", "Kbit/s": multiplier = 1_000
        case "M", "Mbit/s", "Mbps", "Mbit", "Mb/s": multiplier = 1_000_000
        case "G", "Gbit/s", "Gbps", "Gbit", "Gb/s": multiplier = 1_000_000_000
        case "T", "Tbit/s", "Tbps", "Tbit", "Tb/s": multiplier = 1_000_000_000_000
        default: return nil
        }
        guard let whole = wholeProduct(number, times: multiplier, rounding: rounding) else { return nil }
        self.init(exactly: whole)
    }

    /// For people: at most three digits after the point, the largest unit that leaves a number of at least one.
    package var text: String {
        if self == .unlimited { return "unlimited" }
        let units: [(Int, String)] = [
            (1_000_000_000_000, "Tbit/s"), (1_000_000_000, "Gbit/s"), (1_000_000, "Mbit/s"), (1_000, "kbit/s"),
        ]
        for (size, unit) in units where bitsPerSecond >= size {
            return decimalText(bitsPerSecond, over: size) + " " + unit
        }
        return "\(bitsPerSecond) bit/s"
    }
}

extension Latency {
    /// Reads a whole or decimal number with a unit (us, µs, ms, s), or a plain number of microseconds; rounds up.
    package init?(text: String) {
        guard let (number, unit) = splitQuantity(text) else { return nil }
        let multiplier: Int
        switch unit {
        case "", "us", "µs", "μs": multiplier = 1
        case "ms": multiplier = 1_000
        case "s": multiplier = 1_000_000
        default: return nil
        }
        guard let whole = wholeProduct(number, times: multiplier, rounding: .up) else { return nil }
        self.init(exactly: whole)
    }

    /// For people: microseconds below one millisecond, milliseconds below one second, seconds above.
    package var text: String {
        if microseconds >= 1_000_000 { return decimalText(microseconds, over: 1_000_000) + " s" }
        if microseconds >= 1_000 { return decimalText(microseconds, over: 1_000) + " ms" }
        return "\(microseconds) us"
    }
}

/// The number and the unit of a quantity, or nil where it does not begin with a non-negative decimal number.
private func splitQuantity(_ text: String) -> (number: String, unit: String)? {
    let trimmed = text.drop(while: { $0 == " " })
    let number = trimmed.prefix(while: { ("0"..."9").contains($0) || $0 == "." })
    guard let first = number.first, first != ".", number.count(where: { $0 == "." }) <= 1 else { return nil }
    var unit = trimmed[number.endIndex...].drop(while: { $0 == " " })
    while unit.last == " " { unit.removeLast() }
    return (String(number), String(unit))
}

/// Demands round up, capacities down.
package enum QuantityRounding: Sendable { case up, down }

/// `number` × `multiplier` as an integer, exactly: no binary fraction stands between the text and the answer.
private func wholeProduct(_ number: String, times multiplier: Int, rounding: QuantityRounding) -> Int? {
    let halves = number.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = Int(halves[0]) else { return nil }
    var (product, overflow) = whole.multipliedReportingOverflow(by: multiplier)
    guard !overflow, product <= Bandwidth.largest else { return nil }
    guard halves.count == 2 else { return product }
    // Each digit of the fraction is worth a tenth of the one before; what is worth less than a unit is the remainder.
    var worth = multiplier
    var hasRemainder = false
    for digit in halves[1] {
        guard let value = digit.wholeNumberValue else { return nil }
        // Multipliers are powers of ten, so a digit is worth whole units or, once they are used up, less than one.
        worth /= 10
        product += value * worth
        if worth == 0, value > 0 { hasRemainder = true }
    }
    if hasRemainder, rounding == .up { product += 1 }
    return product
}

private func decimalText(_ value: Int, over size: Int) -> String {
    let whole = value / size
    let thousandths = (value % size) * 1_000 / size
    if thousandths == 0 { return "\(whole)" }
    var digits = String(thousandths)
    digits = String(repeating: "0", count: 3 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
}
