// Packets to and from the controller, and rules that went away (OpenFlow 1.3.5, sections A.3.7, A.4.1 and A.4.2).

package struct PacketIn: Hashable, Sendable {
    package var bufferID: UInt32
    /// Of the whole packet, of which `data` may be the beginning only.
    package var totalLength: UInt16
    package var reason: UInt8
    package var table: UInt8
    package var cookie: UInt64
    package var match: Match
    package var data: [UInt8]

    package init(
        bufferID: UInt32 = .max, totalLength: UInt16, reason: UInt8, table: UInt8 = 0, cookie: UInt64, match: Match,
        data: [UInt8]
    ) {
        self.bufferID = bufferID
        self.totalLength = totalLength
        self.reason = reason
        self.table = table
        self.cookie = cookie
        self.match = match
        self.data = data
    }

    /// Port it came by; nil where the switch does not say.
    package var inPort: UInt32? { match[.inPort].map { UInt32(truncatingIfNeeded: $0) } }

    init(reading reader: inout WireReader) throws(Malformed) {
        bufferID = try reader.word()
        totalLength = try reader.half()
        reason = try reader.byte()
        table = try reader.byte()
        cookie = try reader.doubleWord()
        match = try Match(reading: &reader)
        try reader.skip(2)
        data = reader.rest()
    }

    func write(to writer: inout WireWriter) {
        writer.word(bufferID)
        writer.half(totalLength)
        writer.byte(reason)
        writer.byte(table)
        writer.doubleWord(cookie)
        match.write(to: &writer)
        writer.zeros(2)
        writer.append(data)
    }
}

package struct PacketOut: Hashable, Sendable {
    package var bufferID: UInt32
    package var inPort: UInt32
    package var actions: [Action]
    package var data: [UInt8]

    package init(bufferID: UInt32 = .max, inPort: UInt32 = Port.controller, actions: [Action], data: [UInt8]) {
        self.bufferID = bufferID
        self.inPort = inPort
        self.actions = actions
        self.data = data
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        bufferID = try reader.word()
        inPort = try reader.word()
        let length = Int(try reader.half())
        try reader.skip(6)
        var part = try reader.part(length)
        actions = try [Action](readingAll: &part)
        data = reader.rest()
    }

    func write(to writer: inout WireWriter) {
        writer.word(bufferID)
        writer.word(inPort)
        var actionBytes = WireWriter()
        actions.write(to: &actionBytes)
        writer.half(UInt16(actionBytes.count))
        writer.zeros(6)
        writer.append(actionBytes.bytes)
        writer.append(data)
    }
}

package struct FlowRemoved: Hashable, Sendable {
    package var cookie: UInt64
    package var priority: UInt16
    /// OFPRR: 0 idle, 1 hard timeout, 2 deleted, 3 its group is gone.
    package var reason: UInt8
    package var table: UInt8
    package var seconds: UInt32
    package var nanoseconds: UInt32
    package var idleTimeoutSeconds: UInt16
    package var hardTimeoutSeconds: UInt16
    package var packets: UInt64
    package var bytes: UInt64
    package var match: Match

    package init(
        cookie: UInt64, priority: UInt16, reason: UInt8, table: UInt8, seconds: UInt32 = 0, nanoseconds: UInt32 = 0,
        idleTimeoutSeconds: UInt16 = 0, hardTimeoutSeconds: UInt16 = 0, packets: UInt64 = 0, bytes: UInt64 = 0,
        match: Match
    ) {
        self.cookie = cookie
        self.priority = priority
        self.reason = reason
        self.table = table
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.hardTimeoutSeconds = hardTimeoutSeconds
        self.packets = packets
        self.bytes = bytes
        self.match = match
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        cookie = try reader.doubleWord()
        priority = try reader.half()
        reason = try reader.byte()
        table = try reader.byte()
        seconds = try reader.word()
        nanoseconds = try reader.word()
        idleTimeoutSeconds = try reader.half()
        hardTimeoutSeconds = try reader.half()
        packets = try reader.doubleWord()
        bytes = try reader.doubleWord()
        match = try Match(reading: &reader)
    }

    func write(to writer: inout WireWriter) {
        writer.doubleWord(cookie)
        writer.half(priority)
        writer.byte(reason)
        writer.byte(table)
        writer.word(seconds)
        writer.word(nanoseconds)
        writer.half(idleTimeoutSeconds)
        writer.half(hardTimeoutSeconds)
        writer.doubleWord(packets)
        writer.doubleWord(bytes)
        match.write(to: &writer)
    }
}
