// A switch as the specification describes it, fed and answering with real bytes: tables that are decoded from messages,
// bundles that are all or nothing, errors where the specification wants them.

import SluiceModel
import SluiceOpenFlow

struct ModelSwitch {
    struct Row: Equatable {
        var cookie: UInt64
        var instructions: [Instruction]
    }

    var datapath: UInt64 = 1
    var ports: [UInt32] = [1, 2, 3]
    var takesBundles = true
    /// Rows that the table holds at most.
    var capacity = Int.max
    /// Cookies whose rules are refused.
    var refused: Set<UInt64> = []
    private(set) var rows: [RowKey: Row] = [:]
    private(set) var groups: [UInt32: [Bucket]] = [:]
    private(set) var meters: [UInt32: [MeterBand]] = [:]
    /// Messages that changed, or were to change, a table, in their order.
    private(set) var modifications: [Message] = []
    private(set) var commits = 0
    private var framer = MessageFramer()
    private var bundles: [UInt32: [(UInt32, BundleAddition)]] = [:]

    mutating func place(_ row: RowKey, cookie: UInt64, _ instructions: [Instruction]) {
        rows[row] = Row(cookie: cookie, instructions: instructions)
    }
    mutating func forgetLog() {
        modifications = []
        commits = 0
    }
    mutating func restart() {
        rows = [:]
        groups = [:]
        meters = [:]
        framer = MessageFramer()
        bundles = [:]
    }
    static var greeting: [UInt8] { Envelope(xid: 99, message: .hello(.ours)).bytes }

    /// What it answers to `bytes`.
    mutating func receive(_ bytes: [UInt8]) throws -> [UInt8] {
        framer.receive(bytes)
        var answers: [Envelope] = []
        while let frame = try framer.next() { try answer(Envelope(frame), &answers) }
        return answers.flatMap(\.bytes)
    }

    private mutating func answer(_ envelope: Envelope, _ answers: inout [Envelope]) throws {
        func reply(_ message: Message) { answers.append(Envelope(xid: envelope.xid, message: message)) }
        func refuse(_ type: UInt16, _ code: UInt16) { reply(.error(ErrorMessage(type: type, code: code))) }
        switch envelope.message {
        case .echoRequest(let data): reply(.echoReply(data))
        case .featuresRequest: reply(.featuresReply(Features(datapath: DatapathID(datapath))))
        case .barrierRequest: reply(.barrierReply)
        case .multipartRequest(let request): for part in statistics(request) { reply(.multipartReply(part)) }
        case .flowMod(let mod):
            modifications.append(envelope.message)
            if let error = change(mod) { reply(.error(error)) }
        case .groupMod(let mod):
            modifications.append(envelope.message)
            if let error = change(mod) { reply(.error(error)) }
        case .meterMod(let mod):
            modifications.append(envelope.message)
            // Section 7.4.4: OFPMMFC_METER_EXISTS and OFPMMFC_UNKNOWN_METER.
            switch mod.command {
            case .add where meters[mod.meter] != nil: refuse(12, 1)
            case .modify where meters[mod.meter] == nil: refuse(12, 3)
            default: change(mod)
            }
        case .bundleControl(let control):
            guard takesBundles else { return refuse(1, 3) }
            switch control.kind {
            case .openRequest:
                bundles[control.bundle] = []
                reply(.bundleControl(BundleControl(.openReply, bundle: control.bundle)))
            case .discardRequest:
                bundles[control.bundle] = nil
                reply(.bundleControl(BundleControl(.discardReply, bundle: control.bundle)))
            case .commitRequest:
                let (former, formerGroups) = (rows, groups)
                for (xid, addition) in bundles.removeValue(forKey: control.bundle) ?? [] {
                    let error =
                        switch addition.content {
                        case .flow(let mod): change(mod)
                        case .group(let mod): change(mod)
                        }
                    guard let error else { continue }
                    (rows, groups) = (former, formerGroups)
                    answers.append(Envelope(xid: xid, message: .error(error)))
                    return reply(.error(ErrorMessage(type: 17, code: 8)))
                }
                commits += 1
                reply(.bundleControl(BundleControl(.commitReply, bundle: control.bundle)))
            default: refuse(17, 3)
            }
        case .bundleAddition(let addition):
            guard takesBundles else { return refuse(1, 3) }
            modifications.append(envelope.message)
            bundles[addition.bundle, default: []].append((envelope.xid, addition))
        default: break
        }
    }

    private mutating func change(_ mod: FlowMod) -> ErrorMessage? {
        let row = RowKey(table: mod.table, priority: mod.priority, match: mod.match.canonical)
        switch mod.command {
        case .add:
            if refused.contains(mod.cookie & ~CookieMark.mask) { return ErrorMessage(type: 5, code: 0) }
            if rows[row] == nil, rows.count >= capacity { return ErrorMessage(type: 5, code: 1) }
            for case .meter(let id) in mod.instructions where meters[id] == nil {
                return ErrorMessage(type: 12, code: 3)
            }
            for case .applyActions(let actions) in mod.instructions {
                for case .group(let id) in actions where groups[id] == nil { return ErrorMessage(type: 2, code: 9) }
            }
            rows[row] = Row(cookie: mod.cookie, instructions: mod.instructions)
        case .deleteStrict:
            if let held = rows[row], held.cookie & mod.cookieMask == mod.cookie & mod.cookieMask { rows[row] = nil }
        default: return ErrorMessage(type: 5, code: 6)
        }
        return nil
    }

    private mutating func change(_ mod: GroupMod) -> ErrorMessage? {
        switch mod.command {
        case .add:
            if groups[mod.group] != nil { return ErrorMessage(type: 6, code: 0) }
            groups[mod.group] = mod.buckets
        case .modify:
            if groups[mod.group] == nil { return ErrorMessage(type: 6, code: 8) }
            groups[mod.group] = mod.buckets
        case .delete: groups[mod.group] = nil
        }
        return nil
    }

    private mutating func change(_ mod: MeterMod) {
        meters[mod.meter] = mod.command == .delete ? nil : mod.bands
        if mod.command == .delete {
            rows = rows.filter { !$0.value.instructions.contains(.meter(mod.meter)) }
        }
    }

    /// Flow statistics come in parts of two, so that assembling is always tried.
    private func statistics(_ request: MultipartRequest) -> [MultipartReply] {
        func last(_ body: MultipartBody) -> [MultipartReply] { [MultipartReply(body: body)] }
        switch request {
        case .flows:
            let all = rows.map {
                FlowStatistics(
                    table: $0.key.table, priority: $0.key.priority, cookie: $0.value.cookie, match: $0.key.match,
                    instructions: $0.value.instructions)
            }
            var parts = stride(from: 0, to: all.count, by: 2).map {
                MultipartReply(hasMore: true, body: .flows(Array(all[$0..<min(all.count, $0 + 2)])))
            }
            parts.append(MultipartReply(body: .flows([])))
            return parts
        case .groupDescriptions:
            return last(
                .groupDescriptions(
                    groups.map { GroupDescription(type: .fastFailover, group: $0.key, buckets: $0.value) })
            )
        case .meterConfigurations:
            return last(
                .meterConfigurations(
                    meters.map {
                        MeterConfiguration(flags: [.kilobits, .burst, .statistics], meter: $0.key, bands: $0.value)
                    }))
        case .portDescriptions:
            return last(
                .portDescriptions(
                    ports.map { Port(number: $0, hardwareAddress: HardwareAddress(UInt64($0)), name: "p\($0)") }))
        case .description:
            return last(
                .description(
                    SwitchDescription(
                        manufacturer: "model", hardware: "", software: "1", serialNumber: "", datapath: "s1")))
        default: return last(.ports([]))
        }
    }
}
