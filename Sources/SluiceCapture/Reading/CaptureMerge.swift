// Several captures as one, in time order: each file by itself keeps its order, and the file whose next packet is the
// earliest goes first. Packets without a time stamp are handed out as soon as their turn in their file comes.

/// Reads several captures at once in constant memory.
package final class CaptureMerge {
    private let readers: [CaptureReader]
    /// The packet of each reader that waits for its turn; nil once the reader has ended.
    private var pending: [CapturedPacket?]
    /// The reader whose packet was handed out last: it may only move on when the next one is asked for.
    private var last: Int?

    /// Set where there is nothing to merge: then nothing has to wait.
    private let only: CaptureReader?

    package init(_ readers: [CaptureReader]) {
        self.readers = readers
        only = readers.count == 1 ? readers[0] : nil
        pending = only == nil ? readers.map { $0.next() } : []
    }

    /// The earliest packet that waits; among equals, that of the capture named first. Valid until the next call.
    package func next() -> CapturedPacket? {
        if let only { return only.next() }
        if let last { pending[last] = readers[last].next() }
        last = nil
        for position in pending.indices {
            guard let packet = pending[position] else { continue }
            guard let chosen = last, let best = pending[chosen] else {
                last = position
                continue
            }
            guard let time = packet.time else {
                if best.time != nil { last = position }
                continue
            }
            if let bestTime = best.time, time < bestTime { last = position }
        }
        return last.flatMap { pending[$0] }
    }

    /// Where each capture broke off, by its position; known once `next` has answered nil.
    package var damages: [(position: Int, damage: CaptureDamage)] {
        readers.enumerated().compactMap { position, reader in reader.damage.map { (position, $0) } }
    }

    /// Share of all bytes that have been taken from the files; nil where one of them is a stream.
    package var progress: Double? {
        var (taken, whole) = (0, 0)
        for reader in readers {
            let progress = reader.progress
            guard let bytes = progress.bytes else { return nil }
            taken += progress.bytesRead
            whole += bytes
        }
        return whole > 0 ? Double(taken) / Double(whole) : nil
    }
}
