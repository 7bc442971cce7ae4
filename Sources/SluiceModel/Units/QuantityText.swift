// Quantities as people write them in documents ("10Gbps", "250 Mbit/s", "5ms") and as we print them for people.
// The wire carries integers; only documents and the command line come through here.

extension Bandwidth {
    /// Reads a whole or decimal number with an SI unit: bit/s, bps, kbit/s, kbps, Mbit/s, Mbps, Gbit/s, Gbps, Tbit/s,
    /// Tbps (also without "/s" or "ps": "10G"), or a plain number of bit/s. Fractions of a bit round as `rounding` says.
    package init?(text: String, rounding: FloatingPointRoundingRule = .down) {
        guard let (number, unit) = splitQuantity(text) else { return nil }
        let multiplier: Double
        switch unit {
        case "", "bit/s", "bps", "bit": multiplier = 1
        case "k", "kbit/s", "kbps", "kbit", "kb/s", "K", "Kbps", "Kbit/s": multiplier = 1e3
        case "M", "Mbit/s", "Mbps", "Mbit", "Mb/s": multiplier = 1e6
        case "G", "Gbit/s", "Gbps", "Gbit", "Gb/s": multiplier = 1e9
        case "T", "Tbit/s", "Tbps", "Tbit", "Tb/s": multiplier = 1e12
        default: return nil
        }
        guard let whole = roundedWhole(number, times: multiplier, rounding: rounding) else { return nil }
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
        let multiplier: Double
        switch unit {
        case "", "us", "µs", "μs": multiplier = 1
        case "ms": multiplier = 1e3
        case "s": multiplier = 1e6
        default: return nil
        }
        guard let whole = roundedWhole(number, times: multiplier, rounding: .up) else { return nil }
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

/// `number` × `multiplier` as an integer: exact where the number is whole, rounded where it has a fraction.
private func roundedWhole(_ number: String, times multiplier: Double, rounding: FloatingPointRoundingRule) -> Int? {
    if let whole = Int(number) {
        let (product, overflow) = whole.multipliedReportingOverflow(by: Int(multiplier))
        return overflow ? nil : product
    }
    guard let value = Double(number) else { return nil }
    let product = value * multiplier
    // A decimal such as 0.1 Gbit/s is not exact in binary: a product within a millionth of a whole number is that number.
    let nearest = product.rounded()
    let rounded = abs(product - nearest) < 1e-6 * max(1, nearest * 1e-6) ? nearest : product.rounded(rounding)
    return rounded < 9e15 ? Int(rounded) : nil
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
