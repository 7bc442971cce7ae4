// Every message to bytes and back, and bytes that are no message.

import SluiceModel
import SluiceOpenFlow
import Testing

@Suite struct MessageTests {
    @Test(arguments: 0..<RandomMessages.kinds)
    func `every message comes back from its bytes as it went`(kind: Int) throws {
        for seed in 0..<60 as Range<UInt64> {
            var random = RandomMessages(seed: seed)
            let sent = Envelope(xid: UInt32(seed * 7_919), message: random.message(kind))
            #expect(try Envelope(sent.bytes) == sent)
            #expect(sent.bytes.count % 8 == 0 || !sent.message.isAligned)
        }
    }

    @Test(arguments: 0..<RandomMessages.kinds)
    func `no truncation and no lying length of a message is read past its end`(kind: Int) throws {
        for seed in 0..<4 as Range<UInt64> {
            var random = RandomMessages(seed: seed)
            let bytes = Envelope(xid: 1, message: random.message(kind)).bytes
            for count in 0..<bytes.count {
                // The header still tells the whole length.
                #expect(throws: Malformed.self) { try Envelope(Array(bytes[..<count])) }
                // The header tells the length that is there: what is inside may lie about its own.
                guard count >= 8 else { continue }
                var lying = Array(bytes[..<count])
                lying[2] = UInt8(count >> 8)
                lying[3] = UInt8(truncatingIfNeeded: count)
                if let read = try? Envelope(lying) { _ = read.bytes }
            }
            for position in 2..<bytes.count {
                for bit in 0..<8 {
                    var changed = bytes
                    changed[position] ^= 1 << UInt8(bit)
                    guard let read = try? Envelope(changed) else { continue }
                    // Whatever is accepted can be written, and then says the same.
                    #expect(try Envelope(read.bytes) == read)
                }
            }
        }
    }

    @Test(arguments: [
        [UInt8](repeating: 0xff, count: 16), Array("sixteen letters!".utf8), Array("fourteen bytes\u{e9}".utf8),
        Array(":::::::::".utf8) + [0xff] + Array("::::::".utf8),
    ])
    func `a port's name that is not UTF-8, or that nothing closes, is written as it was read`(name: [UInt8]) throws {
        let port = Port(number: 1, hardwareAddress: HardwareAddress(2), name: "")
        var bytes = Envelope(xid: 1, message: .portStatus(PortStatus(reason: .added, port: port))).bytes
        // After the header, the reason, the number and the address.
        bytes.replaceSubrange(32..<48, with: name)
        let read = try Envelope(bytes)
        #expect(try Envelope(read.bytes) == read)
    }

    @Test func `a stream is cut into the same messages however it arrives`() throws {
        var random = RandomMessages(seed: 5)
        let sent = (0..<RandomMessages.kinds).map { Envelope(xid: UInt32($0), message: random.message($0)) }
        let stream = sent.flatMap(\.bytes)
        for size in [1, 3, 8, 1_000, stream.count] {
            var framer = MessageFramer()
            var received: [Envelope] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                framer.receive(stream[start..<min(stream.count, start + size)])
                while let frame = try framer.next() { received.append(try Envelope(frame)) }
            }
            #expect(received == sent)
            #expect(framer.pending == 0)
        }
    }

    @Test func `a length shorter than a header ends the stream`() {
        var framer = MessageFramer()
        framer.receive([4, 0, 0, 7, 0, 0, 0, 1])
        #expect(throws: Malformed.wrongLength) { try framer.next() }
    }

    @Test func `bytes of the specification's examples come out as written there`() throws {
        // OFPT_HELLO with the version bitmap of section A.5.1, and a FLOW_MOD laid out by hand from section A.3.4.1.
        #expect(
            Envelope(xid: 1, message: .hello(.ours)).bytes
                == [4, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 8, 0, 0, 0, 0x10])
        let mod = FlowMod(
            .add, priority: 100,
            match: Match([.basic(.inPort, value: 3, mask: nil), .basic(.etherType, value: 0x0800, mask: nil)]),
            cookie: 0x51c0_0000_0000_0002, flags: .sendRemoved,
            instructions: [.meter(7), .applyActions([.output(2)])])
        let expected: [UInt8] =
            [4, 14, 0, 104, 0, 0, 0, 9]
            + [0x51, 0xc0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]
            + [0, 0, 0, 0, 0, 0, 0, 100, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
            + [0, 1, 0, 0]
            + [0, 1, 0, 18, 0x80, 0, 0, 4, 0, 0, 0, 3, 0x80, 0, 10, 2, 8, 0, 0, 0, 0, 0, 0, 0]
            + [0, 6, 0, 8, 0, 0, 0, 7]
            + [0, 4, 0, 24, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]
        #expect(Envelope(xid: 9, message: .flowMod(mod)).bytes == expected)
    }

    @Test func `versions are agreed on by bitmap where there is one, else by the lower header`() {
        #expect(Hello(headerVersion: 6, bitmap: 1 << 4).speaks13)
        #expect(!Hello(headerVersion: 6, bitmap: 1 << 6).speaks13)
        #expect(Hello(headerVersion: 6, bitmap: nil).speaks13)
        #expect(!Hello(headerVersion: 1, bitmap: nil).speaks13)
    }

    @Test func `a match is the same however switches write it`() {
        let ours = Match([
            .basic(.etherType, value: 0x0800, mask: nil), .basic(.ipv4Source, value: 0x0a00_0001, mask: nil),
        ])
        let theirs = Match([
            .basic(.ipv4Source, value: 0x0a00_0001, mask: 0xffff_ffff), .basic(.ipv4Destination, value: 0, mask: 0),
            .basic(.etherType, value: 0x0800, mask: nil),
        ])
        #expect(ours.canonical == theirs.canonical)
    }
}

extension Message {
    /// Whether its layout is all in eights; texts, packets and errors are not.
    var isAligned: Bool {
        switch self {
        case .flowMod, .groupMod, .barrierRequest, .barrierReply, .portStatus, .flowRemoved: true
        default: false
        }
    }
}
