// The store on a real disk: what was committed is there, whatever was folded meanwhile, and what is not a sound store is
// refused by name.

import SluiceControlPlane
import SluiceJSON
import SluiceModel
import SluiceStore
import Testing

@Suite struct SluiceStoreTests {
    private let folder = StoreFolderFixture()

    private func contents(_ store: SluiceStore) throws -> [RecordKey: PlaneRecord] {
        var all: [RecordKey: PlaneRecord] = [:]
        var last: RecordKey?
        try store.records { (key, record) throws(RecordFault) in
            #expect(last.map { $0 < key } ?? true, "keys ascend")
            last = key
            all[key] = record
        }
        return all
    }

    @Test func `what was committed is there after the store is opened again`() throws {
        var store: SluiceStore? = try folder.open()
        #expect(store?.isEmpty == true)
        _ = try store?.commit(Samples.records)
        _ = try store?.commit([
            PlaneChange(key: .slot(0), record: nil),
            PlaneChange(key: .link(7), record: .link(LinkRecord(state: .down))),
        ])
        store = nil
        let again = try folder.open()
        #expect(!again.isEmpty)
        var wanted = Dictionary(uniqueKeysWithValues: Samples.records.map { ($0.key, $0.record) })
        wanted[.slot(0)] = nil
        wanted[.link(7)] = .link(LinkRecord(state: .down))
        #expect(try contents(again) == wanted.compactMapValues { $0 })
    }

    @Test func `folding changes nothing that is read`() throws {
        let store = try folder.open {
            $0.foldBytes = 0
            $0.stepBytes = 200
        }
        _ = try store.commit(Samples.records)
        var random = RandomStream(seed: 5, purpose: "fold")
        var wanted = Dictionary(uniqueKeysWithValues: Samples.records.map { ($0.key, $0.record) })
        for _ in 0..<300 {
            let key = RecordKey.switch(random.below(40))
            let record: PlaneRecord? = random.below(4) == 0 ? nil : .switch(revision: UInt64(random.below(1_000)))
            wanted[key] = .some(record)
            let receipt = try store.commit([PlaneChange(key: key, record: record)])
            #expect(receipt.wantsFolding)
            if random.below(3) == 0 { _ = try store.fold() }
            if random.below(50) == 0 { #expect(try contents(store) == wanted.compactMapValues { $0 }) }
        }
        while try store.fold() {}
        #expect(try store.journalLength() == 0)
        #expect(try contents(store) == wanted.compactMapValues { $0 })
    }

    @Test func `a whole state replaces everything`() throws {
        let store = try folder.open()
        _ = try store.commit(Samples.records)
        _ = try store.commit([PlaneChange(key: .link(1), record: .link(LinkRecord(state: .down)))])
        _ = try store.commit(Array(Samples.records.prefix(2)))
        #expect(try contents(store).count == 2)
    }

    @Test func `many records come in order, and a reader that has had enough ends it`() throws {
        let store = try folder.open()
        let many = (0..<10_000).map { PlaneChange(key: .switch($0), record: .switch(revision: UInt64(3 * $0))) }
        _ = try store.commit(Samples.records.filter { $0.key == .directory } + many)
        let all = try contents(store)
        #expect(all.count == 10_001)
        #expect(all[.switch(9_999)] == .switch(revision: 29_997))
        for enough in [1, 300, 9_999] {
            var seen = 0
            #expect(throws: SluiceStore.RecordsFailure<RecordFault>.self) {
                try store.records { (_, _) throws(RecordFault) in
                    seen += 1
                    if seen == enough { throw .excess }
                }
            }
            #expect(seen == enough)
        }
        // Nobody reads any more: it can be written to and closed.
        _ = try store.commit([PlaneChange(key: .switch(1), record: nil)])
        try store.close()
    }

    @Test func `two processes never share a store`() throws {
        let store = try folder.open()
        let failure = #expect(throws: StoreFailure.self) { try folder.open() }
        guard case .inUse(_, let process) = failure else {
            return #expect(Bool(false), "\(String(describing: failure))")
        }
        #expect(process != nil)
        _ = try store.commit(Samples.records)
    }

    @Test func `a changed byte in a record is found`() throws {
        do {
            let store = try folder.open()
            _ = try store.commit(Samples.records)
            try store.close()
        }
        var bytes = folder.bytes(folder.database)
        // Inside the text of a record, past everything that is SQLite's own.
        let mark = Array("installation_failed".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: mark) })
        bytes[place + 2] ^= 4
        folder.write(bytes, to: folder.database)
        let store = try folder.open()
        let failure = #expect(throws: StoreFailure.self) {
            try StoredState(
                from: store, topology: Topology(name: "t", nodes: [], cables: []), policy: .standard, seed: 1)
        }
        guard case .damaged(let file, let fault) = failure else {
            return #expect(Bool(false), "\(String(describing: failure))")
        }
        #expect(file == folder.database)
        #expect(fault.contains("checksum"))
        #expect(try StoreDocument.write(store).faults.count == 1, "the rest can be exported")
    }

    @Test func `a store of a later version is refused with what to do`() throws {
        do {
            let store = try folder.open()
            _ = try store.commit(Samples.records)
            try store.close()
        }
        var bytes = folder.bytes(folder.database)
        // user_version: bytes 60 to 63 of the header (SQLite file format, section 1.3).
        bytes[63] += 1
        folder.write(bytes, to: folder.database)
        let failure = #expect(throws: StoreFailure.self) { try folder.open() }
        #expect(failure == .newer(file: folder.database, schema: 2, known: 1))
        #expect(failure?.text.contains("later Sluice") == true)
    }

    @Test func `what is no store is refused`() throws {
        folder.write(
            Array("this is a letter, not a database, and it is long enough to be one\n".utf8), to: folder.database)
        let failure = #expect(throws: StoreFailure.self) { try folder.open() }
        guard case .damaged = failure else { return #expect(Bool(false), "\(String(describing: failure))") }
        folder.write(
            try #require(foreignDatabase), to: folder.database)
        #expect(throws: StoreFailure.foreign(file: folder.database)) { try folder.open() }
    }

    /// A store's file with another program's application id.
    private var foreignDatabase: [UInt8]? {
        let other = StoreFolderFixture()
        do {
            let store = try other.open()
            try store.close()
            var bytes = other.bytes(other.database)
            // application_id: bytes 68 to 71 of the header.
            bytes[68] ^= 0xff
            return bytes
        } catch { return nil }
    }

    @Test func `an export becomes the same store again`() throws {
        let store = try folder.open()
        _ = try store.commit(Samples.records)
        let (bytes, faults) = try StoreDocument.write(store)
        #expect(faults.isEmpty)
        let changes = try StoreDocument.read(try JSONNode(parsing: bytes))
        #expect(changes == Samples.records.sorted { $0.key < $1.key })
    }

    @Test func `a document that is not an export is refused`() throws {
        func fault(_ text: String) throws -> StoreDocument.Fault? {
            do {
                _ = try StoreDocument.read(try JSONNode(parsing: Array(text.utf8)))
                return nil
            } catch { return error as? StoreDocument.Fault }
        }
        #expect(try fault("{}") == .notAStore)
        #expect(try fault(#"{"format":"sluice-store","schema":9,"records":[]}"#) == .newer(schema: 9))
        #expect(try fault(#"{"format":"sluice-store","schema":1,"records":[]}"#) == .noTopology)
        let link = #"{"kind":"link","number":1,"record":{"state":"sideways"}}"#
        #expect(
            try fault(#"{"format":"sluice-store","schema":1,"records":[\#(link)]}"#)
                == .record(position: 0, fault: "state is out of range"))
    }
}
