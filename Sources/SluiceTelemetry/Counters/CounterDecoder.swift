// sFlow version 5 as bytes, as far as interface counters go (sFlow.org, "sFlow Version 5", July 2004; "sFlow OpenFlow
// Structures", 2014). One UDP payload in, the counters of each port out; no state, no clock, no topology.
//
// A port is known by the OpenFlow structure that Open vSwitch sends beside the generic counters: datapath id and port
// number. Counters without it cannot be told to be of a port of ours, since ifIndex numbers are the agent's own.

/// What one datagram says of its sender.
struct CounterHeader: Hashable, Sendable {
    /// The agent's address; IPv4 addresses in the low 32 bits.
    var agent: UInt128
    var subAgent: UInt32
    var sequence: UInt32
    /// Milliseconds since the agent started; wraps.
    var uptimeMilliseconds: UInt32
}

/// Totals of one port since some start of the switch; what is nil is not kept there.
struct PortCounters: Hashable, Sendable {
    var datapath: UInt64?
    var port: UInt32?
    /// Sent by the port.
    var octets: UInt64?
    /// Unicast, multicast and broadcast; each wraps at 2^32, so does their sum.
    var packets: UInt32?
    /// Dropped instead of sent; wraps.
    var discards: UInt32?
}

enum CounterDecoder {
    /// Most samples of one datagram.
    static let samplesMax = 1_024

    /// Whether a datagram begins as sFlow version 5 does; INT reports begin with a nibble of 1 or 2.
    static func begins(_ datagram: [UInt8]) -> Bool { datagram.starts(with: [0, 0, 0, 5]) }

    /// - Parameter ports: emptied, then filled with the counter samples that hold generic interface counters.
    /// - Throws: why the whole datagram is unusable; then `ports` is empty.
    static func decode(_ datagram: [UInt8], into ports: inout [PortCounters]) throws(ReportRefusal) -> CounterHeader {
        ports.removeAll(keepingCapacity: true)
        do throws(ReportRefusal) {
            return try decodeAll(datagram, into: &ports)
        } catch {
            ports.removeAll(keepingCapacity: true)
            throw error
        }
    }

    private static func decodeAll(
        _ datagram: [UInt8], into ports: inout [PortCounters]
    ) throws(ReportRefusal) -> CounterHeader {
        var cursor = ByteCursor(datagram)
        guard try cursor.word() == 5 else { throw .unsupportedVersion }
        let agent: UInt128
        switch try cursor.word() {
        case 1: agent = UInt128(try cursor.word())
        case 2:
            let high = try cursor.doubleWord()
            agent = UInt128(high) << 64 | UInt128(try cursor.doubleWord())
        default: throw .badLength
        }
        let header = CounterHeader(
            agent: agent, subAgent: try cursor.word(), sequence: try cursor.word(),
            uptimeMilliseconds: try cursor.word())
        let count = try cursor.word()
        guard count <= samplesMax else { throw .tooLong }
        for _ in 0..<count {
            let format = try cursor.word()
            var sample = try cursor.part(of: try length(&cursor))
            switch format {
            // Enterprise 0: counters, and counters with wide source ids. Flow samples (1 and 3) are of packets.
            case 2: try decodeSample(&sample, sourceBytes: 4, into: &ports)
            case 4: try decodeSample(&sample, sourceBytes: 8, into: &ports)
            default: break
            }
        }
        guard cursor.remaining == 0 else { throw .badLength }
        return header
    }

    /// Lengths count bytes, and everything is padded to words.
    private static func length(_ cursor: inout ByteCursor) throws(ReportRefusal) -> Int {
        let length = try cursor.word()
        guard length % 4 == 0 else { throw .badLength }
        return Int(length)
    }

    private static func decodeSample(
        _ cursor: inout ByteCursor, sourceBytes: Int, into ports: inout [PortCounters]
    ) throws(ReportRefusal) {
        // The sample's own sequence number, and its source in the agent's numbers.
        try cursor.skip(4 + sourceBytes)
        var counters = PortCounters()
        let count = try cursor.word()
        guard count <= samplesMax else { throw .tooLong }
        for _ in 0..<count {
            let format = try cursor.word()
            var record = try cursor.part(of: try length(&cursor))
            switch format {
            case 1: try decodeInterface(&record, into: &counters)
            case 1_004:
                counters.datapath = try record.doubleWord()
                counters.port = try record.word()
            default: break
            }
        }
        if counters.octets != nil || counters.packets != nil { ports.append(counters) }
    }

    /// `if_counters` (section 5.3, RFC 2233): 88 bytes, of which what the port sends is wanted.
    private static func decodeInterface(
        _ cursor: inout ByteCursor, into counters: inout PortCounters
    ) throws(ReportRefusal) {
        guard cursor.remaining == 88 else { throw .badLength }
        // ifIndex, ifType, ifSpeed, ifDirection, ifStatus; ifInOctets and six input counters.
        try cursor.skip(24 + 8 + 24)
        let octets = try cursor.doubleWord()
        let kinds = [try cursor.word(), try cursor.word(), try cursor.word()]
        let discards = try cursor.word()
        // All ones: the switch does not count it.
        if octets != .max { counters.octets = octets }
        let known = kinds.filter { $0 != .max }
        if !known.isEmpty { counters.packets = known.reduce(0) { $0 &+ $1 } }
        if discards != .max { counters.discards = discards }
    }
}
