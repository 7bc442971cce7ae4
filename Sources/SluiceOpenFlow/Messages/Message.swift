// Every message of OpenFlow Switch Specification 1.3.5 that a controller of ours sends or understands, to and from bytes.

package enum Message: Hashable, Sendable {
    case hello(Hello)
    case error(ErrorMessage)
    case echoRequest([UInt8])
    case echoReply([UInt8])
    case bundleControl(BundleControl)
    case bundleAddition(BundleAddition)
    /// Of other experimenters, or of types not named above.
    case experimenter(UInt32, type: UInt32, data: [UInt8])
    case featuresRequest
    case featuresReply(Features)
    case getConfigurationRequest
    case getConfigurationReply(SwitchConfiguration)
    case setConfiguration(SwitchConfiguration)
    case packetIn(PacketIn)
    case flowRemoved(FlowRemoved)
    case portStatus(PortStatus)
    case packetOut(PacketOut)
    case flowMod(FlowMod)
    case groupMod(GroupMod)
    case multipartRequest(MultipartRequest)
    case multipartReply(MultipartReply)
    case barrierRequest
    case barrierReply
    case roleRequest(RoleClaim)
    case roleReply(RoleClaim)
    case getAsyncRequest
    case getAsyncReply(AsyncMasks)
    case setAsync(AsyncMasks)
    case meterMod(MeterMod)

    /// Section A.1.
    package enum MessageType: UInt8, Hashable, Sendable {
        case hello = 0
        case error = 1
        case echoRequest = 2
        case echoReply = 3
        case experimenter = 4
        case featuresRequest = 5
        case featuresReply = 6
        case getConfigurationRequest = 7
        case getConfigurationReply = 8
        case setConfiguration = 9
        case packetIn = 10
        case flowRemoved = 11
        case portStatus = 12
        case packetOut = 13
        case flowMod = 14
        case groupMod = 15
        case multipartRequest = 18
        case multipartReply = 19
        case barrierRequest = 20
        case barrierReply = 21
        case roleRequest = 24
        case roleReply = 25
        case getAsyncRequest = 26
        case getAsyncReply = 27
        case setAsync = 28
        case meterMod = 29
    }

    struct Header {
        static let size = 8

        let version: UInt8
        let type: MessageType
        /// Of the whole message, at least `size`.
        let length: Int
        let xid: UInt32

        init(reading reader: inout WireReader) throws(Malformed) {
            version = try reader.byte()
            let rawType = try reader.byte()
            length = Int(try reader.half())
            xid = try reader.word()
            guard length >= Self.size else { throw .wrongLength }
            // Greetings come in every version, and so does the error that ends a failed one.
            guard version == Hello.version13 || rawType == 0 || rawType == 1 else { throw .wrongVersion(version) }
            guard let type = MessageType(rawValue: rawType) else { throw .unknownType(rawType) }
            self.type = type
        }
    }

    /// Experimenter id of the Open Networking Foundation, and its bundle messages.
    static let onf: UInt32 = 0x4f4e_4600
    static let bundleControlType: UInt32 = 2_300
    static let bundleAdditionType: UInt32 = 2_301

    var type: MessageType {
        switch self {
        case .hello: .hello
        case .error: .error
        case .echoRequest: .echoRequest
        case .echoReply: .echoReply
        case .bundleControl, .bundleAddition, .experimenter: .experimenter
        case .featuresRequest: .featuresRequest
        case .featuresReply: .featuresReply
        case .getConfigurationRequest: .getConfigurationRequest
        case .getConfigurationReply: .getConfigurationReply
        case .setConfiguration: .setConfiguration
        case .packetIn: .packetIn
        case .flowRemoved: .flowRemoved
        case .portStatus: .portStatus
        case .packetOut: .packetOut
        case .flowMod: .flowMod
        case .groupMod: .groupMod
        case .multipartRequest: .multipartRequest
        case .multipartReply: .multipartReply
        case .barrierRequest: .barrierRequest
        case .barrierReply: .barrierReply
        case .roleRequest: .roleRequest
        case .roleReply: .roleReply
        case .getAsyncRequest: .getAsyncRequest
        case .getAsyncReply: .getAsyncReply
        case .setAsync: .setAsync
        case .meterMod: .meterMod
        }
    }
}

/// A message with the number that joins a question and its answer.
package struct Envelope: Hashable, Sendable {
    package var xid: UInt32
    package var message: Message

    package init(xid: UInt32, message: Message) {
        self.xid = xid
        self.message = message
    }

    /// Reads one whole message, as `MessageFramer` cuts them.
    package init(_ frame: [UInt8]) throws(Malformed) {
        var reader = WireReader(frame)
        let header = try Message.Header(reading: &reader)
        guard header.length == frame.count else { throw .wrongLength }
        xid = header.xid
        message = try Message(header, reading: &reader)
    }

    package var bytes: [UInt8] {
        var writer = WireWriter()
        message.write(to: &writer, xid: xid)
        return writer.bytes
    }
}

extension Message {
    init(_ header: Header, reading reader: inout WireReader) throws(Malformed) {
        switch header.type {
        case .hello: self = .hello(try Hello(headerVersion: header.version, reading: &reader))
        case .error: self = .error(try ErrorMessage(reading: &reader))
        case .echoRequest: self = .echoRequest(reader.rest())
        case .echoReply: self = .echoReply(reader.rest())
        case .experimenter:
            let experimenter = try reader.word()
            let type = try reader.word()
            switch (experimenter, type) {
            case (Self.onf, Self.bundleControlType): self = .bundleControl(try BundleControl(reading: &reader))
            case (Self.onf, Self.bundleAdditionType): self = .bundleAddition(try BundleAddition(reading: &reader))
            default: self = .experimenter(experimenter, type: type, data: reader.rest())
            }
        case .featuresRequest: self = .featuresRequest
        case .featuresReply: self = .featuresReply(try Features(reading: &reader))
        case .getConfigurationRequest: self = .getConfigurationRequest
        case .getConfigurationReply: self = .getConfigurationReply(try SwitchConfiguration(reading: &reader))
        case .setConfiguration: self = .setConfiguration(try SwitchConfiguration(reading: &reader))
        case .packetIn: self = .packetIn(try PacketIn(reading: &reader))
        case .flowRemoved: self = .flowRemoved(try FlowRemoved(reading: &reader))
        case .portStatus: self = .portStatus(try PortStatus(reading: &reader))
        case .packetOut: self = .packetOut(try PacketOut(reading: &reader))
        case .flowMod: self = .flowMod(try FlowMod(reading: &reader))
        case .groupMod: self = .groupMod(try GroupMod(reading: &reader))
        case .multipartRequest: self = .multipartRequest(try MultipartRequest(reading: &reader))
        case .multipartReply: self = .multipartReply(try MultipartReply(reading: &reader))
        case .barrierRequest: self = .barrierRequest
        case .barrierReply: self = .barrierReply
        case .roleRequest: self = .roleRequest(try RoleClaim(reading: &reader))
        case .roleReply: self = .roleReply(try RoleClaim(reading: &reader))
        case .getAsyncRequest: self = .getAsyncRequest
        case .getAsyncReply: self = .getAsyncReply(try AsyncMasks(reading: &reader))
        case .setAsync: self = .setAsync(try AsyncMasks(reading: &reader))
        case .meterMod: self = .meterMod(try MeterMod(reading: &reader))
        }
    }

    /// Appends the whole message, header included.
    package func write(to writer: inout WireWriter, xid: UInt32) {
        let start = writer.count
        if case .hello(let hello) = self { writer.byte(hello.headerVersion) } else { writer.byte(Hello.version13) }
        writer.byte(type.rawValue)
        writer.half(0)
        writer.word(xid)
        switch self {
        case .hello(let hello): hello.write(to: &writer)
        case .error(let error): error.write(to: &writer)
        case .echoRequest(let data), .echoReply(let data): writer.append(data)
        case .bundleControl(let control):
            writer.word(Self.onf)
            writer.word(Self.bundleControlType)
            control.write(to: &writer)
        case .bundleAddition(let addition):
            writer.word(Self.onf)
            writer.word(Self.bundleAdditionType)
            addition.write(to: &writer, xid: xid)
        case .experimenter(let experimenter, let type, let data):
            writer.word(experimenter)
            writer.word(type)
            writer.append(data)
        case .featuresRequest, .getConfigurationRequest, .barrierRequest, .barrierReply, .getAsyncRequest: break
        case .featuresReply(let features): features.write(to: &writer)
        case .getConfigurationReply(let configuration), .setConfiguration(let configuration):
            configuration.write(to: &writer)
        case .packetIn(let packet): packet.write(to: &writer)
        case .flowRemoved(let removed): removed.write(to: &writer)
        case .portStatus(let status): status.write(to: &writer)
        case .packetOut(let packet): packet.write(to: &writer)
        case .flowMod(let mod): mod.write(to: &writer)
        case .groupMod(let mod): mod.write(to: &writer)
        case .multipartRequest(let request): request.write(to: &writer)
        case .multipartReply(let reply): reply.write(to: &writer)
        case .roleRequest(let claim), .roleReply(let claim): claim.write(to: &writer)
        case .getAsyncReply(let masks), .setAsync(let masks): masks.write(to: &writer)
        case .meterMod(let mod): mod.write(to: &writer)
        }
        writer.setLength(from: start, at: 2)
    }
}
