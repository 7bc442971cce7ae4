import SluiceModel
import Testing

@Suite struct QuantityTextTests {
    @Test(arguments: [
        ("10Gbps", 10_000_000_000), ("250 Mbit/s", 250_000_000), ("2.5G", 2_500_000_000), ("1000", 1_000),
        ("0.1Gbps", 100_000_000), ("64kbit/s", 64_000), ("9.95328 Gbit/s", 9_953_280_000),
    ])
    func `bandwidth reads SI units`(text: String, bitsPerSecond: Int) {
        #expect(Bandwidth(text: text)?.bitsPerSecond == bitsPerSecond)
    }

    @Test func `fractions of a bit round as asked`() {
        #expect(Bandwidth(text: "1.5 bit/s")?.bitsPerSecond == 1)
        #expect(Bandwidth(text: "1.5 bit/s", rounding: .up)?.bitsPerSecond == 2)
        #expect(Bandwidth(text: "0.0001 kbit/s", rounding: .up)?.bitsPerSecond == 1)
        #expect(Bandwidth(text: "0.0010 kbit/s", rounding: .up)?.bitsPerSecond == 1)
        #expect(Bandwidth(text: "9007.199254740991Tbps") == .unlimited)
        #expect(Bandwidth(text: "9007.199254740992Tbps") == nil)
        #expect(Bandwidth(text: "9223372.9Tbps") == nil)
    }

    @Test(arguments: ["", "Gbps", "-1", "1 parsec", "1..2G", "99999999999999999999", "1e3", "9000000Tbps"])
    func `bandwidth refuses what is not a rate`(text: String) {
        #expect(Bandwidth(text: text) == nil)
    }

    @Test(arguments: [("5ms", 5_000), ("200us", 200), ("1.5 ms", 1_500), ("2s", 2_000_000), ("7", 7)])
    func `latency reads SI units`(text: String, microseconds: Int) {
        #expect(Latency(text: text)?.microseconds == microseconds)
    }

    @Test func `quantities print the way people write them`() {
        #expect(Bandwidth.gigabits(10).text == "10 Gbit/s")
        #expect(Bandwidth(bitsPerSecond: 2_500_000).text == "2.5 Mbit/s")
        #expect(Bandwidth(bitsPerSecond: 999).text == "999 bit/s")
        #expect(Latency(microseconds: 1_050).text == "1.05 ms")
    }
}
