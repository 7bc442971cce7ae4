// Messages that change a switch's tables (OpenFlow 1.3.5, section A.3.4).

package struct FlowMod: Hashable, Sendable {
    package enum Command: UInt8, Hashable, Sendable, CaseIterable {
        case add = 0
        case modify = 1
        case modifyStrict = 2
        case delete = 3
        case deleteStrict = 4
    }

    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }
        package static let sendRemoved = Flags(rawValue: 1)
        package static let checkOverlap = Flags(rawValue: 2)
        package static let resetCounts = Flags(rawValue: 4)
    }

    /// OFPTT_ALL, for deletions.
    package static let allTables: UInt8 = 0xff

    package var cookie: UInt64
    /// Restricts deletions to cookies that agree with `cookie` in these bits; 0 for none.
    package var cookieMask: UInt64
    package var table: UInt8
    package var command: Command
    package var idleTimeoutSeconds: UInt16
    package var hardTimeoutSeconds: UInt16
    package var priority: UInt16
    package var bufferID: UInt32
    package var outPort: UInt32
    package var outGroup: UInt32
    package var flags: Flags
    package var match: Match
    package var instructions: [Instruction]

    package init(
        _ command: Command, table: UInt8 = 0, priority: UInt16 = 0, match: Match = Match(), cookie: UInt64 = 0,
        cookieMask: UInt64 = 0, flags: Flags = [], idleTimeoutSeconds: UInt16 = 0, hardTimeoutSeconds: UInt16 = 0,
        bufferID: UInt32 = .max, outPort: UInt32 = .max, outGroup: UInt32 = .max, instructions: [Instruction] = []
    ) {
        self.cookie = cookie
        self.cookieMask = cookieMask
        self.table = table
        self.command = command
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.hardTimeoutSeconds = hardTimeoutSeconds
        self.priority = priority
        self.bufferID = bufferID
        self.outPort = outPort
        self.outGroup = outGroup
        self.flags = flags
        self.match = match
        self.instructions = instructions
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        cookie = try reader.doubleWord()
        cookieMask = try reader.doubleWord()
        table = try reader.byte()
        let rawCommand = try reader.byte()
        guard let command = Command(rawValue: rawCommand) else { throw .wrongValue(UInt32(rawCommand)) }
        self.command = command
        idleTimeoutSeconds = try reader.half()
        hardTimeoutSeconds = try reader.half()
        priority = try reader.half()
        bufferID = try reader.word()
        outPort = try reader.word()
        outGroup = try reader.word()
        flags = Flags(rawValue: try reader.half())
        try reader.skip(2)
        match = try Match(reading: &reader)
        instructions = try [Instruction](readingAll: &reader)
    }

    func write(to writer: inout WireWriter) {
        writer.doubleWord(cookie)
        writer.doubleWord(cookieMask)
        writer.byte(table)
        writer.byte(command.rawValue)
        writer.half(idleTimeoutSeconds)
        writer.half(hardTimeoutSeconds)
        writer.half(priority)
        writer.word(bufferID)
        writer.word(outPort)
        writer.word(outGroup)
        writer.half(flags.rawValue)
        writer.zeros(2)
        match.write(to: &writer)
        instructions.write(to: &writer)
    }
}

package enum GroupType: UInt8, Hashable, Sendable, CaseIterable {
    case all = 0
    case select = 1
    case indirect = 2
    case fastFailover = 3

    init(reading reader: inout WireReader) throws(Malformed) {
        let raw = try reader.byte()
        guard let type = GroupType(rawValue: raw) else { throw .wrongValue(UInt32(raw)) }
        self = type
    }
}

package struct GroupMod: Hashable, Sendable {
    package enum Command: UInt16, Hashable, Sendable, CaseIterable {
        case add = 0
        case modify = 1
        case delete = 2
    }

    package var command: Command
    package var type: GroupType
    package var group: UInt32
    package var buckets: [Bucket]

    package init(_ command: Command, type: GroupType = .all, group: UInt32, buckets: [Bucket] = []) {
        self.command = command
        self.type = type
        self.group = group
        self.buckets = buckets
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        let rawCommand = try reader.half()
        guard let command = Command(rawValue: rawCommand) else { throw .wrongValue(UInt32(rawCommand)) }
        self.command = command
        type = try GroupType(reading: &reader)
        try reader.skip(1)
        group = try reader.word()
        buckets = try [Bucket](readingAll: &reader)
    }

    func write(to writer: inout WireWriter) {
        writer.half(command.rawValue)
        writer.byte(type.rawValue)
        writer.zeros(1)
        writer.word(group)
        for bucket in buckets { bucket.write(to: &writer) }
    }
}

package enum MeterBand: Hashable, Sendable {
    /// What exceeds `rate` (after `burst`) is dropped; in the unit that the meter's flags say.
    case drop(rate: UInt32, burst: UInt32)
    case remark(rate: UInt32, burst: UInt32, precedenceLevel: UInt8)
    case other(type: UInt16, payload: [UInt8])

    init(reading reader: inout WireReader) throws(Malformed) {
        var body = try reader.structure(lengthAt: 2, least: 12)
        let type = try body.half()
        try body.skip(2)
        switch type {
        case 1, 2:
            guard body.remaining == 12 else { throw .wrongLength }
            let (rate, burst) = (try body.word(), try body.word())
            self =
                type == 1
                ? .drop(rate: rate, burst: burst)
                : .remark(rate: rate, burst: burst, precedenceLevel: try body.byte())
        default: self = .other(type: type, payload: body.rest())
        }
    }

    func write(to writer: inout WireWriter) {
        let start = writer.count
        switch self {
        case .drop(let rate, let burst):
            writer.half(1)
            writer.half(0)
            writer.word(rate)
            writer.word(burst)
            writer.zeros(4)
        case .remark(let rate, let burst, let level):
            writer.half(2)
            writer.half(0)
            writer.word(rate)
            writer.word(burst)
            writer.byte(level)
            writer.zeros(3)
        case .other(let type, let payload):
            writer.half(type)
            writer.half(0)
            writer.append(payload)
        }
        writer.setLength(from: start, at: 2)
    }
}

extension [MeterBand] {
    init(readingAll reader: inout WireReader) throws(Malformed) {
        self = []
        while reader.remaining > 0 { append(try MeterBand(reading: &reader)) }
    }
}

package struct MeterFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let kilobits = MeterFlags(rawValue: 1)
    package static let packets = MeterFlags(rawValue: 2)
    package static let burst = MeterFlags(rawValue: 4)
    package static let statistics = MeterFlags(rawValue: 8)
}

package struct MeterMod: Hashable, Sendable {
    package enum Command: UInt16, Hashable, Sendable, CaseIterable {
        case add = 0
        case modify = 1
        case delete = 2
    }

    package var command: Command
    package var flags: MeterFlags
    package var meter: UInt32
    package var bands: [MeterBand]

    package init(_ command: Command, flags: MeterFlags = [], meter: UInt32, bands: [MeterBand] = []) {
        self.command = command
        self.flags = flags
        self.meter = meter
        self.bands = bands
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        let rawCommand = try reader.half()
        guard let command = Command(rawValue: rawCommand) else { throw .wrongValue(UInt32(rawCommand)) }
        self.command = command
        flags = MeterFlags(rawValue: try reader.half())
        meter = try reader.word()
        bands = try [MeterBand](readingAll: &reader)
    }

    func write(to writer: inout WireWriter) {
        writer.half(command.rawValue)
        writer.half(flags.rawValue)
        writer.word(meter)
        for band in bands { band.write(to: &writer) }
    }
}
