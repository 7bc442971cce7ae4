// Random messages of every kind, for properties that hold for all.

import SluiceModel
import SluiceOpenFlow

struct RandomMessages {
    private var random: RandomStream

    init(seed: UInt64) { random = RandomStream(seed: seed, purpose: "openflow messages") }

    static let kinds = 28

    mutating func message(_ kind: Int) -> Message {
        switch kind {
        case 0: .hello(Hello(headerVersion: UInt8(1 + below(6)), bitmap: flip() ? word() : nil))
        case 1: .error(ErrorMessage(type: half(), code: half(), data: bytes(below(80))))
        case 2: .echoRequest(bytes(below(20)))
        case 3: .echoReply(bytes(below(20)))
        case 4: .bundleControl(BundleControl(pick(BundleControl.Kind.allCases), bundle: word(), flags: .whole))
        case 5: .bundleAddition(BundleAddition(.flow(flowMod()), bundle: word()))
        case 6: .bundleAddition(BundleAddition(.group(groupMod()), bundle: word()))
        case 7: .experimenter(word() | 1, type: word(), data: bytes(below(30)))
        case 8: .featuresRequest
        case 9:
            .featuresReply(
                Features(
                    datapath: DatapathID(long()), buffers: word(), tables: byte(), auxiliary: byte(),
                    capabilities: word()))
        case 10: flip() ? .getConfigurationRequest : .getAsyncRequest
        case 11: .getConfigurationReply(SwitchConfiguration(flags: half(), missLength: half()))
        case 12: .setConfiguration(SwitchConfiguration(flags: half(), missLength: half()))
        case 13:
            .packetIn(
                PacketIn(
                    bufferID: word(), totalLength: half(), reason: byte(), table: byte(), cookie: long(),
                    match: match(), data: bytes(below(100))))
        case 14:
            .flowRemoved(
                FlowRemoved(
                    cookie: long(), priority: half(), reason: byte(), table: byte(), seconds: word(),
                    nanoseconds: word(), idleTimeoutSeconds: half(), hardTimeoutSeconds: half(), packets: long(),
                    bytes: long(), match: match()))
        case 15: .portStatus(PortStatus(reason: pick(PortStatus.Reason.allCases), port: port()))
        case 16:
            .packetOut(PacketOut(bufferID: word(), inPort: word(), actions: actions(), data: bytes(below(100))))
        case 17: .flowMod(flowMod())
        case 18: .groupMod(groupMod())
        case 19: .multipartRequest(multipartRequest())
        case 20, 21, 22: .multipartReply(MultipartReply(hasMore: flip(), body: multipartBody()))
        case 23: flip() ? .barrierRequest : .barrierReply
        case 24:
            flip()
                ? .roleRequest(RoleClaim(role: pick(RoleClaim.Role.allCases), generation: long()))
                : .roleReply(RoleClaim(role: pick(RoleClaim.Role.allCases), generation: long()))
        case 25: flip() ? .setAsync(asyncMasks()) : .getAsyncReply(asyncMasks())
        default:
            .meterMod(MeterMod(pick(MeterMod.Command.allCases), flags: meterFlags(), meter: word(), bands: bands()))
        }
    }

    private mutating func below(_ bound: Int) -> Int { random.below(bound) }
    private mutating func flip() -> Bool { random.below(2) == 0 }
    private mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: random.next()) }
    private mutating func half() -> UInt16 { UInt16(truncatingIfNeeded: random.next()) }
    private mutating func word() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }
    private mutating func long() -> UInt64 { random.next() }
    private mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }
    private mutating func pick<Element>(_ list: [Element]) -> Element { list[random.below(list.count)] }
    private mutating func list<Element>(_ most: Int, _ make: (inout RandomMessages) -> Element) -> [Element] {
        let count = below(most + 1)
        return (0..<count).map { _ in make(&self) }
    }

    private mutating func field() -> MatchField {
        if below(8) == 0 { return .other(class: 1, fieldAndMask: byte(), payload: bytes(below(9))) }
        let kind = pick(MatchField.Kind.allCases)
        let value = (UInt128(long()) << 64 | UInt128(long())) & kind.fullMask
        let mask = (UInt128(long()) << 64 | UInt128(long())) & kind.fullMask
        return .basic(kind, value: value, mask: flip() ? mask : nil)
    }

    private mutating func match() -> Match { Match(list(6) { $0.field() }) }

    private mutating func action() -> Action {
        switch below(9) {
        case 0: .output(port: word(), maxLength: half())
        case 1: .group(word())
        case 2: .setQueue(word())
        case 3: .pushVLAN(etherType: half())
        case 4: .popVLAN
        case 5: .pushMPLS(etherType: half())
        case 6: .popMPLS(etherType: half())
        case 7: .setField(field())
        default: .other(type: 0xffff, payload: bytes(4 + 8 * below(3)))
        }
    }

    private mutating func actions() -> [Action] { list(4) { $0.action() } }

    private mutating func instruction() -> Instruction {
        switch below(6) {
        case 0: .gotoTable(byte())
        case 1: .writeActions(actions())
        case 2: .applyActions(actions())
        case 3: .clearActions
        case 4: .meter(word())
        default: .other(type: 0xffff, payload: bytes(4 + 8 * below(3)))
        }
    }

    private mutating func flowMod() -> FlowMod {
        FlowMod(
            pick(FlowMod.Command.allCases), table: byte(), priority: half(), match: match(), cookie: long(),
            cookieMask: long(), flags: FlowMod.Flags(rawValue: half()), idleTimeoutSeconds: half(),
            hardTimeoutSeconds: half(), bufferID: word(), outPort: word(), outGroup: word(),
            instructions: list(3) { $0.instruction() })
    }

    private mutating func bucket() -> Bucket {
        Bucket(weight: half(), watchPort: word(), watchGroup: word(), actions: actions())
    }

    private mutating func groupMod() -> GroupMod {
        GroupMod(
            pick(GroupMod.Command.allCases), type: pick(GroupType.allCases), group: word(),
            buckets: list(4) { $0.bucket() })
    }

    private mutating func meterFlags() -> MeterFlags { MeterFlags(rawValue: half()) }

    private mutating func bands() -> [MeterBand] {
        list(3) { random in
            switch random.below(3) {
            case 0: .drop(rate: random.word(), burst: random.word())
            case 1: .remark(rate: random.word(), burst: random.word(), precedenceLevel: random.byte())
            default: .other(type: 0xffff, payload: random.bytes(8 + 8 * random.below(2)))
            }
        }
    }

    private mutating func asyncMasks() -> AsyncMasks {
        AsyncMasks(packetIn: [word(), word()], portStatus: [word(), word()], flowRemoved: [word(), word()])
    }

    private mutating func port() -> Port {
        Port(
            number: word(), hardwareAddress: HardwareAddress(long() >> 16), name: "eth\(below(1_000))",
            configuration: Port.Configuration(rawValue: word()), state: Port.State(rawValue: word()),
            features: [word(), word(), word(), word()], speedKilobitsPerSecond: word(),
            maxSpeedKilobitsPerSecond: word())
    }

    private mutating func counter() -> PacketCounter { PacketCounter(packets: long(), bytes: long()) }

    private mutating func multipartRequest() -> MultipartRequest {
        switch below(10) {
        case 0: .description
        case 1: .flows(cookie: long(), cookieMask: long(), match: match())
        case 2: .ports(word())
        case 3: .queues(port: word(), queue: word())
        case 4: .groups(word())
        case 5: .groupDescriptions
        case 6: .meters(word())
        case 7: .meterConfigurations(word())
        case 8: .portDescriptions
        default: .other(type: 2, body: bytes(8 * below(4)))
        }
    }

    private mutating func multipartBody() -> MultipartBody {
        switch below(10) {
        case 0:
            .description(
                SwitchDescription(
                    manufacturer: "maker \(below(9))", hardware: "hardware", software: "3.1", serialNumber: "None",
                    datapath: "s1"))
        case 1:
            .flows(
                list(4) { random in
                    FlowStatistics(
                        table: random.byte(), seconds: random.word(), nanoseconds: random.word(),
                        priority: random.half(), idleTimeoutSeconds: random.half(),
                        hardTimeoutSeconds: random.half(), flags: FlowMod.Flags(rawValue: random.half()),
                        cookie: random.long(), packets: random.long(), bytes: random.long(), match: random.match(),
                        instructions: random.list(3) { $0.instruction() })
                })
        case 2:
            .ports(
                list(4) { random in
                    PortStatistics(
                        port: random.word(), packetsReceived: random.long(), packetsSent: random.long(),
                        bytesReceived: random.long(), bytesSent: random.long(), droppedReceived: random.long(),
                        droppedSent: random.long(), errorsReceived: random.long(), errorsSent: random.long(),
                        details: [random.long(), random.long(), random.long(), random.long()],
                        seconds: random.word(), nanoseconds: random.word())
                })
        case 3:
            .queues(
                list(4) { random in
                    QueueStatistics(
                        port: random.word(), queue: random.word(), bytesSent: random.long(),
                        packetsSent: random.long(), errorsSent: random.long(), seconds: random.word(),
                        nanoseconds: random.word())
                })
        case 4:
            .groups(
                list(4) { random in
                    GroupStatistics(
                        group: random.word(), references: random.word(), total: random.counter(),
                        seconds: random.word(), nanoseconds: random.word(),
                        buckets: random.list(3) { $0.counter() })
                })
        case 5:
            .groupDescriptions(
                list(4) { random in
                    GroupDescription(
                        type: random.pick(GroupType.allCases), group: random.word(),
                        buckets: random.list(3) { $0.bucket() })
                })
        case 6:
            .meters(
                list(4) { random in
                    MeterStatistics(
                        meter: random.word(), flows: random.word(), incoming: random.counter(),
                        seconds: random.word(), nanoseconds: random.word(), bands: random.list(3) { $0.counter() })
                })
        case 7:
            .meterConfigurations(
                list(4) { random in
                    MeterConfiguration(flags: random.meterFlags(), meter: random.word(), bands: random.bands())
                })
        case 8: .portDescriptions(list(4) { $0.port() })
        default: .other(type: 2, body: bytes(8 * below(4)))
        }
    }
}
