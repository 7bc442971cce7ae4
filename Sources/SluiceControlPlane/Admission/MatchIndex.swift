// Which live flows' packets could be taken for which: found by address pair, since nearly every match names two single
// addresses; the others are few and compared one by one.

import SluiceModel

struct MatchIndex: Sendable {
    struct Entry: Hashable, Sendable {
        var carrier: Carrier
        var ingress: NodeIndex
        var match: FlowMatch
    }

    private enum Key: Hashable, Sendable {
        case ipv4(UInt64)
        case other(OtherPair)
    }

    /// Behind a reference, since nearly every pair is one of IPv4 addresses.
    private final class OtherPair: Hashable, Sendable {
        /// They are hardware addresses, and else IPv6 addresses.
        let isHardware: Bool
        let from: UInt128
        let to: UInt128

        init(isHardware: Bool, from: UInt128, to: UInt128) {
            self.isHardware = isHardware
            self.from = from
            self.to = to
        }

        static func == (left: OtherPair, right: OtherPair) -> Bool {
            left.isHardware == right.isHardware && left.from == right.from && left.to == right.to
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(from)
            hasher.combine(to)
        }
    }

    /// The entries of one pair, which is mostly one.
    private enum Bucket: Sendable {
        case one(Entry)
        case several([Entry])

        var entries: [Entry] {
            switch self {
            case .one(let entry): [entry]
            case .several(let entries): entries
            }
        }

        var count: Int { if case .several(let entries) = self { entries.count } else { 1 } }
    }

    enum Finding: Hashable, Sendable {
        /// Nobody's packets look alike.
        case distinct
        /// They do where they meet inside the network, but they enter at different places: a label helps.
        case needsLabel(with: Carrier)
        /// They enter at the same place.
        case conflict(with: Carrier)
    }

    private var pairs: [Key: Bucket] = [:]
    private var others: [Entry] = []
    private var hardwareCount = 0

    /// How `match`, entering at `ingress`, stands to every other flow, those of `unit` not counted.
    ///
    /// - Parameter marks: ingress switches write DSCPs. Then two flows that only their DSCP tells apart look alike after
    ///   it.
    func finding(for match: FlowMatch, ingress: NodeIndex, except unit: Int?, marks: Bool = false) -> Finding {
        var finding = Finding.distinct
        func examine(_ entries: some Sequence<Entry>) -> Carrier? {
            for entry in entries where Int(entry.carrier / 2) != unit && entry.match.overlaps(match) {
                if entry.ingress != ingress {
                    if finding == .distinct { finding = .needsLabel(with: entry.carrier) }
                } else if !match.isStrictlyMoreSpecific(than: entry.match) {
                    return entry.carrier
                } else if marks, (match.dscp == nil) != (entry.match.dscp == nil), finding == .distinct {
                    finding = .needsLabel(with: entry.carrier)
                }
            }
            return nil
        }
        if let carrier = examine(others) { return .conflict(with: carrier) }
        if let key = Self.key(of: match) {
            if let bucket = pairs[key], let carrier = examine(bucket.entries) { return .conflict(with: carrier) }
            // Pairs of another kind overlap only where one side leaves the EtherType open, as hardware pairs may.
            if !Self.isHardware(key), hardwareCount == 0 { return finding }
        }
        // Every bucket: the least carrier that conflicts is named, so that dictionary order does not show.
        var conflicts: [Carrier] = []
        var labels: [Carrier] = []
        for bucket in pairs.values {
            let entries = bucket.entries
            if let carrier = examine(entries) { conflicts.append(carrier) }
            for entry in entries
            where Int(entry.carrier / 2) != unit && entry.ingress != ingress && entry.match.overlaps(match) {
                labels.append(entry.carrier)
            }
        }
        if let carrier = conflicts.min() { return .conflict(with: carrier) }
        return labels.min().map { .needsLabel(with: $0) } ?? finding
    }

    /// Makes room for so many pairs at once.
    mutating func reserve(_ count: Int) { pairs.reserveCapacity(count) }

    mutating func insert(_ entry: Entry) {
        guard let key = Self.key(of: entry.match) else {
            others.append(entry)
            return
        }
        if Self.isHardware(key) { hardwareCount += 1 }
        // One look is enough where the pair is new.
        guard let former = pairs.updateValue(.one(entry), forKey: key) else { return }
        pairs[key] = .several(former.entries + [entry])
    }

    mutating func remove(_ entry: Entry) {
        guard let key = Self.key(of: entry.match) else {
            others.removeAll { $0 == entry }
            return
        }
        if Self.isHardware(key) { hardwareCount -= 1 }
        guard let former = pairs.removeValue(forKey: key) else { return }
        if case .one(let only) = former, only == entry { return }
        let rest = former.entries.filter { $0 != entry }
        if !rest.isEmpty { pairs[key] = rest.count == 1 ? .one(rest[0]) : .several(rest) }
    }

    var entryCount: Int { others.count + pairs.values.reduce(0) { $0 + $1.count } }

    private static func isHardware(_ key: Key) -> Bool {
        if case .other(let pair) = key { pair.isHardware } else { false }
    }

    private static func key(of match: FlowMatch) -> Key? {
        if match.etherType == FlowMatch.etherTypeIPv4, let from = match.ipv4Source, let to = match.ipv4Destination,
            from.length == 32, to.length == 32
        {
            return .ipv4(UInt64(from.address) << 32 | UInt64(to.address))
        }
        if match.etherType == FlowMatch.etherTypeIPv6, let from = match.ipv6Source, let to = match.ipv6Destination,
            from.length == 128, to.length == 128
        {
            return .other(OtherPair(isHardware: false, from: from.address, to: to.address))
        }
        if match.ipv4Source == nil, match.ipv4Destination == nil, match.ipv6Source == nil,
            match.ipv6Destination == nil, let from = match.etherSource, let to = match.etherDestination
        {
            return .other(OtherPair(isHardware: true, from: UInt128(from.raw), to: UInt128(to.raw)))
        }
        return nil
    }
}
