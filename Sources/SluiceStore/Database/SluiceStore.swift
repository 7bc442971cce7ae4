// The journal and snapshots on disk: SQLite through GRDB. A batch of decisions is one row of the journal, synced before
// `commit` returns. Now and then the oldest rows are folded into the table of records, which with them is the snapshot:
// the newest bytes of every record. To restore, the table is read and what is left of the journal laid over it.
//
// The write-ahead log is in use with synchronous = FULL, so that every commit is followed by a sync of the log, and with
// locking_mode = EXCLUSIVE, so that its index is in memory: a shared one would be a mapped file, and touching such a file
// on a full file system is a fatal signal.

private import Dispatch
private import FoundationEssentials
private import GRDB
package import SluiceControlPlane
private import Synchronization

package final class SluiceStore: Sendable {
    package struct Options: Sendable {
        /// Room that is kept for when the file system is full.
        package var reserveBytes = 8 << 20
        /// Bytes of the journal beyond which it is folded.
        package var foldBytes = 4 << 20
        /// Bytes of the journal that one step folds, which bounds how long a commit may wait for it.
        package var stepBytes = 256 << 10
        /// Makes the store where there is none.
        package var creates = true
        /// Opens it with entries missing too, to look at what is left.
        package var tolerates = false

        package init() {}
    }

    /// What has been committed.
    package struct Receipt: Sendable {
        /// The reserve had to be given up: nothing that takes more room should be decided.
        package let isShortOfSpace: Bool
        package let journalBytes: Int
        /// The journal has grown enough to be folded.
        package let wantsFolding: Bool
    }

    static let applicationID = 0x534c_5543
    package static let schema = 1

    package let file: String
    let options: Options
    private let queue: DatabaseQueue
    private let state: Mutex<State>

    private struct State: ~Copyable {
        let folder: StoreFolder
        /// Of the last row.
        var sequence: Int64
        /// Bytes in the journal.
        var journalBytes: Int
        var isShortOfSpace: Bool
    }

    /// Opens the store in `directory`, and makes it where there is none.
    package init(directory: String, options: Options = Options()) throws(StoreFailure) {
        let folder = try StoreFolder(directory, creating: options.creates)
        let file = folder.database
        self.file = file
        self.options = options
        guard options.creates || folder.holdsDatabase else {
            throw .inaccessible(file: file, reason: "there is no such file")
        }
        let isNew = !folder.holdsDatabase
        let (queue, position) = try Self.translating(file) {
            let queue = try DatabaseQueue(path: file, configuration: Self.configuration)
            return (queue, try queue.write { try Self.prepare($0, file: file, options: options) })
        }
        self.queue = queue
        if isNew, !folder.sync() { throw .inputOutput(file: directory, reason: "the folder cannot be synced") }
        let hasReserve = options.reserveBytes == 0 || folder.takeReserve(options.reserveBytes)
        state = Mutex(
            State(
                folder: folder, sequence: position.sequence, journalBytes: position.bytes, isShortOfSpace: !hasReserve))
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "sluice store"
        configuration.busyMode = .immediateError
        configuration.prepareDatabase { database in
            // The mode of locking first: the log's index then never becomes a file.
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        return configuration
    }

    /// Checks whose database it is, makes the tables of a new one, and tells where the journal ends.
    private static func prepare(
        _ database: Database, file: String, options: Options
    ) throws -> (sequence: Int64, bytes: Int) {
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let schema = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM sqlite_master") ?? 0
        if application != applicationID {
            guard application == 0, schema == 0, tables == 0 else { throw StoreFailure.foreign(file: file) }
            try database.execute(
                sql: """
                    CREATE TABLE record (key INTEGER PRIMARY KEY, body BLOB NOT NULL, checksum INTEGER NOT NULL);
                    CREATE TABLE journal (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL, checksum INTEGER NOT NULL);
                    CREATE TABLE position (folded INTEGER NOT NULL);
                    INSERT INTO position VALUES (0);
                    PRAGMA application_id = \(applicationID);
                    PRAGMA user_version = \(Self.schema);
                    """)
            return (0, 0)
        }
        guard schema <= Self.schema else {
            throw StoreFailure.newer(file: file, schema: schema, known: Self.schema)
        }
        guard let folded = try Int64.fetchOne(database, sql: "SELECT folded FROM position") else {
            throw StoreFailure.damaged(file: file, fault: "it does not say where its journal begins")
        }
        let (count, last, bytes) =
            try Row.fetchOne(
                database, sql: "SELECT COUNT(*), MAX(sequence), SUM(LENGTH(body)) FROM journal"
            ).map { row -> (Int64, Int64?, Int) in (row[0], row[1], row[2] ?? 0) } ?? (0, nil, 0)
        guard options.tolerates || (last ?? folded) - folded == count else {
            throw StoreFailure.damaged(file: file, fault: "entries of its journal are missing")
        }
        return (last ?? folded, bytes)
    }

    /// Runs `body` and gives what it throws a name.
    static func translating<Result>(_ file: String, _ body: () throws -> Result) throws(StoreFailure) -> Result {
        do {
            return try body()
        } catch let failure as StoreFailure {
            throw failure
        } catch let error as DatabaseError {
            let reason = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
            switch error.resultCode {
            case .SQLITE_FULL: throw .full(file: file)
            case .SQLITE_BUSY, .SQLITE_LOCKED: throw .inUse(file: file, process: nil)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: throw .damaged(file: file, fault: reason)
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
                throw .inaccessible(file: file, reason: reason)
            // A table or column that should be there is not.
            case .SQLITE_ERROR: throw .damaged(file: file, fault: reason)
            default: throw .inputOutput(file: file, reason: reason)
            }
        } catch let fault as RecordFault {
            throw .damaged(file: file, fault: fault.text)
        } catch {
            throw .inputOutput(file: file, reason: "\(error)")
        }
    }

    package var isShortOfSpace: Bool { state.withLock { $0.isShortOfSpace } }
}

// MARK: Writing

extension SluiceStore {
    /// Makes `changes` durable: when this returns, they survive a crash of the machine.
    ///
    /// A list that begins with the directory is the whole state and replaces everything. Blocks for as long as the disk
    /// takes to sync. After any failure but `full`, what is on disk is unknown until the store has been opened anew.
    package func commit(_ changes: [PlaneChange]) throws(StoreFailure) -> Receipt {
        let isWhole = changes.first?.key == .directory
        return try state.withLock { state throws(StoreFailure) in
            do throws(StoreFailure) {
                try write(changes, isWhole: isWhole, &state)
            } catch {
                guard case .full = error, state.folder.releaseReserve() else { throw error }
                // SQLite has taken the transaction back; now there is room for it.
                state.isShortOfSpace = true
                try write(changes, isWhole: isWhole, &state)
            }
            return Receipt(
                isShortOfSpace: state.isShortOfSpace, journalBytes: state.journalBytes,
                wantsFolding: state.journalBytes > options.foldBytes)
        }
    }

    private func write(
        _ changes: [PlaneChange], isWhole: Bool, _ state: inout State
    ) throws(StoreFailure) {
        let sequence = state.sequence + 1
        if isWhole {
            let bodies = changes.map { ($0.key.packed, $0.record?.bytes) }
            try Self.translating(file) {
                try queue.write { database in
                    try database.execute(sql: "DELETE FROM record; DELETE FROM journal")
                    for (key, body) in bodies { try Self.put(key, body, database) }
                    try database.execute(sql: "UPDATE position SET folded = ?", arguments: [sequence])
                }
            }
            state.journalBytes = 0
        } else {
            let body = JournalEntry.bytes(of: changes)
            try Self.translating(file) {
                try queue.write { database in
                    try database.cachedStatement(sql: "INSERT INTO journal VALUES (?, ?, ?)").execute(
                        arguments: [sequence, Data(body), Checksum.of(body, key: sequence)])
                }
            }
            state.journalBytes += body.count
        }
        state.sequence = sequence
    }

    private static func put(_ key: Int64, _ body: [UInt8]?, _ database: Database) throws {
        if let body {
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO record VALUES (?, ?, ?)").execute(
                arguments: [key, Data(body), Checksum.of(body, key: key)])
        } else {
            try database.cachedStatement(sql: "DELETE FROM record WHERE key = ?").execute(arguments: [key])
        }
    }

    /// Folds some of the oldest entries of the journal into the records; true: there is more to fold.
    ///
    /// Without room for it nothing changes, and the journal stays as it is.
    package func fold() throws(StoreFailure) -> Bool {
        try state.withLock { state throws(StoreFailure) in
            do throws(StoreFailure) {
                let folded = try Self.translating(file) { try queue.write { try foldStep($0) } }
                state.journalBytes -= folded
                return folded > 0 && state.journalBytes > 0
            } catch {
                guard case .full = error else { throw error }
                return false
            }
        }
    }

    /// - Returns: bytes folded.
    private func foldStep(_ database: Database) throws -> Int {
        var newest: [Int64: [UInt8]?] = [:]
        var bytes = 0
        var last: Int64?
        let rows = try Row.fetchCursor(database, sql: "SELECT sequence, body, checksum FROM journal ORDER BY sequence")
        while bytes < options.stepBytes, let row = try rows.next() {
            let sequence: Int64 = row[0]
            guard let body = checked(row, sequence) else {
                throw StoreFailure.damaged(
                    file: file, fault: "the checksum of journal entry \(sequence) is wrong")
            }
            for item in try JournalEntry.items(of: body) { newest[item.key.packed] = .some(item.body) }
            bytes += body.count
            last = sequence
        }
        guard let last else { return 0 }
        for key in newest.keys.sorted() { if let body = newest[key] { try Self.put(key, body, database) } }
        try database.execute(sql: "DELETE FROM journal WHERE sequence <= ?", arguments: [last])
        try database.execute(sql: "UPDATE position SET folded = ?", arguments: [last])
        return bytes
    }

    /// Takes the reserve again where there is room for it by now; true: admission may go on.
    package func regainReserve() -> Bool {
        state.withLock { state in
            if state.isShortOfSpace { state.isShortOfSpace = !state.folder.takeReserve(options.reserveBytes) }
            return !state.isShortOfSpace
        }
    }

    /// Nothing may be asked of the store any more.
    package func close() throws(StoreFailure) { try Self.translating(file) { try queue.close() } }
}

// MARK: Reading

extension SluiceStore {
    /// Whether nothing was ever committed.
    package var isEmpty: Bool { state.withLock { $0.sequence == 0 } }

    /// Hands out every record in the order of the keys; what `body` throws ends it. Records are read and decoded on a
    /// thread of their own, ahead of `body`.
    package func records<Failure: Error>(
        _ body: (RecordKey, PlaneRecord) throws(Failure) -> Void
    ) throws(RecordsFailure<Failure>) {
        let conveyor = RecordConveyor()
        DispatchQueue(label: "sluice store reader").async { self.decode(onto: conveyor) }
        var refusal: Failure?
        while let records = conveyor.take() {
            if refusal != nil { continue }
            do throws(Failure) {
                for (key, record) in records { try body(key, record) }
            } catch {
                refusal = error
                // What is on its way is still taken: when this returns, nobody reads any more.
                conveyor.abandon()
            }
        }
        if let refusal { throw .consumer(refusal) }
        guard let failure = conveyor.failure else { return }
        do throws(StoreFailure) { try Self.translating(file) { throw failure } } catch { throw .store(error) }
    }

    private func decode(onto conveyor: RecordConveyor) {
        do {
            var records: [RecordConveyor.Item] = []
            try bodies(damaged: { throw StoreFailure.damaged(file: file, fault: $0) }) { key, bytes in
                do throws(RecordFault) {
                    records.append((key, try PlaneRecord(key, bytes: bytes)))
                } catch {
                    throw StoreFailure.damaged(file: file, fault: "\(key.text): \(error.text)")
                }
                if records.count == RecordConveyor.load {
                    try conveyor.put(records)
                    records.removeAll(keepingCapacity: true)
                }
            }
            try conveyor.put(records)
            conveyor.end(nil)
        } catch {
            conveyor.end(error)
        }
    }

    /// At least as many as there are slots of flows in the records; the journal may have a few more.
    package func slotCount() throws(StoreFailure) -> Int {
        try Self.translating(file) {
            let last = try queue.read {
                try Int64.fetchOne(
                    $0, sql: "SELECT MAX(key) FROM record WHERE key BETWEEN ? AND ?",
                    arguments: [RecordKey.slot(0).packed, RecordKey.ended(0).packed - 1])
            }
            return last.map { Int($0 - RecordKey.slot(0).packed) + 1 } ?? 0
        }
    }

    package enum RecordsFailure<Failure: Error>: Error {
        case store(StoreFailure)
        case consumer(Failure)
    }

    /// Every record that can still be read; tells what cannot.
    package func salvage(_ body: (RecordKey, PlaneRecord) -> Void) throws(StoreFailure) -> [String] {
        var faults: [String] = []
        try Self.translating(file) {
            try bodies(damaged: { faults.append($0) }) { key, bytes in
                do throws(RecordFault) {
                    body(key, try PlaneRecord(key, bytes: bytes))
                } catch {
                    faults.append("\(key.text): \(error.text)")
                }
            }
        }
        return faults
    }

    /// - Parameter damaged: told what cannot be read; returns to go on without it.
    private func bodies(damaged: (String) throws -> Void, _ body: (RecordKey, [UInt8]) throws -> Void) throws {
        try queue.read { database in
            var newest: [Int64: [UInt8]?] = [:]
            let entries = try Row.fetchCursor(
                database, sql: "SELECT sequence, body, checksum FROM journal ORDER BY sequence")
            while let row = try entries.next() {
                let sequence: Int64 = row[0]
                guard let bytes = checked(row, sequence) else {
                    try damaged("the checksum of journal entry \(sequence) is wrong")
                    continue
                }
                do throws(RecordFault) {
                    for item in try JournalEntry.items(of: bytes) { newest[item.key.packed] = .some(item.body) }
                } catch {
                    try damaged("journal entry \(sequence): \(error.text)")
                }
            }
            func handOut(_ key: Int64, _ bytes: [UInt8]) throws {
                guard let known = RecordKey(packed: key) else {
                    return try damaged("record \(key) is of no known kind")
                }
                try body(known, bytes)
            }
            let fresh = newest.keys.sorted()
            var next = 0
            /// What only the journal has before `key`.
            func handOutFresh(before key: Int64) throws {
                while next < fresh.count, fresh[next] < key {
                    if case .some(.some(let bytes)) = newest[fresh[next]] { try handOut(fresh[next], bytes) }
                    next += 1
                }
            }
            let rows = try Row.fetchCursor(database, sql: "SELECT key, body, checksum FROM record ORDER BY key")
            while let row = try rows.next() {
                let key: Int64 = row[0]
                try handOutFresh(before: key)
                // The journal's is newer.
                if next < fresh.count, fresh[next] == key { continue }
                guard let bytes = checked(row, key) else {
                    try damaged("the checksum of record \(key) is wrong")
                    continue
                }
                try handOut(key, bytes)
            }
            try handOutFresh(before: .max)
        }
    }

    /// The body of a row; nil where its checksum is not that of the body.
    private func checked(_ row: Row, _ key: Int64) -> [UInt8]? {
        guard let data: Data = row[1], let checksum: Int64 = row[2] else { return nil }
        let body = [UInt8](data)
        return Int64(Checksum.of(body, key: key)) == checksum ? body : nil
    }

    /// Of the file's own structure, by SQLite; empty where all is well.
    package func structureFaults() throws(StoreFailure) -> [String] {
        try Self.translating(file) {
            try queue.read { database in
                try String.fetchAll(database, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
            }
        }
    }

    /// Entries of the journal that are not folded yet.
    package func journalLength() throws(StoreFailure) -> Int {
        try Self.translating(file) {
            try queue.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM journal") ?? 0 }
        }
    }
}
