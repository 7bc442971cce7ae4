// Records as bytes and as JSON: nothing is lost, nothing is taken that is not one, and no field is forgotten.

import SluiceControlPlane
import SluiceForwarding
import SluiceJSON
import SluiceModel
import SluiceStore
import Testing

@Suite struct RecordCodecTests {
    @Test func `records come back from their bytes`() throws {
        for change in Samples.records {
            let record = try #require(change.record)
            #expect(try PlaneRecord(change.key, bytes: record.bytes) == record)
            #expect(RecordKey(packed: change.key.packed) == change.key)
        }
    }

    @Test func `an entry comes back from its bytes`() throws {
        var changes = Samples.records
        changes.append(PlaneChange(key: .slot(9), record: nil))
        let items = try JournalEntry.items(of: JournalEntry.bytes(of: changes))
        #expect(items.map(\.key) == changes.map(\.key))
        for (item, change) in zip(items, changes) { #expect(item.body == change.record?.bytes) }
    }

    @Test func `a record that ends early or goes on is refused`() throws {
        for change in Samples.records {
            let bytes = try #require(change.record).bytes
            for length in 0..<bytes.count {
                #expect(throws: RecordFault.self) { try PlaneRecord(change.key, bytes: Array(bytes[..<length])) }
            }
            #expect(throws: RecordFault.excess) { try PlaneRecord(change.key, bytes: bytes + [0]) }
        }
    }

    @Test func `a flipped bit never traps`() throws {
        for change in Samples.records {
            let bytes = try #require(change.record).bytes
            for position in bytes.indices {
                for bit in 0..<8 {
                    var bad = bytes
                    bad[position] ^= 1 << UInt8(bit)
                    if let record = try? PlaneRecord(change.key, bytes: bad) {
                        #expect(try PlaneRecord(change.key, bytes: record.bytes) == record)
                    }
                }
            }
        }
    }

    /// A field that somebody adds is nil or empty in the sample until it is filled in there, and then lost on the way
    /// until it is stored.
    @Test func `the samples leave no field out`() {
        var empty: [String] = []
        func look(_ value: Any, _ path: String) {
            let mirror = Mirror(reflecting: value)
            switch mirror.displayStyle {
            case .optional where mirror.children.isEmpty: empty.append(path)
            case .collection where mirror.children.isEmpty: empty.append(path)
            default: for child in mirror.children { look(child.value, path + "." + (child.label ?? "")) }
            }
        }
        look(Samples.request, "request")
        look(Samples.flow, "flow")
        look(Samples.occurrence, "occurrence")
        look(Samples.rejection, "rejection")
        look(Samples.view, "view")
        look(Samples.carrier.rules[0].rule.key.match.fields, "match")
        look(Samples.flowRecord.placement as Any, "placement")
        #expect(empty.isEmpty)
        let flags = Mirror(reflecting: Samples.carrier).children.filter { $0.value as? Bool == false }
        #expect(flags.isEmpty)
        var names: [String] = []
        for child in Mirror(reflecting: Samples.flowRecord).children {
            let mirror = Mirror(reflecting: child.value)
            if mirror.displayStyle == .optional || mirror.displayStyle == .collection, mirror.children.isEmpty {
                names.append(child.label ?? "")
            }
        }
        #expect(names.isEmpty)
    }
}
