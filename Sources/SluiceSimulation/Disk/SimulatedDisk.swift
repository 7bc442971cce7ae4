// A file on a disk that loses what was not synced when the power goes, tears the write that was under way, fills up and
// fails. On it lies the journal: the entries that the daemon's codec makes, each in a frame with its number, its length
// and a checksum. It keeps the contract that the controller has with the store: when a commit is told to be done, the
// entry survives; where it fails, what is on the disk is unknown until it is read again. SQLite itself is not simulated
// (its own tests with a lossy file system are in the store's).

import SluiceControlPlane
import SluiceModel
import SluiceStore

struct SimulatedDisk {
    enum Failure: Error { case full, inputOutput }

    /// What survives whatever happens.
    private(set) var durable: [UInt8] = []
    /// Written and not synced.
    private(set) var cached: [UInt8] = []
    var capacity = Int.max
    /// The next write or sync fails.
    var isFailing = false

    mutating func append(_ bytes: [UInt8]) throws(Failure) {
        if isFailing { throw .inputOutput }
        guard durable.count + cached.count + bytes.count <= capacity else { throw .full }
        cached += bytes
    }

    mutating func sync() throws(Failure) {
        if isFailing { throw .inputOutput }
        durable += cached
        cached = []
    }

    /// The power goes: of what was not synced a part may be there, the last byte of it wrong.
    mutating func losePower(_ stream: inout RandomStream) {
        if !cached.isEmpty, stream.below(2) == 0 {
            var torn = Array(cached.prefix(stream.below(cached.count + 1)))
            if !torn.isEmpty, stream.below(2) == 0 { torn[torn.count - 1] ^= 0xff }
            durable += torn
        }
        cached = []
        isFailing = false
    }

    /// Puts other contents in the file's place, as renaming a synced file does: all at once.
    mutating func replace(by bytes: [UInt8]) throws(Failure) {
        if isFailing { throw .inputOutput }
        guard bytes.count <= capacity else { throw .full }
        durable = bytes
        cached = []
    }
}

/// The journal on such a disk.
struct SimulatedJournal {
    private static let header = 20
    /// Bytes beyond which the journal is written anew as its records, unless these alone are more.
    private static let foldBytes = 1 << 20

    var disk = SimulatedDisk()
    /// Given up when the disk is full, so that what is decided can be kept.
    private var reserve = 256 << 10
    private(set) var isShortOfSpace = false
    private var sequence: UInt64 = 0
    private var records: [RecordKey: [UInt8]] = [:]
    private var sizeAtFold = 0
    /// A planted defect: commits are told before they are synced.
    var skipsSync = false

    /// Number of the last entry.
    var length: UInt64 { sequence }

    mutating func setCapacity(_ bytes: Int) {
        disk.capacity = bytes == .max ? .max : bytes - (isShortOfSpace ? 0 : reserve)
    }

    /// Writes one entry; it survives once `sync` has returned.
    mutating func write(_ body: [UInt8]) throws(SimulatedDisk.Failure) {
        let frame = Self.frame(body, sequence: sequence + 1)
        do throws(SimulatedDisk.Failure) {
            try disk.append(frame)
        } catch {
            guard case .full = error, !isShortOfSpace else { throw error }
            isShortOfSpace = true
            disk.capacity += reserve
            try disk.append(frame)
        }
        sequence += 1
        apply(body)
    }

    mutating func sync() throws(SimulatedDisk.Failure) {
        if skipsSync { return }
        try disk.sync()
        if disk.durable.count - sizeAtFold > max(Self.foldBytes, sizeAtFold) { try fold() }
    }

    /// Whether there is room again.
    mutating func regainReserve() -> Bool {
        let used = disk.durable.count + disk.cached.count
        if isShortOfSpace, disk.capacity == .max || used + reserve < disk.capacity {
            isShortOfSpace = false
            if disk.capacity != .max { disk.capacity -= reserve }
        }
        return !isShortOfSpace
    }

    private mutating func apply(_ body: [UInt8]) {
        guard let items = try? JournalEntry.items(of: body) else {
            preconditionFailure("an entry that was just made cannot be read")
        }
        if items.first?.key == .directory { records = [:] }
        for item in items { records[item.key] = item.body }
    }

    private mutating func fold() throws(SimulatedDisk.Failure) {
        let items = records.keys.sorted().map { (key: $0, body: records[$0]) }
        let whole = Self.frame(JournalEntry.bytes(of: items), sequence: sequence)
        do throws(SimulatedDisk.Failure) {
            try disk.replace(by: whole)
            sizeAtFold = whole.count
        } catch {
            // Without room the journal stays as it is.
            if case .inputOutput = error { throw error }
        }
    }

    /// The power goes and comes back: what can be read is the journal.
    ///
    /// - Returns: number of the last entry that is there.
    mutating func recover(_ stream: inout RandomStream) -> UInt64 {
        disk.losePower(&stream)
        records = [:]
        sequence = 0
        var at = 0
        let bytes = disk.durable
        while at + Self.header <= bytes.count {
            let number = Self.number(bytes, at, 8)
            let count = Int(Self.number(bytes, at + 8, 8))
            let sum = UInt32(Self.number(bytes, at + 16, 4))
            guard count <= bytes.count - at - Self.header else { break }
            let body = Array(bytes[(at + Self.header)..<(at + Self.header + count)])
            guard Checksum.of(body, key: Int64(number)) == sum, number > sequence else { break }
            apply(body)
            sequence = number
            at += Self.header + count
        }
        try? disk.replace(by: Array(bytes[..<at]))
        sizeAtFold = at
        isShortOfSpace = false
        return sequence
    }

    /// The control plane that the records are of.
    func restored(_ topology: Topology, policy: Policy, seed: UInt64) throws(RestorationFailure) -> ControlPlane {
        if records.isEmpty {
            var plane = ControlPlane(topology: topology, policy: policy, seed: seed)
            plane.startRecording()
            return plane
        }
        var restoration = PlaneRestoration(topology: topology, policy: policy, seed: seed)
        for key in records.keys.sorted() {
            guard let body = records[key], let record = try? PlaneRecord(key, bytes: body) else {
                throw .record(key, fault: "cannot be read")
            }
            try restoration.add(key, record)
        }
        return try restoration.finish()
    }

    private static func frame(_ body: [UInt8], sequence: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(header + body.count)
        func append(_ value: UInt64, _ width: Int) {
            for shift in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) }
        }
        append(sequence, 8)
        append(UInt64(body.count), 8)
        append(UInt64(Checksum.of(body, key: Int64(sequence))), 4)
        return bytes + body
    }

    private static func number(_ bytes: [UInt8], _ at: Int, _ width: Int) -> UInt64 {
        (0..<width).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
    }
}
