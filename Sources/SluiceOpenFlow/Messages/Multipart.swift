// Questions to a switch and its answers, which may come in several messages (OpenFlow 1.3.5, section A.3.5). An entry
// never crosses from one message into the next.

package enum MultipartRequest: Hashable, Sendable {
    case description
    /// Of all tables, ports and groups, with cookies that agree with `cookie` in the bits of `cookieMask`.
    case flows(cookie: UInt64, cookieMask: UInt64, match: Match)
    /// OFPP_ANY: all ports.
    case ports(UInt32)
    /// OFPP_ANY and OFPQ_ALL: all queues of all ports.
    case queues(port: UInt32, queue: UInt32)
    /// OFPG_ALL: all groups.
    case groups(UInt32)
    case groupDescriptions
    /// OFPM_ALL: all meters.
    case meters(UInt32)
    case meterConfigurations(UInt32)
    case portDescriptions
    case other(type: UInt16, body: [UInt8])

    package static let allPorts: UInt32 = 0xffff_ffff
    package static let allQueues: UInt32 = 0xffff_ffff
    package static let allGroups: UInt32 = 0xffff_fffc
    package static let allMeters: UInt32 = 0xffff_ffff

    var type: UInt16 {
        switch self {
        case .description: 0
        case .flows: 1
        case .ports: 4
        case .queues: 5
        case .groups: 6
        case .groupDescriptions: 7
        case .meters: 9
        case .meterConfigurations: 10
        case .portDescriptions: 13
        case .other(let type, _): type
        }
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        let type = try reader.half()
        try reader.skip(6)
        switch type {
        case 0: self = .description
        case 1:
            try reader.skip(16)
            self = .flows(
                cookie: try reader.doubleWord(), cookieMask: try reader.doubleWord(), match: try Match(reading: &reader)
            )
        case 4:
            self = .ports(try reader.word())
            try reader.skip(4)
        case 5: self = .queues(port: try reader.word(), queue: try reader.word())
        case 6:
            self = .groups(try reader.word())
            try reader.skip(4)
        case 7: self = .groupDescriptions
        case 9:
            self = .meters(try reader.word())
            try reader.skip(4)
        case 10:
            self = .meterConfigurations(try reader.word())
            try reader.skip(4)
        case 13: self = .portDescriptions
        default: self = .other(type: type, body: reader.rest())
        }
    }

    func write(to writer: inout WireWriter) {
        writer.half(type)
        writer.zeros(6)
        switch self {
        case .description, .groupDescriptions, .portDescriptions: break
        case .flows(let cookie, let cookieMask, let match):
            writer.byte(FlowMod.allTables)
            writer.zeros(3)
            writer.word(.max)
            writer.word(.max)
            writer.zeros(4)
            writer.doubleWord(cookie)
            writer.doubleWord(cookieMask)
            match.write(to: &writer)
        case .ports(let number), .groups(let number), .meters(let number), .meterConfigurations(let number):
            writer.word(number)
            writer.zeros(4)
        case .queues(let port, let queue):
            writer.word(port)
            writer.word(queue)
        case .other(_, let body): writer.append(body)
        }
    }
}

package enum MultipartBody: Hashable, Sendable {
    case description(SwitchDescription)
    case flows([FlowStatistics])
    case ports([PortStatistics])
    case queues([QueueStatistics])
    case groups([GroupStatistics])
    case groupDescriptions([GroupDescription])
    case meters([MeterStatistics])
    case meterConfigurations([MeterConfiguration])
    case portDescriptions([Port])
    case other(type: UInt16, body: [UInt8])

    var type: UInt16 {
        switch self {
        case .description: 0
        case .flows: 1
        case .ports: 4
        case .queues: 5
        case .groups: 6
        case .groupDescriptions: 7
        case .meters: 9
        case .meterConfigurations: 10
        case .portDescriptions: 13
        case .other(let type, _): type
        }
    }

    /// Entries in it, or bytes where they are not known.
    var count: Int {
        switch self {
        case .description: 1
        case .flows(let entries): entries.count
        case .ports(let entries): entries.count
        case .queues(let entries): entries.count
        case .groups(let entries): entries.count
        case .groupDescriptions(let entries): entries.count
        case .meters(let entries): entries.count
        case .meterConfigurations(let entries): entries.count
        case .portDescriptions(let entries): entries.count
        case .other(_, let body): body.count
        }
    }
}

package struct MultipartReply: Hashable, Sendable {
    /// More messages of the same answer follow.
    package var hasMore: Bool
    package var body: MultipartBody

    package init(hasMore: Bool = false, body: MultipartBody) {
        self.hasMore = hasMore
        self.body = body
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        let type = try reader.half()
        hasMore = try reader.half() & 1 == 1
        try reader.skip(4)
        switch type {
        case 0: body = .description(try SwitchDescription(reading: &reader))
        case 1: body = .flows(try Self.entries(&reader))
        case 4: body = .ports(try Self.entries(&reader))
        case 5: body = .queues(try Self.entries(&reader))
        case 6: body = .groups(try Self.entries(&reader))
        case 7: body = .groupDescriptions(try Self.entries(&reader))
        case 9: body = .meters(try Self.entries(&reader))
        case 10: body = .meterConfigurations(try Self.entries(&reader))
        case 13: body = .portDescriptions(try Self.entries(&reader))
        default: body = .other(type: type, body: reader.rest())
        }
    }

    private static func entries<Entry: StatisticsEntry>(
        _ reader: inout WireReader
    ) throws(Malformed) -> [Entry] {
        var entries: [Entry] = []
        while reader.remaining > 0 { entries.append(try Entry(reading: &reader)) }
        return entries
    }

    func write(to writer: inout WireWriter) {
        writer.half(body.type)
        writer.half(hasMore ? 1 : 0)
        writer.zeros(4)
        switch body {
        case .description(let description): description.write(to: &writer)
        case .flows(let entries): for entry in entries { entry.write(to: &writer) }
        case .ports(let entries): for entry in entries { entry.write(to: &writer) }
        case .queues(let entries): for entry in entries { entry.write(to: &writer) }
        case .groups(let entries): for entry in entries { entry.write(to: &writer) }
        case .groupDescriptions(let entries): for entry in entries { entry.write(to: &writer) }
        case .meters(let entries): for entry in entries { entry.write(to: &writer) }
        case .meterConfigurations(let entries): for entry in entries { entry.write(to: &writer) }
        case .portDescriptions(let entries): for entry in entries { entry.write(to: &writer) }
        case .other(_, let body): writer.append(body)
        }
    }
}
