// Packets and bytes by five-tuple: an open-addressing hash table (linear probing, at most half full) over a dense array
// in order of first appearance, so that the result never depends on the hash.

package import SluiceModel

/// What was seen of one five-tuple.
package struct FlowCount: Hashable, Sendable {
    package let tuple: FiveTuple
    package fileprivate(set) var packets: Int
    /// Original lengths, link-layer header included.
    package fileprivate(set) var bytes: Int
    package fileprivate(set) var bytesCaptured: Int
    /// Earliest and latest time stamp in nanoseconds; `firstNanoseconds` is above the other where no packet had one.
    fileprivate var firstNanoseconds = Int64.max
    fileprivate var lastNanoseconds = Int64.min

    /// Earliest and latest time stamp; nil where no packet had one.
    package var first: Instant? {
        firstNanoseconds > lastNanoseconds ? nil : Instant(nanoseconds: firstNanoseconds)
    }
    package var last: Instant? {
        firstNanoseconds > lastNanoseconds ? nil : Instant(nanoseconds: lastNanoseconds)
    }

    fileprivate init(tuple: FiveTuple) {
        self.tuple = tuple
        (packets, bytes, bytesCaptured) = (0, 0, 0)
    }
}

/// Unidirectional flows with their counts; constant memory for each, and a greatest number of them.
package struct FlowTable: Sendable {
    /// In order of first appearance.
    package private(set) var flows: [FlowCount] = []
    /// Packets that belong to no counted flow because the table was full.
    package private(set) var packetsBeyondLimit = 0
    /// Conversations: flows with their reverse counted once.
    package private(set) var conversations = 0
    /// Unordered pairs of addresses.
    package var hostPairs: Int { pairs.count }

    private let limit: Int
    private let hash: TupleHash
    private var index = TupleIndex()
    private var pairs = TupleIndex()
    private var pairTuples: [FiveTuple] = []

    /// - Parameter limit: most flows that are counted.
    package init(limit: Int = Limits.capturedFlows, seed: UInt64 = UInt64.random(in: .min ... .max)) {
        self.limit = limit
        hash = TupleHash(seed: seed)
    }

    /// Counts one packet of `tuple`.
    package mutating func count(_ tuple: FiveTuple, wireLength: Int, capturedLength: Int, at time: Instant?) {
        count(
            tuple, wireLength: wireLength, capturedLength: capturedLength,
            at: time?.nanoseconds ?? CapturedPacket.noTime)
    }

    @inline(__always)
    mutating func count(_ tuple: FiveTuple, wireLength: Int, capturedLength: Int, at nanoseconds: Int64) {
        let key = hash(tuple)
        if let position = index.find(key, { flows[$0].tuple == tuple }) {
            flows[position].add(wireLength, capturedLength, nanoseconds)
        } else {
            begin(tuple, key, wireLength, capturedLength, nanoseconds)
        }
    }

    /// The first packet of `tuple`.
    private mutating func begin(
        _ tuple: FiveTuple, _ key: UInt64, _ wireLength: Int, _ capturedLength: Int, _ nanoseconds: Int64
    ) {
        guard flows.count < limit else {
            packetsBeyondLimit += 1
            return
        }
        let reversed = tuple.reversed
        if index.find(hash(reversed), { flows[$0].tuple == reversed }) == nil { conversations += 1 }
        var flow = FlowCount(tuple: tuple)
        flow.add(wireLength, capturedLength, nanoseconds)
        flows.append(flow)
        index.insert(key) { hash(flows[$0].tuple) }
        countPair(of: tuple)
    }

    private mutating func countPair(of tuple: FiveTuple) {
        let (low, high) = (min(tuple.sourceRaw, tuple.destinationRaw), max(tuple.sourceRaw, tuple.destinationRaw))
        let pair = FiveTuple(
            sourceRaw: low, destinationRaw: high, isIPv6: tuple.isIPv6, ipProtocol: 0, sourcePort: 0,
            destinationPort: 0)
        let key = hash(pair)
        guard pairs.find(key, { pairTuples[$0] == pair }) == nil else { return }
        pairTuples.append(pair)
        pairs.insert(key) { hash(pairTuples[$0]) }
    }

    /// The `count` flows with the most bytes; ties by packets, then by tuple.
    package func top(_ count: Int) -> [FlowCount] {
        // A bounded insertion: the table may hold millions, and few are asked for.
        var best: [FlowCount] = []
        for flow in flows {
            if best.count == count, let last = best.last, !flow.outranks(last) { continue }
            let place = best.firstIndex { flow.outranks($0) } ?? best.count
            best.insert(flow, at: place)
            if best.count > count { best.removeLast() }
        }
        return best
    }
}

extension FlowCount {
    @inline(__always)
    fileprivate mutating func add(_ wireLength: Int, _ capturedLength: Int, _ nanoseconds: Int64) {
        packets += 1
        bytes += wireLength
        bytesCaptured += capturedLength
        guard nanoseconds != CapturedPacket.noTime else { return }
        if nanoseconds < firstNanoseconds { firstNanoseconds = nanoseconds }
        if nanoseconds > lastNanoseconds { lastNanoseconds = nanoseconds }
    }

    fileprivate func outranks(_ other: FlowCount) -> Bool {
        if bytes != other.bytes { return bytes > other.bytes }
        if packets != other.packets { return packets > other.packets }
        return tuple < other.tuple
    }
}
