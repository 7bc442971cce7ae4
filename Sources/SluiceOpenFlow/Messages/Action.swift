// Actions, instructions and buckets (OpenFlow 1.3.5, sections A.2.4, A.2.5 and A.3.4.2).

package enum Action: Hashable, Sendable {
    /// At most `maxLength` bytes of the packet go to a controller, where the port is OFPP_CONTROLLER.
    case output(port: UInt32, maxLength: UInt16)
    case group(UInt32)
    case setQueue(UInt32)
    case pushVLAN(etherType: UInt16)
    case popVLAN
    case pushMPLS(etherType: UInt16)
    case popMPLS(etherType: UInt16)
    case setField(MatchField)
    /// Any other: its type and what follows its length.
    case other(type: UInt16, payload: [UInt8])

    /// OFPCML_NO_BUFFER: the whole packet.
    package static let wholePacket: UInt16 = 0xffff

    package static func output(_ port: UInt32) -> Action { .output(port: port, maxLength: 0) }

    init(reading reader: inout WireReader) throws(Malformed) {
        var body = try reader.structure(lengthAt: 2, least: 8)
        guard body.remaining % 8 == 0 else { throw .wrongLength }
        let type = try body.half()
        try body.skip(2)
        let size = body.remaining + 4
        func require(_ wanted: Int) throws(Malformed) { if size != wanted { throw .wrongLength } }
        switch type {
        case 0:
            try require(16)
            self = .output(port: try body.word(), maxLength: try body.half())
        case 17:
            try require(8)
            self = .pushVLAN(etherType: try body.half())
        case 18:
            try require(8)
            self = .popVLAN
        case 19:
            try require(8)
            self = .pushMPLS(etherType: try body.half())
        case 20:
            try require(8)
            self = .popMPLS(etherType: try body.half())
        case 21:
            try require(8)
            self = .setQueue(try body.word())
        case 22:
            try require(8)
            self = .group(try body.word())
        case 25:
            self = .setField(try MatchField(reading: &body))
            // Only padding to the next multiple of eight follows.
            guard body.remaining < 8 else { throw .wrongLength }
        default: self = .other(type: type, payload: body.rest())
        }
    }

    func write(to writer: inout WireWriter) {
        let start = writer.count
        func begin(_ type: UInt16) {
            writer.half(type)
            writer.half(0)
        }
        switch self {
        case .output(let port, let maxLength):
            begin(0)
            writer.word(port)
            writer.half(maxLength)
            writer.zeros(6)
        case .group(let id):
            begin(22)
            writer.word(id)
        case .setQueue(let id):
            begin(21)
            writer.word(id)
        case .pushVLAN(let etherType):
            begin(17)
            writer.half(etherType)
            writer.zeros(2)
        case .popVLAN:
            begin(18)
            writer.zeros(4)
        case .pushMPLS(let etherType):
            begin(19)
            writer.half(etherType)
            writer.zeros(2)
        case .popMPLS(let etherType):
            begin(20)
            writer.half(etherType)
            writer.zeros(2)
        case .setField(let field):
            begin(25)
            field.write(to: &writer)
            writer.pad(from: start)
        case .other(let type, let payload):
            begin(type)
            writer.append(payload)
        }
        writer.setLength(from: start, at: 2)
    }
}

extension [Action] {
    /// Every action up to the end of `reader`.
    init(readingAll reader: inout WireReader) throws(Malformed) {
        self = []
        while reader.remaining > 0 { append(try Action(reading: &reader)) }
    }

    func write(to writer: inout WireWriter) {
        for action in self { action.write(to: &writer) }
    }
}

package enum Instruction: Hashable, Sendable {
    case gotoTable(UInt8)
    case writeActions([Action])
    case applyActions([Action])
    case clearActions
    case meter(UInt32)
    case other(type: UInt16, payload: [UInt8])

    init(reading reader: inout WireReader) throws(Malformed) {
        var body = try reader.structure(lengthAt: 2, least: 8)
        guard body.remaining % 8 == 0 else { throw .wrongLength }
        let type = try body.half()
        try body.skip(2)
        let size = body.remaining + 4
        switch type {
        case 1:
            guard size == 8 else { throw .wrongLength }
            self = .gotoTable(try body.byte())
        case 3, 4:
            try body.skip(4)
            let actions = try [Action](readingAll: &body)
            self = type == 3 ? .writeActions(actions) : .applyActions(actions)
        case 5:
            guard size == 8 else { throw .wrongLength }
            self = .clearActions
        case 6:
            guard size == 8 else { throw .wrongLength }
            self = .meter(try body.word())
        default: self = .other(type: type, payload: body.rest())
        }
    }

    func write(to writer: inout WireWriter) {
        let start = writer.count
        func begin(_ type: UInt16) {
            writer.half(type)
            writer.half(0)
        }
        switch self {
        case .gotoTable(let table):
            begin(1)
            writer.byte(table)
            writer.zeros(3)
        case .writeActions(let actions), .applyActions(let actions):
            if case .writeActions = self { begin(3) } else { begin(4) }
            writer.zeros(4)
            actions.write(to: &writer)
        case .clearActions:
            begin(5)
            writer.zeros(4)
        case .meter(let id):
            begin(6)
            writer.word(id)
        case .other(let type, let payload):
            begin(type)
            writer.append(payload)
        }
        writer.setLength(from: start, at: 2)
    }
}

extension [Instruction] {
    init(readingAll reader: inout WireReader) throws(Malformed) {
        self = []
        while reader.remaining > 0 { append(try Instruction(reading: &reader)) }
    }

    func write(to writer: inout WireWriter) {
        for instruction in self { instruction.write(to: &writer) }
    }
}

package struct Bucket: Hashable, Sendable {
    package var weight: UInt16
    /// OFPP_ANY: none.
    package var watchPort: UInt32
    /// OFPG_ANY: none.
    package var watchGroup: UInt32
    package var actions: [Action]

    package init(weight: UInt16 = 0, watchPort: UInt32 = .max, watchGroup: UInt32 = .max, actions: [Action]) {
        self.weight = weight
        self.watchPort = watchPort
        self.watchGroup = watchGroup
        self.actions = actions
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        var body = try reader.structure(lengthAt: 0, least: 16)
        guard body.remaining % 8 == 0 else { throw .wrongLength }
        try body.skip(2)
        weight = try body.half()
        watchPort = try body.word()
        watchGroup = try body.word()
        try body.skip(4)
        actions = try [Action](readingAll: &body)
    }

    func write(to writer: inout WireWriter) {
        let start = writer.count
        writer.half(0)
        writer.half(weight)
        writer.word(watchPort)
        writer.word(watchGroup)
        writer.zeros(4)
        actions.write(to: &writer)
        writer.setLength(from: start, at: 0)
    }
}

extension [Bucket] {
    init(readingAll reader: inout WireReader) throws(Malformed) {
        self = []
        while reader.remaining > 0 { append(try Bucket(reading: &reader)) }
    }
}
