// What a switch tells of itself when asked: the bodies of multipart answers (OpenFlow 1.3.5, section A.3.5).

package struct SwitchDescription: Hashable, Sendable {
    package var manufacturer: String
    package var hardware: String
    package var software: String
    package var serialNumber: String
    package var datapath: String

    package init(manufacturer: String, hardware: String, software: String, serialNumber: String, datapath: String) {
        self.manufacturer = manufacturer
        self.hardware = hardware
        self.software = software
        self.serialNumber = serialNumber
        self.datapath = datapath
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        manufacturer = try reader.text(256)
        hardware = try reader.text(256)
        software = try reader.text(256)
        serialNumber = try reader.text(32)
        datapath = try reader.text(256)
    }

    func write(to writer: inout WireWriter) {
        writer.text(manufacturer, 256)
        writer.text(hardware, 256)
        writer.text(software, 256)
        writer.text(serialNumber, 32)
        writer.text(datapath, 256)
    }
}

/// Something that comes many at a time in multipart answers.
protocol StatisticsEntry {
    init(reading reader: inout WireReader) throws(Malformed)
    func write(to writer: inout WireWriter)
}

package struct FlowStatistics: Hashable, Sendable, StatisticsEntry {
    package var table: UInt8
    package var seconds: UInt32
    package var nanoseconds: UInt32
    package var priority: UInt16
    package var idleTimeoutSeconds: UInt16
    package var hardTimeoutSeconds: UInt16
    package var flags: FlowMod.Flags
    package var cookie: UInt64
    package var packets: UInt64
    package var bytes: UInt64
    package var match: Match
    package var instructions: [Instruction]

    package init(
        table: UInt8 = 0, seconds: UInt32 = 0, nanoseconds: UInt32 = 0, priority: UInt16,
        idleTimeoutSeconds: UInt16 = 0, hardTimeoutSeconds: UInt16 = 0, flags: FlowMod.Flags = [], cookie: UInt64,
        packets: UInt64 = 0, bytes: UInt64 = 0, match: Match, instructions: [Instruction]
    ) {
        self.table = table
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.priority = priority
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.hardTimeoutSeconds = hardTimeoutSeconds
        self.flags = flags
        self.cookie = cookie
        self.packets = packets
        self.bytes = bytes
        self.match = match
        self.instructions = instructions
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        var body = try reader.structure(lengthAt: 0, least: 56)
        try body.skip(2)
        table = try body.byte()
        try body.skip(1)
        seconds = try body.word()
        nanoseconds = try body.word()
        priority = try body.half()
        idleTimeoutSeconds = try body.half()
        hardTimeoutSeconds = try body.half()
        flags = FlowMod.Flags(rawValue: try body.half())
        try body.skip(4)
        cookie = try body.doubleWord()
        packets = try body.doubleWord()
        bytes = try body.doubleWord()
        match = try Match(reading: &body)
        instructions = try [Instruction](readingAll: &body)
    }

    func write(to writer: inout WireWriter) {
        let start = writer.count
        writer.half(0)
        writer.byte(table)
        writer.zeros(1)
        writer.word(seconds)
        writer.word(nanoseconds)
        writer.half(priority)
        writer.half(idleTimeoutSeconds)
        writer.half(hardTimeoutSeconds)
        writer.half(flags.rawValue)
        writer.zeros(4)
        writer.doubleWord(cookie)
        writer.doubleWord(packets)
        writer.doubleWord(bytes)
        match.write(to: &writer)
        instructions.write(to: &writer)
        writer.setLength(from: start, at: 0)
    }
}

package struct PortStatistics: Hashable, Sendable, StatisticsEntry {
    package var port: UInt32
    package var packetsReceived: UInt64
    package var packetsSent: UInt64
    package var bytesReceived: UInt64
    package var bytesSent: UInt64
    package var droppedReceived: UInt64
    package var droppedSent: UInt64
    package var errorsReceived: UInt64
    package var errorsSent: UInt64
    /// Frame alignment, overrun and CRC errors, and collisions.
    package var details: [UInt64]
    package var seconds: UInt32
    package var nanoseconds: UInt32

    /// - Precondition: four details.
    package init(
        port: UInt32, packetsReceived: UInt64 = 0, packetsSent: UInt64 = 0, bytesReceived: UInt64 = 0,
        bytesSent: UInt64 = 0, droppedReceived: UInt64 = 0, droppedSent: UInt64 = 0, errorsReceived: UInt64 = 0,
        errorsSent: UInt64 = 0, details: [UInt64] = [0, 0, 0, 0], seconds: UInt32 = 0, nanoseconds: UInt32 = 0
    ) {
        precondition(details.count == 4, "port statistics have four details")
        self.port = port
        self.packetsReceived = packetsReceived
        self.packetsSent = packetsSent
        self.bytesReceived = bytesReceived
        self.bytesSent = bytesSent
        self.droppedReceived = droppedReceived
        self.droppedSent = droppedSent
        self.errorsReceived = errorsReceived
        self.errorsSent = errorsSent
        self.details = details
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        port = try reader.word()
        try reader.skip(4)
        packetsReceived = try reader.doubleWord()
        packetsSent = try reader.doubleWord()
        bytesReceived = try reader.doubleWord()
        bytesSent = try reader.doubleWord()
        droppedReceived = try reader.doubleWord()
        droppedSent = try reader.doubleWord()
        errorsReceived = try reader.doubleWord()
        errorsSent = try reader.doubleWord()
        details = []
        for _ in 0..<4 { details.append(try reader.doubleWord()) }
        seconds = try reader.word()
        nanoseconds = try reader.word()
    }

    func write(to writer: inout WireWriter) {
        writer.word(port)
        writer.zeros(4)
        for value in [
            packetsReceived, packetsSent, bytesReceived, bytesSent, droppedReceived, droppedSent, errorsReceived,
            errorsSent,
        ] + details {
            writer.doubleWord(value)
        }
        writer.word(seconds)
        writer.word(nanoseconds)
    }
}

package struct QueueStatistics: Hashable, Sendable, StatisticsEntry {
    package var port: UInt32
    package var queue: UInt32
    package var bytesSent: UInt64
    package var packetsSent: UInt64
    package var errorsSent: UInt64
    package var seconds: UInt32
    package var nanoseconds: UInt32

    package init(
        port: UInt32, queue: UInt32, bytesSent: UInt64 = 0, packetsSent: UInt64 = 0, errorsSent: UInt64 = 0,
        seconds: UInt32 = 0, nanoseconds: UInt32 = 0
    ) {
        self.port = port
        self.queue = queue
        self.bytesSent = bytesSent
        self.packetsSent = packetsSent
        self.errorsSent = errorsSent
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        port = try reader.word()
        queue = try reader.word()
        bytesSent = try reader.doubleWord()
        packetsSent = try reader.doubleWord()
        errorsSent = try reader.doubleWord()
        seconds = try reader.word()
        nanoseconds = try reader.word()
    }

    func write(to writer: inout WireWriter) {
        writer.word(port)
        writer.word(queue)
        writer.doubleWord(bytesSent)
        writer.doubleWord(packetsSent)
        writer.doubleWord(errorsSent)
        writer.word(seconds)
        writer.word(nanoseconds)
    }
}

/// Packets and bytes that a bucket or a band has seen.
package struct PacketCounter: Hashable, Sendable {
    package var packets: UInt64
    package var bytes: UInt64
    package init(packets: UInt64, bytes: UInt64) {
        self.packets = packets
        self.bytes = bytes
    }

    static func all(in reader: inout WireReader) throws(Malformed) -> [PacketCounter] {
        var counters: [PacketCounter] = []
        while reader.remaining > 0 {
            counters.append(PacketCounter(packets: try reader.doubleWord(), bytes: try reader.doubleWord()))
        }
        return counters
    }

    func write(to writer: inout WireWriter) {
        writer.doubleWord(packets)
        writer.doubleWord(bytes)
    }
}

package struct GroupStatistics: Hashable, Sendable, StatisticsEntry {
    package var group: UInt32
    /// Rules and groups that lead to it.
    package var references: UInt32
    package var total: PacketCounter
    package var seconds: UInt32
    package var nanoseconds: UInt32
    package var buckets: [PacketCounter]

    package init(
        group: UInt32, references: UInt32 = 0, total: PacketCounter, seconds: UInt32 = 0, nanoseconds: UInt32 = 0,
        buckets: [PacketCounter]
    ) {
        self.group = group
        self.references = references
        self.total = total
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.buckets = buckets
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        var body = try reader.structure(lengthAt: 0, least: 40)
        try body.skip(4)
        group = try body.word()
        references = try body.word()
        try body.skip(4)
        total = PacketCounter(packets: try body.doubleWord(), bytes: try body.doubleWord())
        seconds = try body.word()
        nanoseconds = try body.word()
        buckets = try PacketCounter.all(in: &body)
    }

    func write(to writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(4)
        writer.word(group)
        writer.word(references)
        writer.zeros(4)
        total.write(to: &writer)
        writer.word(seconds)
        writer.word(nanoseconds)
        for bucket in buckets { bucket.write(to: &writer) }
        writer.setLength(from: start, at: 0)
    }
}

package struct GroupDescription: Hashable, Sendable, StatisticsEntry {
    package var type: GroupType
    package var group: UInt32
    package var buckets: [Bucket]

    package init(type: GroupType, group: UInt32, buckets: [Bucket]) {
        self.type = type
        self.group = group
        self.buckets = buckets
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        var body = try reader.structure(lengthAt: 0, least: 8)
        try body.skip(2)
        type = try GroupType(reading: &body)
        try body.skip(1)
        group = try body.word()
        buckets = try [Bucket](readingAll: &body)
    }

    func write(to writer: inout WireWriter) {
        let start = writer.count
        writer.half(0)
        writer.byte(type.rawValue)
        writer.zeros(1)
        writer.word(group)
        for bucket in buckets { bucket.write(to: &writer) }
        writer.setLength(from: start, at: 0)
    }
}

package struct MeterStatistics: Hashable, Sendable, StatisticsEntry {
    package var meter: UInt32
    package var flows: UInt32
    package var incoming: PacketCounter
    package var seconds: UInt32
    package var nanoseconds: UInt32
    package var bands: [PacketCounter]

    package init(
        meter: UInt32, flows: UInt32, incoming: PacketCounter, seconds: UInt32 = 0, nanoseconds: UInt32 = 0,
        bands: [PacketCounter]
    ) {
        self.meter = meter
        self.flows = flows
        self.incoming = incoming
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.bands = bands
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        var body = try reader.structure(lengthAt: 4, least: 40)
        meter = try body.word()
        try body.skip(8)
        flows = try body.word()
        incoming = PacketCounter(packets: try body.doubleWord(), bytes: try body.doubleWord())
        seconds = try body.word()
        nanoseconds = try body.word()
        bands = try PacketCounter.all(in: &body)
    }

    func write(to writer: inout WireWriter) {
        let start = writer.count
        writer.word(meter)
        writer.zeros(8)
        writer.word(flows)
        incoming.write(to: &writer)
        writer.word(seconds)
        writer.word(nanoseconds)
        for band in bands { band.write(to: &writer) }
        writer.setLength(from: start, at: 4)
    }
}

package struct MeterConfiguration: Hashable, Sendable, StatisticsEntry {
    package var flags: MeterFlags
    package var meter: UInt32
    package var bands: [MeterBand]

    package init(flags: MeterFlags, meter: UInt32, bands: [MeterBand]) {
        self.flags = flags
        self.meter = meter
        self.bands = bands
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        var body = try reader.structure(lengthAt: 0, least: 8)
        try body.skip(2)
        flags = MeterFlags(rawValue: try body.half())
        meter = try body.word()
        bands = try [MeterBand](readingAll: &body)
    }

    func write(to writer: inout WireWriter) {
        let start = writer.count
        writer.half(0)
        writer.half(flags.rawValue)
        writer.word(meter)
        for band in bands { band.write(to: &writer) }
        writer.setLength(from: start, at: 0)
    }
}

extension Port: StatisticsEntry {}
