import SluiceModel
import Testing

@Suite struct AddressTests {
    @Test(arguments: ["10.0.0.1", "0.0.0.0/0", "192.168.4.0/22", "255.255.255.255"])
    func `IPv4 text comes back as it was`(text: String) {
        #expect(IPv4Prefix(text: text)?.text == text)
    }

    @Test(arguments: ["", "10.0.0", "10.0.0.256", "10.0.0.01", "10.0.0.1/33", "10.0.0.1/", "a.b.c.d", "10.0.0.1 "])
    func `IPv4 refuses what is no address`(text: String) {
        #expect(IPv4Prefix(text: text) == nil)
    }

    /// The examples of RFC 5952, sections 1 to 4.
    @Test(arguments: [
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:DB8::ABCD", "2001:db8::abcd"), ("::", "::"),
        ("::1", "::1"), ("::ffff:192.0.2.1", "::ffff:c000:201"), ("fe80::/10", "fe80::/10"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    ])
    func `IPv6 prints the canonical text`(text: String, canonical: String) {
        #expect(IPv6Prefix(text: text)?.text == canonical)
    }

    @Test(arguments: [
        "", ":", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::1/129", "1:2:3:4:5:6:7:8::", "g::",
    ])
    func `IPv6 refuses what is no address`(text: String) {
        #expect(IPv6Prefix(text: text) == nil)
    }

    @Test func `MAC addresses read and print`() {
        #expect(HardwareAddress(text: "02:00:5E:10:00:0a")?.text == "02:00:5e:10:00:0a")
        #expect(HardwareAddress(text: "02-00-5e-10-00-0a")?.raw == 0x0200_5e10_000a)
        #expect(HardwareAddress(text: "02:00:5e:10:00") == nil)
        #expect(HardwareAddress(text: "2:0:5e:10:0:a") == nil)
        #expect(HardwareAddress(text: "+2:00:5e:10:00:0a") == nil)
    }

    @Test func `prefixes contain and overlap`() throws {
        let wide = try #require(IPv4Prefix(text: "10.0.0.0/8"))
        let narrow = try #require(IPv4Prefix(text: "10.1.0.0/16"))
        let other = try #require(IPv4Prefix(text: "11.0.0.0/8"))
        #expect(wide.contains(narrow))
        #expect(!narrow.contains(wide))
        #expect(narrow.overlaps(wide))
        #expect(!other.overlaps(narrow))
    }
}
