// From the hash of a five-tuple to a position in an array that its owner keeps.

/// A keyed hash by folded 64 × 64 → 128 bit products, as in wyhash (Wang Yi, 2019).
struct TupleHash: Sendable {
    /// Not known to who made the capture, so that no capture can be made whose flows all collide.
    let seed: UInt64

    @inline(__always)
    func callAsFunction(_ tuple: FiveTuple) -> UInt64 {
        func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
            let product = left.multipliedFullWidth(by: right)
            return product.high ^ product.low
        }
        let source = fold(
            UInt64(truncatingIfNeeded: tuple.sourceRaw) ^ seed ^ 0xa076_1d64_78bd_642f,
            UInt64(truncatingIfNeeded: tuple.sourceRaw >> 64) ^ 0xe703_7ed1_a0b4_28db)
        let destination = fold(
            UInt64(truncatingIfNeeded: tuple.destinationRaw) ^ seed ^ 0x8ebc_6af0_9c88_c6e3,
            UInt64(truncatingIfNeeded: tuple.destinationRaw >> 64) ^ 0x5899_65cc_7537_4cc3)
        let rest =
            UInt64(tuple.sourcePort) << 32 | UInt64(tuple.destinationPort) << 16 | UInt64(tuple.ipProtocol) << 8
            | (tuple.isIPv6 ? 1 : 0)
        return fold(source ^ 0x1d8e_4e27_c47d_124f ^ rest, destination ^ seed ^ 0xeb44_acca_b455_d165)
    }
}

extension TupleHash {
    @inline(__always)
    func callAsFunction(_ key: FlowKey) -> UInt64 {
        // An odd factor keeps tags apart in every bit of the hash that is looked at.
        self(key.tuple) ^ UInt64(key.tag) &* 0x9e37_79b9_7f4a_7c15
    }
}

/// Slots of a hash table with linear probing; the keys themselves live with the owner.
struct TupleIndex: Sendable {
    /// Position + 1; 0 where empty. A power of two of them.
    private var slots: [UInt32]
    private(set) var count = 0

    init() { slots = Array(repeating: 0, count: 1 << 10) }

    /// The position stored under `hash` that `isMatch` accepts.
    @inline(__always)
    func find(_ hash: UInt64, _ isMatch: (Int) -> Bool) -> Int? {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            let position = Int(slots[slot]) - 1
            if isMatch(position) { return position }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Stores the next position, which is the number of those stored before; `hashOf` gives the hash of a stored one,
    /// this one included.
    mutating func insert(_ hash: UInt64, hashOf: (Int) -> UInt64) {
        count += 1
        if count * 2 > slots.count {
            slots = Array(repeating: 0, count: slots.count * 2)
            for position in 0..<count { place(position, hashOf(position)) }
        } else {
            place(count - 1, hash)
        }
    }

    private mutating func place(_ position: Int, _ hash: UInt64) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(position + 1)
    }
}
