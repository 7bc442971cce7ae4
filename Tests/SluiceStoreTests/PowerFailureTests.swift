// What a power failure leaves. Killing a process cannot show that a commit is durable, since the kernel keeps what was
// written; so a layer under SQLite forgets, on demand, everything that was not synced.

import CLossyVFS
import SluiceControlPlane
import SluiceModel
import SluiceStore
import Testing

/// One test at a time: the layer watches one folder.
@Suite(.serialized) struct PowerFailureTests {
    private func revisions(_ folder: StoreFolderFixture) throws -> [RecordKey: PlaneRecord] {
        let store = try folder.open { $0.reserveBytes = 0 }
        var all: [RecordKey: PlaneRecord] = [:]
        try store.records { (key, record) throws(RecordFault) in all[key] = record }
        return all
    }

    /// Commits `count` times and tells after each what a power failure would leave.
    private func run(
        count: Int, ignoringSyncs: Bool = false,
        _ check: (_ committed: [RecordKey: PlaneRecord], _ left: [RecordKey: PlaneRecord]?) -> Void
    ) throws {
        try #require(lossy_vfs_register() == 0)
        let folder = StoreFolderFixture()
        lossy_vfs_watch(folder.path)
        defer { lossy_vfs_watch("") }
        let store = try folder.open {
            // Small steps, so that folding and checkpoints come between commits too.
            $0.foldBytes = 2_000
            $0.stepBytes = 1_000
        }
        _ = try store.commit(Samples.records)
        lossy_vfs_ignore_syncs(ignoringSyncs ? 1 : 0)
        var committed = Dictionary(uniqueKeysWithValues: Samples.records.map { ($0.key, $0.record) })
            .compactMapValues { $0 }
        var random = RandomStream(seed: 11, purpose: "power")
        for number in 1...count {
            let key = RecordKey.switch(random.below(200))
            let record = PlaneRecord.switch(revision: UInt64(number))
            let before = lossy_vfs_sync_count()
            let receipt = try store.commit([PlaneChange(key: key, record: record)])
            #expect(lossy_vfs_sync_count() > before, "a commit syncs")
            committed[key] = record
            if receipt.wantsFolding { _ = try store.fold() }
            guard number % 7 == 0 else { continue }
            let after = StoreFolderFixture()
            try #require(lossy_vfs_crash(after.path) == 0)
            check(committed, try? revisions(after))
        }
    }

    @Test func `what was committed survives the loss of everything that was not synced`() throws {
        var crashes = 0
        try run(count: 400) { committed, left in
            crashes += 1
            #expect(left == committed)
        }
        #expect(crashes > 50)
    }

    @Test func `with a disk that does not sync, the same test sees the loss`() throws {
        var losses = 0
        try run(count: 21, ignoringSyncs: true) { committed, left in if left != committed { losses += 1 } }
        #expect(losses == 3)
    }
}
