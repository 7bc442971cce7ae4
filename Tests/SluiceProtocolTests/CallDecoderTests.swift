// Lines into calls: the JSON-RPC envelope, and params against the method's schema.

import SluiceJSON
import SluiceProtocol
import Testing

@Suite struct CallDecoderTests {
    private static let submit =
        #"{"jsonrpc":"2.0","id":7,"method":"flow.submit","params":{"id":"f1","source":"a","destination":"b","#
        + #""bandwidth":1000000,"class":"bulk","match":{"eth_type":2048,"ipv4_src":"10.0.0.1"},"#
        + #""constraints":{"maxLatency":9000,"avoid":["x"],"affinity":{"exclude":["red"]}},"lifetimeSeconds":1.5}}"#

    private func single(_ line: String) throws -> Call { try single(Array(line.utf8)) }

    private func single(_ line: [UInt8]) throws -> Call {
        guard case .single(let call) = CallDecoder.decode(line) else { throw Unexpected() }
        return call
    }

    private func fault(_ line: String) throws -> ProtocolFault {
        guard case .failure(let fault) = try single(line).content else { throw Unexpected() }
        return fault
    }

    private func params(_ params: String, of method: String = "flow.submit") throws -> ProtocolFault {
        try fault(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#)
    }

    private struct Unexpected: Error {}

    @Test func `a full request is understood`() throws {
        let call = try single(Self.submit)
        #expect(call.id == .integer(7))
        let invocation = try call.content.get()
        #expect(invocation.method == .flowSubmit)
        #expect(invocation.params["bandwidth"]?.integer == 1_000_000)
    }

    @Test func `params may be left out where nothing is required`() throws {
        let call = try single(#"{"jsonrpc":"2.0","id":"x","method":"system.status"}"#)
        #expect(call.id == .text("x"))
        #expect(try call.content.get().method == .systemStatus)
    }

    @Test func `a request without id is a notification, also where its params are wrong`() throws {
        #expect(try single(#"{"jsonrpc":"2.0","method":"system.status"}"#).id == nil)
        #expect(try single(#"{"jsonrpc":"2.0","method":"flow.get","params":{}}"#).id == nil)
    }

    @Test(arguments: [
        (#"{"jsonrpc":"2.0","id":1,"method":"system.status""#, -32700, "json.syntax"),
        ("\u{FEFF}{}", -32700, "json.syntax"),
        (#"{"jsonrpc":"2.0","id":1,"id":2,"method":"system.status"}"#, -32700, "json.syntax"),
        (#"{"jsonrpc":"2.0","id":1,"method":"system.status"} {}"#, -32700, "json.syntax"),
        ("[]", -32600, "request.batchEmpty"),
        ("17", -32600, "request.invalid"),
        ("null", -32600, "request.invalid"),
        ("{}", -32600, "request.invalid"),
        (#"{"id":1,"method":"system.status"}"#, -32600, "request.invalid"),
        (#"{"jsonrpc":"1.0","id":1,"method":"system.status"}"#, -32600, "request.invalid"),
        (#"{"jsonrpc":"2.0","id":1.5,"method":"system.status"}"#, -32600, "request.invalid"),
        (#"{"jsonrpc":"2.0","id":{},"method":"system.status"}"#, -32600, "request.invalid"),
        (#"{"jsonrpc":"2.0","id":1,"method":17}"#, -32600, "request.invalid"),
        (#"{"jsonrpc":"2.0","id":1,"method":"system.status","parms":{}}"#, -32600, "request.invalid"),
        (#"{"jsonrpc":"2.0","id":1,"method":"system.statsu"}"#, -32601, "method.unknown"),
        (#"{"jsonrpc":"2.0","id":1,"method":"system.status","params":[]}"#, -32602, "params.wrongType"),
        (#"{"jsonrpc":"2.0","id":1,"method":"flow.get","params":{}}"#, -32602, "params.missingMember"),
        (#"{"jsonrpc":"2.0","id":1,"method":"flow.get","params":{"id":""}}"#, -32602, "params.outOfRange"),
        (#"{"jsonrpc":"2.0","id":1,"method":"flow.get","params":{"id":3}}"#, -32602, "params.wrongType"),
    ])
    func `each fault has its code`(line: String, number: Int, code: String) throws {
        let fault = try fault(line)
        #expect(fault.number == number)
        #expect(fault.code == code)
    }

    @Test func `bytes that are not UTF-8 are a syntax error with their place`() throws {
        let call = try single(Array(#"{"jsonrpc":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8))
        guard case .failure(let fault) = call.content else { throw Unexpected() }
        #expect(call.id == .null)
        #expect(fault.code == "json.syntax")
        #expect(fault.message.hasPrefix("byte 12: "))
    }

    @Test func `nesting beyond the limit is refused, however deep`() throws {
        for depth in [65, 1_000, 500_000] {
            let fault = try fault(String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
            #expect(fault.code == "json.syntax")
        }
    }

    @Test(arguments: [
        (#"{"source":"a","destination":"b","bandwidht":1}"#, "bandwidht", "bandwidth"),
        (
            #"{"source":"a","destination":"b","bandwidth":1,"constraints":{"maxlatency":1}}"#,
            "constraints.maxlatency", "maxLatency"
        ),
        (#"{"source":"a","destination":"b","bandwidth":1,"match":{"ip4_src":"1"}}"#, "match.ip4_src", "ipv4_src"),
    ])
    func `an unknown member is named, with what was probably meant`(json: String, field: String, meant: String) throws {
        let fault = try params(json)
        #expect(fault.code == "params.unknownMember")
        #expect(fault.message.hasPrefix(field + ": "))
        #expect(fault.facts.contains { $0.name == "field" && $0.fact == .text(field) })
        #expect(fault.facts.contains { $0.name == "didYouMean" && $0.fact == .text(meant) })
    }

    @Test(arguments: [
        (#"0"#, "params.outOfRange"), (#"-5"#, "params.outOfRange"), (#"9007199254740992"#, "params.outOfRange"),
        (#"1e300"#, "params.wrongType"), (#"1.5"#, "params.wrongType"), (#""10Gbps""#, "params.wrongType"),
        (#"null"#, "params.wrongType"), (#"true"#, "params.wrongType"),
    ])
    func `bandwidth is an integer from 1 to 2^53 - 1`(value: String, code: String) throws {
        let fault = try params(#"{"source":"a","destination":"b","bandwidth":\#(value)}"#)
        #expect(fault.code == code)
        #expect(fault.message.hasPrefix("bandwidth: "))
    }

    @Test func `a whole number may be written with an exponent`() throws {
        let call = try single(
            #"{"jsonrpc":"2.0","id":1,"method":"flow.submit","params":{"source":"a","destination":"b","bandwidth":1e6}}"#
        )
        #expect(try call.content.get().params["bandwidth"]?.wholeNumber == 1_000_000)
    }

    @Test func `a fault inside a batch of flows names its position`() throws {
        let fault = try params(
            #"{"flows":[{"source":"a","destination":"b","bandwidth":1},{"source":"a","bandwidth":1}]}"#,
            of: "flow.submitBatch")
        #expect(fault.message.hasPrefix("flows[1].destination: "))
    }

    @Test func `a batch keeps the order and the faults of its calls`() throws {
        let line = #"[{"jsonrpc":"2.0","id":1,"method":"system.status"},5,{"jsonrpc":"2.0","method":"flow.nope"}]"#
        guard case .batch(let calls) = CallDecoder.decode(Array(line.utf8)) else { throw Unexpected() }
        #expect(calls.map(\.id) == [.integer(1), .null, nil])
    }

    @Test func `every truncation of a line is a syntax error`() throws {
        let bytes = Array(Self.submit.utf8)
        for count in 0..<bytes.count {
            guard case .failure(let fault) = try single(Array(bytes[..<count])).content else { throw Unexpected() }
            #expect(fault.code == "json.syntax")
        }
    }

    @Test func `every flipped bit gives one call, understood or refused with a known code`() throws {
        let bytes = Array(Self.submit.utf8)
        let known = Set(ErrorCode.allCases.map(\.rawValue))
        for position in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[position] ^= 1 << UInt8(bit)
                if case .failure(let fault) = try single(changed).content {
                    #expect(known.contains(fault.code))
                    #expect(!fault.message.isEmpty)
                }
            }
        }
    }
}
