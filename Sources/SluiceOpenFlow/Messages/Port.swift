// Ports of a switch (OpenFlow 1.3.5, sections A.2.1 and A.4.3).

package import SluiceModel

package struct Port: Hashable, Sendable {
    package struct Configuration: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        /// An operator has put it down.
        package static let isDown = Configuration(rawValue: 1)
    }
    package struct State: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let linkDown = State(rawValue: 1)
        package static let blocked = State(rawValue: 2)
        package static let live = State(rawValue: 4)
    }

    package var number: UInt32
    package var hardwareAddress: HardwareAddress
    package var name: String
    package var configuration: Configuration
    package var state: State
    /// Features now, advertised, supported and of the peer, as OFPPF bits.
    package var features: [UInt32]
    package var speedKilobitsPerSecond: UInt32
    package var maxSpeedKilobitsPerSecond: UInt32

    /// OFPP_MAX: larger numbers are not physical or logical ports of the switch.
    package static let largestNumber: UInt32 = 0xffff_ff00
    /// OFPP_CONTROLLER.
    package static let controller: UInt32 = 0xffff_fffd

    /// - Precondition: four features.
    package init(
        number: UInt32, hardwareAddress: HardwareAddress, name: String, configuration: Configuration = [],
        state: State = [], features: [UInt32] = [0, 0, 0, 0], speedKilobitsPerSecond: UInt32 = 0,
        maxSpeedKilobitsPerSecond: UInt32 = 0
    ) {
        precondition(features.count == 4, "a port has four sets of features")
        self.number = number
        self.hardwareAddress = hardwareAddress
        self.name = name
        self.configuration = configuration
        self.state = state
        self.features = features
        self.speedKilobitsPerSecond = speedKilobitsPerSecond
        self.maxSpeedKilobitsPerSecond = maxSpeedKilobitsPerSecond
    }

    /// Whether packets can pass.
    package var isUp: Bool { !configuration.contains(.isDown) && !state.contains(.linkDown) }

    init(reading reader: inout WireReader) throws(Malformed) {
        number = try reader.word()
        try reader.skip(4)
        hardwareAddress = HardwareAddress(UInt64(try reader.number(6)))
        try reader.skip(2)
        name = try reader.text(OpenFlowLimits.portNameBytes)
        configuration = Configuration(rawValue: try reader.word())
        state = State(rawValue: try reader.word())
        features = []
        for _ in 0..<4 { features.append(try reader.word()) }
        speedKilobitsPerSecond = try reader.word()
        maxSpeedKilobitsPerSecond = try reader.word()
    }

    func write(to writer: inout WireWriter) {
        writer.word(number)
        writer.zeros(4)
        writer.number(UInt128(hardwareAddress.raw), 6)
        writer.zeros(2)
        writer.text(name, OpenFlowLimits.portNameBytes)
        writer.word(configuration.rawValue)
        writer.word(state.rawValue)
        for feature in features { writer.word(feature) }
        writer.word(speedKilobitsPerSecond)
        writer.word(maxSpeedKilobitsPerSecond)
    }
}

package struct PortStatus: Hashable, Sendable {
    package enum Reason: UInt8, Hashable, Sendable, CaseIterable {
        case added = 0
        case deleted = 1
        case modified = 2
    }

    package var reason: Reason
    package var port: Port

    package init(reason: Reason, port: Port) {
        self.reason = reason
        self.port = port
    }

    init(reading reader: inout WireReader) throws(Malformed) {
        let raw = try reader.byte()
        guard let reason = Reason(rawValue: raw) else { throw .wrongValue(UInt32(raw)) }
        self.reason = reason
        try reader.skip(7)
        port = try Port(reading: &reader)
    }

    func write(to writer: inout WireWriter) {
        writer.byte(reason.rawValue)
        writer.zeros(7)
        port.write(to: &writer)
    }
}
