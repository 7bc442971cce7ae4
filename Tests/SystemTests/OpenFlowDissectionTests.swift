// What an independent dissector, Wireshark's, makes of the bytes that go to switches.

import Glibc
import SluiceForwarding
import SluiceModel
import SluiceOpenFlow
import Testing

@Suite(.enabled(if: access("/usr/bin/tshark", X_OK) == 0, "needs tshark"))
struct OpenFlowDissectionTests {
    /// A capture with each message in a TCP segment of its own, to port 6653.
    private static func capture(_ messages: [[UInt8]]) -> [UInt8] {
        func big(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
        }
        // Native order is not needed: the magic number says which it is. Link type 1, Ethernet.
        var file = big(0xa1b2_c3d4, 4) + big(2, 2) + big(4, 2) + big(0, 8) + big(262_144, 4) + big(1, 4)
        var sequence = 1
        for (number, message) in messages.enumerated() {
            let tcp =
                big(40_000, 2) + big(6_653, 2) + big(sequence, 4) + big(1, 4) + [0x50, 0x18] + big(65_535, 2)
                + big(0, 4)
            let ip =
                [0x45, 0] + big(20 + tcp.count + message.count, 2) + big(number, 2) + [0x40, 0, 64, 6, 0, 0]
                + [127, 0, 0, 1, 127, 0, 0, 1]
            let frame = [UInt8](repeating: 2, count: 12) + [8, 0] + ip + tcp + message
            file += big(number, 4) + big(0, 4) + big(frame.count, 4) + big(frame.count, 4) + frame
            sequence += message.count
        }
        return file
    }

    /// For each message what tshark finds in `fields`, parts of one field joined by commas.
    private static func dissect(_ messages: [[UInt8]], _ fields: [String]) throws -> [[String]] {
        let folder = try TemporaryFolder()
        let path = folder.path + "/messages.pcap"
        let bytes = capture(messages)
        guard let file = fopen(path, "w"), fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw SystemTestFailure("cannot write \(path)")
        }
        fclose(file)
        let arguments =
            ["-r", path, "-d", "tcp.port==6653,openflow", "-T", "fields", "-E", "separator=|"]
            + fields.flatMap { ["-e", $0] }
        let ending = try ChildProcess("/usr/bin/tshark", arguments, environment: ["HOME": folder.path]).ending()
        guard ending.status == 0 else { throw SystemTestFailure("tshark: \(ending.errors)") }
        return ending.output.split(separator: "\n").map { line in
            line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test func `rules, groups and meters read as they were meant`() throws {
        var fields = FlowMatch()
        fields.etherType = FlowMatch.etherTypeIPv4
        fields.ipProtocol = FlowMatch.protocolTCP
        fields.ipv4Source = IPv4Prefix(0x0a00_0001)
        fields.ipv4Destination = IPv4Prefix(0x0a01_0000, length: 16)
        fields.destinationPort = 443
        fields.vlan = 7
        fields.dscp = 46
        let match = RuleMatch(inPort: PortNumber(3), fields: fields)
        let rule = Rule(
            key: Rule.Key(table: 0, priority: 321, match: match), cookie: 9,
            actions: [.meter(5), .pushLabel, .setLabel(77), .group(6)])
        let bucket = Bucket(watchPort: 2, actions: [.output(2)])
        let messages: [Message] = [
            .flowMod(try rule.addition()),
            .bundleAddition(BundleAddition(.flow(try rule.addition()), bundle: 8)),
            .groupMod(GroupMod(.add, type: .fastFailover, group: 6, buckets: [bucket])),
            .meterMod(
                MeterMod(.add, flags: [.kilobits, .burst], meter: 5, bands: [.drop(rate: 10_000, burst: 1_000)])),
        ]
        let found = try Self.dissect(
            messages.map { Envelope(xid: 4, message: $0).bytes },
            [
                "openflow_v4.type", "openflow_v4.flowmod.cookie", "openflow_v4.flowmod.priority",
                "openflow_v4.oxm.field", "openflow_v4.oxm.value_ipv4addr", "openflow_v4.oxm.ipv4_mask",
                "openflow_v4.instruction.meter.meter_id", "openflow_v4.action.group.group_id",
                "openflow_v4.bucket.watch_port", "openflow_v4.meter_band.rate", "_ws.malformed",
            ])
        try #require(found.count == 4)
        #expect(found[0][0] == "14")
        #expect(found[0][1] == "0x51c0000000000009")
        #expect(found[0][2] == "321")
        #expect(found[0][3] == "0,5,6,8,10,11,12,14,34")
        #expect(found[0][4] == "10.0.0.1,10.1.0.0")
        #expect(found[0][5] == "255.255.0.0")
        #expect(found[0][6] == "5" && found[0][7] == "6")
        #expect(found[1][0].hasPrefix("4"))
        #expect(found[2][0] == "15" && found[2][8] == "2")
        #expect(found[3][0] == "29" && found[3][9] == "10000")
        #expect(found.allSatisfy { $0[10].isEmpty }, "\(found)")
    }

    @Test func `everything that a session and its polls send is well formed`() throws {
        var agent = SwitchAgent(at: .epoch)
        var stream = agent.takeOutgoing()
        _ = agent.receive(Envelope(xid: 1, message: .hello(.ours)).bytes, at: .epoch)
        stream += agent.takeOutgoing()
        let others: [Message] = [
            .echoRequest([]), .barrierRequest, .setAsync(.wanted),
            .multipartRequest(.flows(cookie: CookieMark.mark, cookieMask: CookieMark.mask, match: Match())),
            .multipartRequest(.ports(MultipartRequest.allPorts)),
            .multipartRequest(.queues(port: MultipartRequest.allPorts, queue: MultipartRequest.allQueues)),
            .multipartRequest(.groups(MultipartRequest.allGroups)), .multipartRequest(.groupDescriptions),
            .multipartRequest(.meters(MultipartRequest.allMeters)),
            .multipartRequest(.meterConfigurations(MultipartRequest.allMeters)),
            .roleRequest(RoleClaim(role: .equal, generation: 0)),
            // A whole frame of the EtherType for local experiments (IEEE 802), which no dissector reads into.
            .packetOut(
                PacketOut(
                    actions: [.output(1)],
                    data: [UInt8](repeating: 2, count: 12) + [0x88, 0xb5] + [UInt8](repeating: 0, count: 50))),
        ]
        var framer = MessageFramer()
        framer.receive(stream)
        var messages: [[UInt8]] = []
        while let frame = try framer.next() { messages.append(frame) }
        messages += others.map { Envelope(xid: 9, message: $0).bytes }
        let found = try Self.dissect(
            messages, ["openflow_v4.type", "_ws.malformed", "_ws.expert.severity"])
        try #require(found.count == messages.count)
        for (message, line) in zip(messages, found) {
            #expect(line[0].split(separator: ",").first == "\(message[1])", "\(line)")
            #expect(line[1].isEmpty, "\(line)")
        }
    }
}
