// A switch with real tables: bytes in, bytes out, rows decoded from the messages that set them. It does what the
// specification lets a switch do (OpenFlow 1.3.5, section 6.2: messages between two barriers in any order), and, when it
// is told to, what one should not: it starts again with nothing, refuses rules, does nothing for a while, or says that it
// has done what it has not.

import SluiceModel
import SluiceOpenFlow

final class SimulatedSwitch {
    struct Row {
        var cookie: UInt64
        var flags: FlowMod.Flags
        var instructions: [Instruction]
    }

    struct GroupEntry {
        var type: GroupType
        var buckets: [Bucket]
    }

    let node: NodeIndex
    let datapath: DatapathID
    let takesBundles: Bool
    /// Whether it uses its freedom to reorder.
    let reorders: Bool
    private(set) var rows = SwitchRows()
    /// What rows were before a bundle that may have to be taken back; nil: none is being committed.
    private var undo: [(key: RowKey, row: Row?)]?
    private(set) var groups: [UInt32: GroupEntry] = [:]
    private(set) var meters: [UInt32: [MeterBand]] = [:]
    /// Ports and whether packets pass them.
    var ports: [UInt32: Bool]
    /// Of the session that it has; nil: it has none.
    var connection: UInt64?
    /// Until then it reads nothing.
    var stalledUntil: Int64 = 0
    var backlog: [UInt8] = []
    /// It refuses rules with cookies of which the low bits of a hash are zero; nil: none.
    var refusalMask: UInt64?
    /// It confirms rules without setting them, one in so many; nil: it is honest.
    var liesEvery: Int?
    /// Bytes that each port has sent.
    private var counters: [UInt32: UInt64] = [:]
    /// Cookies of rows that have changed since the last look, without Sluice's mark.
    var touched: Set<UInt64> = []
    /// Flow modifications that were done.
    private(set) var modifications = 0
    private var stream: RandomStream
    private var framer = MessageFramer()
    private var bundles: [UInt32: [(UInt32, BundleAddition)]] = [:]
    /// Messages since the last barrier that have not been done.
    private var window: [Envelope] = []
    private var answers: [Envelope] = []

    init(
        node: NodeIndex, datapath: DatapathID, ports: [UInt32], takesBundles: Bool, reorders: Bool,
        stream: RandomStream
    ) {
        self.node = node
        self.datapath = datapath
        self.ports = Dictionary(uniqueKeysWithValues: ports.map { ($0, true) })
        self.takesBundles = takesBundles
        self.reorders = reorders
        self.stream = stream
    }

    /// The session ends; the tables stay.
    func disconnect() {
        connection = nil
        framer = MessageFramer()
        bundles = [:]
        window = []
        backlog = []
    }

    /// Everything is forgotten.
    func restart() {
        disconnect()
        for item in rows.all { touch(item.value.cookie) }
        rows = SwitchRows()
        groups = [:]
        meters = [:]
        refusalMask = nil
        liesEvery = nil
        stalledUntil = 0
    }

    static let greeting: [UInt8] = Envelope(xid: 99, message: .hello(.ours)).bytes

    /// Somebody takes a rule of ours away.
    func loseRow() -> [UInt8] {
        let candidates = rows.all.filter { CookieMark.cookie($0.value.cookie) ?? 0 > 1 }
            .sorted { $0.value.cookie < $1.value.cookie }
        guard !candidates.isEmpty else { return [] }
        answers = []
        remove(candidates[stream.below(candidates.count)].key)
        return answers.flatMap(\.bytes)
    }

    func portStatus(_ port: UInt32) -> [UInt8] {
        Envelope(xid: 0, message: .portStatus(PortStatus(reason: .modified, port: describe(port)))).bytes
    }

    private func describe(_ number: UInt32) -> Port {
        Port(
            number: number, hardwareAddress: HardwareAddress(datapath.raw << 16 | UInt64(number)), name: "p\(number)",
            state: ports[number] ?? false ? [.live] : [.linkDown])
    }

    /// Counts what a port sends.
    func count(_ bytes: UInt64, on port: UInt32) { counters[port, default: 0] &+= bytes }

    /// What it answers to `bytes`.
    func receive(_ bytes: [UInt8]) throws(Malformed) -> [UInt8] {
        answers = []
        framer.receive(bytes)
        while let frame = try framer.next() {
            let envelope = try Envelope(frame)
            switch envelope.message {
            case .flowMod, .groupMod, .meterMod: window.append(envelope)
            default:
                closeWindow()
                answer(envelope)
            }
        }
        closeWindow()
        return answers.flatMap(\.bytes)
    }

    private func closeWindow() {
        if window.isEmpty { return }
        if reorders, window.count > 1 { window.shuffle(using: &stream) }
        let messages = window
        window = []
        for envelope in messages {
            let error: ErrorMessage?
            switch envelope.message {
            case .flowMod(let mod): error = change(mod)
            case .groupMod(let mod): error = change(mod)
            case .meterMod(let mod): error = change(mod)
            default: error = nil
            }
            if let error { answers.append(Envelope(xid: envelope.xid, message: .error(error))) }
        }
    }

    private func answer(_ envelope: Envelope) {
        func reply(_ message: Message) { answers.append(Envelope(xid: envelope.xid, message: message)) }
        func refuse(_ type: UInt16, _ code: UInt16) { reply(.error(ErrorMessage(type: type, code: code))) }
        switch envelope.message {
        case .echoRequest(let data): reply(.echoReply(data))
        case .featuresRequest: reply(.featuresReply(Features(datapath: datapath)))
        case .barrierRequest: reply(.barrierReply)
        case .multipartRequest(let request): for part in statistics(request) { reply(.multipartReply(part)) }
        case .bundleControl(let control):
            guard takesBundles else { return refuse(1, 3) }
            switch control.kind {
            case .openRequest:
                bundles[control.bundle] = []
                reply(.bundleControl(BundleControl(.openReply, bundle: control.bundle)))
            case .discardRequest:
                bundles[control.bundle] = nil
                reply(.bundleControl(BundleControl(.discardReply, bundle: control.bundle)))
            case .commitRequest: commit(control, xid: envelope.xid)
            default: refuse(17, 3)
            }
        case .bundleAddition(let addition):
            guard takesBundles else { return refuse(1, 3) }
            bundles[addition.bundle, default: []].append((envelope.xid, addition))
        default: break
        }
    }

    private func commit(_ control: BundleControl, xid: UInt32) {
        let formerGroups = groups
        let (formerAnswers, formerTouched) = (answers.count, touched)
        undo = []
        defer { undo = nil }
        for (additionXID, addition) in bundles.removeValue(forKey: control.bundle) ?? [] {
            let error =
                switch addition.content {
                case .flow(let mod): change(mod)
                case .group(let mod): change(mod)
                }
            guard let error else { continue }
            for former in (undo ?? []).reversed() { rows[former.key] = former.row }
            groups = formerGroups
            touched = formerTouched
            answers.removeSubrange(formerAnswers...)
            answers.append(Envelope(xid: additionXID, message: .error(error)))
            answers.append(Envelope(xid: xid, message: .error(ErrorMessage(type: 17, code: 8))))
            return
        }
        answers.append(
            Envelope(xid: xid, message: .bundleControl(BundleControl(.commitReply, bundle: control.bundle))))
    }

    /// Groups and meters that no row leads to.
    var unused: (groups: Set<UInt32>, meters: Set<UInt32>) {
        var (groups, meters) = (Set(groups.keys), Set(meters.keys))
        for instruction in rows.all.flatMap(\.value.instructions) {
            switch instruction {
            case .meter(let id): meters.remove(id)
            case .applyActions(let actions): for case .group(let id) in actions { groups.remove(id) }
            default: break
            }
        }
        return (groups, meters)
    }

    private func touch(_ wire: UInt64) { if let cookie = CookieMark.cookie(wire) { touched.insert(cookie) } }

    private func remove(_ key: RowKey) {
        guard let row = rows[key] else { return }
        undo?.append((key, row))
        rows[key] = nil
        touch(row.cookie)
        guard row.flags.contains(.sendRemoved) else { return }
        answers.append(
            Envelope(
                xid: 0,
                message: .flowRemoved(
                    FlowRemoved(
                        cookie: row.cookie, priority: key.priority, reason: 2, table: key.table, match: key.match))))
    }

    private func refuses(_ cookie: UInt64) -> Bool {
        guard let refusalMask, cookie > 1 else { return false }
        return (cookie &* 0x9e37_79b9_7f4a_7c15) >> 40 & refusalMask == 0
    }

    private func change(_ mod: FlowMod) -> ErrorMessage? {
        modifications += 1
        let key = RowKey(table: mod.table, priority: mod.priority, match: mod.match.canonical)
        switch mod.command {
        case .add:
            if refuses(mod.cookie & ~CookieMark.mask) { return ErrorMessage(type: 5, code: 1) }
            for instruction in mod.instructions {
                switch instruction {
                case .meter(let id) where meters[id] == nil: return ErrorMessage(type: 12, code: 3)
                case .applyActions(let actions):
                    for case .group(let id) in actions where groups[id] == nil {
                        return ErrorMessage(type: 2, code: 9)
                    }
                default: break
                }
            }
            if let liesEvery, stream.below(liesEvery) == 0 { return nil }
            if let former = rows[key] { touch(former.cookie) }
            touch(mod.cookie)
            undo?.append((key, rows[key]))
            rows[key] = Row(cookie: mod.cookie, flags: mod.flags, instructions: mod.instructions)
        case .deleteStrict:
            if let held = rows[key], held.cookie & mod.cookieMask == mod.cookie & mod.cookieMask { remove(key) }
        default: return ErrorMessage(type: 5, code: 6)
        }
        return nil
    }

    private func change(_ mod: GroupMod) -> ErrorMessage? {
        switch mod.command {
        case .add:
            if groups[mod.group] != nil { return ErrorMessage(type: 6, code: 0) }
            groups[mod.group] = GroupEntry(type: mod.type, buckets: mod.buckets)
        case .modify:
            if groups[mod.group] == nil { return ErrorMessage(type: 6, code: 8) }
            groups[mod.group] = GroupEntry(type: mod.type, buckets: mod.buckets)
        case .delete:
            // With a group go the rules that lead to it (section 6.5).
            if groups.removeValue(forKey: mod.group) != nil {
                removeRows { leads($0, toGroup: mod.group) }
            }
        }
        return nil
    }

    private func removeRows(where isConcerned: (Row) -> Bool) {
        let concerned = rows.all.filter { isConcerned($0.value) }
        // In an order that the next run has too.
        for row in concerned.sorted(by: { ($0.value.cookie, $0.key.priority) < ($1.value.cookie, $1.key.priority) }) {
            remove(row.key)
        }
    }

    private func leads(_ row: Row, toGroup group: UInt32) -> Bool {
        row.instructions.contains { instruction in
            if case .applyActions(let actions) = instruction { actions.contains(.group(group)) } else { false }
        }
    }

    private func change(_ mod: MeterMod) -> ErrorMessage? {
        switch mod.command {
        case .add:
            if meters[mod.meter] != nil { return ErrorMessage(type: 12, code: 1) }
            meters[mod.meter] = mod.bands
        case .modify:
            if meters[mod.meter] == nil { return ErrorMessage(type: 12, code: 3) }
            meters[mod.meter] = mod.bands
        case .delete:
            // With a meter go the rules that use it (section A.3.4.4).
            if meters.removeValue(forKey: mod.meter) != nil {
                removeRows { $0.instructions.contains(.meter(mod.meter)) }
            }
        }
        return nil
    }

    private func statistics(_ request: MultipartRequest) -> [MultipartReply] {
        func last(_ body: MultipartBody) -> [MultipartReply] { [MultipartReply(body: body)] }
        switch request {
        case .flows:
            let all = rows.all.sorted { ($0.value.cookie, $0.key.priority) < ($1.value.cookie, $1.key.priority) }.map {
                FlowStatistics(
                    table: $0.key.table, priority: $0.key.priority, cookie: $0.value.cookie, match: $0.key.match,
                    instructions: $0.value.instructions)
            }
            var parts = stride(from: 0, to: all.count, by: 64).map {
                MultipartReply(hasMore: true, body: .flows(Array(all[$0..<min(all.count, $0 + 64)])))
            }
            parts.append(MultipartReply(body: .flows([])))
            return parts
        case .groupDescriptions:
            return last(
                .groupDescriptions(
                    groups.sorted { $0.key < $1.key }.map {
                        GroupDescription(type: $0.value.type, group: $0.key, buckets: $0.value.buckets)
                    }))
        case .meterConfigurations:
            return last(
                .meterConfigurations(
                    meters.sorted { $0.key < $1.key }.map {
                        MeterConfiguration(flags: [.kilobits, .burst, .statistics], meter: $0.key, bands: $0.value)
                    }))
        case .portDescriptions: return last(.portDescriptions(ports.keys.sorted().map { describe($0) }))
        case .description:
            return last(
                .description(
                    SwitchDescription(
                        manufacturer: "simulated", hardware: "", software: "1", serialNumber: "", datapath: "")))
        case .ports:
            return last(
                .ports(
                    ports.keys.sorted().map {
                        PortStatistics(
                            port: $0, packetsSent: (counters[$0] ?? 0) / 1_000, bytesSent: counters[$0] ?? 0)
                    }))
        default: return last(.ports([]))
        }
    }
}

/// The rows of one table, those for one UDP port together, so that a packet need not be held against all.
struct SwitchRows {
    private static let rest: UInt32 = .max
    /// Few for any one port but `rest`, each in the order in which they came.
    private var byPort: [UInt32: [(key: RowKey, value: SimulatedSwitch.Row)]] = [:]
    /// No row of those for any port has more; it may be too much, once rows have gone.
    private var restPriority: UInt16 = 0

    private static func port(of key: RowKey) -> UInt32 { key.match[.udpDestination].map { UInt32($0) } ?? rest }

    subscript(key: RowKey) -> SimulatedSwitch.Row? {
        get {
            let rows = byPort[Self.port(of: key)]
            return rows?.first { $0.key == key }?.value
        }
        set {
            let port = Self.port(of: key)
            if port == Self.rest, newValue != nil { restPriority = max(restPriority, key.priority) }
            let place = byPort[port]?.firstIndex { $0.key == key }
            switch (place, newValue) {
            case (nil, nil): break
            case (nil, .some(let row)): byPort[port, default: []].append((key, row))
            case (.some(let place), .some(let row)): byPort[port]?[place].value = row
            case (.some(let place), nil):
                byPort[port]?.remove(at: place)
                if byPort[port]?.isEmpty == true { byPort[port] = nil }
            }
        }
    }

    /// Those for any port, and then by port.
    var all: [(key: RowKey, value: SimulatedSwitch.Row)] {
        let ports = byPort.keys.filter { $0 != Self.rest }.sorted()
        return ([Self.rest] + ports).flatMap { byPort[$0] ?? [] }
    }

    /// The row of the highest priority that `accepts` a packet to `udpDestination`.
    func best(udpDestination: UInt16, _ accepts: (Match) -> Bool) -> SimulatedSwitch.Row? {
        var found: (priority: UInt16, row: SimulatedSwitch.Row)?
        func look(_ port: UInt32) {
            guard let rows = byPort[port] else { return }
            for place in rows.indices {
                let priority = rows[place].key.priority
                if let found, priority <= found.priority { continue }
                if accepts(rows[place].key.match) { found = (priority, rows[place].value) }
            }
        }
        look(UInt32(udpDestination))
        if found.map({ $0.priority < restPriority }) ?? true { look(Self.rest) }
        return found?.row
    }
}
