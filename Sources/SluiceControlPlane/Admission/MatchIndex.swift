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
        case ipv4(UInt32, UInt32)
        case ipv6(UInt128, UInt128)
        case hardware(UInt64, UInt64)
    }

    enum Finding: Hashable, Sendable {
        /// Nobody's packets look alike.
        case distinct
        /// They do where they meet inside the network, but they enter at different places: a label helps.
        case needsLabel(with: Carrier)
        /// They enter at the same place.
        case conflict(with: Carrier)
    }

    private var pairs: [Key: [Entry]] = [:]
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
            if let carrier = examine(pairs[key] ?? []) { return .conflict(with: carrier) }
            // Pairs of another kind overlap only where one side leaves the EtherType open, as hardware pairs may.
            if case .hardware = key {} else if hardwareCount == 0 { return finding }
        }
        // Every bucket: the least carrier that conflicts is named, so that dictionary order does not show.
        var conflicts: [Carrier] = []
        var labels: [Carrier] = []
        for entries in pairs.values {
            if let carrier = examine(entries) { conflicts.append(carrier) }
            for entry in entries
            where Int(entry.carrier / 2) != unit && entry.ingress != ingress && entry.match.overlaps(match) {
                labels.append(entry.carrier)
            }
        }
        if let carrier = conflicts.min() { return .conflict(with: carrier) }
        return labels.min().map { .needsLabel(with: $0) } ?? finding
    }

    mutating func insert(_ entry: Entry) {
        guard let key = Self.key(of: entry.match) else {
            others.append(entry)
            return
        }
        if case .hardware = key { hardwareCount += 1 }
        pairs[key, default: []].append(entry)
    }

    mutating func remove(_ entry: Entry) {
        guard let key = Self.key(of: entry.match) else {
            others.removeAll { $0 == entry }
            return
        }
        if case .hardware = key { hardwareCount -= 1 }
        pairs[key]?.removeAll { $0 == entry }
        if pairs[key]?.isEmpty == true { pairs[key] = nil }
    }

    var entryCount: Int { others.count + pairs.values.reduce(0) { $0 + $1.count } }

    private static func key(of match: FlowMatch) -> Key? {
        if match.etherType == FlowMatch.etherTypeIPv4, let from = match.ipv4Source, let to = match.ipv4Destination,
            from.length == 32, to.length == 32
        {
            return .ipv4(from.address, to.address)
        }
        if match.etherType == FlowMatch.etherTypeIPv6, let from = match.ipv6Source, let to = match.ipv6Destination,
            from.length == 128, to.length == 128
        {
            return .ipv6(from.address, to.address)
        }
        if match.ipv4Source == nil, match.ipv4Destination == nil, match.ipv6Source == nil,
            match.ipv6Destination == nil, let from = match.etherSource, let to = match.etherDestination
        {
            return .hardware(from.raw, to.raw)
        }
        return nil
    }
}
