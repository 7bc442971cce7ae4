// Greetings, errors, features, configuration and roles (OpenFlow 1.3.5, sections A.3.1, A.3.2, A.3.9, A.3.10, A.4.4 and
// A.5).

package import SluiceModel

/// Versions that one end speaks.
package struct Hello: Hashable, Sendable {
    /// Version of the message's header.
    package var headerVersion: UInt8
    /// Versions of the bitmap element, if there is one: bit n says version n.
    package var bitmap: UInt32?

    package static let version13: UInt8 = 4
    package static let ours = Hello(headerVersion: version13, bitmap: 1 << UInt32(version13))

    package init(headerVersion: UInt8, bitmap: UInt32?) {
        self.headerVersion = headerVersion
        self.bitmap = bitmap
    }

    /// Whether version 1.3 is common (section 6.3.1): by the bitmap where there is one, else the lower of the two headers'.
    package var speaks13: Bool {
        bitmap.map { $0 & (1 << UInt32(Self.version13)) != 0 } ?? (headerVersion >= Self.version13)
    }

    init(headerVersion: UInt8, reading reader: inout WireReader) throws(Malformed) {
        self.headerVersion = headerVersion
        bitmap = nil
        while reader.remaining >= 4 {
            let before = reader.position
            var element = try reader.structure(lengthAt: 2, least: 4)
            let type = try element.half()
            try element.skip(2)
            // OFPHET_VERSIONBITMAP; further words tell of versions from 32 on.
            if type == 1, element.remaining >= 4 { bitmap = try element.word() }
            try reader.skip(min(reader.remaining, (8 - (reader.position - before) % 8) % 8))
        }
    }

    func write(to writer: inout WireWriter) {
        guard let bitmap else { return }
        writer.half(1)
        writer.half(8)
        writer.word(bitmap)
    }
}

package struct ErrorMessage: Hashable, Sendable {
    package var type: UInt16
    package var code: UInt16
    /// At least the first 64 bytes of the message that failed, or text for HELLO_FAILED.
    package var data: [UInt8]

    package init(type: UInt16, code: UInt16, data: [UInt8] = []) {
        self.type = type
        self.code = code
        self.data = data
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        type = try reader.half()
        code = try reader.half()
        data = reader.rest()
    }

    func write(to writer: inout WireWriter) {
        writer.half(type)
        writer.half(code)
        writer.append(data)
    }
}

package struct Features: Hashable, Sendable {
    package var datapath: DatapathID
    package var buffers: UInt32
    package var tables: UInt8
    /// 0 for the main connection.
    package var auxiliary: UInt8
    package var capabilities: UInt32

    package init(
        datapath: DatapathID, buffers: UInt32 = 0, tables: UInt8 = 254, auxiliary: UInt8 = 0, capabilities: UInt32 = 0
    ) {
        self.datapath = datapath
        self.buffers = buffers
        self.tables = tables
        self.auxiliary = auxiliary
        self.capabilities = capabilities
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        datapath = DatapathID(try reader.doubleWord())
        buffers = try reader.word()
        tables = try reader.byte()
        auxiliary = try reader.byte()
        try reader.skip(2)
        capabilities = try reader.word()
        try reader.skip(4)
    }

    func write(to writer: inout WireWriter) {
        writer.doubleWord(datapath.raw)
        writer.word(buffers)
        writer.byte(tables)
        writer.byte(auxiliary)
        writer.zeros(2)
        writer.word(capabilities)
        writer.zeros(4)
    }
}

package struct SwitchConfiguration: Hashable, Sendable {
    package var flags: UInt16
    /// Bytes of a packet that a table miss sends to the controller.
    package var missLength: UInt16

    package init(flags: UInt16 = 0, missLength: UInt16) {
        self.flags = flags
        self.missLength = missLength
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        flags = try reader.half()
        missLength = try reader.half()
    }

    func write(to writer: inout WireWriter) {
        writer.half(flags)
        writer.half(missLength)
    }
}

package struct RoleClaim: Hashable, Sendable {
    package enum Role: UInt32, Hashable, Sendable, CaseIterable {
        case noChange = 0
        case equal = 1
        case primary = 2
        case secondary = 3
    }

    package var role: Role
    package var generation: UInt64

    package init(role: Role, generation: UInt64) {
        self.role = role
        self.generation = generation
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        let raw = try reader.word()
        guard let role = Role(rawValue: raw) else { throw .wrongValue(raw) }
        self.role = role
        try reader.skip(4)
        generation = try reader.doubleWord()
    }

    func write(to writer: inout WireWriter) {
        writer.word(role.rawValue)
        writer.zeros(4)
        writer.doubleWord(generation)
    }
}

/// Which messages a switch sends unasked: a bit for each reason, as primary or equal, and as secondary.
package struct AsyncMasks: Hashable, Sendable {
    package var packetIn: [UInt32]
    package var portStatus: [UInt32]
    package var flowRemoved: [UInt32]

    /// - Precondition: two masks each.
    package init(packetIn: [UInt32], portStatus: [UInt32], flowRemoved: [UInt32]) {
        precondition([packetIn, portStatus, flowRemoved].allSatisfy { $0.count == 2 }, "one mask a role")
        self.packetIn = packetIn
        self.portStatus = portStatus
        self.flowRemoved = flowRemoved
    }

    /// Packets sent by a rule's action (OFPR_ACTION), every change of a port, every rule that goes.
    package static let wanted = AsyncMasks(packetIn: [1 << 1, 0], portStatus: [7, 7], flowRemoved: [15, 0])

    init(reading reader: inout WireReader) throws(Malformed) {
        packetIn = [try reader.word(), try reader.word()]
        portStatus = [try reader.word(), try reader.word()]
        flowRemoved = [try reader.word(), try reader.word()]
    }

    func write(to writer: inout WireWriter) {
        for mask in packetIn + portStatus + flowRemoved { writer.word(mask) }
    }
}
