import SluiceModel
import Testing

@Suite struct FlowMatchTests {
    private func match(_ edit: (inout FlowMatch) -> Void) -> FlowMatch {
        var match = FlowMatch()
        match.etherType = FlowMatch.etherTypeIPv4
        match.ipv4Destination = IPv4Prefix(text: "10.0.0.0/24")
        edit(&match)
        return match
    }

    @Test func `one more field or a longer prefix is strictly more specific`() {
        let plain = match { _ in }
        let longer = match { $0.ipv4Destination = IPv4Prefix(text: "10.0.0.7") }
        let withPort = match {
            $0.ipProtocol = FlowMatch.protocolUDP
            $0.destinationPort = 53
        }
        for specific in [longer, withPort] {
            #expect(specific.isStrictlyMoreSpecific(than: plain))
            #expect(!plain.isStrictlyMoreSpecific(than: specific))
            #expect(specific.overlaps(plain))
            #expect(specific.specificity > plain.specificity)
        }
        #expect(!plain.isStrictlyMoreSpecific(than: plain))
        #expect(longer.overlaps(withPort))
        #expect(!longer.isStrictlyMoreSpecific(than: withPort))
        #expect(!withPort.isStrictlyMoreSpecific(than: longer))
    }

    @Test func `different values of one field do not overlap`() {
        let web = match { $0.destinationPort = 80 }
        let mail = match { $0.destinationPort = 25 }
        #expect(!web.overlaps(mail))
        #expect(!match { $0.ipv4Destination = IPv4Prefix(text: "10.0.1.0/24") }.overlaps(match { _ in }))
    }

    @Test func `hosts are told apart by the best address they share`() {
        let mac = HardwareAddress(0x0200_0000_0001)
        let four = IPv4Prefix(text: "10.0.0.1")
        let six = IPv6Prefix(text: "2001:db8::1")
        let both = Host(hardwareAddress: mac, ipv4: four, ipv6: six)
        #expect(FlowMatch(from: both, to: both)?.ipv4Source == four)
        #expect(FlowMatch(from: both, to: Host(ipv6: six))?.etherType == FlowMatch.etherTypeIPv6)
        #expect(FlowMatch(from: both, to: Host(hardwareAddress: mac))?.etherSource == mac)
        #expect(FlowMatch(from: Host(ipv4: four), to: Host(ipv6: six)) == nil)
    }
}
